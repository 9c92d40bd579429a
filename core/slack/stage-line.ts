// One stage in the message of its release: how far it is, what it waits for, or how it ended.
import { rungsOf, type Rung } from '../ladder/index.ts';
import { outcomeWords, restOfEnd } from '../notice/end-words.ts';
import { goesOn, type Decision, type Outcome, type Release, type StageRecord } from '../release/model.ts';
import { inline, prose } from './text.ts';
import { waitingLine } from './waiting.ts';

export const OUTCOME_ICONS: Record<Outcome, string> = {
  succeeded: '✅',
  unchanged: '✅',
  rolledBack: '⏪',
  rejected: '🚫',
  aborted: '🛑',
  superseded: '⏭️',
  timedOut: '⌛',
  refused: '🚫',
  failed: '❌',
};

const BAR_CELLS = 20;
const RUNGS_MAX = 21;
const REASON_LENGTH_MAX = 500;

export const nameOf = (release: Release, stage: StageRecord | undefined): string => (stage && release.pipeline.stages[stage.index]?.name) ?? 'the service';

export function stageText(release: Release, stage: StageRecord, decisions: readonly Decision[], nowMs: number): string {
  const name = `*${inline(nameOf(release, stage))}*`;
  if (stage.status === 'ended') {
    const outcome = stage.outcome ?? 'failed';
    const why = goesOn(outcome) ? '' : restOfEnd(outcome, stage.reason);
    return `${OUTCOME_ICONS[outcome]} ${name}  ${prose(`${outcomeWords(outcome)}${why}`, REASON_LENGTH_MAX)}`;
  }
  if (release.status === 'ended') return `⚪ ${name}  not reached`;
  if (stage.status === 'pending' && stage.index !== release.stageIndex) return `⚪ ${name}  to come`;
  const rungs = rungsOfStage(release, stage);
  return [`🔵 ${name}  ${progress(stage, rungs)}`.trimEnd(), waitingLine(release, stage, decisions, nowMs), rungLine(stage, rungs)].filter((line) => line !== '').join('\n');
}

function rungsOfStage(release: Release, stage: StageRecord): Rung[] {
  const strategy = release.pipeline.stages[stage.index]?.strategy;
  return strategy ? rungsOf(strategy) : [];
}

/** A rolling deployment has no weights to show. */
const progress = (stage: StageRecord, rungs: readonly Rung[]): string => (rungs.length === 0 || stage.deployment === undefined ? '' : `${bar(stage.weightPercent)}  ${stage.weightPercent} %`);

export function bar(weightPercent: number): string {
  const filled = Math.round((Math.min(100, Math.max(0, weightPercent)) / 100) * BAR_CELLS);
  // Something is something: 1 % may not look like nothing, nor 99 % like everything.
  const cells = weightPercent > 0 && filled === 0 ? 1 : weightPercent < 100 && filled === BAR_CELLS ? BAR_CELLS - 1 : filled;
  return `\`${'█'.repeat(cells)}${'░'.repeat(BAR_CELLS - cells)}\``;
}

function rungLine(stage: StageRecord, rungs: readonly Rung[]): string {
  if (rungs.length < 2 || rungs.length > RUNGS_MAX) return '';
  const same = (a: number, b: number): boolean => Math.abs(a - b) < 0.05;
  const steps = rungs.map(({ weightPercent }) => {
    const reached = stage.rungsReached.some((candidate) => same(candidate.weightPercent, weightPercent));
    return reached && same(stage.weightPercent, weightPercent) ? `*${weightPercent}*` : reached ? `${weightPercent} ✓` : `${weightPercent}`;
  });
  return steps.join('  →  ');
}
