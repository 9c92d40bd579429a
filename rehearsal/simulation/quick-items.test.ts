import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import fc from 'fast-check';
import { marshalled, unmarshalled } from './quick-items.ts';

const leaf = fc.oneof(fc.string(), fc.integer(), fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e100, max: 1e100 }), fc.boolean(), fc.constant(null), fc.constant(undefined), fc.constant(new Set(['a', 'b'])), fc.constant(Uint8Array.of(1, 2)));
const name = fc.string().filter((text) => text !== '__proto__');
const { item } = fc.letrec<{ value: unknown; item: Record<string, unknown> }>((tie) => ({
  value: fc.oneof({ weight: 3, arbitrary: leaf }, fc.array(tie('value'), { maxLength: 3 }), fc.dictionary(name, tie('value'), { maxKeys: 3, noNullPrototype: true })),
  item: fc.dictionary(name, tie('value'), { maxKeys: 5, noNullPrototype: true }),
}));

const outcome = (run: () => unknown): unknown => {
  try {
    return run();
  } catch (error) {
    return String(error);
  }
};

it('marshals and unmarshals as the SDK does, and refuses the same', () => {
  fc.assert(
    fc.property(item, (value) => {
      const expected = outcome(() => marshall(value, { removeUndefinedValues: true }));
      expect(outcome(() => marshalled(value))).toStrictEqual(expected);
      if (typeof expected === 'string') return;
      const attributes = marshalled(value);
      expect(unmarshalled(attributes)).toStrictEqual(unmarshall(attributes));
    }),
    { numRuns: 500 },
  );
});
