// What Task states can call. Every call runs as the state machine's role, so IAM decides about each.
import { AwsError } from '../../kernel/errors.ts';
import { unreachable } from '../language/definition.ts';
import { StatesError } from '../language/errors.ts';
import type { Json } from '../language/json.ts';
import { invokeFunction, lambdaInvoke } from './lambda.ts';
import { callOptimized } from './optimized.ts';
import { callSdk } from './sdk.ts';
import { serviceError } from './service-errors.ts';
import type { TaskCall } from './task-call.ts';

/** Starts an execution on behalf of another one and waits for its end (`.sync:2`). */
export interface NestedExecutions {
  awaitEnd(executionArn: string, role: TaskCall['role'], onCancel: (stop: () => void) => void): Promise<Json>;
}

export class Integrations {
  private readonly nested: NestedExecutions;

  constructor(nested: NestedExecutions) {
    this.nested = nested;
  }

  /** The answer of the call, in the shape the definition sees it. Throws `StatesError` with the name AWS gives the fault. */
  async call(task: TaskCall): Promise<Json> {
    const { resource } = task;
    try {
      switch (resource.kind) {
        case 'function':
          return await invokeFunction(task, resource.functionArn);
        case 'service':
          return resource.resourceType === 'lambda' ? await lambdaInvoke(task) : await callOptimized(task, resource);
        case 'sdk':
          return await callSdk(task, resource);
        default:
          return unreachable(resource);
      }
    } catch (error) {
      throw error instanceof AwsError ? serviceError(resource, error) : error;
    }
  }

  /** Waits for the execution that `startExecution.sync:2` started. */
  awaitNested(task: TaskCall, started: Json, onCancel: (stop: () => void) => void): Promise<Json> {
    const executionArn = (started as { ExecutionArn?: Json }).ExecutionArn;
    if (typeof executionArn !== 'string') throw new StatesError('States.Runtime', 'startExecution answered without an ExecutionArn.');
    return this.nested.awaitEnd(executionArn, task.role, onCancel);
  }
}
