// For tests: a terminal without a terminal. It obeys the escape sequences that the CLI may use, and throws at any other, so a
// test sees what a person would see; and it has a keyboard and a size that tests can work.

import type { Terminal, TerminalListener } from './terminal.ts';
import { take, widthOf } from './text-width.ts';

interface Cell {
  text: string;
  colours: string;
}

const COLOUR_NAMES: Readonly<Record<string, string>> = { 1: 'bold', 2: 'dim', 31: 'red', 32: 'green', 33: 'yellow', 36: 'cyan' };
const COLOUR_ENDS: Readonly<Record<string, readonly string[]>> = { 22: ['bold', 'dim'], 39: ['red', 'green', 'yellow', 'cyan'] };

export class FakeTerminal implements Terminal {
  columns: number;
  rows: number;
  /** Every write as it came. */
  readonly writes: string[] = [];
  readonly modes = { cursor: true, wrap: true, otherScreen: false, raw: false };
  /** What was written while the terminal showed its own screen. */
  scrollback = '';
  suspensions = 0;
  private cells: Cell[][] = [];
  private row = 0;
  private column = 0;
  private colours = new Set<string>();
  private listener: TerminalListener | undefined;

  constructor(columns: number, rows: number) {
    this.columns = columns;
    this.rows = rows;
  }

  size(): { columns: number; rows: number } {
    return { columns: this.columns, rows: this.rows };
  }

  listen(listener: TerminalListener): { stop: () => void } {
    this.listener = listener;
    this.modes.raw = true;
    return {
      stop: () => {
        this.listener = undefined;
        this.modes.raw = false;
      },
    };
  }

  suspend = async (): Promise<void> => void (this.suspensions += 1);

  press(...keys: string[]): void {
    for (const key of keys) this.listener?.key(key);
  }

  stop(): void {
    this.listener?.stopped();
  }

  resize(columns: number, rows: number): void {
    this.columns = columns;
    this.rows = rows;
    // As real ones do: what was drawn for another width is torn.
    this.cells = this.cells.slice(0, rows).map((line) => line.slice(0, columns));
    this.listener?.resized();
  }

  write(text: string): void {
    if (text === '') return;
    this.writes.push(text);
    for (const part of text.split(/(\u001b\[[?0-9;]*[A-Za-z])/)) {
      if (part.startsWith('\u001b[')) this.obey(part.slice(2));
      else if (this.modes.otherScreen) this.print(part);
      else this.scrollback += part;
    }
  }

  /** The screen as lines; with colours as `{green}✓{}` when wanted. */
  screen({ colours = false } = {}): string {
    return Array.from({ length: this.rows }, (_, row) => lineOf(this.cells[row] ?? [], colours).trimEnd())
      .join('\n')
      .replace(/\n*$/, '\n');
  }

  private print(text: string): void {
    for (let rest = text; rest !== ''; ) {
      const grapheme = take(rest, 1) || take(rest, 2) || rest.slice(0, 1);
      rest = rest.slice(grapheme.length);
      if (/[\u0000-\u001f\u007f-\u009f]/.test(grapheme)) throw new Error(`a control character was drawn: ${JSON.stringify(text)}`);
      const line = (this.cells[this.row] ??= []);
      const width = widthOf(grapheme);
      if (this.column + width > this.columns) throw new Error(`row ${this.row + 1} is wider than ${this.columns} columns: ${JSON.stringify(text)}`);
      for (let column = line.length; column < this.column; column += 1) line[column] = { text: ' ', colours: '' };
      line[this.column] = { text: grapheme, colours: [...this.colours].join(' ') };
      if (width === 2) line[this.column + 1] = { text: '', colours: [...this.colours].join(' ') };
      this.column += width;
    }
  }

  private obey(sequence: string): void {
    const position = /^(\d+);(\d+)H$/.exec(sequence);
    const colours = /^([\d;]*)m$/.exec(sequence);
    if (position !== null) {
      this.row = Number(position[1]) - 1;
      this.column = Number(position[2]) - 1;
      if (this.row >= this.rows) throw new Error(`row ${this.row + 1} of ${this.rows} was drawn`);
    } else if (colours !== null) this.paint(colours[1] ?? '');
    else if (sequence === '2J') this.cells = [];
    else if (sequence === '2K') this.cells[this.row] = [];
    else if (sequence === '?2026h' || sequence === '?2026l') return;
    else if (sequence === '?25h' || sequence === '?25l') this.modes.cursor = sequence.endsWith('h');
    else if (sequence === '?7h' || sequence === '?7l') this.modes.wrap = sequence.endsWith('h');
    else if (sequence === '?1049h' || sequence === '?1049l') {
      this.modes.otherScreen = sequence.endsWith('h');
      if (this.modes.otherScreen) this.cells = [];
    } else throw new Error(`an escape sequence nobody expects: ${JSON.stringify(sequence)}`);
  }

  private paint(code: string): void {
    if (code === '0') this.colours.clear();
    else if (COLOUR_NAMES[code] !== undefined) this.colours.add(COLOUR_NAMES[code]);
    else if (COLOUR_ENDS[code] !== undefined) COLOUR_ENDS[code].forEach((name) => this.colours.delete(name));
    else throw new Error(`a colour nobody expects: ${code}`);
  }
}

function lineOf(cells: readonly Cell[], colours: boolean): string {
  let line = '';
  let before = '';
  for (const { text, colours: now } of cells) {
    if (colours && now !== before) line += `{${now}}`;
    before = now;
    line += text;
  }
  return colours && before !== '' ? `${line}{}` : line;
}
