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

/** A loop, because every call of a simulation draws a request id or two. */
function pick(random: Random, alphabet: string, length: number): string {
  let picked = '';
  for (let index = 0; index < length; index++) picked += alphabet.charAt(Math.floor(random.next() * alphabet.length));
  return picked;
}

const HEX = '0123456789abcdef';
const BASE64URL = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

export const hexId = (random: Random, length: number): string => pick(random, HEX, length);
export const base64urlId = (random: Random, length: number): string => pick(random, BASE64URL, length);
/** Decimal digits without a leading zero; a string, because 19 digits exceed 2^53. */
export const decimalId = (random: Random, length: number): string => pick(random, '123456789', 1) + pick(random, '0123456789', length - 1);
export const uuid = (random: Random): string =>
  `${hexId(random, 8)}-${hexId(random, 4)}-4${hexId(random, 3)}-${pick(random, '89ab', 1)}${hexId(random, 3)}-${hexId(random, 12)}`;
