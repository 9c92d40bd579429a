// The states that only steer: Pass, Succeed, Fail, Wait and Choice.
import type { ChoiceState, FailState, PassState, SucceedState, WaitState } from '../language/definition.ts';
import { QUERY_EVALUATION_ERROR, StatesError } from '../language/errors.ts';
import type { Clock } from '../../kernel/clock.ts';
import type { Scope } from './scope.ts';
import { evaluate, evaluateWhole, finish, inState, unexpectedType } from './step.ts';
import type { Step, Transition } from './step.ts';

export const pass = (step: Step<PassState>): Promise<Transition> => finish(step, step.state, step.state.Next, step.input);

export const succeed = (step: Step<SucceedState>): Promise<Transition> => finish(step, step.state, undefined, step.input);

export async function fail(step: Step<FailState>): Promise<never> {
  const { Error: error, Cause: cause } = step.state;
  throw new StatesError(await textField(step, 'Error', error), await textField(step, 'Cause', cause));
}

async function textField(step: Step<FailState>, field: string, template: string | undefined): Promise<string | undefined> {
  if (template === undefined) return undefined;
  const value = await evaluate(step, field, template);
  if (typeof value !== 'string') throw new StatesError(QUERY_EVALUATION_ERROR, unexpectedType(template, field, 'string', value), field);
  return value;
}

export async function wait(step: Step<WaitState>): Promise<Transition> {
  await sleepIn(step.scope, step.engine.kernel.clock, await waitMs(step));
  return finish(step, step.state, step.state.Next, step.input);
}

async function waitMs(step: Step<WaitState>): Promise<number> {
  const { Seconds, Timestamp } = step.state;
  if (Timestamp === undefined) return (await evaluateWhole(step, 'Seconds', Seconds ?? 0, 0)) * 1000;
  const value = await evaluate(step, 'Timestamp', Timestamp);
  // RFC 3339 with a capital T and a time zone, as the language demands.
  const untilMs = typeof value === 'string' && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/.test(value) ? Date.parse(value) : NaN;
  if (Number.isNaN(untilMs)) throw new StatesError(QUERY_EVALUATION_ERROR, unexpectedType(Timestamp, 'Timestamp', 'timestamp', value), 'Timestamp');
  return Math.max(0, untilMs - step.engine.kernel.clock.nowMs());
}

export function sleepIn(scope: Scope, clock: Clock, delayMs: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = clock.after(delayMs, () => {
      forget();
      resolve();
    });
    const forget = scope.onCancel((reason) => {
      timer.cancel();
      reject(reason);
    });
  });
}

export async function choice(step: Step<ChoiceState>): Promise<Transition> {
  for (const [index, rule] of step.state.Choices.entries()) {
    const field = `Choices[${index}]/Condition`;
    const holds = await evaluate(step, field, rule.Condition);
    if (typeof holds !== 'boolean') throw new StatesError(QUERY_EVALUATION_ERROR, unexpectedType(rule.Condition, field, 'boolean', holds), field);
    if (holds) return finish(step, rule, rule.Next, step.input);
  }
  if (step.state.Default === undefined) {
    // The guide's list of errors has States.NoChoiceMatched, but this is what AWS was seen to report.
    throw new StatesError('States.Runtime', inState(step, 'Failed to transition out of the state. The state does not point to a next state.'));
  }
  return finish(step, step.state, step.state.Default, step.input);
}
