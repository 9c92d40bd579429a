// How things look in a terminal. Nothing that came from outside reaches the terminal with control characters in it.

import { formatDuration } from '../core/duration.ts';
import { cut, pad, widthOf, wrap } from './text-width.ts';
import type { World } from './world.ts';

export type Colour = 'red' | 'green' | 'yellow' | 'blue' | 'dim' | 'bold';

const CODES: Record<Colour, [number, number]> = { red: [31, 39], green: [32, 39], yellow: [33, 39], blue: [36, 39], dim: [2, 22], bold: [1, 22] };

export type Paint = (colour: Colour, text: string) => string;

/** https://no-color.org */
export function painter(world: World): Paint {
  const wanted = world.isTerminal && (world.env['NO_COLOR'] ?? '') === '';
  return (colour, text) => (wanted ? `\u001b[${CODES[colour][0]}m${text}\u001b[${CODES[colour][1]}m` : text);
}

/** Reasons and names are written by people and programs elsewhere; an escape sequence in one could redraw the screen. */
export function clean(text: string): string {
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\u{e0000}-\u{e007f}]+/gu, ' ');
}

export interface Cell {
  text: string;
  colour?: Colour;
}

const GAP = '  ';
/** A column narrower than this says nothing any more. */
const COLUMN_MIN = 8;
const LAST_COLUMN_MIN = 3;

/**
 * Columns as wide as their widest cell. Where that is wider than the terminal the last one gives way, which holds words, and
 * then the widest of the others, which hold names to type. The last one is not padded. Where that is not enough either, every row
 * becomes a few lines of its own: nothing is wider than the terminal, and names are whole.
 */
export function table(headings: string[], rows: (string | Cell)[][], { paint, columns }: { paint: Paint; columns: number | undefined }): string {
  const cells = rows.map((row) => row.map((cell) => (typeof cell === 'string' ? { text: clean(cell) } : { ...cell, text: clean(cell.text) })));
  const wanted = headings.map((heading, column) => Math.max(heading.length, ...cells.map((row) => widthOf(row[column]?.text ?? ''))));
  if (columns !== undefined && leastWidth(wanted) > columns) return stacked(headings, cells, { paint, columns });
  const widths = columns === undefined ? wanted : narrowed(wanted, columns - GAP.length * (headings.length - 1));
  const shape = (text: string, column: number): string => {
    const width = widths[column] ?? 0;
    return column === headings.length - 1 ? cut(text, width) : pad(cut(text, width), width);
  };
  const lines = [
    headings.map((heading, column) => paint('dim', shape(heading, column))).join(GAP),
    ...cells.map((row) => row.map((cell, column) => (cell.colour === undefined ? shape(cell.text, column) : paint(cell.colour, shape(cell.text, column)))).join(GAP)),
  ];
  return lines.map((line) => `${line.trimEnd()}\n`).join('');
}

const leastWidth = (widths: readonly number[]): number => widths.slice(0, -1).reduce((sum, width) => sum + Math.min(width, COLUMN_MIN) + GAP.length, Math.min(widths.at(-1) ?? 0, LAST_COLUMN_MIN));

function stacked(headings: readonly string[], rows: readonly Cell[][], { paint, columns }: { paint: Paint; columns: number }): string {
  const label = Math.min(Math.max(...headings.map((heading) => widthOf(heading))), Math.max(LAST_COLUMN_MIN, Math.floor(columns / 3)));
  const room = Math.max(1, columns - label - GAP.length);
  const lines = rows.map((row) =>
    headings.flatMap((heading, column) => {
      const { text = '', colour } = row[column] ?? {};
      return wrap(text, room).map((piece, index) => `${paint('dim', pad(index === 0 ? cut(heading, label) : '', label))}${GAP}${colour === undefined ? piece : paint(colour, piece)}`.trimEnd());
    }),
  );
  return lines.map((row) => `${row.join('\n')}\n`).join('\n');
}

function narrowed(widths: readonly number[], room: number): number[] {
  const last = widths.at(-1) ?? 0;
  const others = widths.slice(0, -1);
  let over = widths.reduce((sum, width) => sum + width, 0) - room;
  const lastGives = Math.max(0, Math.min(over, last - LAST_COLUMN_MIN));
  over -= lastGives;
  while (over > 0 && Math.max(...others) > COLUMN_MIN) {
    others[others.indexOf(Math.max(...others))] = Math.max(...others) - 1;
    over -= 1;
  }
  return [...others, last - lastGives];
}

/** `3 min ago`, `in 2 h` */
export function relative(at: string | number, nowMs: number): string {
  const atMs = typeof at === 'number' ? at : Date.parse(at);
  if (!Number.isFinite(atMs)) return clean(String(at));
  const apartMs = Math.abs(nowMs - atMs);
  if (apartMs < 1_000) return 'now';
  const [largest = '', unit = ''] = formatDuration(apartMs).split(' ');
  return atMs < nowMs ? `${largest} ${unit} ago` : `in ${largest} ${unit}`;
}

/** UTC, to the second. */
export function clockTime(at: string): string {
  const atMs = Date.parse(at);
  return Number.isFinite(atMs) ? new Date(atMs).toISOString().slice(0, 19).replace('T', ' ') : clean(at);
}

export function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
