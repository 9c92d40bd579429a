// May this caller decide this, now? One ruling, whichever surface it comes from.
import { EVERY_RUNG, rungKey } from '../approval/keys.ts';
import { askedAt, escalatesAtMs, mayAnswer } from '../approval/rule.ts';
import { tally } from '../approval/tally.ts';
import type { Decision, Release, StageRecord } from '../release/model.ts';
import { matchesGlob } from '../text/glob.ts';
import { momentText } from '../text/moment.ts';
import { sentence } from '../text/sentence.ts';

export interface DecisionWanted {
  kind: Decision['kind'];
  /** The name of a stage, to be sure; the one that asks when left out. */
  stage: string | undefined;
  /** The question that was on the screen, where the surface knows it: a late click must not answer the next one. */
  askKey?: string | undefined;
  reason: string;
  /** Of a promote: every bake that is left, not only this one. */
  full?: boolean;
  /** The verified caller: an ARN, or what `slackCaller` makes of a Slack user. */
  callerArn: string;
  via: Decision['via'];
}

export type Ruling =
  | { kind: 'decide'; decision: Decision }
  /** The same person has said the same before: nothing to record, and nothing wrong. */
  | { kind: 'already'; decision: Decision }
  | { kind: 'refused'; code: 'NotAllowed' | 'Refused' | 'BadRequest' | 'NotFound'; message: string; hint?: string };

const refused = (code: 'NotAllowed' | 'Refused' | 'BadRequest' | 'NotFound', message: string, hint?: string): Ruling => ({ kind: 'refused', code, message, ...(hint === undefined ? {} : { hint }) });

const SLACK = 'slack:';

/** A Slack user whose request was verified, as a caller. No ARN looks like it, and no pattern for ARNs is tried on it. */
export const slackCaller = (userId: string): string => `${SLACK}${userId}`;

/** The people whose binding matches a verified caller. */
export const personsOf = (release: Pick<Release, 'people'>, caller: string): string[] =>
  Object.values(release.people)
    .filter((person) => (caller.startsWith(SLACK) ? person.slack !== undefined && slackCaller(person.slack) === caller : person.aws.some((pattern) => matchesGlob(pattern, caller))))
    .map((person) => person.name);

export function ruleDecision(wanted: DecisionWanted, release: Release, stages: readonly StageRecord[], decisions: readonly Decision[], nowMs: number): Ruling {
  if (release.status === 'ended') return refused('Refused', `The release ${release.id} has ended (${release.outcome ?? 'ended'}): ${sentence(release.reason)}`);
  const persons = personsOf(release, wanted.callerArn);
  // Who may call the control API is somebody already; in Slack everybody can press a button.
  if (persons.length === 0 && wanted.callerArn.startsWith(SLACK)) {
    return refused('NotAllowed', `The Slack user ${wanted.callerArn.slice(SLACK.length)} is nobody whom ${release.pipeline.name} knows.`, 'Bind the user to a person under `people` in slipway.yml, and apply it.');
  }
  const common = { callerArn: wanted.callerArn, via: wanted.via, atMs: nowMs, reason: wanted.reason };
  if (wanted.stage !== undefined && !release.pipeline.stages.some((stage) => stage.name === wanted.stage)) {
    return refused('NotFound', `The pipeline ${release.pipeline.name} has no stage ${wanted.stage}.`, `Its stages: ${release.pipeline.stages.map((stage) => stage.name).join(', ')}.`);
  }
  if (wanted.kind === 'abort') {
    // An emergency stop: no reason is asked for, and whoever may call at all may stop. Whoever names a stage means what happens there.
    const current = release.pipeline.stages[release.stageIndex]?.name;
    if (wanted.stage !== undefined && wanted.stage !== current) return refused('Refused', `${release.id} is not in ${wanted.stage} now${current === undefined ? '' : ` but in ${current}`}, and nothing was stopped.`, 'An abort without a stage stops it wherever it is.');
    const person = persons[0] ?? wanted.callerArn;
    return { kind: 'decide', decision: { ...common, kind: 'abort', person, askKey: undefined, stageIndex: release.stageIndex } };
  }
  if (wanted.kind === 'override') return ruleOverride(wanted, release, stages, decisions, persons, common);
  if (wanted.kind === 'promote') return rulePromote(wanted, release, stages, persons, common);
  const open = openAsks(release, stages, decisions, nowMs).filter(({ stageName }) => wanted.stage === undefined || stageName === wanted.stage);
  const asked = wanted.askKey === undefined ? open[0] : open.find(({ ask }) => ask.key === wanted.askKey);
  if (!asked) return saidBefore(wanted, release, decisions, persons) ?? refused('Refused', nothingAsked(wanted, release, stages, decisions, nowMs), 'See what it waits for with `slipway status`.');
  if (wanted.kind === 'reject' && wanted.reason.trim() === '') return refused('BadRequest', 'A reject needs a reason: those who pushed will read it.', 'Add --reason "...".');
  const from = askedAt(asked.ask, nowMs);
  const person = from.length === 0 ? (persons[0] ?? wanted.callerArn) : persons.find((name) => mayAnswer(asked.ask, name, nowMs));
  if (person === undefined) {
    const who = persons.length > 0 ? persons.join(', ') : wanted.callerArn;
    const laterMs = escalatesAtMs(asked.ask);
    const later = laterMs !== undefined && persons.some((name) => mayAnswer(asked.ask, name, laterMs)) ? ` It asks ${who} from ${momentText(laterMs)} on.` : '';
    return refused('NotAllowed', `${who} may not decide on ${asked.stageName}: it asks ${from.join(', ')}.${later}`, 'People are bound to AWS identities under `people` in slipway.yml.');
  }
  // An identity may be bound to several people: if one of them is the author, so is the caller.
  if (wanted.kind === 'approve' && asked.ask.rule.notByAuthor && release.author !== undefined && [person, ...persons].includes(release.author)) {
    return refused('NotAllowed', `${release.author} asked for this release, and ${asked.stageName} wants somebody else's approval.`);
  }
  return { kind: 'decide', decision: { ...common, kind: wanted.kind, person, askKey: asked.ask.key, stageIndex: asked.stage.index } };
}

/** For this release and stage only, and only as far as the freezes of now go. */
function ruleOverride(wanted: DecisionWanted, release: Release, stages: readonly StageRecord[], decisions: readonly Decision[], persons: readonly string[], common: Pick<Decision, 'callerArn' | 'via' | 'atMs' | 'reason'>): Ruling {
  const stage = stages.find(({ status, waitingFor, index }) => status !== 'ended' && waitingFor?.kind === 'freeze' && (wanted.stage === undefined || release.pipeline.stages[index]?.name === wanted.stage));
  const key = stage?.waitingFor?.kind === 'freeze' ? stage.waitingFor.key : undefined;
  if (!stage || key === undefined) return saidBefore(wanted, release, decisions, persons) ?? refused('Refused', `${release.id} waits for no freeze at the moment.`, 'See what it waits for with `slipway status`.');
  if (wanted.askKey !== undefined && wanted.askKey !== key) return refused('Refused', `That freeze is over: ${release.id} waits for another one by now.`, 'See what it waits for with `slipway status`.');
  const allowed = release.pipeline.freeze?.override ?? [];
  const person = persons.find((name) => allowed.includes(name));
  if (person === undefined) {
    const who = persons.length > 0 ? persons.join(', ') : wanted.callerArn;
    const whom = allowed.length === 0 ? `${release.pipeline.name} names nobody who may.` : `${release.pipeline.name} lets ${allowed.join(', ')}.`;
    return refused('NotAllowed', `${who} may not override a freeze: ${whom}`, 'Who may is said under `freeze: { override: [...] }` of the pipeline in slipway.yml. A freeze is lifted for all with `slipway unfreeze`.');
  }
  if (wanted.reason.trim() === '') return refused('BadRequest', 'An override needs a reason: those who froze will read it.', 'Add --reason "...".');
  return { kind: 'decide', decision: { ...common, kind: 'override', person, askKey: key, stageIndex: stage.index } };
}

/** Skipping a bake is for people the specification knows, where it knows any; alarms and approvals stand as they are. */
function rulePromote(wanted: DecisionWanted, release: Release, stages: readonly StageRecord[], persons: readonly string[], common: Pick<Decision, 'callerArn' | 'via' | 'atMs' | 'reason'>): Ruling {
  const person = persons[0] ?? (Object.keys(release.people).length === 0 ? wanted.callerArn : undefined);
  if (person === undefined) return refused('NotAllowed', `${wanted.callerArn} is nobody whom ${release.pipeline.name} knows.`, 'People are bound to AWS identities under `people` in slipway.yml.');
  const stage = stages.find(({ status, index }) => status === 'running' && (wanted.stage === undefined || release.pipeline.stages[index]?.name === wanted.stage));
  const waits = stage?.waitingFor?.kind;
  if (!stage || stage.rollingBack || !stage.deployment) return refused('Refused', `${release.id} has no rollout under way that could be promoted.`, 'See what it waits for with `slipway status`.');
  if (wanted.full) return { kind: 'decide', decision: { ...common, kind: 'promote', person, askKey: EVERY_RUNG, stageIndex: stage.index } };
  const rung = stage.rungsReached.at(-1);
  if (!rung || (waits !== 'bake' && waits !== 'requests')) {
    return refused('Refused', `${release.id} is not baking at the moment.`, 'Skip every bake that is left with --full, or see what it waits for with `slipway status`.');
  }
  // A button pressed late was about another bake than this one.
  if (wanted.askKey !== undefined && wanted.askKey !== rungKey(rung.weightPercent)) return refused('Refused', `That bake is over: ${release.id} is at ${rung.weightPercent} % by now.`);
  return { kind: 'decide', decision: { ...common, kind: 'promote', person, askKey: rungKey(rung.weightPercent), stageIndex: stage.index } };
}

/** A second click, a repeated command, or the same answer from another surface: the newest of what this person has said. */
function saidBefore(wanted: DecisionWanted, release: Release, decisions: readonly Decision[], persons: readonly string[]): Ruling | undefined {
  const before = decisions
    .filter(({ kind, person, callerArn }) => kind === wanted.kind && (persons.includes(person) || callerArn === wanted.callerArn))
    .filter(({ stageIndex, askKey }) => (wanted.stage === undefined || release.pipeline.stages[stageIndex]?.name === wanted.stage) && (wanted.askKey === undefined || askKey === wanted.askKey))
    .sort((one, other) => other.atMs - one.atMs)[0];
  // Without knowing which question was meant, only the stage the release is in can have been.
  return before === undefined || (wanted.askKey === undefined && wanted.stage === undefined && before.stageIndex !== release.stageIndex) ? undefined : { kind: 'already', decision: before };
}

/** What happened to the question that was meant, or to the last one that was asked. */
function nothingAsked(wanted: DecisionWanted, release: Release, stages: readonly StageRecord[], decisions: readonly Decision[], nowMs: number): string {
  const stage = stages.find(({ index }) => release.pipeline.stages[index]?.name === wanted.stage) ?? stages[release.stageIndex];
  const ask = wanted.askKey === undefined ? stage?.asks.at(-1) : stage?.asks.find(({ key }) => key === wanted.askKey);
  if (!stage || !ask) {
    if (wanted.askKey !== undefined) return `${release.id} has not asked that.`;
    return `${wanted.stage === undefined ? release.id : `${release.id}, stage ${wanted.stage},`} asks nothing at the moment.`;
  }
  const answer = tally(ask, decisions.filter(({ stageIndex }) => stageIndex === stage.index), release.author, nowMs);
  switch (answer.kind) {
    case 'approved':
      return answer.byDeadline ? `"${ask.question}" counts as approved since its time was over.` : `"${ask.question}" has been answered meanwhile: approved by ${answer.given.join(', ')}.`;
    case 'rejected':
      return `"${ask.question}" has been answered meanwhile: rejected by ${answer.by}${answer.reason ? `, ${answer.reason}` : ''}.`;
    case 'expired':
      return `"${ask.question}" counts as rejected since its time was over.`;
    case 'open':
      return stage.rollingBack ? `The rollout is being rolled back: ${sentence(stage.rollingBack.reason)}` : `The rollout to ${wanted.stage ?? 'this stage'} has ended: ${sentence(stage.reason)}`;
  }
}

export function openAsks(release: Release, stages: readonly StageRecord[], decisions: readonly Decision[], nowMs: number) {
  return stages
    .filter((stage) => stage.status !== 'ended' && stage.rollingBack === undefined)
    .flatMap((stage) =>
      stage.asks
        .filter((ask) => tally(ask, decisions.filter((decision) => decision.stageIndex === stage.index), release.author, nowMs).kind === 'open')
        .map((ask) => ({ stage, ask, stageName: release.pipeline.stages[stage.index]?.name ?? '' })),
    );
}
