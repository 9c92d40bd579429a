import { momentText, withMoments } from './moment.ts';

const AT_MS = Date.UTC(2026, 10, 23, 16, 0, 59);

it('is a time that people read', () => {
  expect(momentText(AT_MS)).toBe('2026-11-23 16:00 UTC');
});

it('is found again in a text, and shown in another way', () => {
  expect(withMoments(`Open until ${momentText(AT_MS)}, then until ${momentText(AT_MS + 60_000)}.`, (atMs) => `<${atMs}>`)).toBe(`Open until <${Date.UTC(2026, 10, 23, 16)}>, then until <${Date.UTC(2026, 10, 23, 16, 1)}>.`);
});

it('is not taken for one where it cannot be', () => {
  expect(withMoments('since 2026-13-23 16:00 UTC', () => 'never')).toBe('since 2026-13-23 16:00 UTC');
});
