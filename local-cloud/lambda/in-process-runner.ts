// Runs functions in this process, for simulation: the handler is called directly, on whatever clock the handler itself uses.
// Not imitated: isolation between invocations, environment variables, memory limits.
import type { EnvironmentSpec, ExecutionEnvironment, FunctionRunner, InvocationRequest } from './runner.ts';
import { faultOf } from './runner.ts';

export interface InProcessContext {
  awsRequestId: string;
  functionName: string;
  functionVersion: string;
  invokedFunctionArn: string;
  memoryLimitInMB: string;
  logGroupName: string;
  logStreamName: string;
  callbackWaitsForEmptyEventLoop: boolean;
  getRemainingTimeInMillis(): number;
}

/** Whose role and variables the handler has, since it cannot read them from its process. */
export interface InProcessEnvironment extends EnvironmentSpec {
  /**
   * Aborted when the environment ends in the middle of an invocation (timeout, death). Nothing can stop a promise: a handler that
   * must not act any more gives this to its clients.
   */
  signal: AbortSignal;
}

export type InProcessHandler = (event: unknown, context: InProcessContext, environment: InProcessEnvironment) => Promise<unknown>;

export class InProcessFunctionRunner implements FunctionRunner {
  private readonly find: (functionName: string) => InProcessHandler | undefined;
  private readonly nowMs: () => number;

  /** `nowMs` is the cloud's clock; it decides what `getRemainingTimeInMillis` says. */
  constructor(handlers: Record<string, InProcessHandler> | ((functionName: string) => InProcessHandler | undefined), nowMs: () => number) {
    this.find = typeof handlers === 'function' ? handlers : (functionName) => handlers[functionName];
    this.nowMs = nowMs;
  }

  start(spec: EnvironmentSpec): ExecutionEnvironment {
    const handler = this.find(spec.functionName);
    const life = new AbortController();
    const environment = { ...spec, signal: life.signal };
    return {
      init: async () => (handler ? undefined : { errorType: 'Runtime.HandlerNotFound', errorMessage: `no handler in this process is named ${spec.functionName}`, trace: [] }),
      invoke: async (request) => {
        try {
          const result = await handler?.(JSON.parse(request.payload), this.contextOf(spec, request), environment);
          return { kind: 'returned', payload: JSON.stringify(result) ?? 'null' };
        } catch (thrown) {
          return { kind: 'failed', fault: faultOf(thrown) };
        }
      },
      end: async () => life.abort(),
    };
  }

  async close(): Promise<void> {
    // Nothing outlives an invocation here.
  }

  private contextOf(spec: EnvironmentSpec, request: InvocationRequest): InProcessContext {
    return {
      awsRequestId: request.requestId,
      functionName: spec.functionName,
      functionVersion: '$LATEST',
      invokedFunctionArn: spec.functionArn,
      memoryLimitInMB: String(spec.memoryMb),
      logGroupName: spec.logGroupName,
      logStreamName: spec.logStreamName,
      callbackWaitsForEmptyEventLoop: true,
      getRemainingTimeInMillis: () => Math.max(0, request.deadlineMs - this.nowMs()),
    };
  }
}
