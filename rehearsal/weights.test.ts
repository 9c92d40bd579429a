// What share a version really gave: counted only where the weight was known, and for the right group.
import { measureShare, type WeightSpan } from './weights.ts';

const span = (fromMs: number, untilMs: number, green: number): WeightSpan => ({ fromMs, untilMs, weights: { blue: 100 - green, green } });
const answer = (atMs: number, version: string) => ({ startedAtMs: atMs, endedAtMs: atMs + 1, version, status: 200 });
const spans = [span(0, 9, 0), span(10, 29, 5), span(30, 49, 95)];

test('counts the answers of the new group at its own weight, not those of the old group at the same one', () => {
  const answers = [answer(12, 'new'), ...Array.from({ length: 9 }, (_, index) => answer(14 + index, 'old')), ...Array.from({ length: 10 }, () => answer(40, 'new'))];
  expect(measureShare(spans, answers, 'new', 5, { fromMs: 0, untilMs: 49 })).toEqual({ weightPercent: 5, answers: 10, sharePercent: 10 });
});

test('leaves out answers that were under way while the weight changed', () => {
  expect(measureShare(spans, [{ startedAtMs: 28, endedAtMs: 31, version: 'new', status: 200 }], 'new', 5, { fromMs: 0, untilMs: 49 }).answers).toBe(0);
});
