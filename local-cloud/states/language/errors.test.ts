import { matchesError } from './errors.ts';

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
    ['States.Timeout', 'States.HeartbeatTimeout', true],
    ['States.HeartbeatTimeout', 'States.Timeout', false],
    ['Lambda', 'Lambda.Unknown', false],
  ])('%s: an error called %s is taken: %s', (name, error, taken) => {
    expect(matchesError([name], error)).toBe(taken);
  });
});
