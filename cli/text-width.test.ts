import fc from 'fast-check';
import { cut, cutMiddle, pad, take, widthOf, wrap } from './text-width.ts';

test.each([
  ['', 0],
  ['plain', 5],
  ['e\u0301', 1],
  ['漢字', 4],
  ['ｶﾅ', 2],
  ['한국', 4],
  ['🚀', 2],
  ['❤️', 2],
  ['🇨🇭', 2],
  ['👩‍👩‍👧', 2],
  ['✓●◐○✗█░├─│…', 11],
  ['\u200d', 0],
])('%j takes %d columns', (text, width) => {
  expect(widthOf(text)).toBe(width);
});

const anything = fc.string({ unit: 'grapheme', maxLength: 60 });

test('what is cut never takes more room than there is, and what fits is left alone', () => {
  fc.assert(
    fc.property(anything, fc.integer({ min: 1, max: 40 }), (text, columns) => {
      for (const shorten of [cut, cutMiddle, take]) {
        expect(widthOf(shorten(text, columns))).toBeLessThanOrEqual(columns);
        if (widthOf(text) <= columns) expect(shorten(text, columns)).toBe(text);
      }
    }),
  );
});

test('what is wrapped loses nothing but the spaces it was broken at', () => {
  fc.assert(
    fc.property(anything, fc.integer({ min: 2, max: 40 }), (text, columns) => {
      const lines = wrap(text, columns);
      for (const line of lines) expect(widthOf(line)).toBeLessThanOrEqual(columns);
      expect(lines.join('').replaceAll(' ', '')).toBe(text.replaceAll(' ', ''));
    }),
  );
});

test('a line is broken between words, and inside a word that is longer than the line', () => {
  expect(wrap('waits for approval by alice', 12)).toEqual(['waits for', 'approval by', 'alice']);
  expect(wrap('serves 100 %.', 10)).toEqual(['serves', '100 %.']);
  expect(wrap('abcdefgh ij', 3)).toEqual(['abc', 'def', 'gh', 'ij']);
});

test('the middle of an id goes before its ends do', () => {
  expect(cutMiddle('checkout-1.4.0-4e5f6a7b', 12)).toBe('checko…f6a7b');
});

test('padding counts columns, not characters', () => {
  expect(pad('漢字', 6)).toBe('漢字  ');
});
