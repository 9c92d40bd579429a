import type { AlarmState } from '../kernel/ports.ts';
import { evaluationRange, judge } from './alarm-verdict.ts';
import type { AlarmRule, MissingData } from './alarm-verdict.ts';

const rule = (missingData: MissingData, datapointsToAlarm: number): AlarmRule => ({
  comparison: 'GreaterThanThreshold',
  threshold: 5,
  evaluationPeriods: 3,
  datapointsToAlarm,
  missingData,
});

/** `0 - X`: oldest first, as the documentation writes it. */
const range = (picture: string) =>
  picture
    .split(' ')
    .map((sign, index) => ({ second: index * 60, value: sign === '-' ? undefined : sign === 'X' ? 9 : 1 }))
    .reverse();

const KEEP = undefined;

// The two tables of https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html, row by row.
test.each<[picture: string, toAlarm: number, missing: AlarmState | undefined, ignore: AlarmState | undefined, breaching: AlarmState, notBreaching: AlarmState]>([
  ['0 - X - X', 3, 'OK', 'OK', 'OK', 'OK'],
  ['0 - - - -', 3, 'OK', 'OK', 'OK', 'OK'],
  ['- - - - -', 3, 'INSUFFICIENT_DATA', KEEP, 'ALARM', 'OK'],
  ['0 X X - X', 3, 'ALARM', 'ALARM', 'ALARM', 'ALARM'],
  ['- - X - -', 3, 'ALARM', KEEP, 'ALARM', 'OK'],
  ['0 - X - X', 2, 'ALARM', 'ALARM', 'ALARM', 'ALARM'],
  ['0 0 X 0 X', 2, 'ALARM', 'ALARM', 'ALARM', 'ALARM'],
  ['0 - X - -', 2, 'OK', 'OK', 'ALARM', 'OK'],
  ['- - - - 0', 2, 'OK', 'OK', 'ALARM', 'OK'],
  ['- - - X -', 2, 'ALARM', KEEP, 'ALARM', 'OK'],
])('%s with %i of 3 to alarm: the documented state for each treatment of missing data', (picture, toAlarm, missing, ignore, breaching, notBreaching) => {
  expect(judge(rule('missing', toAlarm), range(picture)).state).toBe(missing);
  expect(judge(rule('ignore', toAlarm), range(picture)).state).toBe(ignore);
  expect(judge(rule('breaching', toAlarm), range(picture)).state).toBe(breaching);
  expect(judge(rule('notBreaching', toAlarm), range(picture)).state).toBe(notBreaching);
});

test('a single fresh breach among missing data does not alarm yet', () => {
  expect(judge(rule('missing', 3), range('- - - - X')).state).toBe('OK');
  expect(judge(rule('missing', 3), range('- - - X -')).state).toBe('OK');
});

test('the documented evaluation range of a three-period alarm is five periods', () => {
  expect(evaluationRange(rule('missing', 3))).toBe(5);
});

test.each([
  ['GreaterThanThreshold', 5, 'OK'],
  ['GreaterThanThreshold', 5.01, 'ALARM'],
  ['GreaterThanOrEqualToThreshold', 5, 'ALARM'],
  ['GreaterThanOrEqualToThreshold', 4.99, 'OK'],
  ['LessThanThreshold', 5, 'OK'],
  ['LessThanThreshold', 4.99, 'ALARM'],
  ['LessThanOrEqualToThreshold', 5, 'ALARM'],
  ['LessThanOrEqualToThreshold', 5.01, 'OK'],
] as const)('%s: %d against 5 is %s', (comparison, value, state) => {
  const single = { ...rule('missing', 1), comparison, evaluationPeriods: 1 };
  expect(judge(single, [{ second: 0, value }]).state).toBe(state);
});
