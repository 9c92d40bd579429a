import { nearest, oneOf } from './nearest.ts';

test.each([
  ['stragety', ['strategy', 'stages'], 'strategy'],
  ['bakeafter', ['bakeAfter', 'bake'], 'bakeAfter'],
  ['aprove', ['approve', 'abort', 'apply'], 'approve'],
  ['alarm', ['alarms', 'name'], 'alarms'],
  ['zzz', ['name', 'image'], undefined],
  ['x', ['y'], undefined],
])('%s among %j means %s', (word, words, expected) => {
  expect(nearest(word, words)).toBe(expected);
});

test('lists words as people do', () => {
  expect([oneOf(['a']), oneOf(['a', 'b']), oneOf(['a', 'b', 'c'])]).toEqual(['a', 'a or b', 'a, b or c']);
});
