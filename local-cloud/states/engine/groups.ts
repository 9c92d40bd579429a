// Map (inline) and Parallel: several sequences side by side, the first failure stops the others.
import type { HistoryEventType } from '@aws-sdk/client-sfn';
import type { MapState, ParallelState } from '../language/definition.ts';
import { QUERY_EVALUATION_ERROR, StatesError } from '../language/errors.ts';
import type { Json } from '../language/json.ts';
import { Cancelled } from './scope.ts';
import type { Scope } from './scope.ts';
import { startSequence } from './sequence.ts';
import type { Sequence } from './sequence.ts';
import { evaluate, evaluateWhole, finish, limited, unexpectedType } from './step.ts';
import type { Step, Transition } from './step.ts';

/** Inline Maps run at most this many iterations at a time. https://docs.aws.amazon.com/step-functions/latest/dg/state-map-inline.html */
const INLINE_CONCURRENCY_LIMIT = 40;

export async function parallel(step: Step<ParallelState>): Promise<Transition> {
  const { state, sequence, execution } = step;
  const resumed = sequence.inner;
  if (!resumed) {
    const argumentsText = limited(step.name, state.Arguments === undefined ? step.input : await evaluate(step, 'Arguments', state.Arguments));
    sequence.inner = state.Branches.map((branch) => startSequence(branch, argumentsText, sequence.variables, sequence.mapItem));
    sequence.lastEventId = execution.history.add('ParallelStateStarted', sequence.lastEventId);
  }
  const branches = sequence.inner ?? [];
  for (const branch of branches) branch.lastEventId = sequence.lastEventId;
  await runAll(step, branches, Infinity, 0, (branch, scope) => step.engine.runSequence(execution, branch, scope));
  return succeedWith(step, 'ParallelStateSucceeded', branches);
}

export async function map(step: Step<MapState>): Promise<Transition> {
  const { state, sequence } = step;
  const concurrency = state.MaxConcurrency === undefined ? 0 : await evaluateWhole(step, 'MaxConcurrency', state.MaxConcurrency, 0);
  const iterations = sequence.inner ?? (await startIterations(step));
  const tolerated = await toleratedFailures(step, iterations.length);
  const limit = Math.min(concurrency || INLINE_CONCURRENCY_LIMIT, INLINE_CONCURRENCY_LIMIT);
  await runAll(step, iterations, limit, tolerated, (iteration, scope) => runIteration(step, iteration, scope));
  return succeedWith(step, 'MapStateSucceeded', iterations);
}

async function startIterations(step: Step<MapState>): Promise<Sequence[]> {
  const { state, sequence, execution } = step;
  const items = state.Items === undefined ? step.input : await evaluate(step, 'Items', state.Items);
  if (!Array.isArray(items)) throw new StatesError(QUERY_EVALUATION_ERROR, unexpectedType(state.Items ?? '$states.input', 'Items', 'array', items), 'Items');
  const started: Sequence[] = [];
  for (const [Index, Value] of items.entries()) {
    const mapItem = { Index, Value };
    const selected = state.ItemSelector === undefined ? Value : await evaluate(step, 'ItemSelector', state.ItemSelector, { mapItem });
    started.push(startSequence(state.ItemProcessor, limited(step.name, selected), sequence.variables, mapItem));
  }
  sequence.lastEventId = execution.history.add('MapStateStarted', sequence.lastEventId, { mapStateStartedEventDetails: { length: items.length } });
  sequence.inner = started;
  return started;
}

async function runIteration(step: Step<MapState>, iteration: Sequence, scope: Scope): Promise<void> {
  const { history } = step.execution;
  const details = { name: step.name, index: iteration.mapItem?.Index ?? 0 };
  iteration.lastEventId = history.add('MapIterationStarted', step.sequence.lastEventId, { mapIterationStartedEventDetails: details });
  const forget = scope.onCancel((reason) => {
    if (reason.kind === 'aborted') history.addAborted('MapIterationAborted', iteration.lastEventId, { mapIterationAbortedEventDetails: details });
  });
  try {
    await step.engine.runSequence(step.execution, iteration, scope);
    iteration.lastEventId = history.add('MapIterationSucceeded', iteration.lastEventId, { mapIterationSucceededEventDetails: details });
  } catch (error) {
    if (error instanceof StatesError) iteration.lastEventId = history.add('MapIterationFailed', iteration.lastEventId, { mapIterationFailedEventDetails: details });
    throw error;
  } finally {
    forget();
  }
}

/** How many iterations may fail; 0 when nothing is said. */
async function toleratedFailures(step: Step<MapState>, length: number): Promise<number> {
  const { ToleratedFailureCount: count, ToleratedFailurePercentage: percentage } = step.state;
  const byCount = count === undefined ? undefined : await evaluateWhole(step, 'ToleratedFailureCount', count, 0);
  const byPercentage = percentage === undefined ? undefined : Math.floor((length * (await evaluateWhole(step, 'ToleratedFailurePercentage', percentage, 0))) / 100);
  if (byCount === undefined && byPercentage === undefined) return 0;
  return Math.min(byCount ?? Infinity, byPercentage ?? Infinity);
}

/** Runs the sequences that have not ended yet, `concurrency` at a time; one failure beyond the tolerated ones aborts the rest. */
async function runAll(step: Step<MapState | ParallelState>, sequences: Sequence[], concurrency: number, tolerated: number, run: (sequence: Sequence, scope: Scope) => Promise<void>): Promise<void> {
  const waiting = sequences.filter(({ outputText }) => outputText === undefined);
  const { scope, release } = step.scope.child();
  let failures = 0;
  let fatal: Error | undefined;
  const worker = async (): Promise<void> => {
    for (let next = waiting.shift(); next && !scope.reason; next = waiting.shift()) {
      const own = scope.child();
      try {
        await run(next, own.scope);
      } catch (error) {
        if (scope.reason) return;
        failures++;
        if (error instanceof StatesError && failures <= tolerated) continue;
        fatal = tolerated > 0 && error instanceof StatesError ? thresholdExceeded() : asError(error);
        own.release();
        step.sequence.lastEventId = next.lastEventId;
        scope.cancel(new Cancelled('aborted'));
      } finally {
        own.release();
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(concurrency, waiting.length) }, worker));
  release();
  step.scope.throwIfCancelled();
  if (fatal) throw fatal;
}

const asError = (thrown: unknown): Error => (thrown instanceof Error ? thrown : new Error(String(thrown)));

const thresholdExceeded = () =>
  new StatesError('States.ExceedToleratedFailureThreshold', 'The specified tolerated failure threshold was exceeded');

/** Iterations that failed within the tolerance have no output and are left out of the result. */
function succeedWith(step: Step<MapState | ParallelState>, type: HistoryEventType, sequences: Sequence[]): Promise<Transition> {
  const result: Json[] = sequences.flatMap(({ outputText }) => (outputText === undefined ? [] : [JSON.parse(outputText) as Json]));
  limited(step.name, result);
  const previous = Math.max(step.sequence.lastEventId, ...sequences.map(({ lastEventId }) => lastEventId));
  step.sequence.lastEventId = step.execution.history.add(type, previous);
  return finish(step, step.state, step.state.Next, result, { result });
}
