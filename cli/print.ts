// How things look in a terminal. Nothing that came from outside reaches the terminal with control characters in it.

import { formatDuration } from '../core/duration.ts';
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
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]+/g, ' ');
}

export interface Cell {
  text: string;
  colour?: Colour;
}

/** Columns as wide as their widest cell; the last one is not padded. */
export function table(headings: string[], rows: (string | Cell)[][], paint: Paint): string {
  const cells = rows.map((row) => row.map((cell) => (typeof cell === 'string' ? { text: clean(cell) } : { ...cell, text: clean(cell.text) })));
  const widths = headings.map((heading, column) => Math.max(heading.length, ...cells.map((row) => row[column]?.text.length ?? 0)));
  const pad = (text: string, column: number): string => (column === headings.length - 1 ? text : text.padEnd(widths[column] ?? 0));
  const lines = [
    headings.map((heading, column) => paint('dim', pad(heading, column))).join('  '),
    ...cells.map((row) => row.map((cell, column) => (cell.colour === undefined ? pad(cell.text, column) : paint(cell.colour, pad(cell.text, column)))).join('  ')),
  ];
  return lines.map((line) => `${line.trimEnd()}\n`).join('');
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
