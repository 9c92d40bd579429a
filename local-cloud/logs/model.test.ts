import { testKernel } from '../testing/kernel.ts';
import { LogsModel } from './index.ts';

const NOON = Date.UTC(2026, 0, 15, 12);
const DAY_MS = 86_400_000;
const ids = { logGroupName: '/shop', logStreamName: 'app' };

interface Page {
  events: { message: string; logStreamName: string; eventId: string }[];
  nextForwardToken: string;
  nextBackwardToken: string;
  nextToken?: string;
}

function setUp() {
  const cloud = testKernel({ startMs: NOON });
  const model = new LogsModel(cloud.kernel);
  cloud.register(model);
  const call = (operation: string, input: object) => cloud.call('logs', operation, input);
  const get = (input: object = {}) => call('GetLogEvents', { ...ids, ...input }) as Promise<Page>;
  const lines = (page: Page) => page.events.map((event) => event.message).join('');
  const write = (text: string) => [...text].forEach((message, index) => model.append({ ...ids, message, timestampMs: NOON + index }));
  return { clock: cloud.clock, calls: cloud.calls, model, call, get, lines, write };
}

describe('GetLogEvents', () => {
  test('gives the latest events first and walks back to the beginning', async () => {
    const { write, get, lines } = setUp();
    write('abcdefg');
    const latest = await get({ limit: 3 });
    const middle = await get({ limit: 3, nextToken: latest.nextBackwardToken });
    const oldest = await get({ limit: 3, nextToken: middle.nextBackwardToken });
    const end = await get({ limit: 3, nextToken: oldest.nextBackwardToken });
    expect([latest, middle, oldest, end].map(lines)).toEqual(['efg', 'bcd', 'a', '']);
    expect(end.nextBackwardToken).toBe(oldest.nextBackwardToken);
  });

  test('reads on from where it stood, and gives the same token while there is nothing new', async () => {
    const { write, get, lines, model } = setUp();
    write('abc');
    const first = await get({ startFromHead: true });
    expect(lines(first)).toBe('abc');
    const nothing = await get({ nextToken: first.nextForwardToken });
    expect([lines(nothing), nothing.nextForwardToken]).toEqual(['', first.nextForwardToken]);
    model.append({ ...ids, message: 'd', timestampMs: NOON + 2 });
    expect(lines(await get({ nextToken: nothing.nextForwardToken }))).toBe('d');
  });

  test('keeps to the range: its start counts, its end does not', async () => {
    const { write, get, lines } = setUp();
    write('abcd');
    expect(lines(await get({ startTime: NOON + 1, endTime: NOON + 3 }))).toBe('bc');
  });

  test('puts late events where they belong', async () => {
    const { model, get, lines } = setUp();
    for (const [message, timestampMs] of [['c', NOON + 2], ['a', NOON], ['b', NOON + 1]] as const) model.append({ ...ids, message, timestampMs });
    expect(lines(await get())).toBe('abc');
  });

  test.each([
    [{ logGroupName: '/absent' }, 'The specified log group does not exist.'],
    [{ logStreamName: 'absent' }, 'The specified log stream does not exist.'],
  ])('of %j is refused', async (input, message) => {
    const { write, get } = setUp();
    write('a');
    await expect(get(input)).rejects.toMatchObject({ code: 'ResourceNotFoundException', message });
  });
});

describe('FilterLogEvents', () => {
  async function filter(filterPattern: string | undefined, messages: string[]) {
    const { model, call } = setUp();
    messages.forEach((message, index) => model.append({ ...ids, message, timestampMs: NOON + index }));
    return ((await call('FilterLogEvents', { logGroupName: '/shop', filterPattern })) as Page).events.map((event) => event.message);
  }

  test.each<[pattern: string | undefined, want: string[]]>([
    [undefined, ['ERROR db timeout', 'ERROR payment', 'WARN payment']],
    ['ERROR', ['ERROR db timeout', 'ERROR payment']],
    ['ERROR payment', ['ERROR payment']],
    ['"db timeout"', ['ERROR db timeout']],
    ['?timeout ?WARN', ['ERROR db timeout', 'WARN payment']],
    ['payment -ERROR', ['WARN payment']],
  ])('by the terms %s', async (pattern, want) => {
    expect(await filter(pattern, ['ERROR db timeout', 'ERROR payment', 'WARN payment'])).toEqual(want);
  });

  const error = '{"level":"error","status":503,"route":"/pay","user":{"id":7},"tags":["a","b"],"retried":true,"note":null}';
  const info = '{"level":"info","status":200,"route":"/"}';
  test.each<[pattern: string, want: string[]]>([
    ['{ $.level = "error" }', [error]],
    ['{ $.level != "error" }', [info]],
    ['{ $.status >= 500 }', [error]],
    ['{ $.status < 500 && $.level = "info" }', [info]],
    ['{ ($.status = 200 || $.status = 503) && $.route = "/p*" }', [error]],
    ['{ $.user.id = 7 }', [error]],
    ['{ $.tags[1] = "b" }', [error]],
    ['{ $.retried IS TRUE }', [error]],
    ['{ $.note IS NULL }', [error]],
    ['{ $.user NOT EXISTS }', [info]],
  ])('by the selector %s, which plain text never matches', async (pattern, want) => {
    expect(await filter(pattern, [error, info, 'level error 503'])).toEqual(want);
  });

  test.each(['[ip, user]', '%ERR.*%', '{ $.a > "text" }'])('%s is not modelled and says so', async (pattern) => {
    await expect(filter(pattern, ['a line'])).rejects.toMatchObject({ code: 'NotImplemented' });
  });

  test('goes through all streams in order of time, page by page', async () => {
    const { model, call } = setUp();
    for (const [logStreamName, message, at] of [['one', 'a', 0], ['two', 'b', 1], ['one', 'c', 2]] as const) model.append({ logGroupName: '/shop', logStreamName, message, timestampMs: NOON + at });
    const first = (await call('FilterLogEvents', { logGroupName: '/shop', limit: 2 })) as Page;
    expect(first.events.map((event) => [event.logStreamName, event.message])).toEqual([['one', 'a'], ['two', 'b']]);
    const second = (await call('FilterLogEvents', { logGroupName: '/shop', limit: 2, nextToken: first.nextToken })) as Page;
    expect([second.events.map((event) => event.message), second.nextToken]).toEqual([['c'], undefined]);
    expect(((await call('FilterLogEvents', { logGroupName: '/shop', logStreamNamePrefix: 't' })) as Page).events).toHaveLength(1);
  });
});

describe('PutLogEvents', () => {
  async function withStream() {
    const cloud = setUp();
    await cloud.call('CreateLogGroup', { logGroupName: '/shop' });
    await cloud.call('CreateLogStream', ids);
    const put = (...timestamps: number[]) => cloud.call('PutLogEvents', { ...ids, logEvents: timestamps.map((timestamp) => ({ timestamp, message: 'x' })) });
    return { ...cloud, put };
  }

  test('names what it rejects as too old or too new, and keeps the rest', async () => {
    const { put, model } = await withStream();
    expect(await put(NOON - 15 * DAY_MS, NOON, NOON + 3 * 3_600_000)).toEqual({ rejectedLogEventsInfo: { tooOldLogEventEndIndex: 1, tooNewLogEventStartIndex: 2 } });
    expect(model.messages('/shop')).toHaveLength(1);
  });

  test('refuses events out of order', async () => {
    const { put } = await withStream();
    await expect(put(NOON, NOON - 1)).rejects.toMatchObject({ code: 'InvalidParameterException' });
  });

  test('is checked on the stream, groups on the ARN with its tail', async () => {
    const { put, calls } = await withStream();
    await put(NOON);
    const group = 'arn:aws:logs:eu-west-1:123456789012:log-group:/shop:log-stream:';
    expect(calls.map((made) => made.permissions[0]?.resource)).toEqual([group, `${group}app`, `${group}app`]);
  });
});

describe('a log group', () => {
  test('is created once, described, tagged and deleted', async () => {
    const { call } = setUp();
    await call('CreateLogGroup', { logGroupName: '/shop', tags: { team: 'a' }, kmsKeyId: 'arn:key' });
    await expect(call('CreateLogGroup', { logGroupName: '/shop' })).rejects.toMatchObject({ code: 'ResourceAlreadyExistsException' });
    await call('PutRetentionPolicy', { logGroupName: '/shop', retentionInDays: 14 });
    const arn = 'arn:aws:logs:eu-west-1:123456789012:log-group:/shop';
    expect(await call('DescribeLogGroups', { logGroupNamePrefix: '/s' })).toMatchObject({
      logGroups: [{ logGroupName: '/shop', retentionInDays: 14, kmsKeyId: 'arn:key', arn: `${arn}:*`, logGroupArn: arn }],
    });
    await call('TagResource', { resourceArn: arn, tags: { tier: '1' } });
    await call('UntagResource', { resourceArn: arn, tagKeys: ['team'] });
    expect(await call('ListTagsForResource', { resourceArn: arn })).toEqual({ tags: { tier: '1' } });
    await call('DeleteLogGroup', { logGroupName: '/shop' });
    expect(await call('DescribeLogGroups', {})).toMatchObject({ logGroups: [] });
  });

  test('forgets what is older than its retention', async () => {
    const { model, call, clock, get, lines } = setUp();
    model.append({ ...ids, message: 'old' });
    await call('PutRetentionPolicy', { logGroupName: '/shop', retentionInDays: 1 });
    await clock.advance(DAY_MS + 1);
    model.append({ ...ids, message: 'new' });
    expect(lines(await get())).toBe('new');
    await expect(call('PutRetentionPolicy', { logGroupName: '/shop', retentionInDays: 2 })).rejects.toMatchObject({ code: 'InvalidParameterException' });
  });

  test('keeps a bounded number of events in a stream and of streams', async () => {
    const { model, call } = setUp();
    for (let line = 0; line < 12_000; line++) model.append({ ...ids, message: String(line) });
    const kept = model.messages('/shop');
    expect(kept.length).toBeLessThanOrEqual(11_000);
    expect(kept.at(-1)).toBe('11999');
    for (let stream = 0; stream < 1_100; stream++) model.append({ logGroupName: '/many', logStreamName: `s${stream}`, message: 'x', timestampMs: NOON + stream });
    expect(model.messages('/many')).toHaveLength(1_000);
    expect(await call('DescribeLogStreams', { logGroupName: '/many', orderBy: 'LastEventTime', descending: true, limit: 1 })).toMatchObject({ logStreams: [{ logStreamName: 's1099', lastEventTimestamp: NOON + 1_099 }], nextToken: '1' });
  });

  test('has no metric filters here', async () => {
    await expect(setUp().call('PutMetricFilter', {})).rejects.toMatchObject({ code: 'NotImplemented' });
  });
});
