// A stage as a branch of the tree: its rungs with their weights, where it stands on them, what it waits for, and why it failed.

import { formatDuration } from '../core/duration.ts';
import type { RungView, StageView } from '../core/view/model.ts';
import { type Line, type Span, span } from './line.ts';
import type { Colour } from './print.ts';
import { describeState, describeWaiting, stateColour } from './show-release.ts';
import type { Symbols } from './symbols.ts';
import { cut, pad, widthOf, wrap } from './text-width.ts';

export interface StageDrawing {
  columns: number;
  nowMs: number;
  symbols: Symbols;
  /** How wide the names of all stages are, and their services, so that the states stand below each other. */
  nameWidth: number;
  targetWidth: number;
  /** How many rungs may be shown. */
  rungMax: number;
  /** Written below a question: what to type. */
  answerWith: string | undefined;
}

type RungState = 'done' | 'current' | 'next' | 'failed';

/** Widths of bars, by how many columns there are; none where the words need all of them. */
const BAR_WIDTHS = [
  { fromColumns: 160, width: 40 },
  { fromColumns: 100, width: 20 },
  { fromColumns: 60, width: 10 },
];
const TARGET_FROM_COLUMNS = 72;

/** Its own line, and what hangs below it. */
export function drawStage(stage: StageView, drawing: StageDrawing): { title: Line; children: Line[][] } {
  const { symbols, columns } = drawing;
  const look = lookOf(stage, symbols);
  const wide = columns >= TARGET_FROM_COLUMNS;
  const target = `${stage.cluster}/${stage.service}`;
  const title: Line = [
    span(`${look.mark} `, look.colour),
    span(pad(cut(stage.name, drawing.nameWidth, symbols.more), drawing.nameWidth), stage.status === 'pending' ? 'dim' : 'bold'),
    ...(wide ? [span(`  ${pad(cut(target, drawing.targetWidth, symbols.more), drawing.targetWidth)}`, 'dim')] : []),
    span(`  ${stateOf(stage)}`, look.colour),
  ];
  const children: Line[][] = [];
  if (stage.status === 'pending' || stage.outcome === 'succeeded' || stage.outcome === 'unchanged') return { title, children };
  if (!wide) children.push([[span(target, 'dim')]]);
  for (const line of rungLines(stage, drawing)) children.push([line]);
  if (stage.status !== 'ended' && stage.waitingFor !== undefined) children.push(waitingLines(stage, drawing));
  if (stage.failure !== undefined) children.push(failureLines(stage.failure, drawing));
  return { title, children };
}

/** Room that the branches of the tree take on the left of a stage's children. */
const INDENT = 6;

function lookOf(stage: StageView, symbols: Symbols): { mark: string; colour: Colour } {
  if (stage.status === 'pending') return { mark: symbols.next, colour: 'dim' };
  const colour = stateColour({ status: stage.status, outcome: stage.outcome });
  if (stage.status === 'ended') return { mark: colour === 'red' ? symbols.failed : colour === 'green' ? symbols.done : symbols.skipped, colour };
  if (stage.waitingFor?.kind === 'rollback') return { mark: symbols.failed, colour: 'red' };
  return { mark: stage.status === 'waiting' ? symbols.waiting : symbols.current, colour };
}

function stateOf(stage: StageView): string {
  if (stage.status === 'pending') return 'not yet';
  if (stage.status !== 'ended' && stage.waitingFor?.kind === 'rollback') return 'rolling back';
  const weight = stage.rungs.length === 0 || stage.status === 'ended' ? undefined : stage.weightPercent;
  return describeState({ status: stage.status, outcome: stage.outcome, weightPercent: weight });
}

function rungStates(stage: StageView): RungState[] {
  const weight = stage.weightPercent ?? 0;
  const stopped = stage.status === 'ended' || stage.waitingFor?.kind === 'rollback';
  // Between two rungs the one that was left last is done and the next one is where it is going.
  const current = stage.rungs.findLastIndex((rung) => rung.weightPercent <= weight);
  return stage.rungs.map((_, index) => (index < current ? 'done' : index > current ? 'next' : stopped ? 'failed' : 'current'));
}

function rungLines(stage: StageView, drawing: StageDrawing): Line[] {
  const states = rungStates(stage);
  const lines = stage.rungs.map((rung, index) => rungLine(rung, states[index] ?? 'next', stage, drawing));
  if (lines.length <= drawing.rungMax) return lines;
  // Around the rung it is on; what is left out is counted, not hidden.
  const at = Math.max(0, states.findIndex((state) => state === 'current' || state === 'failed'));
  const from = Math.min(Math.max(0, at - Math.floor(drawing.rungMax / 2)), lines.length - drawing.rungMax);
  const until = from + drawing.rungMax;
  const leftOut = (count: number): Line[] => (count === 0 ? [] : [[span(`${drawing.symbols.more} ${count} more`, 'dim')]]);
  return [...leftOut(from), ...lines.slice(from, until), ...leftOut(lines.length - until)];
}

function rungLine(rung: RungView, state: RungState, stage: StageView, { columns, symbols }: StageDrawing): Line {
  const looks: Record<RungState, { mark: string; colour: Colour }> = {
    done: { mark: symbols.done, colour: 'green' },
    current: { mark: stage.status === 'waiting' ? symbols.waiting : symbols.current, colour: stage.status === 'waiting' ? 'yellow' : 'blue' },
    next: { mark: symbols.next, colour: 'dim' },
    failed: { mark: symbols.failed, colour: 'red' },
  };
  const { mark, colour } = looks[state];
  const weight = `${`${rung.weightPercent}`.padStart(5)} %`;
  return [
    span(`${mark} `, colour),
    span(weight, state === 'current' ? 'bold' : state === 'next' ? 'dim' : undefined),
    ...(barWidth(columns) > 0 ? [span('  '), ...bar(rung.weightPercent / 100, barWidth(columns), state === 'next' ? 'dim' : colour, symbols)] : []),
    span(`  ${describeRung(rung)}`, state === 'next' ? 'dim' : undefined),
  ];
}

function describeRung({ bakeMs, requests, approval }: RungView): string {
  const bake = bakeMs > 0 || requests !== undefined ? `for ${formatDuration(bakeMs)}${requests === undefined ? '' : `, ${requests} requests`}` : '';
  const ask = approval === undefined ? '' : `asks ${approval.from.length === 0 ? 'anybody' : `${approval.need > 1 ? `${approval.need} of ` : ''}${approval.from.join(', ')}`}`;
  return [bake, ask].filter((part) => part !== '').join('; ') || 'goes on at once';
}

const barWidth = (columns: number): number => BAR_WIDTHS.find(({ fromColumns }) => columns >= fromColumns)?.width ?? 0;
const BAKE_BAR_WIDTH_MIN = 5;
const BAKE_BAR_WIDTH_MAX = 40;

export function bar(share: number, width: number, colour: Colour, symbols: Symbols): Span[] {
  // What is there at all shows, and only what is whole fills the bar.
  const full = share <= 0 ? 0 : share >= 1 ? width : Math.min(width - 1, Math.max(1, Math.round(share * width)));
  return [span(symbols.full.repeat(full), colour), span(symbols.empty.repeat(width - full), 'dim')];
}

function waitingLines(stage: StageView, drawing: StageDrawing): Line[] {
  const { waitingFor } = stage;
  if (waitingFor === undefined) return [];
  const room = drawing.columns - INDENT;
  const bakeMs = stage.rungs.findLast((rung) => rung.weightPercent <= (stage.weightPercent ?? 0))?.bakeMs ?? 0;
  if (waitingFor.kind === 'bake' && waitingFor.untilMs !== undefined && bakeMs > 0) {
    const leftMs = Math.max(0, waitingFor.untilMs - drawing.nowMs);
    const text = leftMs === 0 ? 'has baked' : `bakes, ${formatDuration(leftMs)} left`;
    const width = Math.min(BAKE_BAR_WIDTH_MAX, Math.max(BAKE_BAR_WIDTH_MIN, room - widthOf(text) - 2));
    return [[...bar(1 - leftMs / bakeMs, width, 'blue', drawing.symbols), span(`  ${text}`)]];
  }
  const asksPeople = waitingFor.kind === 'approval';
  return [
    ...wrap(span(describeWaiting(waitingFor, drawing.nowMs)).text, room).map((text): Line => [span(text, asksPeople ? 'yellow' : undefined)]),
    ...(asksPeople && drawing.answerWith !== undefined ? wrap(span(drawing.answerWith).text, room).map((text): Line => [span(text, 'dim')]) : []),
  ];
}

function failureLines(failure: NonNullable<StageView['failure']>, { columns }: StageDrawing): Line[] {
  const room = columns - INDENT;
  return [
    ...failure.reason.split('\n').flatMap((line, index) => wrapIndented(line, room).map((text): Line => [span(text, index === 0 ? 'red' : undefined)])),
    ...(failure.hint === undefined ? [] : wrap(span(`= ${failure.hint}`).text, room).map((text): Line => [span(text, 'dim')])),
  ];
}

/** Keeps the space in front: log lines stand below their heading. */
function wrapIndented(line: string, room: number): string[] {
  const text = span(line).text;
  const space = /^ */.exec(text)?.[0] ?? '';
  return wrap(text.trim(), room - space.length).map((part) => `${space}${part}`);
}
