// What is said in the thread of a release: the milestones of its story, each once. An entry of the timeline is known by its key.
import { askedAt } from '../approval/rule.ts';
import { openAsks } from '../control/rule-decision.ts';
import { outcomeWords } from '../notice/end-words.ts';
import { releaseEnd } from '../release/end.ts';
import { goesOn, type Decision, type Outcome, type Release, type StageRecord, type TimelineEntry } from '../release/model.ts';
import { withMoments } from '../text/moment.ts';
import { fitting, section, type Block, type Message } from './blocks.ts';
import { OUTCOME_ICONS } from './stage-line.ts';
import { codeBlock, inline, localMinute, mention, prose } from './text.ts';

/** Steps that only matter to somebody who looks for a fault in Slipway; the timeline keeps them. */
const QUIET = /(^release\.started$|\.registered$|\.taken$|\.advance\.|\.rollback\.asked$|\.preflight\.unchanged$)/;

const ICONS: Record<TimelineEntry['kind'], string> = {
  release: '📦',
  stage: '🚢',
  weight: '📈',
  ask: '✋',
  decision: '🗳️',
  freeze: '❄️',
  alarm: '🔔',
  rollback: '⏪',
  foreign: '👥',
  failure: '❌',
};

const ENDED = 'release.ended';
const LINE_LENGTH_MAX = 600;
const FAILURE_LENGTH_MAX = 2400;
const LINES_MAX = 30;
const LINES_FIRST = 5;
const CALLED_MAX = 10;

/** What has not been told yet, oldest first. */
export const newsOf = (timeline: readonly TimelineEntry[], told: ReadonlySet<string>): TimelineEntry[] => timeline.filter(({ key }) => !QUIET.test(key) && !told.has(key));

interface Told {
  release: Release;
  stages: readonly StageRecord[];
  decisions: readonly Decision[];
}

/** All the news in one reply: after an outage they come together rather than one by one. */
export function newsMessage(news: readonly TimelineEntry[], about: Told, nowMs: number): Message {
  const kept = news.length <= LINES_MAX ? news : [...news.slice(0, LINES_FIRST), ...news.slice(news.length - LINES_MAX + LINES_FIRST)];
  const lines = kept.map((entry) => `${iconOf(entry, about)} ${lineOf(firstLine(told(entry, about)))}`);
  return fitting({ text: lines.join('\n'), blocks: kept.flatMap((entry) => entryBlocks(entry, about, nowMs)) });
}

function entryBlocks(entry: TimelineEntry, about: Told, nowMs: number): Block[] {
  const [first = '', ...rest] = told(entry, about).split('\n');
  const where = stageNameOf(entry, about.release);
  const called = callOn(entry, about, nowMs);
  const by = entry.by === undefined || entry.text.includes(entry.by) ? '' : ` (${inline(entry.by)})`;
  const line = `${iconOf(entry, about)} ${where === undefined ? '' : `*${inline(where)}*  `}${lineOf(first)}${by}${called === '' ? '' : `\n${called}`}`;
  return [section(line), ...(rest.length === 0 ? [] : [section(codeBlock(rest.join('\n'), FAILURE_LENGTH_MAX))])];
}

/** Why a release ended badly has been said by the stage that did. */
function told({ key, text }: TimelineEntry, about: Told): string {
  const end = key === ENDED ? endOf(about) : undefined;
  return end && stageSaysWhy({ release: { ...about.release, ...end }, stages: about.stages }) ? `The release ${outcomeWords(end.outcome)}.` : text;
}

/** The story tells of the end a moment before the record does. */
function endOf({ release, stages }: Told): { outcome: Outcome; reason: string } | undefined {
  if (release.outcome !== undefined) return { outcome: release.outcome, reason: release.reason };
  const isOver = stages.every(({ status }) => status === 'ended') || stages.some(({ outcome }) => outcome !== undefined && !goesOn(outcome));
  return isOver ? releaseEnd(stages) : undefined;
}

/** Where a stage has ended badly, it says why already. */
export const stageSaysWhy = ({ release, stages }: Pick<Told, 'release' | 'stages'>): boolean =>
  stages.some((stage) => stage.outcome !== undefined && !goesOn(stage.outcome) && stage.outcome === release.outcome && stage.reason === release.reason);

/** An end looks like what it is. */
function iconOf({ key, kind }: TimelineEntry, about: Told): string {
  const { stages } = about;
  const outcome = key === ENDED ? endOf(about)?.outcome : key.endsWith('.ended') ? stages.find(({ index }) => key === `stage.${index}.ended`)?.outcome : undefined;
  if (outcome !== undefined) return OUTCOME_ICONS[outcome];
  return key.endsWith('.held') ? '🔒' : ICONS[kind];
}

/** The story is told in UTC; in Slack every reader has a time zone. Nobody is called and nothing is linked by a time, so it may be put in after the escaping. */
const lineOf = (text: string): string => withMoments(prose(text, LINE_LENGTH_MAX), localMinute);

const firstLine = (text: string): string => text.split('\n')[0] ?? '';

function stageNameOf(entry: TimelineEntry, release: Release): string | undefined {
  const index = /^stage\.(\d+)\./.exec(entry.key)?.[1];
  return index === undefined ? undefined : release.pipeline.stages[Number(index)]?.name;
}

/** Only a reply notifies people; an update of the message does not. So it is here that approvers are called by name. */
export function callOn(entry: TimelineEntry, { release, stages, decisions }: Told, nowMs: number): string {
  const open = openAsks(release, stages, decisions, nowMs).map(({ stage, ask }) => ({ key: `stage.${stage.index}.ask.${ask.key}`, stage, ask }));
  const asked = open.find(({ key }) => entry.key === key || entry.key === `${key}.reminded` || entry.key === `${key}.escalated`);
  if (!asked) return '';
  const { rule } = asked.ask;
  const answered = decisions.filter(({ stageIndex, askKey }) => stageIndex === asked.stage.index && askKey === asked.ask.key).map(({ person }) => person);
  const called = entry.key.endsWith('.escalated') ? (rule.escalate?.to ?? []) : entry.key.endsWith('.reminded') ? askedAt(asked.ask, nowMs) : rule.from;
  const users = called.filter((name) => !answered.includes(name)).flatMap((name) => release.people[name]?.slack ?? []).slice(0, CALLED_MAX);
  return users.map(mention).join(' ');
}
