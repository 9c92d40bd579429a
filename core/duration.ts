// Durations as people write them (`90s`, `10m`, `4h`, `2d`) and as people read them (`1 h 30 min`).

const UNIT_MS = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

export const SECOND_MS = UNIT_MS.s;
export const MINUTE_MS = UNIT_MS.m;
export const HOUR_MS = UNIT_MS.h;
export const DAY_MS = UNIT_MS.d;

/** One number and one unit, nothing else; undefined when the text is not a duration. */
export function parseDuration(text: string): number | undefined {
  const match = /^(\d{1,9})([smhd])$/.exec(text);
  if (match === null) return undefined;
  return Number(match[1]) * UNIT_MS[match[2] as keyof typeof UNIT_MS];
}

/** What the writer probably meant by a text that is not a duration; undefined when there is nothing to go by. */
export function guessDuration(text: string): string | undefined {
  const match = /^\s*(\d+(?:\.\d+)?)\s*([a-z]*)\.?\s*$/i.exec(text.slice(0, 40));
  if (match === null) return undefined;
  const [, amount = '', word = ''] = match;
  const unit = word === '' ? 's' : word.toLowerCase().startsWith('mo') || word.toLowerCase() === 'ms' ? '' : word[0]?.toLowerCase();
  if (unit !== 's' && unit !== 'm' && unit !== 'h' && unit !== 'd') return undefined;
  if (word === '') return Number.isInteger(Number(amount)) ? `${amount}s or ${amount}m` : undefined;
  return exactly(Math.round(Number(amount) * UNIT_MS[unit]));
}

/** In the two largest units that say something: `45 s`, `4 min`, `1 h 30 min`, `2 d`. Parts of a second are rounded up. */
export function formatDuration(durationMs: number): string {
  const totalSeconds = Math.ceil(Math.max(0, durationMs) / SECOND_MS);
  const parts = [
    { amount: Math.floor(totalSeconds / 86_400), unit: 'd' },
    { amount: Math.floor(totalSeconds / 3_600) % 24, unit: 'h' },
    { amount: Math.floor(totalSeconds / 60) % 60, unit: 'min' },
    { amount: totalSeconds % 60, unit: 's' },
  ];
  const first = parts.findIndex((part) => part.amount > 0);
  if (first === -1) return '0 s';
  return parts
    .slice(first, first + 2)
    .filter((part) => part.amount > 0)
    .map((part) => `${part.amount} ${part.unit}`)
    .join(' ');
}

/** In the largest unit that holds it without a remainder, as it would be written in a specification. */
export function exactly(durationMs: number): string {
  for (const unit of ['d', 'h', 'm'] as const) {
    if (durationMs > 0 && durationMs % UNIT_MS[unit] === 0) return `${durationMs / UNIT_MS[unit]}${unit}`;
  }
  return `${Math.ceil(durationMs / SECOND_MS)}s`;
}
