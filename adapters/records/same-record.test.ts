import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { sameRecord } from './same-record.ts';

/** As DynamoDB gives a record back. */
const stored = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

const leaf = fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.constant(null), fc.constant(undefined));
const value = fc.letrec((tie) => ({
  value: fc.oneof(leaf, fc.array(fc.oneof(fc.integer(), tie('value').filter((item) => item !== undefined)), { maxLength: 3 }), fc.dictionary(fc.constantFrom('a', 'b', 'c'), tie('value'), { maxKeys: 3, noNullPrototype: true })),
})).value.filter((one) => one !== undefined);

it('tells records apart exactly where what is stored of them differs', () => {
  fc.assert(fc.property(value, value, (a, b) => expect(sameRecord(a, b)).toBe(isDeepStrictEqual(stored(a), stored(b)))), { numRuns: 500 });
  fc.assert(fc.property(value, (a) => expect(sameRecord(a, stored(a))).toBe(true)), { numRuns: 200 });
});

it('knows neither undefined members nor their order', () => {
  expect(sameRecord({ a: 1, b: undefined, c: [{ d: 2, e: 3 }] }, { c: [{ e: 3, d: 2 }], a: 1 })).toBe(true);
  expect(sameRecord({ a: 1 }, { a: 1, b: null })).toBe(false);
});
