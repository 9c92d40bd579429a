// Text of any code points, for properties. fast-check has it as `unit: 'binary'`, which makes a table of all 1.1 million of them
// in every test file: a second each.
import fc from 'fast-check';

const SURROGATES_FROM = 0xd800;
const SURROGATES = 0x800;

const codePoint = fc.nat({ max: 0x10ffff - SURROGATES }).map(
  (index) => String.fromCodePoint(index < SURROGATES_FROM ? index : index + SURROGATES),
  (character) => {
    const [point] = typeof character === 'string' ? [...character].map((one) => one.codePointAt(0) ?? 0) : [];
    if (point === undefined || String.fromCodePoint(point) !== character) throw new Error('not one character');
    return point < SURROGATES_FROM ? point : point - SURROGATES;
  },
);

export const anyText = (size: { minLength?: number; maxLength?: number } = {}): fc.Arbitrary<string> => fc.string({ ...size, unit: codePoint });
