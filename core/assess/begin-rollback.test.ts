import { asSentence } from './begin-rollback.ts';

test.each([
  ['Service deployment rolled back because the circuit breaker threshold was exceeded.', 'Service deployment rolled back because the circuit breaker threshold was exceeded.'],
  ['alarm checkout-5xx fired', 'alarm checkout-5xx fired.'],
])('%p is told with one full stop', (reason, told) => {
  expect(asSentence(reason)).toBe(told);
});
