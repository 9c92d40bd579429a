// DynamoDB numbers: exact decimals of up to 38 significant digits. A float would round deployment counters and epochs in
// nanoseconds, so a number is a bigint coefficient times a power of ten, without trailing zeros.
import { validation } from './errors.ts';

export interface Decimal {
  coefficient: bigint;
  exponent: number;
}

const SIGNIFICANT_DIGITS_MAX = 38;
const MAGNITUDE_MAX = 125; // 9.99...E+125
const MAGNITUDE_MIN = -130; // 1E-130

const NUMBER = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d+))?$/;

/** Nearly every number is a small whole one. */
const PLAIN = /^[1-9]\d{0,14}$/;

export function parseDecimal(text: string): Decimal {
  if (PLAIN.test(text) && !text.endsWith('0')) return { coefficient: BigInt(text), exponent: 0 };
  const match = NUMBER.exec(text.trim());
  const [, sign = '', whole = '', fraction = '', power = '0'] = match ?? [];
  if (!match || whole + fraction === '') throw validation(`The parameter cannot be converted to a numeric value: ${text}`);
  const magnitude = normalise({ coefficient: BigInt(whole + fraction), exponent: Number(power) - fraction.length });
  return withinLimits(sign === '-' ? { ...magnitude, coefficient: -magnitude.coefficient } : magnitude);
}

/** The canonical text, without exponent and superfluous zeros: equal numbers have equal texts. */
export function formatDecimal({ coefficient, exponent }: Decimal): string {
  const sign = coefficient < 0n ? '-' : '';
  const digits = absolute(coefficient).toString();
  if (exponent >= 0) return sign + digits + '0'.repeat(coefficient === 0n ? 0 : exponent);
  const padded = digits.padStart(1 - exponent, '0');
  return `${sign}${padded.slice(0, exponent)}.${padded.slice(exponent)}`;
}

export function addDecimals(left: Decimal, right: Decimal): Decimal {
  const exponent = Math.min(left.exponent, right.exponent);
  return withinLimits(normalise({ coefficient: scaledTo(left, exponent) + scaledTo(right, exponent), exponent }));
}

export const negateDecimal = (value: Decimal): Decimal => ({ ...value, coefficient: -value.coefficient });

export function compareDecimals(left: Decimal, right: Decimal): number {
  const exponent = Math.min(left.exponent, right.exponent);
  const [a, b] = [scaledTo(left, exponent), scaledTo(right, exponent)];
  return a < b ? -1 : a > b ? 1 : 0;
}

export const significantDigits = (value: Decimal): number => absolute(value.coefficient).toString().length;

const absolute = (value: bigint): bigint => (value < 0n ? -value : value);

const scaledTo = (value: Decimal, exponent: number): bigint => value.coefficient * 10n ** BigInt(value.exponent - exponent);

function normalise({ coefficient, exponent }: Decimal): Decimal {
  if (coefficient === 0n) return { coefficient, exponent: 0 };
  const digits = coefficient.toString();
  const trimmed = digits.replace(/0+$/, '');
  return { coefficient: BigInt(trimmed), exponent: exponent + digits.length - trimmed.length };
}

function withinLimits(value: Decimal): Decimal {
  if (value.coefficient === 0n) return value;
  const digits = significantDigits(value);
  const magnitude = value.exponent + digits - 1;
  if (magnitude > MAGNITUDE_MAX) throw validation('Number overflow. Attempting to store a number with magnitude larger than supported range');
  if (magnitude < MAGNITUDE_MIN) throw validation('Number underflow. Attempting to store a number with magnitude smaller than supported range');
  if (digits > SIGNIFICANT_DIGITS_MAX) throw validation('Attempting to store more than 38 significant digits in a Number');
  return value;
}
