// The few signs that the tree is drawn with, and plain ones for terminals that have no others. All take one column; none of
// them is a character that some terminals draw as an emoji.

export interface Symbols {
  done: string;
  current: string;
  waiting: string;
  next: string;
  failed: string;
  /** Ended, and neither good nor bad. */
  skipped: string;
  full: string;
  empty: string;
  branch: string;
  lastBranch: string;
  trunk: string;
  /** Something was cut here. */
  more: string;
}

const UNICODE: Symbols = { done: '✓', current: '●', waiting: '◐', next: '○', failed: '✗', skipped: '-', full: '█', empty: '░', branch: '├─ ', lastBranch: '└─ ', trunk: '│  ', more: '…' };
const ASCII: Symbols = { done: '+', current: '*', waiting: '?', next: 'o', failed: 'x', skipped: '-', full: '#', empty: '.', branch: '|- ', lastBranch: '`- ', trunk: '|  ', more: '~' };

/** The locale says what the terminal can show, as for every other program; Windows has none, and its terminal can. */
export function symbolsFor(env: Readonly<Record<string, string | undefined>>): Symbols {
  const locale = [env['LC_ALL'], env['LC_CTYPE'], env['LANG']].find((value) => value !== undefined && value !== '');
  return /utf-?8/i.test(locale ?? '') || env['WT_SESSION'] !== undefined ? UNICODE : ASCII;
}
