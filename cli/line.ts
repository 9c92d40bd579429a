// A line for a terminal before it is painted: pieces of text with a colour each. Cutting and cleaning happen here, on what is
// seen, so that neither a colour code nor text from elsewhere can upset the layout.

import { clean, type Colour, type Paint } from './print.ts';
import { cut, widthOf } from './text-width.ts';

export interface Span {
  text: string;
  colour?: Colour;
}

export type Line = readonly Span[];

export function span(text: string, colour?: Colour): Span {
  return { text: clean(text), ...(colour !== undefined && { colour }) };
}

export function widthOfLine(line: Line): number {
  return line.reduce((sum, { text }) => sum + widthOf(text), 0);
}

/** At most so many columns, the mark of the cut included. */
export function fit(line: Line, columns: number, mark: string): Line {
  if (widthOfLine(line) <= columns) return line;
  const fitted: Span[] = [];
  let room = columns;
  for (const one of line) {
    const width = widthOf(one.text);
    if (width > room || (width === room && one !== line.at(-1))) {
      // Whatever follows is left out, so the mark is due even where this piece itself would fit.
      fitted.push({ ...one, text: width > room ? cut(one.text, room, mark) : `${cut(one.text, room - widthOf(mark), '')}${mark}` });
      break;
    }
    fitted.push(one);
    room -= width;
  }
  return fitted;
}

export function paintLine(line: Line, paint: Paint): string {
  return line.map(({ text, colour }) => (colour === undefined || text === '' ? text : paint(colour, text))).join('');
}

/** Left and right of one line, if both find room; else one below the other. */
export function apart(left: Line, right: Line, columns: number): Line[] {
  const between = columns - widthOfLine(left) - widthOfLine(right);
  return between >= 2 ? [[...left, span(' '.repeat(between)), ...right]] : [left, right];
}
