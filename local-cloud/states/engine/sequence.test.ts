import fc from 'fast-check';
import { Variables } from './sequence.ts';

const assignments = fc.dictionary(fc.constantFrom('a', 'b', 'c', 'd'), fc.integer(), { noNullPrototype: true });

describe('variables of nested scopes', () => {
  it('see everything outside, never change it, and never leak out', () => {
    fc.assert(
      fc.property(fc.array(assignments), fc.array(assignments), fc.array(assignments), (outside, inside, beside) => {
        const outer = new Variables();
        const inner = new Variables(outer);
        const sibling = new Variables(outer);
        for (const values of outside) outer.assign(values);
        for (const values of inside) inner.assign(values);
        for (const values of beside) sibling.assign(values);
        const outerValues = Object.assign({}, ...outside) as Record<string, number>;
        expect(outer.all()).toEqual(outerValues);
        expect(inner.all()).toEqual({ ...outerValues, ...(Object.assign({}, ...inside) as Record<string, number>) });
        expect(sibling.all()).toEqual({ ...outerValues, ...(Object.assign({}, ...beside) as Record<string, number>) });
      }),
    );
  });

  it('keep what was read before a later assignment', () => {
    const variables = new Variables();
    variables.assign({ x: 1 });
    const seen = variables.all();
    variables.assign({ x: 2 });
    expect(seen).toEqual({ x: 1 });
  });
});
