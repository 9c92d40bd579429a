// What a field may hold when somebody means harm, or has a bug. Every text carries the mark by which it is recognised in a log.
import type { Chance } from '../simulation/chance.ts';

export function hostileText(chance: Chance, mark: string): string {
  return chance.pick<(mark: string) => string>([
    (text) => text,
    (text) => `<!channel> ${text} <https://evil.example|click>`,
    (text) => `<script>alert('${text}')</script>`,
    (text) => `${text}'; DROP TABLE releases; --`,
    (text) => `${text}\u0000\u0007\u001b[31m`,
    (text) => `\u202e${text}\u2066\ufeff`,
    (text) => `\ud800${text}\udfff`,
    (text) => `${text}${'é'.repeat(400)}`,
    (text) => `${text}${'👩‍👩‍👧‍👦'.repeat(50)}`,
    (text) => `${text}${'a'.repeat(3_000)}`,
    (text) => `../../${text}/%2e%2e%2f\\..\\`,
    (text) => `\${jndi:ldap://${text}}{{7*7}}`,
    (text) => `RELEASE#${text}`,
    (text) => `__proto__.${text}`,
    (text) => `${text}\r\nX-Injected: 1\r\n\r\n`,
  ])(mark);
}

/** Anything but a text of decent length. */
export function hostileValue(chance: Chance, mark: string): unknown {
  return chance.pick<() => unknown>([
    () => null,
    () => true,
    () => -1,
    () => 1e308,
    () => Number.MAX_SAFE_INTEGER + 2,
    () => [],
    () => [mark, [mark]],
    () => ({}),
    () => ({ [mark]: { [mark]: mark } }),
    () => ({ toString: mark, valueOf: mark, length: -1 }),
    () => JSON.parse(`{"__proto__":{"${mark}":true},"constructor":{"prototype":{"admin":true}}}`) as unknown,
    () => nested(chance.whole(50, 2_000), mark),
  ])();
}

export function nested(depth: number, inside: string): unknown {
  let value: unknown = inside;
  for (let level = 0; level < depth; level++) value = level % 2 === 0 ? [value] : { a: value };
  return value;
}

/** JSON that is none, or JSON that some parsers take and some do not. */
export function brokenJson(chance: Chance, good: string, mark: string): Buffer {
  const cut = chance.whole(1, Math.max(1, good.length - 1));
  return chance.pick<() => Buffer>([
    () => Buffer.from(good.slice(0, cut)),
    () => Buffer.from(`${good.slice(0, cut)}\u0000${good.slice(cut)}}`),
    () => Buffer.from(`${good},${good}`),
    () => Buffer.from(`\ufeff{${good}`),
    () => Buffer.from(good.replaceAll('"', "'")),
    () => Buffer.from(`{"kind": NaN, "${mark}": Infinity}`),
    () => Buffer.from(`${mark}=1&kind=approve`),
    () => Buffer.from(`<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "${mark}">]><x>&a;</x>`),
    () => Buffer.from(`kind: approve\nreason: ${mark}\n`),
    () => Buffer.concat([Buffer.from('{"a":"'), Buffer.from([0xff, 0xfe, 0xc0, 0x80]), Buffer.from(mark)]),
    () => Buffer.from('['.repeat(chance.whole(1_000, 40_000))),
    () => Buffer.from(`//${mark}\n${good}`),
    () => Buffer.from(good, 'utf16le'),
  ])();
}

/** One bit is enough. */
export function flipped(chance: Chance, bytes: Buffer): Buffer {
  const changed = Buffer.from(bytes);
  const at = chance.whole(0, changed.length - 1);
  changed[at] = (changed[at] ?? 0) ^ (1 << chance.whole(0, 7));
  return changed;
}
