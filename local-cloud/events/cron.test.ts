import { parseSchedule } from './cron.ts';

const FROM = '2026-01-15T12:00:00Z'; // a Thursday

test.each([
  ['cron(0 12 * * ? *)', '2026-01-16T12:00:00Z'],
  ['cron(1 12 * * ? *)', '2026-01-15T12:01:00Z'],
  ['cron(0/15 * * * ? *)', '2026-01-15T12:15:00Z'],
  ['cron(*/20 * * * ? *)', '2026-01-15T12:20:00Z'],
  ['cron(0 18 ? * MON-FRI *)', '2026-01-15T18:00:00Z'],
  ['cron(0 8 ? * SAT,SUN *)', '2026-01-17T08:00:00Z'],
  ['cron(0 8 1 * ? *)', '2026-02-01T08:00:00Z'],
  ['cron(0 8 L * ? *)', '2026-01-31T08:00:00Z'],
  ['cron(0 8 17W * ? *)', '2026-01-16T08:00:00Z'],
  ['cron(0 8 ? * 6L *)', '2026-01-30T08:00:00Z'],
  ['cron(0 8 ? * 3#2 *)', '2026-02-10T08:00:00Z'],
  ['cron(0 0 29 2 ? *)', '2028-02-29T00:00:00Z'],
  ['cron(0 0 1 JAN ? 2027)', '2027-01-01T00:00:00Z'],
])('%s next fires at %s', (expression, next) => {
  const nextMs = parseSchedule(expression)?.nextAfter(Date.parse(FROM), 0);
  expect(new Date(nextMs ?? 0).toISOString()).toBe(next.replace('Z', '.000Z'));
});

test('a year in the past never fires', () => expect(parseSchedule('cron(0 0 1 1 ? 2020)')?.nextAfter(Date.parse(FROM), 0)).toBeUndefined());

test('a rate counts from its rule', () => {
  const schedule = parseSchedule('rate(5 minutes)');
  expect([0, 299_999, 300_000].map((ms) => schedule?.nextAfter(1_000 + ms, 1_000))).toEqual([301_000, 301_000, 601_000]);
});

test.each(['rate(1 minutes)', 'rate(5 minute)', 'rate(0 minutes)', 'rate(1 week)', 'cron(0 12 * * * *)', 'cron(0 12 ? * ? *)', 'cron(60 * * * ? *)', 'cron(0 12 * * ?)', '* * * * *', 'cron(5-1 * * * ? *)'])(
  '%s is no schedule',
  (expression) => expect(parseSchedule(expression)).toBeUndefined(),
);
