// Runs sequences: enter a state, attempt it, retry or catch, leave it, go to the next.
import type { HistoryEventType } from '@aws-sdk/client-sfn';
import { unreachable } from '../language/definition.ts';
import type { Catcher, State, StateType } from '../language/definition.ts';
import { StatesError, matchesError } from '../language/errors.ts';
import type { Json, JsonObject } from '../language/json.ts';
import { takeRetry } from '../language/retry.ts';
import type { RetryCounters } from '../language/retry.ts';
import type { Execution } from './execution.ts';
import { choice, fail, pass, sleepIn, succeed, wait } from './flow.ts';
import { map, parallel } from './groups.ts';
import { NOT_TRUNCATED } from './history.ts';
import type { Scope } from './scope.ts';
import type { Sequence } from './sequence.ts';
import { finish, inState } from './step.ts';
import type { Engine, Step, Transition } from './step.ts';
import { task } from './task.ts';

export type InterpreterPorts = Omit<Engine, 'runSequence'> & {
  /** Told before every state: a machine that is being deleted ends its executions here, by cancelling their scope. */
  beforeState: (execution: Execution) => void;
};

export class Interpreter {
  private readonly engine: Engine;
  private readonly beforeState: InterpreterPorts['beforeState'];

  constructor({ beforeState, ...ports }: InterpreterPorts) {
    this.beforeState = beforeState;
    this.engine = { ...ports, runSequence: (execution, sequence, scope) => this.run(execution, sequence, scope) };
  }

  /** Runs a sequence from its position to its end. On a redrive, Tasks, Maps and Parallels go on without being entered again. */
  async run(execution: Execution, sequence: Sequence, scope: Scope): Promise<void> {
    for (;;) {
      scope.throwIfCancelled();
      this.beforeState(execution);
      scope.throwIfCancelled();
      const { stateName } = sequence.position;
      const state = sequence.group.States[stateName];
      if (!state) throw new StatesError('States.Runtime', `There is no state '${stateName}'.`);
      const { outputText, assign, next } = await this.visit(execution, sequence, scope, state);
      scope.throwIfCancelled();
      if (assign) sequence.variables.assign(assign);
      sequence.inner = undefined;
      sequence.entered = false;
      this.recordExit(execution, sequence, state, stateName, outputText, assign);
      if (next === undefined) {
        sequence.outputText = outputText;
        return;
      }
      sequence.position = { stateName: next, inputText: outputText };
    }
  }

  private async visit(execution: Execution, sequence: Sequence, scope: Scope, state: State): Promise<Transition> {
    const { stateName: name, inputText } = sequence.position;
    const { history } = execution;
    const { clock, random } = this.engine.kernel;
    execution.transitions++;
    if (!sequence.entered || !canResume(state)) {
      const details = { name, input: inputText, inputDetails: NOT_TRUNCATED };
      sequence.lastEventId = history.add(`${state.Type}StateEntered`, sequence.lastEventId, { stateEnteredEventDetails: details });
    }
    sequence.entered = true;
    const enteredEventId = sequence.lastEventId;
    const step = { engine: this.engine, execution, sequence, scope, name, state, input: JSON.parse(inputText) as Json, enteredTime: new Date(clock.nowMs()).toISOString(), enteredEventId };
    const forget = scope.onCancel((reason) => {
      const type = abortedEvent(state.Type);
      if (reason.kind === 'aborted' && type) history.addAborted(type, sequence.lastEventId);
    });
    const counters: RetryCounters = new Map();
    try {
      for (let retryCount = 0; ; retryCount++) {
        const attempt: Step = { ...step, retryCount };
        try {
          return await attemptState(attempt);
        } catch (thrown) {
          if (scope.reason) throw scope.reason;
          const error = this.asStatesError(thrown, attempt);
          const { Retry, Catch } = 'Retry' in state || 'Catch' in state ? state : { Retry: undefined, Catch: undefined };
          const retry = takeRetry(Retry, error, counters, () => random.next());
          this.recordFailure(attempt, error, retry !== undefined);
          if (retry) {
            sequence.inner = undefined;
            await sleepIn(scope, clock, retry.delayMs);
            execution.transitions++;
            continue;
          }
          const catcher = Catch?.find(({ ErrorEquals }) => matchesError(ErrorEquals, error));
          if (!catcher) throw error;
          const errorOutput = { Error: error.error ?? '', Cause: error.causeText ?? '' };
          return await this.caught(attempt, catcher, errorOutput);
        }
      }
    } catch (error) {
      // Recorded here already: the states around this one must not report the location again.
      throw error instanceof StatesError && error.location !== undefined ? new StatesError(error.error, error.causeText) : error;
    } finally {
      forget();
    }
  }

  private async caught(step: Step, catcher: Catcher, errorOutput: Json): Promise<Transition> {
    try {
      return await finish(step, catcher, catcher.Next, errorOutput, { errorOutput });
    } catch (thrown) {
      const error = this.asStatesError(thrown, step);
      this.recordFailure(step, error, false);
      throw error;
    }
  }

  /** Anything that is no StatesError is a fault of this model. */
  private asStatesError(thrown: unknown, step: Step): StatesError {
    if (!(thrown instanceof StatesError)) {
      this.engine.kernel.crash(thrown);
      return new StatesError('States.Runtime', `The local cloud failed: ${String(thrown)}`);
    }
    const { error, causeText, location } = thrown;
    return location === undefined ? thrown : new StatesError(error, inState(step, causeText), location);
  }

  /** Tasks record their own failures. A Map or Parallel has failed only when no retrier takes the error. */
  private recordFailure({ execution, sequence, name, state }: Step, { error, causeText, location }: StatesError, retried: boolean): void {
    const add = (type: HistoryEventType, details?: Parameters<typeof execution.history.add>[2]) => {
      sequence.lastEventId = execution.history.add(type, sequence.lastEventId, details);
    };
    if (location !== undefined) add('EvaluationFailed', { evaluationFailedEventDetails: { error, cause: causeText, location, state: name } });
    const hadSucceeded = location !== undefined && /^(Output|Assign)/.test(location);
    if ((state.Type === 'Map' || state.Type === 'Parallel') && !retried && !hadSucceeded) add(`${state.Type}StateFailed`);
  }

  private recordExit(execution: Execution, sequence: Sequence, state: State, name: string, output: string, assign: JsonObject | undefined): void {
    const assigned = assign && {
      assignedVariables: Object.fromEntries(Object.entries(assign).map(([variable, value]) => [variable, JSON.stringify(value)])),
      assignedVariablesDetails: NOT_TRUNCATED,
    };
    sequence.lastEventId = execution.history.add(exitedEvent(state.Type), sequence.lastEventId, {
      stateExitedEventDetails: { name, output, outputDetails: NOT_TRUNCATED, ...assigned },
    });
  }
}

function attemptState(step: Step): Promise<Transition> {
  const { state } = step;
  switch (state.Type) {
    case 'Pass':
      return pass({ ...step, state });
    case 'Succeed':
      return succeed({ ...step, state });
    case 'Fail':
      return fail({ ...step, state });
    case 'Wait':
      return wait({ ...step, state });
    case 'Choice':
      return choice({ ...step, state });
    case 'Task':
      return task({ ...step, state });
    case 'Parallel':
      return parallel({ ...step, state });
    case 'Map':
      return map({ ...step, state });
    default:
      return unreachable(state);
  }
}

/** https://docs.aws.amazon.com/step-functions/latest/dg/redrive-executions.html */
const canResume = (state: State) => state.Type === 'Task' || state.Type === 'Map' || state.Type === 'Parallel';

function exitedEvent(type: StateType): HistoryEventType {
  if (type === 'Fail') throw new Error('a Fail state has no exit');
  return `${type}StateExited`;
}

function abortedEvent(type: StateType): HistoryEventType | undefined {
  return type === 'Task' || type === 'Wait' || type === 'Map' || type === 'Parallel' ? `${type}StateAborted` : undefined;
}
