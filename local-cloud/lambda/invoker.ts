// One invocation from start to end: admission, environment, timeout, logs, traces and metrics, as Lambda does it around the code.
import { AwsError } from '../kernel/errors.ts';
import type { Kernel } from '../kernel/kernel.ts';
import { arnOf } from '../kernel/kernel.ts';
import type { LogSink, MetricSink } from '../kernel/ports.ts';
import { hexId } from '../kernel/random.ts';
import type { Caller } from '../kernel/service.ts';
import type { Environment, Environments } from './environments.ts';
import type { FunctionRecord } from './function-record.ts';
import { iso } from './function-record.ts';
import { logLinesOf } from './log-lines.ts';
import type { FunctionFault, InvocationOutcome } from './runner.ts';

export interface Invocation {
  requestId: string;
  /** JSON. */
  payload: string;
  clientContext?: string;
}

export interface InvocationResult {
  /** JSON: the result, or the fault. */
  payload: string;
  functionError: 'Unhandled' | undefined;
  /** The last 4 KB of what the invocation logged. */
  logTail: () => string;
}

const ACCOUNT_CONCURRENCY = 1_000;
const INIT_LIMIT_MS = 10_000;
const LOG_TAIL_BYTES = 4_096;
const RESPONSE_LIMIT_BYTES = 6 * 2 ** 20 + 1024;

interface InvokerPorts {
  logs: LogSink | undefined;
  metrics: MetricSink | undefined;
}

type Session = Extract<Caller, { kind: 'role' }>;

export class Invoker {
  private readonly kernel: Kernel;
  private readonly environments: Environments;
  private readonly ports: InvokerPorts;
  private readonly deadFunctions = new Set<string>();
  private allDead = false;
  private running = 0;
  private readonly aborts = new Set<{ functionName: string; abort: () => void }>();
  /** Log and trace deliveries that a role was not allowed, each once: AWS drops them without a word. */
  readonly deniedDeliveries: { functionName: string; action: string; message: string }[] = [];

  constructor(kernel: Kernel, environments: Environments, ports: InvokerPorts) {
    this.kernel = kernel;
    this.environments = environments;
    this.ports = ports;
  }

  /** A dead function (all of them, without a name) answers like a service outage, and what it was doing is cut off. */
  setDead(functionName: string | undefined, dead: boolean): void {
    if (functionName === undefined) {
      this.allDead = dead;
      if (!dead) this.deadFunctions.clear();
    } else if (dead) this.deadFunctions.add(functionName);
    else this.deadFunctions.delete(functionName);
    if (!dead) return;
    for (const running of [...this.aborts]) if (functionName === undefined || running.functionName === functionName) running.abort();
    this.environments.endAll(functionName).catch((error: unknown) => this.kernel.crash(error));
  }

  /** Throws `AwsError` when the invocation never reached the function (throttled, dead, no role). */
  async invoke(record: FunctionRecord, invocation: Invocation): Promise<InvocationResult> {
    this.admit(record);
    const session = this.sessionOf(record);
    this.checkKey(record, session);
    const environment = this.environments.take(record);
    this.running += 1;
    this.measure(record, 'Invocations', 1, 'Count');
    const log = new InvocationLog();
    let state: 'reusable' | 'broken' = 'broken';
    try {
      const outcome = await this.run(record, environment, invocation, log);
      if (outcome.kind !== 'exited') state = 'reusable';
      return resultOf(outcome, log);
    } finally {
      this.running -= 1;
      this.environments.release(environment, state, record.revision);
      this.deliver(record, session, environment, log);
    }
  }

  /** An outage refuses asynchronous events at the door too. */
  refuseWhenDead(record: FunctionRecord): void {
    if (this.isDead(record.name)) throw outage();
  }

  private admit(record: FunctionRecord): void {
    this.refuseWhenDead(record);
    const busy = this.environments.busyCount(record.name);
    if (record.reservedConcurrency !== undefined && busy >= record.reservedConcurrency) this.throttle(record, 'ReservedFunctionConcurrentInvocationLimitExceeded');
    if (this.running >= ACCOUNT_CONCURRENCY) this.throttle(record, 'ConcurrentInvocationLimitExceeded');
  }

  private isDead(functionName: string): boolean {
    return this.allDead || this.deadFunctions.has(functionName);
  }

  private throttle(record: FunctionRecord, reason: string): never {
    this.measure(record, 'Throttles', 1, 'Count');
    throw new AwsError('TooManyRequestsException', 'Rate Exceeded.', { httpStatus: 429, members: { Reason: reason, Type: 'User' } });
  }

  private sessionOf(record: FunctionRecord): Session {
    try {
      return this.kernel.assumeRole(record.role, 'lambda.amazonaws.com', record.name);
    } catch (error) {
      if (!(error instanceof AwsError)) throw error;
      throw new AwsError('AccessDeniedException', 'The role defined for the function cannot be assumed by Lambda.', { httpStatus: 403, members: { Type: 'User' } });
    }
  }

  /** Variables encrypted with a customer key are decrypted by the function's role. */
  private checkKey(record: FunctionRecord, session: Session): void {
    if (!record.kmsKeyArn || Object.keys(record.variables).length === 0) return;
    const context = { 'kms:ViaService': `lambda.${this.kernel.region}.amazonaws.com`, 'kms:EncryptionContext:aws:lambda:FunctionArn': record.arn };
    try {
      this.kernel.authorize(session, [{ action: 'kms:Decrypt', resource: record.kmsKeyArn, context }]);
    } catch (error) {
      if (!(error instanceof AwsError)) throw error;
      throw new AwsError(
        'KMSAccessDeniedException',
        `Lambda was unable to decrypt the environment variables because KMS access was denied. Please check the function's KMS key settings. KMS Exception: AccessDeniedException KMS Message: ${error.message}`,
        { httpStatus: 502, members: { Type: 'User' } },
      );
    }
  }

  private async run(record: FunctionRecord, environment: Environment, invocation: Invocation, log: InvocationLog): Promise<InvocationOutcome> {
    const { clock } = this.kernel;
    const lines = logLinesOf(record.logging);
    const now = () => iso(clock.nowMs());
    const write = (line: string | undefined) => {
      if (line !== undefined) log.add(line, clock.nowMs());
    };
    environment.print = write;
    let initDurationMs: number | undefined;
    let fault: FunctionFault | undefined;
    if (environment.served === 0) {
      write(lines.initStart(now(), record.runtime));
      const initStartMs = clock.nowMs();
      const limitMs = INIT_LIMIT_MS + record.timeoutSeconds * 1000;
      const init = await this.within(record.name, limitMs, environment.machine.init());
      initDurationMs = clock.nowMs() - initStartMs;
      if (init === TIMED_OUT) fault = timedOut(invocation.requestId, record.timeoutSeconds);
      else fault = init;
    }
    write(lines.start(now(), invocation.requestId));
    const startMs = clock.nowMs();
    const outcome = fault ? ({ kind: 'exited', fault } as const) : await this.serve(record, environment, invocation, write);
    const durationMs = clock.nowMs() - startMs;
    if (outcome.kind === 'exited') write(outcome.fault.errorType === 'Sandbox.Timedout' ? `${now()} ${outcome.fault.errorMessage}` : lines.fault(now(), invocation.requestId, outcome.fault));
    write(lines.end(now(), invocation.requestId));
    write(
      lines.report(now(), {
        requestId: invocation.requestId,
        durationMs,
        memoryMb: record.memoryMb,
        memoryUsedMb: Math.min(record.memoryMb, outcome.kind === 'exited' ? record.memoryMb : (outcome.memoryUsedMb ?? 64)),
        initDurationMs,
        status: outcome.kind === 'returned' ? 'success' : outcome.kind === 'failed' ? 'error' : outcome.fault.errorType === 'Sandbox.Timedout' ? 'timeout' : 'error',
      }),
    );
    this.measure(record, 'Duration', durationMs, 'Milliseconds');
    this.measure(record, 'Errors', outcome.kind === 'returned' ? 0 : 1, 'Count');
    return outcome;
  }

  private async serve(record: FunctionRecord, environment: Environment, invocation: Invocation, write: (line: string) => void): Promise<InvocationOutcome> {
    const timeoutMs = record.timeoutSeconds * 1000;
    const request = {
      requestId: invocation.requestId,
      payload: invocation.payload,
      deadlineMs: this.kernel.clock.nowMs() + timeoutMs,
      clientContext: invocation.clientContext,
      traceHeader: this.traceHeader(record),
    };
    const outcome = await this.within(record.name, timeoutMs, environment.machine.invoke(request));
    if (outcome === TIMED_OUT) {
      environment.print = () => undefined; // what still trickles in belongs to nobody
      return { kind: 'exited', fault: timedOut(invocation.requestId, record.timeoutSeconds) };
    }
    if (outcome.kind === 'returned' && Buffer.byteLength(outcome.payload) > RESPONSE_LIMIT_BYTES) {
      write('Function response size exceeded the limit');
      const errorMessage = `Response payload size exceeded maximum allowed payload size (${RESPONSE_LIMIT_BYTES - 1024} bytes).`;
      return { kind: 'failed', fault: { errorType: 'Function.ResponseSizeTooLarge', errorMessage } };
    }
    return outcome;
  }

  private traceHeader(record: FunctionRecord): string {
    const { clock, random } = this.kernel;
    const seconds = Math.floor(clock.nowMs() / 1000).toString(16);
    return `Root=1-${seconds}-${hexId(random, 24)};Parent=${hexId(random, 16)};Sampled=${record.tracing === 'Active' ? 1 : 0}`;
  }

  /** Waits for `work`, but no longer than `limitMs` and not past the death of the function. */
  private within<Result>(functionName: string, limitMs: number, work: Promise<Result>): Promise<Result | typeof TIMED_OUT> {
    return new Promise((resolve, reject) => {
      const timer = this.kernel.clock.after(limitMs, () => settle(() => resolve(TIMED_OUT)));
      const running = { functionName, abort: () => settle(() => reject(outage())) };
      const settle = (finish: () => void) => {
        timer.cancel();
        this.aborts.delete(running);
        finish();
      };
      this.aborts.add(running);
      work.then(
        (result) => settle(() => resolve(result)),
        (error: unknown) => settle(() => reject(error instanceof Error ? error : new Error(String(error)))),
      );
    });
  }

  /** Hands logs and traces over with the role's own permissions; a denied delivery is lost, as on AWS, but noted. */
  private deliver(record: FunctionRecord, session: Session, environment: Environment, log: InvocationLog): void {
    const stream = arnOf(this.kernel, 'logs', `log-group:${record.logging.group}:log-stream:${environment.logStreamName}`);
    const mayLog = this.allowed(record, session, ['logs:CreateLogStream', 'logs:PutLogEvents'], stream);
    if (mayLog) {
      for (const { message, timestampMs } of log.entries) {
        this.ports.logs?.append({ logGroupName: record.logging.group, logStreamName: environment.logStreamName, message, timestampMs });
      }
    }
    if (record.tracing === 'Active') this.allowed(record, session, ['xray:PutTraceSegments', 'xray:PutTelemetryRecords'], '*');
  }

  private allowed(record: FunctionRecord, session: Session, actions: string[], resource: string): boolean {
    let all = true;
    for (const action of actions) {
      try {
        this.kernel.authorize(session, [{ action, resource }]);
      } catch (error) {
        if (!(error instanceof AwsError)) throw error;
        all = false;
        const known = this.deniedDeliveries.some((denied) => denied.functionName === record.name && denied.action === action);
        if (!known) this.deniedDeliveries.push({ functionName: record.name, action, message: error.message });
      }
    }
    return all;
  }

  private measure(record: FunctionRecord, metricName: string, value: number, unit: string): void {
    this.ports.metrics?.record({ namespace: 'AWS/Lambda', metricName, dimensions: { FunctionName: record.name }, value, unit });
  }
}

const TIMED_OUT = Symbol('timed out');

const timedOut = (requestId: string, seconds: number): FunctionFault => ({
  errorType: 'Sandbox.Timedout',
  errorMessage: `RequestId: ${requestId} Error: Task timed out after ${seconds.toFixed(2)} seconds`,
});

const outage = (): AwsError => new AwsError('ServiceException', 'The service is temporarily unavailable.', { httpStatus: 503, members: { Type: 'Service' } });

class InvocationLog {
  readonly entries: { message: string; timestampMs: number }[] = [];

  add(message: string, timestampMs: number): void {
    this.entries.push({ message, timestampMs });
  }

  tail(): string {
    const text = Buffer.from(this.entries.map((entry) => `${entry.message}\n`).join(''));
    return text.subarray(Math.max(0, text.length - LOG_TAIL_BYTES)).toString('base64');
  }
}

function resultOf(outcome: InvocationOutcome, log: InvocationLog): InvocationResult {
  const payload = outcome.kind === 'returned' ? outcome.payload : JSON.stringify(outcome.fault);
  return { payload, functionError: outcome.kind === 'returned' ? undefined : 'Unhandled', logTail: () => log.tail() };
}
