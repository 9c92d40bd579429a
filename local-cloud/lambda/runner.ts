// The machine below Lambda: something that can load a function's code and run it. The model decides when an environment starts, which
// one serves an invocation, how long it may take and when it ends; a runner only runs.

export interface EnvironmentSpec {
  functionName: string;
  functionArn: string;
  roleArn: string;
  runtime: string;
  handler: string;
  memoryMb: number;
  /** The function's own variables; the runner adds those Lambda sets. */
  variables: Record<string, string>;
  codeSha256: string;
  zip: Uint8Array;
  logGroupName: string;
  logStreamName: string;
  logFormat: 'Text' | 'JSON';
  /** Lines below it are not written; only with JSON logs. */
  applicationLogLevel: string | undefined;
}

/** What Lambda answers for a failed invocation. */
export interface FunctionFault {
  errorType: string;
  errorMessage: string;
  trace?: string[];
}

export interface InvocationRequest {
  requestId: string;
  /** JSON. */
  payload: string;
  deadlineMs: number;
  clientContext: string | undefined;
  /** X-Ray's header, as functions find it in _X_AMZN_TRACE_ID. */
  traceHeader: string;
}

export type InvocationOutcome =
  /** `payload` is JSON. */
  | { kind: 'returned'; payload: string; memoryUsedMb?: number }
  | { kind: 'failed'; fault: FunctionFault; memoryUsedMb?: number }
  /** The environment died with the invocation; it must not be used again. */
  | { kind: 'exited'; fault: FunctionFault };

export interface ExecutionEnvironment {
  /** Loads the code. Resolves with a fault when that fails; the environment is then of no use. */
  init(): Promise<FunctionFault | undefined>;
  /** One at a time. */
  invoke(request: InvocationRequest): Promise<InvocationOutcome>;
  /** Ends it at once, whatever it is doing. Idempotent. */
  end(): Promise<void>;
}

export interface FunctionRunner {
  /** `log` takes what the function prints, line by line (a line may hold newlines, as a log event may). */
  start(spec: EnvironmentSpec, log: (line: string) => void): ExecutionEnvironment;
  close(): Promise<void>;
}

/** What the Node runtime of Lambda makes of a thrown value. */
export function faultOf(thrown: unknown): FunctionFault {
  if (thrown instanceof Error) return { errorType: thrown.name || 'Error', errorMessage: thrown.message, trace: (thrown.stack ?? '').split('\n') };
  return { errorType: typeof thrown, errorMessage: typeof thrown === 'string' ? thrown : (JSON.stringify(thrown) ?? String(thrown)), trace: [] };
}
