import { RealClock } from '../kernel/clock.ts';
import { AwsError } from '../kernel/errors.ts';
import { StepFunctionsModel } from './index.ts';
import { FunctionFault, invoking, testCloud } from './test-cloud.ts';
import type { TestCloud } from './test-cloud.ts';
import type { Json } from './language/json.ts';

const DAY_MS = 24 * 3600 * 1000;

let cloud: TestCloud;
beforeEach(() => (cloud = testCloud()));
afterEach(() => {
  cloud.model.close();
  expect(cloud.crashes).toEqual([]);
});

const waitForToken = (more: object = {}) => ({
  Type: 'Task',
  Resource: 'arn:aws:states:::lambda:invoke.waitForTaskToken',
  Arguments: { FunctionName: 'park', Payload: { token: '{% $states.context.Task.Token %}' } },
  End: true,
  ...more,
});

/** Parks every token it is handed. */
function parkTokens(): string[] {
  const tokens: string[] = [];
  cloud.functions['park'] = (payload) => {
    tokens.push((payload as { token: string }).token);
    return 'parked';
  };
  return tokens;
}

describe('an execution', () => {
  it('runs a function and records what AWS records', async () => {
    cloud.functions['double'] = (payload) => ({ n: (payload as { n: number }).n * 2 });
    const { status, output, events } = await cloud.run({ StartAt: 'Double', States: { Double: invoking('double', { End: true }) } }, { n: 21 });
    expect({ status, output }).toEqual({ status: 'SUCCEEDED', output: { n: 42 } });
    expect(events.map(({ id, previousEventId, type }) => [id, previousEventId, type])).toEqual([
      [1, 0, 'ExecutionStarted'],
      [2, 0, 'TaskStateEntered'],
      [3, 2, 'TaskScheduled'],
      [4, 3, 'TaskStarted'],
      [5, 4, 'TaskSucceeded'],
      [6, 5, 'TaskStateExited'],
      [7, 6, 'ExecutionSucceeded'],
    ]);
    expect(events[2]?.taskScheduledEventDetails).toEqual({ resourceType: 'lambda', resource: 'invoke', region: 'eu-west-1', parameters: JSON.stringify({ FunctionName: 'double', Payload: { n: 21 } }) });
  });

  it('counts states and retries as transitions', async () => {
    let failures = 2;
    cloud.functions['shaky'] = () => {
      if (failures-- > 0) throw new FunctionFault('Shaky', 'not yet');
      return 'done';
    };
    const { executionArn } = await cloud.run({
      StartAt: 'Try',
      States: { Try: invoking('shaky', { Retry: [{ ErrorEquals: ['Shaky'] }], Next: 'Then' }), Then: { Type: 'Pass', End: true } },
    });
    expect(cloud.model.transitionsOf(executionArn)).toBe(4);
  });

  it('waits thirteen days without a scratch', async () => {
    const { status, tookMs } = await cloud.run({ StartAt: 'Wait', States: { Wait: { Type: 'Wait', Seconds: '{% 13 * 24 * 3600 %}', End: true } } });
    expect({ status, tookMs }).toEqual({ status: 'SUCCEEDED', tookMs: 13 * DAY_MS });
  });

  it('fails as its 25,000th event when a loop does not end', async () => {
    const { status, error, cause, events } = await cloud.run({
      StartAt: 'Count',
      States: {
        Count: { Type: 'Pass', Output: { n: '{% $states.input.n + 1 %}' }, Next: 'Enough?' },
        'Enough?': { Type: 'Choice', Choices: [{ Condition: '{% $states.input.n > 10000 %}', Next: 'Done' }], Default: 'Count' },
        Done: { Type: 'Succeed' },
      },
    }, { n: 0 });
    expect({ status, error, cause }).toEqual({ status: 'FAILED', error: 'States.Runtime', cause: 'The execution reached the maximum number of history events (25000).' });
    expect(events).toHaveLength(25_000);
    expect(events.at(-1)).toMatchObject({ type: 'ExecutionFailed', id: 25_000, previousEventId: 24_999 });
  }, 60_000);
});

describe('a task that waits for its token', () => {
  it('goes on with what SendTaskSuccess brings, days later', async () => {
    const tokens = parkTokens();
    const executionArn = await cloud.start({ StartAt: 'Wait', States: { Wait: waitForToken() } });
    await cloud.clock.advance(13 * DAY_MS);
    await cloud.states('SendTaskSuccess', { taskToken: tokens[0], output: '{"verdict":"go"}' });
    const { status, output, tookMs, types } = await cloud.finish(executionArn);
    expect({ status, output, tookMs }).toEqual({ status: 'SUCCEEDED', output: { verdict: 'go' }, tookMs: 13 * DAY_MS });
    expect(types).toEqual(['ExecutionStarted', 'TaskStateEntered', 'TaskScheduled', 'TaskStarted', 'TaskSubmitted', 'TaskSucceeded', 'TaskStateExited', 'ExecutionSucceeded']);
  });

  it('can be answered by the function it called, before that function returns', async () => {
    cloud.functions['park'] = async (payload) => {
      await cloud.states('SendTaskSuccess', { taskToken: (payload as { token: string }).token, output: '"at once"' });
      return null;
    };
    const { status, output } = await cloud.run({ StartAt: 'Wait', States: { Wait: waitForToken() } });
    expect({ status, output }).toEqual({ status: 'SUCCEEDED', output: 'at once' });
  });

  it('fails with the error SendTaskFailure brings', async () => {
    const tokens = parkTokens();
    const executionArn = await cloud.start({ StartAt: 'Wait', States: { Wait: waitForToken() } });
    await cloud.clock.advance(1000);
    await cloud.states('SendTaskFailure', { taskToken: tokens[0], error: 'Refused', cause: 'by a person' });
    expect(await cloud.finish(executionArn)).toMatchObject({ status: 'FAILED', error: 'Refused', cause: 'by a person' });
  });

  it('times out after TimeoutSeconds, and its token is worth nothing then', async () => {
    const tokens = parkTokens();
    const catcher = [{ ErrorEquals: ['States.Timeout'], Next: 'Look again' }];
    const outcome = await cloud.run({
      StartAt: 'Wait',
      States: { Wait: { ...waitForToken({ TimeoutSeconds: '{% $states.input.seconds %}', Catch: catcher, Next: 'Look again' }), End: undefined }, 'Look again': { Type: 'Succeed', Output: 'looked' } },
    }, { seconds: 300 });
    expect(outcome).toMatchObject({ status: 'SUCCEEDED', output: 'looked', tookMs: 300_000 });
    expect(outcome.types).toContain('TaskTimedOut');
    await expect(cloud.states('SendTaskSuccess', { taskToken: tokens[0], output: '{}' })).rejects.toMatchObject({ code: 'TaskTimedOut' });
  });

  it('lives on heartbeats, and dies of a missing one', async () => {
    const tokens = parkTokens();
    const executionArn = await cloud.start({ StartAt: 'Wait', States: { Wait: waitForToken({ HeartbeatSeconds: 10, TimeoutSeconds: 3600 }) } });
    for (let beat = 0; beat < 5; beat++) {
      await cloud.clock.advance(9000);
      await cloud.states('SendTaskHeartbeat', { taskToken: tokens[0] });
    }
    expect(await cloud.finish(executionArn)).toMatchObject({ status: 'FAILED', error: 'States.Timeout', cause: undefined, tookMs: 55_000 });
  });

  it.each<[string, (token: string) => string, string]>([
    ['that was used already', (token) => token, 'TaskTimedOut'],
    ['that nobody wrote', () => 'nonsense', 'InvalidToken'],
    ['of an unknown execution', () => Buffer.from('["arn:aws:states:eu-west-1:123456789012:execution:no:no",1,"x"]').toString('base64'), 'TaskDoesNotExist'],
  ])('refuses a token %s', async (_case, change, code) => {
    const tokens = parkTokens();
    await cloud.start({ StartAt: 'Wait', States: { Wait: waitForToken() } });
    await cloud.clock.advance(1000);
    const token = tokens[0] ?? '';
    await cloud.states('SendTaskSuccess', { taskToken: token, output: '{}' });
    await expect(cloud.states('SendTaskSuccess', { taskToken: change(token), output: '{}' })).rejects.toMatchObject({ code });
  });

  it('refuses the token of an execution that was stopped', async () => {
    const tokens = parkTokens();
    const executionArn = await cloud.start({ StartAt: 'Wait', States: { Wait: waitForToken() } });
    await cloud.clock.advance(1000);
    await cloud.states('StopExecution', { executionArn });
    for (const operation of ['SendTaskSuccess', 'SendTaskFailure', 'SendTaskHeartbeat']) {
      await expect(cloud.states(operation, { taskToken: tokens[0], output: '{}' })).rejects.toMatchObject({ code: 'TaskTimedOut' });
    }
  });

  it('has a new token for each retry', async () => {
    const tokens = parkTokens();
    const executionArn = await cloud.start({ StartAt: 'Wait', States: { Wait: waitForToken({ TimeoutSeconds: 60, Retry: [{ ErrorEquals: ['States.Timeout'], MaxAttempts: 1 }] }) } });
    await cloud.clock.advance(62_000);
    expect(new Set(tokens).size).toBe(2);
    await expect(cloud.states('SendTaskSuccess', { taskToken: tokens[0], output: '{}' })).rejects.toMatchObject({ code: 'TaskTimedOut' });
    await cloud.states('SendTaskSuccess', { taskToken: tokens[1], output: '"second"' });
    expect(await cloud.finish(executionArn)).toMatchObject({ status: 'SUCCEEDED', output: 'second' });
  });

  it('refuses an output that is not JSON', async () => {
    const tokens = parkTokens();
    await cloud.start({ StartAt: 'Wait', States: { Wait: waitForToken() } });
    await cloud.clock.advance(1000);
    await expect(cloud.states('SendTaskSuccess', { taskToken: tokens[0], output: '{' })).rejects.toMatchObject({ code: 'InvalidOutput' });
  });
});

describe('the wall clock', () => {
  it('runs the same machines', async () => {
    const clock = new RealClock((error) => void cloud.crashes.push(error));
    const ended = new Promise<Record<string, unknown>>((resolve) => {
      const model = new StepFunctionsModel({ ...cloud.kernel, clock }, { events: { emit: ({ detail }) => detail['stopDate'] !== null && resolve(detail) } });
      cloud.register(model);
    });
    await cloud.start({ StartAt: 'Each', States: { Each: { Type: 'Map', Items: '{% [1, 2] %}', ItemProcessor: { StartAt: 'Wait', States: { Wait: { Type: 'Wait', Timestamp: '2020-01-01T00:00:00Z', End: true } } }, End: true } } });
    expect(await ended).toMatchObject({ status: 'SUCCEEDED', output: '[1,2]' });
    clock.close();
  });
});

describe('the same seed', () => {
  it('gives the same history to the byte', async () => {
    const once = async (): Promise<string> => {
      const own = testCloud({ seed: 7 });
      let calls = 0;
      own.functions['shaky'] = (payload): Json => {
        if (++calls % 3 !== 0) throw new AwsError('TooManyRequestsException', 'Rate Exceeded.');
        return payload;
      };
      const { events } = await own.run({
        StartAt: 'Each',
        States: {
          Each: {
            Type: 'Map',
            Items: '{% [1..5] %}',
            MaxConcurrency: 2,
            ItemProcessor: { StartAt: 'Try', States: { Try: invoking('shaky', { End: true, Retry: [{ ErrorEquals: ['Lambda.TooManyRequestsException'], JitterStrategy: 'FULL', MaxAttempts: 9 }] }) } },
            Output: { results: '{% $states.result %}', id: '{% $uuid() %}', dice: '{% $random() %}', at: '{% $now() %}' },
            End: true,
          },
        },
      });
      own.model.close();
      return JSON.stringify(events);
    };
    expect(await once()).toBe(await once());
  });
});
