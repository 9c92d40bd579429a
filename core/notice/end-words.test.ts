import type { Outcome } from '../release/model.ts';
import { endText } from './end-words.ts';

test.each<[Outcome, string, string]>([
  ['succeeded', 'every stage runs the new image', 'The release succeeded: every stage runs the new image.'],
  ['rolledBack', 'alarm x fired: Threshold Crossed.', 'The release was rolled back: alarm x fired: Threshold Crossed.'],
  ['rejected', 'rejected by bob: why now?', 'The release was rejected by bob: why now?'],
  ['aborted', 'aborted by alice', 'The release was aborted by alice.'],
  ['superseded', 'superseded by the newer release b', 'The release was superseded by the newer release b.'],
  ['rejected', 'rejectedly odd', 'The release was rejected: rejectedly odd.'],
  ['failed', '', 'The release FAILED.'],
])('%s because of "%s" is told in one sentence, which says it once', (outcome, reason, text) => {
  expect(endText('The release', outcome, reason)).toBe(text);
});
