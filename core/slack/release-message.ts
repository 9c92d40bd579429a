// The one message of a release: where it stands, as of the record. The same record gives the same message, so that it is only
// sent when something has changed; times are absolute and shown by Slack in every reader's own time zone.
import { EVERY_RUNG, rungKey } from '../approval/keys.ts';
import type { AlarmView } from '../assess/verdict.ts';
import { openAsks } from '../control/rule-decision.ts';
import { unreachable } from '../errors.ts';
import { shortDigest } from '../image/digest.ts';
import { shortName, taggedName } from '../image/name.ts';
import { rungsOf } from '../ladder/index.ts';
import { outcomeWords, restOfEnd } from '../notice/end-words.ts';
import { linksOf } from '../notice/links.ts';
import { nextSteps } from '../notice/notice.ts';
import type { Decision, Release, StageRecord } from '../release/model.ts';
import { context, fitting, header, section, type Block, type Button, type Message } from './blocks.ts';
import { ACTIONS_BLOCK, button } from './buttons.ts';
import { stageSaysWhy } from './news.ts';
import { nameOf, OUTCOME_ICONS, stageText } from './stage-line.ts';
import { code, inline, link, localTime, plain, prose } from './text.ts';

export interface Shown {
  release: Release;
  stages: readonly StageRecord[];
  decisions: readonly Decision[];
  executionArn?: string | undefined;
  /** The alarms of the stage under way, if they could be read. */
  alarms?: readonly AlarmView[] | undefined;
  /** An incoming webhook has nobody to hear its buttons. */
  buttons: boolean;
}

const STAGES_MAX = 12;
const ALARMS_MAX = 20;
const REASON_LENGTH_MAX = 500;

export function releaseMessage(shown: Shown, nowMs: number): Message {
  const { release } = shown;
  const stage = currentStage(shown);
  const { icon, headline } = titleOf(shown, nowMs);
  const ended = release.status === 'ended';
  const outcome = release.outcome ?? 'failed';
  const blocks: Block[] = [
    header(plain(`${icon} ${release.pipeline.name} ${shortName(release.image)} ${headline}`, 150)),
    section(`${code(taggedName(release.image), 300)}  ${code(shortDigest(release.image.digest))}${release.author === undefined ? '' : `\nAsked for by ${inline(release.author)}`}`),
    ...stageBlocks(shown, nowMs),
    ...(ended && !stageSaysWhy(shown) ? [section(prose(`It ${outcomeWords(outcome)}${restOfEnd(outcome, release.reason)}`, REASON_LENGTH_MAX))] : []),
    ...lightBlocks(shown),
    ...(shown.buttons ? buttonBlocks(shown, nowMs) : commandBlocks(shown, nowMs)),
    context([...linksOf(release, stage, shown.executionArn).map(({ url, label }) => link(url, label)), code(release.id)].join('  ·  '), timesOf(release)),
  ];
  return fitting({ text: `${icon} ${inline(release.pipeline.name)} ${inline(shortName(release.image), 300)} ${inline(`${headline}${ended ? restOfEnd(outcome, release.reason) : ''}`, 300 + REASON_LENGTH_MAX)}`, blocks });
}

const timesOf = (release: Release): string => `started ${localTime(release.createdAtMs)}${release.endedAtMs === undefined ? '' : `  ·  ended ${localTime(release.endedAtMs)}`}`;

/** Where a running release stands, or where an ended one ended. */
const currentStage = ({ release, stages }: Pick<Shown, 'release' | 'stages'>): StageRecord | undefined =>
  (release.status === 'running' ? stages[release.stageIndex] : undefined) ?? stages.findLast((stage) => stage.status !== 'pending') ?? stages[0];

type Phase = 'ended' | 'rollingBack' | 'aborting' | 'rejected' | 'asking' | 'queued' | 'frozen' | 'moving';

function phaseOf(shown: Shown, nowMs: number): Phase {
  if (shown.release.status === 'ended') return 'ended';
  const stage = currentStage(shown);
  if (stage?.rollingBack) return 'rollingBack';
  if (shown.decisions.some(({ kind }) => kind === 'abort')) return 'aborting';
  if (shown.decisions.some(({ kind }) => kind === 'reject')) return 'rejected';
  if (openAsks(shown.release, shown.stages, shown.decisions, nowMs).length > 0) return 'asking';
  if (stage?.status !== 'ended' && stage?.waitingFor?.kind === 'freeze') return 'frozen';
  return stage?.status !== 'ended' && stage?.waitingFor?.kind === 'turn' ? 'queued' : 'moving';
}

function titleOf(shown: Shown, nowMs: number): { icon: string; headline: string } {
  const { release } = shown;
  const where = nameOf(release, currentStage(shown));
  const phase = phaseOf(shown, nowMs);
  switch (phase) {
    case 'ended': {
      const outcome = release.outcome ?? 'failed';
      return { icon: OUTCOME_ICONS[outcome], headline: outcomeWords(outcome).toUpperCase() };
    }
    case 'rollingBack':
      return { icon: '⏪', headline: `is being rolled back in ${where}` };
    case 'aborting':
      return { icon: '🛑', headline: 'is being aborted' };
    case 'rejected':
      return { icon: '🚫', headline: `is rejected in ${where}` };
    case 'asking':
      return { icon: '✋', headline: `waits for approval in ${where}` };
    case 'queued':
      return { icon: '⏸️', headline: `waits for its turn in ${where}` };
    case 'frozen':
      return { icon: '❄️', headline: `waits for the end of a freeze before ${where}` };
    case 'moving':
      return { icon: '🚢', headline: `is rolling out to ${where}` };
    default:
      return unreachable(phase);
  }
}

/** The stage under way and those before it: what comes later can wait. */
function stageBlocks({ release, stages, decisions }: Shown, nowMs: number): Block[] {
  const end = Math.max(STAGES_MAX, release.stageIndex + 1);
  const window = stages.slice(Math.max(0, end - STAGES_MAX), end);
  const hidden = stages.length - window.length;
  return [...window.map((stage) => section(stageText(release, stage, decisions, nowMs))), ...(hidden > 0 ? [context(`and ${hidden} more ${hidden === 1 ? 'stage' : 'stages'}`)] : [])];
}

const LIGHTS: Record<AlarmView['state'], string> = { OK: '🟢', ALARM: '🔴', INSUFFICIENT_DATA: '⚪', MISSING: '❔' };

/** Alarms and measurements of the stage under way, one light each. */
function lightBlocks(shown: Shown): Block[] {
  const { release, stages, alarms = [] } = shown;
  const leftOut = stages[release.stageIndex]?.alarmsLeftOut ?? [];
  const lights = alarms.slice(0, ALARMS_MAX).map(({ name, state }) => `${LIGHTS[state]} ${inline(name, 100)}${leftOut.includes(name) ? ' (not watched)' : ''}`);
  const measured = requestsLight(shown);
  if (measured !== undefined) lights.push(measured);
  return lights.length === 0 ? [] : [context(`${lights.join('   ')}${alarms.length > ALARMS_MAX ? `  +${alarms.length - ALARMS_MAX} more` : ''}`)];
}

/** White as long as there are too few of them, green once people are asked with enough of them served. */
function requestsLight(shown: Shown): string | undefined {
  const stage = currentStage(shown);
  if (stage?.status !== 'running' || stage.rollingBack) return undefined;
  if (stage.waitingFor?.kind === 'requests') return `⚪ ${stage.waitingFor.have} of ${stage.waitingFor.need} requests`;
  const strategy = shown.release.pipeline.stages[stage.index]?.strategy;
  const need = strategy && rungsOf(strategy).find(({ weightPercent }) => weightPercent === stage.weightPercent)?.bake.requests;
  return need !== undefined && stage.waitingFor?.kind === 'approval' && stage.waitingFor.askKey.startsWith('weight.') ? `🟢 ${need} requests` : undefined;
}

function buttonBlocks(shown: Shown, nowMs: number): Block[] {
  const { release, stages, decisions } = shown;
  // An abort is the last word; what it does takes a moment to show.
  if (release.status === 'ended' || decisions.some(({ kind }) => kind === 'abort')) return [];
  const stage = currentStage(shown);
  const asked = openAsks(release, stages, decisions, nowMs)[0];
  const elements: Button[] = [];
  if (asked) {
    const about = { release: release.id, stage: asked.stageName, ask: asked.ask.key };
    elements.push(button('approve', about, asked.ask.rule.need > 1 ? ` (${asked.ask.rule.need} needed)` : ''), button('reject', about));
  }
  const bake = stage && bakeToSkip(stage, decisions);
  if (bake !== undefined) elements.push(button('promote', { release: release.id, stage: nameOf(release, stage), ask: bake }));
  const frozen = stage?.status === 'ended' || stage?.waitingFor?.kind !== 'freeze' || (release.pipeline.freeze?.override ?? []).length === 0 ? undefined : stage.waitingFor.key;
  if (stage && frozen !== undefined && !decisions.some(({ kind, askKey }) => kind === 'override' && askKey === frozen)) elements.push(button('override', { release: release.id, stage: nameOf(release, stage), ask: frozen }));
  // What is being rolled back already cannot be aborted any more.
  if (!stage?.rollingBack) elements.push(button('abort', { release: release.id }));
  return elements.length === 0 ? [] : [{ type: 'actions', block_id: ACTIONS_BLOCK, elements }];
}

/** What to type where nothing can be pressed. */
function commandBlocks(shown: Shown, nowMs: number): Block[] {
  const { release } = shown;
  const about = { asking: 'approvalAsked', frozen: 'frozen', ended: 'releaseEnded' } as const;
  const phase = phaseOf(shown, nowMs);
  if (phase !== 'asking' && phase !== 'frozen' && phase !== 'ended') return [];
  return [context(...nextSteps(release, about[phase], release.outcome).map(({ label, text }) => `${label}: ${code(text)}`))];
}

function bakeToSkip(stage: StageRecord, decisions: readonly Decision[]): string | undefined {
  const rung = stage.rungsReached.at(-1);
  const bakes = stage.waitingFor?.kind === 'bake' || stage.waitingFor?.kind === 'requests';
  if (!rung || !bakes || stage.status !== 'running' || stage.rollingBack) return undefined;
  const key = rungKey(rung.weightPercent);
  const skipped = decisions.some(({ kind, stageIndex, askKey }) => kind === 'promote' && stageIndex === stage.index && (askKey === key || askKey === EVERY_RUNG));
  return skipped ? undefined : key;
}
