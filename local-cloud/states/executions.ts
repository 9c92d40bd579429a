// The life of executions: start, end, stop, redrive, and the tokens they wait for.
import { AwsError } from '../kernel/errors.ts';
import { arnOf } from '../kernel/kernel.ts';
import type { Kernel } from '../kernel/kernel.ts';
import { hexId, uuid } from '../kernel/random.ts';
import type { Execution } from './engine/execution.ts';
import { History, NOT_TRUNCATED } from './engine/history.ts';
import { Interpreter } from './engine/interpreter.ts';
import { Cancelled, Scope } from './engine/scope.ts';
import { startSequence } from './engine/sequence.ts';
import { readToken } from './engine/tokens.ts';
import type { PendingTask } from './engine/tokens.ts';
import { Integrations } from './integrations/integrations.ts';
import { awaitNested } from './integrations/nested.ts';
import { StatesError } from './language/errors.ts';
import type { Json } from './language/json.ts';
import { Evaluator } from './language/jsonata.ts';
import type { StateMachine } from './machine.ts';
import type { Observers } from './observers.ts';

/** A closed execution is kept for 90 days, and its name taken for as long. */
const RETENTION_MS = 90 * 24 * 3600 * 1000;
const REDRIVE_WINDOW_MS = 14 * 24 * 3600 * 1000;
/** No execution runs longer than a year. https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html */
const LONGEST_EXECUTION_SECONDS = 365 * 24 * 3600;

interface ExecutionStart {
  machine: StateMachine;
  name: string | undefined;
  inputText: string;
  traceHeader: string | undefined;
}

export class Executions {
  private readonly byArn = new Map<string, Execution>();
  private readonly byMachine = new Map<string, Execution[]>();
  private readonly interpreter: Interpreter;
  private readonly kernel: Kernel;
  private readonly observers: Observers;
  /** Executions whose role may not send traces: AWS runs them all the same, without. */
  readonly untraced: { executionArn: string; message: string }[] = [];

  constructor(kernel: Kernel, observers: Observers, isDeleting: (stateMachineArn: string) => boolean) {
    this.kernel = kernel;
    this.observers = observers;
    this.interpreter = new Interpreter({
      kernel,
      evaluator: new Evaluator(kernel.clock, kernel.random),
      integrations: new Integrations({ awaitEnd: (executionArn, role, onCancel) => awaitNested(kernel, this.get(executionArn), role, onCancel) }),
      beforeState: (execution) => {
        if (isDeleting(execution.stateMachineArn)) this.stop(execution, undefined, undefined);
      },
    });
  }

  get(executionArn: string): Execution {
    const execution = this.byArn.get(executionArn);
    if (!execution || this.isForgotten(execution)) throw new AwsError('ExecutionDoesNotExist', `Execution Does Not Exist: '${executionArn}'`);
    return execution;
  }

  /** Oldest first. */
  ofMachine(stateMachineArn: string): Execution[] {
    return (this.byMachine.get(stateMachineArn) ?? []).filter((execution) => !this.isForgotten(execution));
  }

  /** Starting the same name with the same input while it runs answers the running execution. */
  start({ machine, name: givenName, inputText, traceHeader }: ExecutionStart): Execution {
    const name = givenName ?? uuid(this.kernel.random);
    const arn = arnOf(this.kernel, 'states', `execution:${machine.name}:${name}`);
    const known = this.byArn.get(arn);
    if (known && !this.isForgotten(known)) {
      if (known.status === 'RUNNING' && known.inputText === inputText) return known;
      throw new AwsError('ExecutionAlreadyExists', `Execution Already Exists: '${arn}'`);
    }
    const execution = this.create(machine, arn, name, inputText, traceHeader);
    this.byArn.set(arn, execution);
    const ofMachine = this.byMachine.get(machine.arn) ?? [];
    ofMachine.push(execution);
    this.byMachine.set(machine.arn, ofMachine);
    execution.history.add('ExecutionStarted', 0, {
      executionStartedEventDetails: { input: inputText, inputDetails: NOT_TRUNCATED, roleArn: machine.revision.roleArn },
    });
    this.observers.statusChanged(execution);
    this.checkTracing(execution);
    this.begin(execution, execution.startMs);
    return execution;
  }

  private create(machine: StateMachine, arn: string, name: string, inputText: string, traceHeader: string | undefined): Execution {
    const { revision } = machine;
    const startMs = this.kernel.clock.nowMs();
    const execution: Execution = {
      arn,
      name,
      stateMachineArn: machine.arn,
      revision,
      definition: revision.definition,
      inputText,
      input: JSON.parse(inputText) as Json,
      traceHeader,
      startMs,
      startTime: new Date(startMs).toISOString(),
      role: this.kernel.assumeRole(revision.roleArn, 'states.amazonaws.com', hexId(this.kernel.random, 32)),
      history: new History(this.kernel.clock, (event) => this.observers.recorded(execution, event)),
      root: startSequence(revision.definition, inputText),
      status: 'RUNNING',
      stopMs: undefined,
      outputText: undefined,
      error: undefined,
      cause: undefined,
      redriveCount: 0,
      redriveMs: undefined,
      transitions: 0,
      scope: new Scope(),
      tokensIssued: 0,
      pendingTasks: new Map(),
      onEnd: [],
    };
    return execution;
  }

  private checkTracing({ arn, revision, role }: Execution): void {
    if (revision.tracing.enabled !== true) return;
    try {
      this.kernel.authorize(role, TRACING_ACTIONS.map((action) => ({ action, resource: '*' })));
    } catch (error) {
      if (!(error instanceof AwsError)) throw error;
      this.untraced.push({ executionArn: arn, message: error.message });
    }
  }

  /** The run begins on the clock's next turn, after StartExecution has answered. */
  private begin(execution: Execution, sinceMs: number): void {
    const { clock } = this.kernel;
    const { scope } = execution;
    const limitSeconds = Math.min(execution.definition.TimeoutSeconds ?? Infinity, LONGEST_EXECUTION_SECONDS);
    const deadline = clock.after(sinceMs + limitSeconds * 1000 - clock.nowMs(), () => this.timeOut(execution));
    const start = clock.after(0, async () => {
      try {
        await this.interpreter.run(execution, execution.root, scope);
        this.end(execution, { status: 'SUCCEEDED', outputText: execution.root.outputText });
      } catch (error) {
        if (error instanceof Cancelled) return;
        if (!(error instanceof StatesError)) throw error;
        this.end(execution, { status: 'FAILED', error: error.error, cause: error.causeText });
      }
    });
    const disarm = () => {
      deadline.cancel();
      start.cancel();
    };
    scope.onCancel(disarm);
    execution.onEnd.push(disarm);
  }

  private timeOut(execution: Execution): void {
    execution.scope.cancel(new Cancelled('timedOut'));
    this.end(execution, { status: 'TIMED_OUT' });
  }

  /** Aborts what runs; an execution that has ended already stays as it is. */
  stop(execution: Execution, error: string | undefined, cause: string | undefined): void {
    if (execution.status !== 'RUNNING') return;
    execution.scope.cancel(new Cancelled('aborted'));
    this.end(execution, { status: 'ABORTED', error, cause });
  }

  private end(execution: Execution, outcome: { status: 'SUCCEEDED' | 'FAILED' | 'TIMED_OUT' | 'ABORTED'; outputText?: string; error?: string; cause?: string }): void {
    if (execution.status !== 'RUNNING') return;
    const { status, outputText, error, cause } = outcome;
    Object.assign(execution, outcome, { stopMs: this.kernel.clock.nowMs() });
    switch (status) {
      case 'SUCCEEDED':
        execution.history.addFinal('ExecutionSucceeded', { executionSucceededEventDetails: { output: outputText, outputDetails: NOT_TRUNCATED } });
        break;
      case 'FAILED':
        execution.history.addFinal('ExecutionFailed', { executionFailedEventDetails: { error, cause } });
        break;
      case 'TIMED_OUT':
        // Only the history says so: DescribeExecution has neither error nor cause then (measured, github.com/floci-io/floci/issues/2733).
        execution.history.addFinal('ExecutionTimedOut', { executionTimedOutEventDetails: { error: 'States.Timeout' } });
        break;
      case 'ABORTED':
        execution.history.addFinal('ExecutionAborted', { executionAbortedEventDetails: { error, cause } });
        break;
    }
    this.observers.statusChanged(execution);
    for (const listener of execution.onEnd.splice(0)) listener();
  }

  /** Goes on at the state that did not succeed. https://docs.aws.amazon.com/step-functions/latest/dg/redrive-executions.html */
  redrive(execution: Execution): void {
    const { redrivable, reason } = this.redrivability(execution);
    if (!redrivable) throw new AwsError('ExecutionNotRedrivable', reason);
    const { clock } = this.kernel;
    execution.redriveCount++;
    Object.assign(execution, { status: 'RUNNING', stopMs: undefined, error: undefined, cause: undefined, redriveMs: clock.nowMs(), scope: new Scope() });
    execution.history.add('ExecutionRedriven', execution.history.lastEventId, { executionRedrivenEventDetails: { redriveCount: execution.redriveCount } });
    execution.root.lastEventId = execution.history.lastEventId;
    this.observers.statusChanged(execution);
    this.begin(execution, clock.nowMs());
  }

  redrivability({ status, stopMs, history }: Execution): { redrivable: true; reason: undefined } | { redrivable: false; reason: string } {
    if (status === 'RUNNING' || status === 'SUCCEEDED') return { redrivable: false, reason: `Execution is ${status} and cannot be redriven` };
    if (this.kernel.clock.nowMs() - (stopMs ?? 0) > REDRIVE_WINDOW_MS) return { redrivable: false, reason: 'Execution has exceeded redrivable period and cannot be redriven' };
    if (!history.hasRoom) return { redrivable: false, reason: 'Execution history event limit exceeded' };
    return { redrivable: true, reason: undefined };
  }

  /** The task that waits for a token. */
  pendingTask(taskToken: string): PendingTask {
    const parts = readToken(taskToken);
    if (!parts) throw new AwsError('InvalidToken', `Invalid Token: '${taskToken}'`);
    const execution = this.byArn.get(parts.executionArn);
    if (!execution || parts.taskNumber > execution.tokensIssued) throw new AwsError('TaskDoesNotExist', `Task Does Not Exist: '${taskToken}'`);
    const task = execution.pendingTasks.get(parts.taskNumber);
    if (!task) throw new AwsError('TaskTimedOut', "Task Timed Out: 'Provided task does not exist anymore'");
    return task;
  }

  hasRunning(stateMachineArn: string): boolean {
    return this.ofMachine(stateMachineArn).some(({ status }) => status === 'RUNNING');
  }

  whenEnded(execution: Execution, listener: () => void): void {
    if (execution.status === 'RUNNING') execution.onEnd.push(listener);
    else listener();
  }

  close(): void {
    for (const execution of this.byArn.values()) execution.scope.cancel(new Cancelled('closed'));
  }

  private isForgotten({ stopMs }: Execution): boolean {
    return stopMs !== undefined && this.kernel.clock.nowMs() - stopMs > RETENTION_MS;
  }
}

const TRACING_ACTIONS = ['xray:PutTraceSegments', 'xray:PutTelemetryRecords', 'xray:GetSamplingRules', 'xray:GetSamplingTargets'];

