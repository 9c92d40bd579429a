// The live picture of one release: a header, the tree of stages, what was decided last, and a footer. Pure: from a view, a
// size and a time to lines that are no wider than the terminal. Knows how to say less where there is less room.

import { formatDuration } from '../core/duration.ts';
import type { ReleaseView, StageView, TimelineEntry } from '../core/view/model.ts';
import { drawStage } from './draw-stage.ts';
import { apart, fit, type Line, span } from './line.ts';
import { clockTime } from './print.ts';
import { describeState, imageName, shortened, stateColour, tellEntry } from './show-release.ts';
import type { Symbols } from './symbols.ts';
import { cut, cutMiddle, widthOf, wrap } from './text-width.ts';

export interface Drawing {
  columns: number;
  /** Infinity where the picture may be as long as it is. */
  rows: number;
  nowMs: number;
  symbols: Symbols;
}

const STORY_MIN = 3;
/** Where there is no end to the room. */
const STORY_LINES = 12;
const STORY_ENTRY_LINES_MAX = 3;
const REASON_LINES_MAX = 3;
/** Left and right of a header that are further apart are not read together. */
const HEADER_WIDTH_MAX = 110;
const RUNG_MAX = 12;
const RUNG_MIN = 3;
const NAME_WIDTH_MAX = 24;
const TARGET_WIDTH_MAX = 36;

export function drawRelease(release: ReleaseView, drawing: Drawing): Line[] {
  const header = headerLines(release, drawing);
  let tree = treeLines(release, drawing, RUNG_MAX);
  if (header.length + tree.length + STORY_MIN > drawing.rows) tree = treeLines(release, drawing, RUNG_MIN);
  const left = drawing.rows - header.length - tree.length - 1;
  const room = Number.isFinite(left) ? Math.max(STORY_MIN, left) : STORY_LINES;
  const story = storyLines(release.timeline, release.createdAt, drawing, room);
  const lines = [...header, ...tree, ...(story.length === 0 ? [] : [[], ...story])];
  return lines.map((line) => fit(line, drawing.columns, drawing.symbols.more));
}

/** A shift between two rungs: ECS makes up to twenty of them, and they would crowd out what was decided. `status` shows them all. */
const PASSING = /: the plan does not stop here\.$/;

function headerLines(release: ReleaseView, { columns, nowMs, symbols }: Drawing): Line[] {
  // A rolling deployment has no weights to stand at.
  const climbs = release.stages.some((stage) => stage.name === release.stage && stage.rungs.length > 0);
  const state = release.waitingFor === 'rollback' && release.outcome === undefined ? 'rolling back' : describeState({ ...release, ...(!climbs && { weightPercent: undefined }) });
  const width = Math.min(columns, HEADER_WIDTH_MAX);
  const right: Line = [span(state, state === 'rolling back' ? 'red' : stateColour(release))];
  const tag = cut(span(imageName(release)).text, Math.max(12, Math.floor(columns / 3)), symbols.more);
  const name = cut(span(release.pipeline).text, Math.max(12, columns - widthOf(tag) - widthOf(state) - 3), symbols.more);
  const lastedMs = (release.endedAt === undefined ? nowMs : Date.parse(release.endedAt)) - Date.parse(release.createdAt);
  const lasted = Number.isFinite(lastedMs) ? `${release.endedAt === undefined ? 'for' : 'took'} ${formatDuration(lastedMs)}` : '';
  const facts = [release.image.repository, shortened(release.image.digest), ...(release.author === undefined ? [] : [`by ${release.author}`])];
  const reason = wrap(span(release.reason).text, columns);
  return [
    ...apart([span(name, 'bold'), span(' '), span(tag, 'bold')], right, width),
    ...apart([span(cutMiddle(span(release.id).text, columns, symbols.more), 'dim')], [span(lasted, 'dim')], width),
    ...wrap(span(facts.join('  ')).text, columns).slice(0, 2).map((text): Line => [span(text, 'dim')]),
    // The stages tell the rest of a long one.
    ...reason.slice(0, REASON_LINES_MAX).map((text, index): Line => [span(index === REASON_LINES_MAX - 1 && reason.length > REASON_LINES_MAX ? cut(`${text} ${symbols.more}`, columns, symbols.more) : text)]),
    [],
  ];
}

function treeLines(release: ReleaseView, drawing: Drawing, rungMax: number): Line[] {
  const { symbols } = drawing;
  const { stages } = release;
  const widest = (of: (stage: StageView) => string, max: number): number => Math.min(max, Math.max(0, ...stages.map((stage) => widthOf(span(of(stage)).text))));
  const stageDrawing = {
    ...drawing,
    rungMax,
    nameWidth: widest((stage) => stage.name, Math.min(NAME_WIDTH_MAX, Math.max(8, drawing.columns - 30))),
    targetWidth: widest((stage) => `${stage.cluster}/${stage.service}`, Math.max(12, Math.min(TARGET_WIDTH_MAX, drawing.columns - 60))),
    answerWith: `slipway approve ${release.id}`,
  };
  return stages.flatMap((stage, index) => {
    const isLast = index === stages.length - 1;
    const { title, children } = drawStage(stage, stageDrawing);
    const below = isLast ? '   ' : symbols.trunk;
    return [
      [span(isLast ? symbols.lastBranch : symbols.branch, 'dim'), ...title],
      ...children.flatMap((lines, child) =>
        lines.map((line, row): Line => {
          const lastChild = child === children.length - 1;
          const twig = row > 0 ? (lastChild ? '   ' : symbols.trunk) : lastChild ? symbols.lastBranch : symbols.branch;
          return [span(`${below}${twig}`, 'dim'), ...line];
        }),
      ),
    ];
  });
}

/** The newest entries that fit, oldest of them first. */
function storyLines(timeline: readonly TimelineEntry[], createdAt: string, { columns, symbols }: Drawing, room: number): Line[] {
  const shown: Line[][] = [];
  let used = 0;
  for (const entry of timeline.filter(({ text }) => !PASSING.test(text)).reverse()) {
    // What follows a first line is shown with the stage.
    const [text = ''] = entry.text.split('\n');
    const lines = storyEntry({ ...entry, text }, createdAt, columns, symbols);
    if (used + lines.length > room) break;
    shown.unshift(lines);
    used += lines.length;
  }
  return shown.flat();
}

function storyEntry(entry: TimelineEntry, createdAt: string, columns: number, symbols: Symbols): Line[] {
  const full = clockTime(entry.at);
  const time = full.slice(0, 10) === clockTime(createdAt).slice(0, 10) ? full.slice(11) : full.slice(5);
  const lines = wrap(span(tellEntry(entry)).text, columns - widthOf(time) - 2);
  return lines.slice(0, STORY_ENTRY_LINES_MAX).map((text, index): Line => {
    const shown = index === STORY_ENTRY_LINES_MAX - 1 && lines.length > STORY_ENTRY_LINES_MAX ? cut(`${text} ${symbols.more}`, columns - widthOf(time) - 2, symbols.more) : text;
    return [span(index === 0 ? time : ' '.repeat(widthOf(time)), 'dim'), span(`  ${shown}`, entry.kind === 'failure' || entry.kind === 'rollback' ? 'red' : undefined)];
  });
}
