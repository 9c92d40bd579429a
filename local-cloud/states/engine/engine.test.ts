import { FunctionFault, invoking, testCloud } from '../test-cloud.ts';
import type { TestCloud } from '../test-cloud.ts';

let cloud: TestCloud;
beforeEach(() => (cloud = testCloud()));
afterEach(() => {
  cloud.model.close();
  expect(cloud.crashes).toEqual([]);
});

const one = (name: string, state: object) => ({ StartAt: name, States: { [name]: state } });
const failing = (name: string) => () => {
  throw new FunctionFault(name, 'no');
};

describe('a Map', () => {
  const overItems = (more: object, inner: object) => one('Each', { Type: 'Map', Items: '{% $states.input %}', ItemProcessor: one('Item', inner), End: true, ...more });

  it('keeps the order of its items, however long each takes', async () => {
    const outcome = await cloud.run(overItems({}, { Type: 'Wait', Seconds: '{% $states.input %}', End: true }), [3, 1, 2]);
    expect(outcome).toMatchObject({ status: 'SUCCEEDED', output: [3, 1, 2], tookMs: 3000 });
  });

  it.each<[number, number]>([[1, 10_000], [2, 5000], [3, 4000], [0, 1000]])('with MaxConcurrency %i takes %i ms for ten waits of a second', async (MaxConcurrency, tookMs) => {
    expect(await cloud.run(overItems({ MaxConcurrency }, { Type: 'Wait', Seconds: 1, End: true }), Array<number>(10).fill(0))).toMatchObject({ tookMs });
  });

  it('runs at most forty iterations at a time', async () => {
    expect(await cloud.run(overItems({ MaxConcurrency: 1000 }, { Type: 'Wait', Seconds: 1, End: true }), Array<number>(81).fill(0))).toMatchObject({ tookMs: 3000 });
  });

  it('aborts the other iterations when one fails', async () => {
    cloud.functions['f'] = (n) => (n === 2 ? failing('Two')() : n);
    const inner = { StartAt: 'Item', States: { Item: { Type: 'Wait', Seconds: '{% $states.input %}', Next: 'Call' }, Call: invoking('f', { End: true }) } };
    const outcome = await cloud.run(overItems({ ItemProcessor: inner }, {}), [5, 2]);
    expect(outcome).toMatchObject({ status: 'FAILED', error: 'Two', tookMs: 2000 });
    expect(outcome.types.slice(-5)).toEqual(['MapIterationFailed', 'WaitStateAborted', 'MapIterationAborted', 'MapStateFailed', 'ExecutionFailed']);
  });

  it.each<[string, object, string]>([
    ['tolerates as many failures as ToleratedFailureCount', { ToleratedFailureCount: 2 }, 'SUCCEEDED'],
    ['fails beyond ToleratedFailureCount', { ToleratedFailureCount: 1 }, 'States.ExceedToleratedFailureThreshold'],
    ['tolerates ToleratedFailurePercentage', { ToleratedFailurePercentage: 50 }, 'SUCCEEDED'],
    ['fails beyond ToleratedFailurePercentage', { ToleratedFailurePercentage: 49 }, 'States.ExceedToleratedFailureThreshold'],
  ])('%s', async (_claim, more, expected) => {
    cloud.functions['f'] = (n) => (Number(n) > 2 ? failing('Big')() : n);
    const { status, error, output } = await cloud.run(overItems({ MaxConcurrency: 1, ...more }, invoking('f', { End: true })), [1, 2, 3, 4]);
    expect(error ?? status).toBe(expected);
    if (status === 'SUCCEEDED') expect(output).toEqual([1, 2]);
  });

  it('starts all over when it is retried', async () => {
    const seen: unknown[] = [];
    cloud.functions['f'] = (n) => {
      seen.push(n);
      return seen.length === 2 ? failing('Once')() : n;
    };
    const outcome = await cloud.run(overItems({ MaxConcurrency: 1, Retry: [{ ErrorEquals: ['Once'] }] }, invoking('f', { End: true })), ['a', 'b']);
    expect(outcome).toMatchObject({ status: 'SUCCEEDED', output: ['a', 'b'], tookMs: 1000 });
    expect(seen).toEqual(['a', 'b', 'a', 'b']);
  });
});

describe('a Parallel', () => {
  it('aborts the tasks of the other branches when one fails', async () => {
    cloud.functions['never'] = () => new Promise(() => undefined);
    const outcome = await cloud.run(one('Both', { Type: 'Parallel', Branches: [one('Never', invoking('never', { End: true })), { StartAt: 'Wait', States: { Wait: { Type: 'Wait', Seconds: 7, Next: 'No' }, No: { Type: 'Fail', Error: 'No' } } }], End: true }));
    expect(outcome).toMatchObject({ status: 'FAILED', error: 'No', tookMs: 7000 });
    expect(outcome.types.slice(-4)).toEqual(['FailStateEntered', 'TaskStateAborted', 'ParallelStateFailed', 'ExecutionFailed']);
  });
});

describe('variables', () => {
  it('of a branch are gone after it', async () => {
    const outcome = await cloud.run({
      StartAt: 'Both',
      States: { Both: { Type: 'Parallel', Branches: [one('Set', { Type: 'Pass', Assign: { inner: 1 }, End: true })], Next: 'Look' }, Look: { Type: 'Pass', Output: '{% $exists($inner) %}', End: true } },
    });
    expect(outcome.output).toBe(false);
  });

  it('of iterations do not see each other', async () => {
    const inner = { StartAt: 'Set', States: { Set: { Type: 'Pass', Assign: { x: '{% $states.input %}' }, Next: 'Wait' }, Wait: { Type: 'Wait', Seconds: 1, Output: '{% $x %}', End: true } } };
    expect((await cloud.run(one('Each', { Type: 'Map', Items: '{% [1, 2, 3] %}', ItemProcessor: inner, End: true }))).output).toEqual([1, 2, 3]);
  });

  it('are assigned by the rule or catcher that is taken', async () => {
    cloud.functions['f'] = failing('Oops');
    const outcome = await cloud.run({
      StartAt: 'Call',
      States: {
        Call: invoking('f', { Catch: [{ ErrorEquals: ['Oops'], Assign: { seen: '{% $states.errorOutput.Error %}' }, Next: 'Which' }], Next: 'Which' }),
        Which: { Type: 'Choice', Choices: [{ Condition: "{% $seen = 'Oops' %}", Assign: { rule: 1 }, Next: 'End' }], Default: 'End' },
        End: { Type: 'Pass', Output: { seen: '{% $seen %}', rule: '{% $rule %}' }, End: true },
      },
    });
    expect(outcome.output).toEqual({ seen: 'Oops', rule: 1 });
    expect(outcome.events.find(({ type }) => type === 'TaskStateExited')?.stateExitedEventDetails?.assignedVariables).toEqual({ seen: '"Oops"' });
  });
});

describe('a Choice without a way on', () => {
  it('fails the execution, and nothing around it can catch that', async () => {
    const stuck = one('Stuck', { Type: 'Choice', Choices: [{ Condition: false, Next: 'Stuck' }] });
    const outcome = await cloud.run({ StartAt: 'Both', States: { Both: { Type: 'Parallel', Branches: [stuck], Catch: [{ ErrorEquals: ['States.ALL'], Next: 'Caught' }], End: true }, Caught: { Type: 'Succeed' } } });
    expect(outcome).toMatchObject({ status: 'FAILED', error: 'States.Runtime', cause: "An error occurred while executing the state 'Stuck' (entered at the event id #4). Failed to transition out of the state. The state does not point to a next state." });
  });
});

describe('limits', () => {
  const big = '{% $join($map([1..300], function($i) { $pad("", 1024, "x") })) %}';

  it('an output over 256 KiB fails the execution, and States.ALL does not catch that', async () => {
    cloud.functions['f'] = () => 'x'.repeat(300 * 1024);
    const outcome = await cloud.run({ StartAt: 'Call', States: { Call: invoking('f', { Catch: [{ ErrorEquals: ['States.ALL'], Next: 'Caught' }], Next: 'Caught' }), Caught: { Type: 'Succeed' } } });
    expect(outcome).toMatchObject({ status: 'FAILED', error: 'States.DataLimitExceeded', cause: "The state/task 'Call' returned a result with a size exceeding the maximum number of bytes service limit." });
  });

  it('a variable over 256 KiB fails the execution', async () => {
    expect(await cloud.run(one('Set', { Type: 'Pass', Assign: { big }, End: true }))).toMatchObject({ status: 'FAILED', error: 'States.DataLimitExceeded' });
  });

  it('TimeoutSeconds of the machine ends the execution as TIMED_OUT', async () => {
    const outcome = await cloud.run({ TimeoutSeconds: 10, ...one('Wait', { Type: 'Wait', Seconds: 60, End: true }) });
    expect(outcome).toMatchObject({ status: 'TIMED_OUT', error: undefined, tookMs: 10_000 });
    expect(outcome.events.at(-1)).toMatchObject({ previousEventId: 0, executionTimedOutEventDetails: { error: 'States.Timeout' } });
    expect(outcome.types).toEqual(['ExecutionStarted', 'WaitStateEntered', 'ExecutionTimedOut']);
  });

  it('no execution outlives a year', async () => {
    expect(await cloud.run(one('Wait', { Type: 'Wait', Seconds: 99_999_999, End: true }))).toMatchObject({ status: 'TIMED_OUT', tookMs: 365 * 24 * 3600 * 1000 });
  });
});

describe('a redrive', () => {
  const twoCalls = { StartAt: 'First', States: { First: invoking('first', { Assign: { kept: 5 }, Next: 'Second' }), Second: invoking('second', { Output: { second: '{% $states.result.Payload %}', kept: '{% $kept %}' }, End: true }) } };

  it('goes on at the task that failed, with the variables it had', async () => {
    let calls = 0;
    cloud.functions['first'] = () => ++calls;
    cloud.functions['second'] = failing('Down');
    const { executionArn } = await cloud.run(twoCalls);
    cloud.functions['second'] = () => 'up';
    cloud.emitted.length = 0;
    await cloud.states('RedriveExecution', { executionArn });
    const outcome = await cloud.finish(executionArn);
    expect(outcome).toMatchObject({ status: 'SUCCEEDED', output: { second: 'up', kept: 5 } });
    expect(calls).toBe(1);
    expect(outcome.types.slice(-7)).toEqual(['ExecutionFailed', 'ExecutionRedriven', 'TaskScheduled', 'TaskStarted', 'TaskSucceeded', 'TaskStateExited', 'ExecutionSucceeded']);
    expect(cloud.emitted.map(({ detail }) => detail['status'])).toEqual(['RUNNING', 'SUCCEEDED']);
    expect(cloud.metrics.map(({ metricName }) => metricName).filter((name) => name !== 'ExecutionTime')).toEqual(['ExecutionsStarted', 'ExecutionsFailed', 'ExecutionsRedriven', 'ExecutionsSucceeded']);
  });

  it('runs only those iterations of a Map again that did not succeed', async () => {
    const seen: unknown[] = [];
    let isDown = true;
    cloud.functions['f'] = (n) => {
      seen.push(n);
      return isDown && n === 2 ? failing('Down')() : n;
    };
    const { executionArn } = await cloud.run(one('Each', { Type: 'Map', Items: '{% [1, 2, 3] %}', MaxConcurrency: 1, ItemProcessor: one('Call', invoking('f', { End: true })), End: true }));
    isDown = false;
    cloud.emitted.length = 0;
    await cloud.states('RedriveExecution', { executionArn });
    expect(await cloud.finish(executionArn)).toMatchObject({ status: 'SUCCEEDED', output: [1, 2, 3] });
    expect(seen).toEqual([1, 2, 2, 3]);
  });

  it('is refused for what succeeded, and fourteen days after the end', async () => {
    const succeeded = await cloud.run(one('Done', { Type: 'Succeed' }));
    await expect(cloud.states('RedriveExecution', { executionArn: succeeded.executionArn })).rejects.toMatchObject({ code: 'ExecutionNotRedrivable' });
    const failed = await cloud.run(one('No', { Type: 'Fail' }));
    await cloud.clock.advance(15 * 24 * 3600 * 1000);
    await expect(cloud.states('RedriveExecution', { executionArn: failed.executionArn })).rejects.toMatchObject({ code: 'ExecutionNotRedrivable' });
  });
});
