// Runs functions from their packages, each environment in a worker thread of its own. This is a real-I/O edge: files and threads.
// Not imitated: the file system (no /var/task), the working directory, TZ (a worker keeps its process's zone), CPU share by memory.
import path from 'node:path';
import { Worker } from 'node:worker_threads';
import { CodeFolders } from './code.ts';
import type { EnvironmentSpec, ExecutionEnvironment, FunctionFault, FunctionRunner, InvocationOutcome, InvocationRequest } from './runner.ts';

export interface RoleCredentials {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken: string;
  /** Lets the SDK in the function notice rotated credentials. */
  expiration?: Date;
}

export interface WorkerRunnerOptions {
  region: string;
  /** Where functions reach this cloud: their AWS_ENDPOINT_URL. */
  endpointUrl: string;
  /** Asked at every invocation, so that credentials may rotate. */
  credentialsFor(roleArn: string, sessionName: string): RoleCredentials;
  /** A node_modules folder whose AWS SDK functions may import without bundling it, as Lambda's runtime allows. */
  runtimeModulesFolder?: string;
}

type FromWorker =
  | { kind: 'ready' }
  | { kind: 'initFailed'; fault: FunctionFault }
  | { kind: 'log'; line: string }
  | { kind: 'crashed'; fault: FunctionFault }
  | { kind: 'returned'; payload: string; memoryUsedMb: number }
  | { kind: 'failed'; fault: FunctionFault; memoryUsedMb: number };

const MAIN = new URL('./worker-main.mjs', import.meta.url);

export class WorkerFunctionRunner implements FunctionRunner {
  private readonly options: WorkerRunnerOptions;
  private readonly folders: CodeFolders;
  private readonly running = new Set<WorkerEnvironment>();
  private closed = false;

  constructor(options: WorkerRunnerOptions) {
    this.options = options;
    this.folders = new CodeFolders(options.runtimeModulesFolder);
  }

  start(spec: EnvironmentSpec, log: (line: string) => void): ExecutionEnvironment {
    const environment = new WorkerEnvironment(spec, this.options, this.folders, log, () => this.running.delete(environment));
    this.running.add(environment);
    if (this.closed) void environment.end(); // an event that was still queued must not unpack code again
    return environment;
  }

  /** Worker threads alive now. */
  get workerCount(): number {
    return this.running.size;
  }

  async close(): Promise<void> {
    this.closed = true;
    await Promise.all([...this.running].map((environment) => environment.end()));
    await this.folders.close();
  }
}

/** What a function finds in `process.env`: nothing of this process but PATH. */
function variablesOf(spec: EnvironmentSpec, options: WorkerRunnerOptions, folder: string): Record<string, string> {
  return {
    PATH: process.env.PATH ?? '',
    TZ: 'UTC',
    LANG: 'en_US.UTF-8',
    ...spec.variables,
    AWS_REGION: options.region,
    AWS_DEFAULT_REGION: options.region,
    AWS_ENDPOINT_URL: options.endpointUrl,
    AWS_EXECUTION_ENV: `AWS_Lambda_${spec.runtime}`,
    AWS_LAMBDA_FUNCTION_NAME: spec.functionName,
    AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(spec.memoryMb),
    AWS_LAMBDA_LOG_GROUP_NAME: spec.logGroupName,
    AWS_LAMBDA_LOG_STREAM_NAME: spec.logStreamName,
    AWS_LAMBDA_LOG_FORMAT: spec.logFormat,
    ...(spec.applicationLogLevel ? { AWS_LAMBDA_LOG_LEVEL: spec.applicationLogLevel } : {}),
    AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
    LAMBDA_TASK_ROOT: folder,
    _HANDLER: spec.handler,
    ...credentialVariables(spec, options),
  };
}

function credentialVariables(spec: EnvironmentSpec, options: WorkerRunnerOptions): Record<string, string> {
  const credentials = options.credentialsFor(spec.roleArn, spec.functionName);
  return {
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    AWS_SESSION_TOKEN: credentials.sessionToken,
    ...(credentials.expiration ? { AWS_CREDENTIAL_EXPIRATION: credentials.expiration.toISOString() } : {}),
  };
}

const ENDED_EARLY: FunctionFault = { errorType: 'Sandbox.Stopped', errorMessage: 'The environment was ended before it was ready.' };

class WorkerEnvironment implements ExecutionEnvironment {
  private worker: Worker | undefined;
  private readonly spec: EnvironmentSpec;
  private readonly options: WorkerRunnerOptions;
  private readonly folders: CodeFolders;
  private readonly log: (line: string) => void;
  private readonly onEnd: () => void;
  private waiting: ((message: Exclude<FromWorker, { kind: 'log' }>) => void) | undefined;
  private ended = false;

  constructor(spec: EnvironmentSpec, options: WorkerRunnerOptions, folders: CodeFolders, log: (line: string) => void, onEnd: () => void) {
    this.spec = spec;
    this.options = options;
    this.folders = folders;
    this.log = log;
    this.onEnd = onEnd;
  }

  async init(): Promise<FunctionFault | undefined> {
    if (this.ended) return ENDED_EARLY;
    const folder = await this.folders.folderOf({ sha256: this.spec.codeSha256, zip: this.spec.zip });
    if (this.ended) return ENDED_EARLY;
    const { functionName, functionArn, handler, memoryMb, logGroupName, logStreamName, logFormat, applicationLogLevel } = this.spec;
    const variables = variablesOf(this.spec, this.options, folder);
    // Node refuses NODE_OPTIONS that a worker cannot have; the one functions use is passed on, the others are dropped.
    const sourceMaps = variables.NODE_OPTIONS?.includes('--enable-source-maps') ?? false;
    delete variables.NODE_OPTIONS;
    this.worker = new Worker(MAIN, {
      env: variables,
      execArgv: sourceMaps ? ['--enable-source-maps', '--no-warnings'] : ['--no-warnings'],
      workerData: { folder, handler, functionName, functionArn, memoryMb, logGroupName, logStreamName, logFormat, applicationLogLevel },
      // Room beyond the configured size: a worker's heap is not all of a Lambda's memory, and the limit here is a safety net.
      resourceLimits: { maxOldGenerationSizeMb: Math.max(128, memoryMb) },
      name: path.basename(functionName),
    });
    const started = this.next();
    this.listen(this.worker);
    const message = await started;
    this.worker.unref(); // an idle environment must not keep the process alive
    switch (message.kind) {
      case 'ready':
        return undefined;
      case 'initFailed':
      case 'crashed':
      case 'failed':
        return message.fault;
      case 'returned':
        return { errorType: 'Sandbox.Failure', errorMessage: 'The runtime answered before it was asked.' };
    }
  }

  async invoke(request: InvocationRequest): Promise<InvocationOutcome> {
    const answered = this.next();
    this.worker?.postMessage({ ...request, variables: { ...credentialVariables(this.spec, this.options), _X_AMZN_TRACE_ID: request.traceHeader } });
    this.worker?.ref();
    const message = await answered;
    this.worker?.unref();
    switch (message.kind) {
      case 'returned':
      case 'failed':
        return message;
      case 'crashed':
      case 'initFailed':
        return { kind: 'exited', fault: { ...message.fault, errorMessage: message.fault.errorMessage.replaceAll('REQUEST_ID', request.requestId) } };
      case 'ready':
        return { kind: 'exited', fault: { errorType: 'Sandbox.Failure', errorMessage: 'The runtime started twice.' } };
    }
  }

  async end(): Promise<void> {
    if (this.ended) return;
    this.ended = true;
    this.onEnd();
    await this.worker?.terminate();
  }

  private next(): Promise<Exclude<FromWorker, { kind: 'log' }>> {
    return new Promise((resolve) => {
      this.waiting = resolve;
    });
  }

  private listen(worker: Worker): void {
    const answer = (message: Exclude<FromWorker, { kind: 'log' }>) => {
      const waiting = this.waiting;
      this.waiting = undefined;
      waiting?.(message);
    };
    worker.on('message', (message: FromWorker) => {
      if (message.kind === 'log') this.log(message.line);
      else answer(message);
    });
    worker.on('error', (error: Error) =>
      answer({ kind: 'crashed', fault: { errorType: 'Runtime.ExitError', errorMessage: `RequestId: REQUEST_ID Error: ${error.message}` } }),
    );
    worker.on('exit', (code) => {
      answer({ kind: 'crashed', fault: { errorType: 'Runtime.ExitError', errorMessage: `RequestId: REQUEST_ID Error: Runtime exited with error: exit status ${code}` } });
      void this.end();
    });
  }
}
