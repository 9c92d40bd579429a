import { alarmsIn, holds, parseCompositeRule } from './composite-rule.ts';

const validationFault = expect.objectContaining({ code: 'ValidationError' }) as unknown as Error;
const states = { hot: 'ALARM', cool: 'OK', 'two words': 'ALARM', dark: 'INSUFFICIENT_DATA' } as const;
const check = (rule: string): boolean => holds(parseCompositeRule(rule), (name) => states[name as keyof typeof states]);

test.each<[rule: string, want: boolean]>([
  ['TRUE', true],
  ['FALSE', false],
  ['ALARM(hot)', true],
  ['ALARM("two words")', true],
  ["OK('cool')", true],
  ['INSUFFICIENT_DATA(dark)', true],
  ['ALARM(arn:aws:cloudwatch:eu-west-1:123456789012:alarm:hot)', true],
  ['NOT ALARM(hot)', false],
  ['ALARM(cool) OR ALARM(hot) AND OK(cool)', true],
  ['(ALARM(hot) OR ALARM(cool)) AND ALARM(cool)', false],
  ['NOT ALARM(cool) AND NOT (OK(hot) OR OK(dark))', true],
  ['ALARM(deleted) OR OK(deleted)', false],
])('%s is %s', (rule, want) => {
  expect(check(rule)).toBe(want);
});

test.each(['', 'ALARM', 'ALARM()', 'ALARM(hot', 'ALARM(hot) AND', 'ALARM(hot) ALARM(cool)', 'MAYBE(hot)'])('"%s" is refused', (rule) => {
  expect(() => parseCompositeRule(rule)).toThrow(validationFault);
});

test('names every alarm once', () => {
  expect(alarmsIn(parseCompositeRule('ALARM(a) AND (OK(b) OR NOT ALARM(a))'))).toEqual(['a', 'b']);
});
