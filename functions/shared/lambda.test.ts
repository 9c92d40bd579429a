import type { Context } from 'aws-lambda';
import { SlipwayError } from '../../core/errors.ts';
import { lambda } from './lambda.ts';

const CONTEXT = { awsRequestId: 'request-1', getRemainingTimeInMillis: () => 1_000 } as Context;

class Foreseen extends SlipwayError {
  override readonly name = 'Foreseen';
  readonly retry = 'never';
}

const throttled = Object.assign(new Error('slow down'), { name: 'ThrottlingException' });

describe('a function of Slipway', () => {
  let lines: string[];
  beforeEach(() => {
    lines = [];
    jest.spyOn(process.stdout, 'write').mockImplementation((line) => {
      lines.push(String(line));
      return true;
    });
  });
  afterEach(() => jest.restoreAllMocks());

  test.each([
    ['an error of its own', new Foreseen('no such release'), 'Foreseen'],
    ['a fault nobody foresaw', new TypeError('x is not a function'), 'TypeError'],
    ['throttling', throttled, 'Transient'],
  ])('that fails with %s fails for its caller too, under a name to match on, and logs it once', async (_what, thrown, name) => {
    const handler = lambda('park', () => () => Promise.reject(thrown));
    await expect(handler({}, CONTEXT)).rejects.toMatchObject({ name });
    expect(lines).toHaveLength(1);
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ level: 'error', message: 'failed', function: 'park', requestId: 'request-1', errorName: name });
  });

  test('that answers logs nothing by itself, and is built once', async () => {
    const build = jest.fn(() => (event: unknown) => Promise.resolve({ event }));
    const handler = lambda('park', build);
    await expect(handler(1, CONTEXT)).resolves.toEqual({ event: 1 });
    await expect(handler(2, CONTEXT)).resolves.toEqual({ event: 2 });
    expect(build).toHaveBeenCalledTimes(1);
    expect(lines).toEqual([]);
  });
});
