// What Slipway tells the world: one domain event per message, with attributes to filter on and a text a person can read.
import { shortName, taggedName } from '../image/name.ts';
import type { NoticeKind, Outcome, Release, StageRecord } from '../release/model.ts';
import { goesOn } from '../release/model.ts';
import { outcomeWords } from './end-words.ts';
import { linksOf } from './links.ts';

/** Ready for SNS: attributes are strings, the subject is ASCII and at most 100 characters. */
export interface Notice {
  subject: string;
  message: string;
  attributes: Record<'pipeline' | 'stage' | 'service' | 'kind' | 'outcome' | 'release', string>;
}

const SUBJECT_LENGTH_MAX = 100;
const SUBJECT_PREFIX = '[slipway] ';

export function noticeOf(release: Release, stage: StageRecord | undefined, kind: NoticeKind, text: string, outcome?: Outcome): Notice {
  const { image, pipeline } = release;
  const stageSpec = stage ? pipeline.stages[stage.index] : undefined;
  const service = stageSpec ? `${stageSpec.service.cluster}/${stageSpec.service.name}` : undefined;
  const about = `${pipeline.name} ${shortName(image)}${stageSpec ? `, ${stageSpec.name}` : ''}`;
  const headline = headlineOf(kind, stage, outcome);
  const facts = [
    ...nextSteps(release, kind, outcome),
    ...linksOf(release, stage).map(({ label, url }) => ({ label, text: url })),
    { label: 'Image', text: taggedName(image) },
    { label: 'Digest', text: image.digest },
    ...(service === undefined ? [] : [{ label: 'Service', text: service }]),
    { label: 'Release', text: release.id },
  ];
  return {
    subject: subjectOf(about, headline),
    message: [`${about}: ${headline}`, '', text, ...(stage?.failure ? ['', ...failureLines(stage)] : []), '', ...facts.map(factLine)].join('\n'),
    attributes: {
      pipeline: pipeline.name,
      stage: stageSpec?.name ?? 'none',
      service: service ?? 'none',
      kind,
      outcome: outcome ?? 'none',
      release: release.id,
    },
  };
}

/** Names may be longer than a subject; what has happened is never what is cut. */
function subjectOf(about: string, headline: string): string {
  const room = SUBJECT_LENGTH_MAX - SUBJECT_PREFIX.length - headline.length - ': '.length;
  const shown = ascii(about);
  return `${SUBJECT_PREFIX}${shown.length <= room ? shown : `${shown.slice(0, room - '...'.length)}...`}: ${headline}`;
}

export interface Fact {
  label: string;
  text: string;
}

const LABEL_WIDTH = 'Deployment: '.length;

const factLine = ({ label, text }: Fact): string => `${`${label}:`.padEnd(LABEL_WIDTH)}${text}`;

function headlineOf(kind: NoticeKind, stage: StageRecord | undefined, outcome: Outcome | undefined): string {
  switch (kind) {
    case 'releaseStarted':
      return 'release started';
    case 'stageStarted':
      return 'rollout started';
    case 'approvalAsked':
      return 'approval needed';
    case 'approvalReminded':
      return 'approval still needed';
    case 'approvalEscalated':
      return 'approval overdue';
    case 'frozen':
      return 'waits for the end of a freeze';
    case 'weightReached':
      return stage ? `${stage.weightPercent} % reached` : 'weight reached';
    case 'rollbackStarted':
      return 'rolling back';
    case 'rollbackSlow':
      return 'STILL rolling back';
    case 'stageEnded':
      return `rollout ${outcome ? outcomeWords(outcome) : 'ended'}`;
    case 'releaseEnded':
      return `release ${outcome ? outcomeWords(outcome) : 'ended'}`;
    case 'rescued':
      return 'its execution ended early';
  }
}

/** What to type next, where there is something to do. */
export function nextSteps({ id, undoes }: Pick<Release, 'id' | 'undoes'>, kind: NoticeKind, outcome: Outcome | undefined): Fact[] {
  switch (kind) {
    case 'approvalAsked':
    case 'approvalReminded':
    case 'approvalEscalated':
      return [{ label: 'Approve', text: `slipway approve ${id}` }, { label: 'Reject', text: `slipway reject ${id} --reason "..."` }];
    case 'frozen':
      return [{ label: 'Override', text: `slipway override ${id} --reason "..."` }];
    case 'releaseStarted':
    case 'stageStarted':
    case 'weightReached':
    case 'rollbackStarted':
    case 'rollbackSlow':
      return [{ label: 'Follow', text: `slipway watch ${id}` }];
    case 'stageEnded':
    case 'rescued':
      return [{ label: 'Story', text: `slipway status ${id}` }];
    case 'releaseEnded':
      return [{ label: 'Story', text: `slipway status ${id}` }, ...stepsAfterEnd(id, outcome, undoes !== undefined)];
  }
}

function stepsAfterEnd(id: string, outcome: Outcome | undefined, isUndo: boolean): Fact[] {
  if (outcome === 'succeeded') return [{ label: 'Undo', text: `slipway undo ${id} --reason "..."` }];
  // The newer release is the one to look at; an undo is asked for anew.
  if (outcome === undefined || goesOn(outcome) || outcome === 'superseded' || isUndo) return [];
  return [{ label: 'Retry', text: `slipway retry ${id}` }];
}

export function failureLines(stage: StageRecord): string[] {
  const failure = stage.failure;
  if (!failure) return [];
  return [
    ...(failure.summary ? [failure.summary] : []),
    ...failure.stoppedTasks.map((task) => {
      const exits = task.exitCodes.map((exit) => `${exit.container}: exit code ${exit.exitCode ?? 'none'}${exit.reason ? ` (${exit.reason})` : ''}`).join(', ');
      return `Task ${task.taskArn.split('/').at(-1) ?? task.taskArn}: ${task.stoppedReason}${exits ? ` - ${exits}` : ''}`;
    }),
    ...(failure.lastLogLines.length > 0 ? ['Last log lines:', ...failure.lastLogLines.map((line) => `  ${line}`)] : []),
  ];
}

const ascii = (text: string): string => text.replace(/[^\x20-\x7e]/g, '?');
