// One release as text.

import { requirementText } from '../core/approval/rule.ts';
import { formatDuration } from '../core/duration.ts';
import { unreachable } from '../core/errors.ts';
import type { ReleaseOutcome, ReleaseSummary, ReleaseView, StageView, Surface, TimelineEntry, WaitingView } from '../core/view/model.ts';
import type { Context } from './command.ts';
import { clean, clockTime, type Colour, relative } from './print.ts';
import { wrap } from './text-width.ts';

const OUTCOME_WORDS: Record<ReleaseOutcome, string> = {
  succeeded: 'succeeded',
  rolledBack: 'rolled back',
  rejected: 'rejected',
  aborted: 'aborted',
  superseded: 'superseded',
  timedOut: 'timed out',
  refused: 'refused',
  failed: 'failed',
  unchanged: 'unchanged',
};

/** Where people decide, short. */
export const SURFACES: Record<Surface, string> = { cli: 'CLI', slack: 'Slack', dashboard: 'dashboard' };

export function imageName({ image }: Pick<ReleaseSummary, 'image'>): string {
  return image.tag ?? shortened(image.digest);
}

/** `sha256:68c4a2b57417` */
export const shortened = (digest: string): string => digest.slice(0, 'sha256:'.length + 12);

/** `succeeded`, `waiting in production at 25 %` */
export function describeState(release: Pick<ReleaseSummary, 'status' | 'outcome' | 'stage' | 'weightPercent'>): string {
  if (release.outcome !== undefined) return OUTCOME_WORDS[release.outcome] ?? release.outcome;
  return `${release.status}${release.stage === undefined ? '' : ` in ${release.stage}`}${release.weightPercent === undefined ? '' : ` at ${release.weightPercent} %`}`;
}

export function stateColour({ status, outcome }: Pick<ReleaseSummary, 'status' | 'outcome'>): Colour {
  if (outcome === undefined) return status === 'waiting' ? 'yellow' : 'blue';
  if (outcome === 'succeeded') return 'green';
  return outcome === 'unchanged' || outcome === 'superseded' ? 'dim' : 'red';
}

const DIGEST = /(sha256:[0-9a-f]{12})[0-9a-f]{52}/g;
const REGISTRY = /\b\d{12}\.dkr\.ecr\.[a-z0-9-]+\.amazonaws\.com(?:\.cn)?\//g;

/** An entry of the timeline as a sentence: the stage and the person named once, images short. */
export function tellEntry({ stage, text, by }: TimelineEntry): string {
  const where = stage === undefined || text.startsWith(`${stage}:`) ? '' : `${stage}: `;
  return clean(`${where}${text.replace(REGISTRY, '').replace(DIGEST, '$1')}${by === undefined || text.includes(by) ? '' : ` (${by})`}`);
}

/** Without the timeline for those who have just followed it. */
export function showRelease(release: ReleaseView, context: Context, { timeline = true } = {}): string {
  const { paint, world, columns } = context;
  const nowMs = world.nowMs();
  const lines = [
    `${paint('bold', clean(release.id))}  ${paint(stateColour(release), describeState(release))}`,
    field('pipeline', release.pipeline),
    field('image', `${release.image.repository}${release.image.tag === undefined ? '' : `:${release.image.tag}`} ${release.image.digest}`),
    ...(release.author === undefined ? [] : [field('author', release.author)]),
    field('started', `${clockTime(release.createdAt)} UTC, ${relative(release.createdAt, nowMs)}`),
    ...(release.endedAt === undefined ? [] : [field('ended', `${clockTime(release.endedAt)} UTC, after ${formatDuration(Date.parse(release.endedAt) - Date.parse(release.createdAt))}`)]),
    ...hanging(label('reason'), clean(release.reason), columns),
    '',
    ...release.stages.flatMap((stage) => [...showStage(stage, nowMs, context), '']),
    ...(timeline ? release.timeline : []).flatMap((entry) => hanging(`${clockTime(entry.at)}  `, tellEntry(entry), columns)),
  ];
  return lines.map((line) => `${line}\n`).join('');
}

const label = (name: string): string => `  ${name.padEnd(9)} `;
/** In one piece, to be copied. */
const field = (name: string, value: string): string => `${label(name)}${clean(value)}`;

/** Words behind a label, wrapped below itself where the terminal is narrower; a terminal too narrow for that wraps it by itself. */
function hanging(before: string, text: string, columns: number | undefined): string[] {
  const room = (columns ?? Infinity) - before.length;
  if (room < HANGING_MIN) return [`${before}${text}`];
  return wrap(text, room).map((piece, index) => `${index === 0 ? before : ' '.repeat(before.length)}${piece}`);
}

const HANGING_MIN = 16;

function showStage(stage: StageView, nowMs: number, { paint, columns }: Context): string[] {
  const state = stage.status === 'pending' ? { text: 'not yet', colour: 'dim' as const } : { text: describeState({ ...stage, stage: undefined, status: stage.status }), colour: stateColour({ status: stage.status, outcome: stage.outcome }) };
  const ladder = stage.rungs.map((rung) => {
    const text = `${rung.weightPercent} %${rung.bakeMs > 0 ? ` for ${formatDuration(rung.bakeMs)}` : ''}${rung.approval === undefined ? '' : ' then asks'}`;
    return stage.status !== 'pending' && rung.weightPercent === stage.weightPercent ? paint('bold', `[${text}]`) : text;
  });
  return [
    `${paint('bold', clean(stage.name))}  ${clean(`${stage.cluster}/${stage.service}`)}  ${paint(state.colour, state.text)}`,
    ...(ladder.length === 0 ? [] : [`  ${ladder.join(' > ')}`]),
    ...(stage.waitingFor === undefined || stage.status === 'ended' ? [] : hanging('  ', clean(describeWaiting(stage.waitingFor, nowMs)), columns).map((line) => paint('yellow', line))),
    ...(stage.failure === undefined ? [] : [...stage.failure.reason.split('\n').map((line) => `  ${paint('red', clean(line))}`), ...(stage.failure.hint === undefined ? [] : hanging('  = ', clean(stage.failure.hint), columns))]),
  ];
}

/** `waits for approval by alice or bob (1 of 2 given: carol), until in 3 h` */
export function describeWaiting(waiting: WaitingView, nowMs: number): string {
  const until = waiting.untilMs === undefined ? '' : `, ${waiting.untilMs > nowMs ? `${formatDuration(waiting.untilMs - nowMs)} left` : 'due now'}`;
  switch (waiting.kind) {
    case 'approval': {
      const given = waiting.given ?? [];
      const open = (waiting.from ?? []).filter((name) => !given.includes(name));
      const who = (waiting.from ?? []).length === 0 ? 'anybody who may call the control API' : open.join(', ');
      const among = (waiting.lacking ?? []).map(requirementText);
      const lacking = among.length === 0 ? '' : `; ${among.join(' and ')} has to be among them`;
      const escalates = waiting.escalates === undefined ? '' : `; ${waiting.escalates.to.join(', ')} ${waiting.escalates.to.length === 1 ? 'is' : 'are'} asked as well in ${formatDuration(waiting.escalates.atMs - nowMs)}`;
      return `waits for approval by ${who} (${given.length} of ${waiting.need ?? 1} given${given.length === 0 ? '' : `: ${given.join(', ')}`}${lacking})${until}${escalates}`;
    }
    case 'bake':
      return `bakes${until}`;
    case 'freeze':
      return waiting.text ?? `waits for the end of a freeze${until}`;
    case 'turn':
      return 'waits its turn: another release has the service';
    case 'deployment':
      return `waits for ECS${until}`;
    case 'rollback':
      return `waits for ECS to roll back${until}`;
    case 'alarmData':
      return `waits for alarms to have data${until}`;
    default:
      return unreachable(waiting.kind);
  }
}
