// What a stage under way waits for, in one line for people.
import { askedAt, requirementText } from '../approval/rule.ts';
import { tally } from '../approval/tally.ts';
import { unreachable } from '../errors.ts';
import type { Ask, Decision, Release, StageRecord } from '../release/model.ts';
import { withMoments } from '../text/moment.ts';
import { inline, localMinute, until } from './text.ts';

const NAMES_MAX = 10;

export function waitingLine(release: Release, stage: StageRecord, decisions: readonly Decision[], nowMs: number): string {
  if (stage.rollingBack) return `Rolling back: ${inline(stage.rollingBack.reason, 500)}`;
  const waiting = stage.waitingFor;
  if (!waiting) return stage.deployment === undefined ? 'Being prepared' : 'At work';
  switch (waiting.kind) {
    case 'turn':
      return `Waits for its turn behind ${inline(waiting.behind)}`;
    case 'freeze':
      return `❄️ ${withMoments(inline(waiting.text, 600), localMinute)}`;
    case 'deployment':
      return 'ECS is at work';
    case 'bake':
      return `Baking ${until(waiting.untilMs)}`;
    case 'requests':
      return `${waiting.have} of ${waiting.need} requests served`;
    case 'alarmData':
      return `No data yet for ${nameList(waiting.alarms)}; waits for it ${until(waiting.untilMs)}`;
    case 'approval': {
      const ask = stage.asks.find(({ key }) => key === waiting.askKey);
      return ask ? askLine(ask, release, stage, decisions, nowMs) : 'Waits for approval';
    }
    case 'rollback':
      return 'Rolling back';
    default:
      return unreachable(waiting);
  }
}

function askLine(ask: Ask, release: Release, stage: StageRecord, decisions: readonly Decision[], nowMs: number): string {
  const answer = tally(ask, decisions.filter(({ stageIndex }) => stageIndex === stage.index), release.author, nowMs);
  switch (answer.kind) {
    case 'open': {
      const left = askedAt(ask, nowMs).filter((name) => !answer.given.includes(name) && !(ask.rule.notByAuthor && name === release.author));
      const who = ask.rule.from.length === 0 ? 'anybody' : nameList(left, ' or ');
      const given = answer.given.length === 0 ? '' : ` (${answer.given.length} of ${ask.rule.need}: ${nameList(answer.given)})`;
      const many = ask.rule.need > 1 && answer.given.length === 0 ? `, ${ask.rule.need} of them needed,` : '';
      const among = answer.lacking.length === 0 ? '' : `, ${inline(answer.lacking.map(requirementText).join(' and '), 300)} among them,`;
      return `✋ ${inline(ask.question)} Waits for *${who}*${many}${given}${among} ${until(ask.deadlineMs)}, otherwise ${ask.rule.otherwise === 'approve' ? 'approved' : 'rejected'}`;
    }
    case 'approved':
      return answer.byDeadline ? 'Approved, since the time for an answer is over' : `Approved by ${nameList(answer.given)}`;
    case 'rejected':
      return `Rejected by ${inline(answer.by)}: ${inline(answer.reason, 500)}`;
    case 'expired':
      return 'Rejected, since the time for an answer is over';
    default:
      return unreachable(answer);
  }
}

function nameList(names: readonly string[], separator = ', '): string {
  const shown = names.slice(0, NAMES_MAX).map((name) => inline(name, 100));
  return `${shown.join(separator)}${names.length > NAMES_MAX ? ` and ${names.length - NAMES_MAX} more` : ''}`;
}
