import { HeartbeatTimeout, StatesError, matchesError } from './errors.ts';

describe('a name in ErrorEquals', () => {
  it.each<[name: string, error: string | undefined, taken: boolean]>([
    ['MyError', 'MyError', true],
    ['MyError', 'myerror', false],
    ['States.ALL', 'MyError', true],
    ['States.ALL', undefined, true],
    ['States.ALL', 'States.Timeout', true],
    ['States.ALL', 'States.QueryEvaluationError', true],
    ['States.ALL', 'States.DataLimitExceeded', false],
    ['States.ALL', 'States.Runtime', false],
    ['States.Runtime', 'States.Runtime', false],
    ['States.DataLimitExceeded', 'States.DataLimitExceeded', true],
    ['States.TaskFailed', 'MyError', true],
    ['States.TaskFailed', 'Lambda.Unknown', true],
    ['States.TaskFailed', 'States.Timeout', false],
    ['States.TaskFailed', 'States.Runtime', false],
    ['States.HeartbeatTimeout', 'States.Timeout', false],
    ['Lambda', 'Lambda.Unknown', false],
  ])('%s: an error called %s is taken: %s', (name, error, taken) => {
    expect(matchesError([name], new StatesError(error, undefined))).toBe(taken);
  });

  it.each<[name: string, taken: boolean]>([
    ['States.HeartbeatTimeout', true],
    ['States.Timeout', true],
    ['States.ALL', true],
    ['States.TaskFailed', false],
  ])('%s: a missed heartbeat is taken: %s', (name, taken) => {
    expect(matchesError([name], new HeartbeatTimeout())).toBe(taken);
  });
});
