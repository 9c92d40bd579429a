// Draws frames in place. Owns what is on the screen and writes only the lines that differ, in one write, so nothing flickers.
// Does not know what is drawn, nor how text gets to the terminal: every method answers what to write.
//   S1. The other screen of the terminal is used, so what the person had before is back when we leave.
//   S2. Lines never wrap: a character that is wider than we think spoils its own line at most.
//   S3. Whatever was switched on by `enter` is switched off by `leave`.

export interface Size {
  columns: number;
  rows: number;
}

const OTHER_SCREEN = '\u001b[?1049h';
const OWN_SCREEN = '\u001b[?1049l';
const HIDE_CURSOR = '\u001b[?25l';
const SHOW_CURSOR = '\u001b[?25h';
const WRAP_OFF = '\u001b[?7l';
const WRAP_ON = '\u001b[?7h';
/** Terminals that know it show a frame only when it is whole; others ignore it. https://gist.github.com/christianparpart/d8a62cc1ab659194337d73e399004036 */
const BEGIN_FRAME = '\u001b[?2026h';
const END_FRAME = '\u001b[?2026l';
const CLEAR = '\u001b[2J';
/** Cleared before it is written, because clearing what is left of a full line takes its last character along. */
const CLEAR_LINE = '\u001b[0m\u001b[2K';

const toRow = (row: number): string => `\u001b[${row};1H`;

export class Screen {
  private shown: string[] = [];
  private size: Size | undefined;

  enter(): string {
    this.size = undefined;
    return `${OTHER_SCREEN}${HIDE_CURSOR}${WRAP_OFF}`;
  }

  leave(): string {
    this.size = undefined;
    return `${WRAP_ON}${SHOW_CURSOR}${OWN_SCREEN}`;
  }

  /** Draws everything at the next frame: somebody else may have written over it. */
  forget(): void {
    this.size = undefined;
  }

  /** What turns the screen into these lines, each already cut to the width; nothing when it shows them. */
  frame(lines: readonly string[], size: Size): string {
    const anew = this.size?.columns !== size.columns || this.size.rows !== size.rows;
    if (anew) this.shown = [];
    this.size = { ...size };
    const wanted = lines.slice(0, size.rows);
    const changes: string[] = [];
    for (let row = 0; row < Math.max(wanted.length, this.shown.length); row += 1) {
      const line = wanted[row] ?? '';
      if (line !== (this.shown[row] ?? '')) changes.push(`${toRow(row + 1)}${CLEAR_LINE}${line}`);
    }
    this.shown = wanted;
    if (changes.length === 0 && !anew) return '';
    return `${BEGIN_FRAME}${anew ? CLEAR : ''}${changes.join('')}${END_FRAME}`;
  }
}
