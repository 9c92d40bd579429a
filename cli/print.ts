// How things look in a terminal. Nothing that came from outside reaches the terminal with control characters in it.

import { formatDuration } from '../core/duration.ts';
import { cut, pad, widthOf } from './text-width.ts';
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

/** Columns as wide as their widest cell; where that is wider than the terminal, the widest ones give way. The last one is not padded. */
export function table(headings: string[], rows: (string | Cell)[][], { paint, columns }: { paint: Paint; columns: number | undefined }): string {
  const cells = rows.map((row) => row.map((cell) => (typeof cell === 'string' ? { text: clean(cell) } : { ...cell, text: clean(cell.text) })));
  const wanted = headings.map((heading, column) => Math.max(heading.length, ...cells.map((row) => widthOf(row[column]?.text ?? ''))));
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

function narrowed(widths: readonly number[], room: number): number[] {
  const narrow = [...widths];
  let over = narrow.reduce((sum, width) => sum + width, 0) - room;
  while (over > 0) {
    const widest = Math.max(...narrow);
    if (widest <= COLUMN_MIN) break;
    const column = narrow.indexOf(widest);
    const next = Math.max(COLUMN_MIN, ...narrow.filter((width) => width < widest));
    const less = Math.min(over, widest - next) || 1;
    narrow[column] = widest - less;
    over -= less;
  }
  return narrow;
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
