// How many columns text takes in a terminal, and how to cut, pad and wrap it by that. A terminal draws graphemes: an accent
// on top of its letter takes no column, a Chinese character or an emoji two. Where terminals disagree (emoji joined to
// families) the screen is kept whole by switching off its line wrapping, not by guessing better here.

const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' });

const PLAIN = /^[\x20-\x7e]*$/;
const EMOJI = /\p{Emoji_Presentation}|\p{Extended_Pictographic}\ufe0f|\p{Regional_Indicator}|[#*0-9]\ufe0f?\u20e3/u;
const NO_WIDTH = /^[\p{Mn}\p{Me}\p{Cf}]+$/u;
/** East Asian Wide and Fullwidth, in the blocks that are in use. https://www.unicode.org/reports/tr11/ */
const WIDE =
  /^[\u1100-\u115f\u2329\u232a\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe10-\ufe19\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{16fe0}-\u{18aff}\u{1b000}-\u{1b2ff}\u{1f200}-\u{1f265}\u{20000}-\u{3fffd}]/u;

export function widthOf(text: string): number {
  if (PLAIN.test(text)) return text.length;
  let width = 0;
  for (const { segment } of graphemes.segment(text)) width += graphemeWidth(segment);
  return width;
}

function graphemeWidth(grapheme: string): number {
  if (PLAIN.test(grapheme)) return grapheme.length;
  if (NO_WIDTH.test(grapheme)) return 0;
  return EMOJI.test(grapheme) || WIDE.test(grapheme) ? 2 : 1;
}

/** The longest beginning that takes no more than so many columns. */
export function take(text: string, columns: number): string {
  if (PLAIN.test(text)) return text.slice(0, Math.max(0, columns));
  let taken = '';
  let width = 0;
  for (const { segment } of graphemes.segment(text)) {
    width += graphemeWidth(segment);
    if (width > columns) break;
    taken += segment;
  }
  return taken;
}

/** The text, or its beginning and a mark that there was more. */
export function cut(text: string, columns: number, mark = '…'): string {
  if (widthOf(text) <= columns) return text;
  return columns <= widthOf(mark) ? take(text, columns) : `${take(text, columns - widthOf(mark))}${mark}`;
}

/** For ids, whose end says as much as their beginning: the middle goes. */
export function cutMiddle(text: string, columns: number, mark = '…'): string {
  if (widthOf(text) <= columns) return text;
  const kept = columns - widthOf(mark);
  if (kept < 2) return cut(text, columns, mark);
  const endWidth = Math.floor(kept / 2);
  return `${take(text, kept - endWidth)}${mark}${takeEnd(text, endWidth)}`;
}

function takeEnd(text: string, columns: number): string {
  const segments = [...graphemes.segment(text)].map(({ segment }) => segment);
  let taken = '';
  let width = 0;
  for (const segment of segments.reverse()) {
    width += graphemeWidth(segment);
    if (width > columns) break;
    taken = segment + taken;
  }
  return taken;
}

export function pad(text: string, columns: number): string {
  return text + ' '.repeat(Math.max(0, columns - widthOf(text)));
}

/** A percentage is one word. */
const BREAK = / (?!%)/;

/** Lines of at most so many columns, broken between words; a word that is longer than a line is broken inside. */
export function wrap(text: string, columns: number): string[] {
  const room = Math.max(1, columns);
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(BREAK)) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (widthOf(longer) <= room) {
      line = longer;
      continue;
    }
    if (line !== '') lines.push(line);
    let rest = word;
    while (widthOf(rest) > room) {
      const piece = take(rest, room) || rest.slice(0, 1);
      lines.push(piece);
      rest = rest.slice(piece.length);
    }
    line = rest;
  }
  return line === '' && lines.length > 0 ? lines : [...lines, line];
}
