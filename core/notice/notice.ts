// What Slipway tells the world: one domain event per message, with attributes to filter on and a text a person can read.
import type { NoticeKind, Outcome, Release, StageRecord } from '../release/model.ts';

/** Ready for SNS: attributes are strings, the subject is ASCII and at most 100 characters. */
export interface Notice {
  subject: string;
  message: string;
  attributes: Record<'pipeline' | 'stage' | 'service' | 'kind' | 'outcome' | 'release', string>;
}

const OUTCOME_WORDS: Record<Outcome, string> = {
  succeeded: 'succeeded',
  unchanged: 'changed nothing',
  rolledBack: 'was rolled back',
  rejected: 'was rejected',
  aborted: 'was aborted',
  superseded: 'was superseded',
  timedOut: 'ran out of time',
  refused: 'was refused',
  failed: 'FAILED',
};

export const outcomeWords = (outcome: Outcome): string => OUTCOME_WORDS[outcome];

export const imageName = (release: Pick<Release, 'image'>): string =>
  `${release.image.repository}${release.image.tag ? `:${release.image.tag}` : ''} (${release.image.digest.slice(7, 19)})`;

export function noticeOf(release: Release, stage: StageRecord | undefined, kind: NoticeKind, text: string, outcome?: Outcome): Notice {
  const stageSpec = stage ? release.pipeline.stages[stage.index] : undefined;
  const where = stageSpec ? `${release.pipeline.name}/${stageSpec.name}` : release.pipeline.name;
  const headline = headlineOf(kind, outcome);
  const lines = [
    `${where}: ${headline}.`,
    text,
    '',
    `Image:    ${imageName(release)}`,
    `Digest:   ${release.image.digest}`,
    ...(stageSpec ? [`Service:  ${stageSpec.service.cluster}/${stageSpec.service.name}`] : []),
    `Release:  ${release.id}`,
    ...(stage?.failure ? ['', ...failureLines(stage)] : []),
    ...(kind === 'approvalAsked' || kind === 'approvalReminded' || kind === 'approvalEscalated' ? ['', `Approve:  slipway approve ${release.id}`, `Reject:   slipway reject ${release.id} --reason "..."`] : []),
    ...(kind === 'frozen' ? ['', `Override: slipway override ${release.id} --reason "..."`] : []),
  ];
  return {
    subject: ascii(`[slipway] ${where}: ${headline}`).slice(0, 100),
    message: lines.join('\n'),
    attributes: {
      pipeline: release.pipeline.name,
      stage: stageSpec?.name ?? 'none',
      service: stageSpec ? `${stageSpec.service.cluster}/${stageSpec.service.name}` : 'none',
      kind,
      outcome: outcome ?? 'none',
      release: release.id,
    },
  };
}

function headlineOf(kind: NoticeKind, outcome: Outcome | undefined): string {
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
      return 'weight reached';
    case 'rollbackStarted':
      return 'rolling back';
    case 'rollbackSlow':
      return 'STILL rolling back';
    case 'stageEnded':
      return `rollout ${outcome ? outcomeWords(outcome) : 'ended'}`;
    case 'releaseEnded':
      return `release ${outcome ? outcomeWords(outcome) : 'ended'}`;
    case 'rescued':
      return 'its execution ended early and was started again';
  }
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
