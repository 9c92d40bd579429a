import { VirtualClock } from '../../kernel/clock.ts';
import { seededRandom } from '../../kernel/random.ts';
import { Evaluator } from './jsonata.ts';
import type { Json } from './json.ts';

const clock = new VirtualClock(Date.UTC(2026, 0, 15, 12), () => undefined);
const evaluator = new Evaluator(clock, seededRandom(3));
const evaluate = (template: Json, bindings: Record<string, unknown> = {}) => evaluator.template(template, bindings, 'Output');

describe('a template', () => {
  it.each<[string, Json, Json]>([
    ['passes plain values on', { a: [1, 'x', null, true] }, { a: [1, 'x', null, true] }],
    ['evaluates expressions at any depth', { a: [{ b: '{% 1 + 1 %}' }] }, { a: [{ b: 2 }] }],
    ['takes an expression inside a text for text', 'n is {% 1 + 1 %}', 'n is {% 1 + 1 %}'],
    ['does not evaluate what has space around it', ' {% 1 %} ', ' {% 1 %} '],
    ['keeps null', '{% null %}', null],
    ['keeps an empty array', '{% [] %}', []],
  ])('%s', async (_claim, template, value) => {
    expect(await evaluate(template)).toEqual(value);
  });

  it.each<[string, string, RegExp]>([
    ['an undefined result', '{% $missing %}', /^.*The JSONata expression '\$missing' specified for the field 'Output' returned nothing \(undefined\)\.$/],
    ['a function', '{% function($x){$x} %}', /unsupported result type/],
    ['a built-in function', '{% $sum %}', /unsupported result type/],
    ['a fault of the expression', '{% "a" + 1 %}', /threw an error during evaluation/],
    ['$eval', "{% $eval('1') %}", /\$eval is not supported/],
  ])('refuses %s', async (_case, template, cause) => {
    await expect(evaluate(template)).rejects.toMatchObject({ error: 'States.QueryEvaluationError', location: 'Output', causeText: expect.stringMatching(cause) as string });
  });
});

describe('the functions Step Functions adds', () => {
  it.each<[string, Json]>([
    ['$partition([1,2,3,4,5], 2)', [[1, 2], [3, 4], [5]]],
    ['$partition([], 2)', []],
    ['$range(0, 10, 5)', [0, 5, 10]],
    ['$range(1, 4, 2)', [1, 3]],
    ['$range(3, 1, -1)', [3, 2, 1]],
    ["$hash('abc')", 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'],
    ["$hash('abc', 'MD5')", '900150983cd24fb0d6963f7d28e17f72'],
    ["$hash('abc', 'SHA-1')", 'a9993e364706816aba3e25717850c26c9cd0d89d'],
    ['$parse(\'{"a":[1]}\')', { a: [1] }],
    ['$random(42) = $random(42)', true],
    ['$random(42) = $random(43)', false],
    ['$random() < 1 and $random() >= 0', true],
    ['$random() = $random()', false],
    ["$contains($uuid(), /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)", true],
  ])('%s', async (source, value) => {
    expect(await evaluate(`{% ${source} %}`)).toEqual(value);
  });

  it('take the time from the clock they are given', async () => {
    expect(await evaluate(['{% $now() %}', "{% $now('[Y]-[M01]') %}", '{% $millis() %}'])).toEqual(['2026-01-15T12:00:00.000Z', '2026-01', clock.nowMs()]);
  });
});
