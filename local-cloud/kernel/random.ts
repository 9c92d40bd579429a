// Randomness for every model: seeded, so that a simulated history can be repeated to the byte.

export interface Random {
  /** Uniform in [0, 1). */
  next(): number;
}

/** A small, well-spread 32-bit generator (mulberry32). Not for secrets. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  return {
    next: () => {
      state = (state + 0x6d2b79f5) >>> 0;
      let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
      mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
      return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
    },
  };
}

/** Several characters of each draw, because every call of a simulation wants a request id or two. */
function pick(random: Random, alphabet: string, length: number): string {
  const base = alphabet.length;
  const ofOneDraw = Math.floor(32 / Math.log2(base));
  let picked = '';
  for (let left = length; left > 0; left -= ofOneDraw) {
    const characters = Math.min(left, ofOneDraw);
    let rest = random.next();
    for (let index = 0; index < characters; index++) {
      rest *= base;
      const place = Math.floor(rest);
      picked += alphabet.charAt(place);
      rest -= place;
    }
  }
  return picked;
}

const BASE64URL = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

const BYTES = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));
const byteText = (byte: number): string => BYTES[byte] ?? '';

export function hexId(random: Random, length: number): string {
  let picked = '';
  while (picked.length < length) {
    const bits = Math.floor(random.next() * 2 ** 32);
    picked += byteText(bits >>> 24) + byteText((bits >>> 16) & 255) + byteText((bits >>> 8) & 255) + byteText(bits & 255);
  }
  return picked.length === length ? picked : picked.slice(0, length);
}

export const base64urlId = (random: Random, length: number): string => pick(random, BASE64URL, length);
/** Decimal digits without a leading zero; a string, because 19 digits exceed 2^53. */
export const decimalId = (random: Random, length: number): string => pick(random, '123456789', 1) + pick(random, '0123456789', length - 1);
export function uuid(random: Random): string {
  const digits = hexId(random, 32);
  const variant = '89ab'.charAt(Number.parseInt(digits.charAt(16), 16) & 3);
  return `${digits.slice(0, 8)}-${digits.slice(8, 12)}-4${digits.slice(13, 16)}-${variant}${digits.slice(17, 20)}-${digits.slice(20)}`;
}
