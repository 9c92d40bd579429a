// Step Functions: standard state machines in JSONata, on an injected clock.
import type { Kernel } from '../kernel/kernel.ts';
import type { ServiceModel } from '../kernel/service.ts';
import { executionOperations } from './api/executions.ts';
import { machineOperations } from './api/machines.ts';
import { tagOperations } from './api/tags.ts';
import { tokenOperations } from './api/tokens.ts';
import { Executions } from './executions.ts';
import type { StateMachine } from './machine.ts';
import { Observers } from './observers.ts';
import type { StepFunctionsPorts } from './observers.ts';

export type { StepFunctionsPorts } from './observers.ts';

/**
 * Not modelled: Express machines, JSONPath, activities, versions and aliases, distributed Map, Credentials of a task, `.sync`
 * other than `startExecution.sync:2`. Each is refused by name.
 *
 * Where AWS leaves room, this is the reading:
 *   - A token may be answered while the call that hands it out still runs; the task is over then, without TaskSubmitted.
 *   - Iterations of a Map that fail within the tolerance are left out of its result.
 *   - Assign and Output of a Choice count on the way to Default only; a rule that holds brings its own.
 *   - A state transition takes no time: waits, timeouts and calls do.
 */
export class StepFunctionsModel implements ServiceModel {
  readonly signingName = 'states';
  readonly operations: ServiceModel['operations'];
  private readonly machines = new Map<string, StateMachine>();
  private readonly executions: Executions;

  constructor(kernel: Kernel, ports: StepFunctionsPorts) {
    const { machines } = this;
    this.executions = new Executions(kernel, new Observers(ports, kernel.random), (arn) => machines.get(arn)?.status === 'DELETING');
    const context = { kernel, machines, executions: this.executions };
    this.operations = {
      ...machineOperations(context),
      ...executionOperations(context),
      ...tokenOperations(this.executions),
      ...tagOperations(machines),
    };
  }

  /** State transitions an execution has been billed for so far: states entered, and retries. */
  transitionsOf(executionArn: string): number {
    return this.executions.get(executionArn).transitions;
  }

  /** Executions whose role lacked a permission for X-Ray: AWS drops their traces without a word. */
  get untracedExecutions(): readonly { executionArn: string; message: string }[] {
    return this.executions.untraced;
  }

  close(): void {
    this.executions.close();
  }
}
