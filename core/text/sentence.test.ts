import { sentence } from './sentence.ts';

test.each([
  ['prices look wrong', 'prices look wrong.'],
  ['the circuit breaker threshold was exceeded.', 'the circuit breaker threshold was exceeded.'],
  ['why now?', 'why now?'],
  ['stop!', 'stop!'],
  ['nobody answered "why now?"', 'nobody answered "why now?"'],
])('%j ends in one mark', (text, expected) => {
  expect(sentence(text)).toBe(expected);
});
