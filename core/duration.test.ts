import fc from 'fast-check';
import { exactly, formatDuration, guessDuration, parseDuration } from './duration.ts';

test.each([
  ['90s', 90_000],
  ['10m', 600_000],
  ['4h', 14_400_000],
  ['2d', 172_800_000],
  ['0s', 0],
  ['10', undefined],
  ['10 m', undefined],
  ['1.5h', undefined],
  ['-1m', undefined],
  ['1h30m', undefined],
  ['10M', undefined],
  ['', undefined],
])('%s is %s ms', (text, durationMs) => {
  expect(parseDuration(text)).toBe(durationMs);
});

test.each([
  [0, '0 s'],
  [1, '1 s'],
  [45_000, '45 s'],
  [240_000, '4 min'],
  [5_400_000, '1 h 30 min'],
  [86_400_000, '1 d'],
  [90_061_000, '1 d 1 h'],
  [3_605_000, '1 h'],
])('%s ms reads %s', (durationMs, text) => {
  expect(formatDuration(durationMs)).toBe(text);
});

test.each([
  ['10 minutes', '10m'],
  ['1.5h', '90m'],
  ['90 sec', '90s'],
  ['30', '30s or 30m'],
  ['1 month', undefined],
  ['100 ms', undefined],
  ['soon', undefined],
])('%s was probably meant as %s', (text, guess) => {
  expect(guessDuration(text)).toBe(guess);
});

test('what is written exactly is read back exactly', () => {
  fc.assert(fc.property(fc.integer({ min: 0, max: 10_000_000 }), (seconds) => parseDuration(exactly(seconds * 1_000)) === seconds * 1_000));
});
