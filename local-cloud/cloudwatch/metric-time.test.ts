import { MetricTime } from './metric-time.ts';

const NOON = Date.UTC(2026, 0, 15, 12);

test.each([1, 1 / 30, 1 / 7, 1 / 60, 1 / 1000, 2])('at scale %d every metric second begins at the first millisecond that belongs to it', (metricTimeScale) => {
  const time = new MetricTime({ metricTimeScale });
  const first = time.secondAt(NOON);
  for (let second = first; second < first + 500; second++) {
    expect(time.secondAt(time.startMs(second))).toBe(second);
    expect(time.secondAt(time.startMs(second) - 1)).toBeLessThan(second);
  }
});

test('at scale 1 metric seconds are the seconds of the clock', () => {
  const time = new MetricTime({ metricTimeScale: 1 });
  expect(time.secondAt(NOON)).toBe(NOON / 1000);
  expect(time.secondAt(NOON + 999)).toBe(NOON / 1000);
});
