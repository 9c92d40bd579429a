import { sentence } from './sentence.ts';

test.each([
  ['prices look wrong', 'prices look wrong.'],
  ['the circuit breaker threshold was exceeded.', 'the circuit breaker threshold was exceeded.'],
  ['why now?', 'why now?'],
  ['stop!', 'stop!'],
])('%j ends in one mark', (text, expected) => {
  expect(sentence(text)).toBe(expected);
});
