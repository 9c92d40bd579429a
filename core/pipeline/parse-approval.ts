// Approvals: who is asked, how many, for how long, what silence means, and what is done about it before.

import { exactly, formatDuration, HOUR_MS } from '../duration.ts';
import { CHOICES, KEYS } from './keys.ts';
import { APPROVAL_WINDOW_MIN_MS } from './limits.ts';
import type { ApprovalRule, Requirement } from './model.ts';
import { type Names, parseNames } from './parse-names.ts';
import { type Fields, type Place } from './place.ts';

export interface ApprovalContext {
  names: Names;
  /** The longest window that fits where the approval stands. */
  limitMs: number;
}

const DEFAULT_WITHIN_MS = 24 * HOUR_MS;
const NEED_MAX = 50;

export function parseApproval(place: Place, context: ApprovalContext): ApprovalRule | undefined {
  const fields = place.mapping('an approval', KEYS.approval);
  if (fields === undefined) return undefined;
  // An emptied list must not quietly turn "these three" into "anybody".
  const listed = parseNames(fields.optional('from'), context.names, 'Name at least one person; leave the key out if anybody who may call the control API may approve.');
  const from = listed && spelledOut(listed);
  const including = parseIncluding(fields.optional('including'), from, context.names);
  const need = parseNeed(fields, from, including);
  const withinMs = parseWithin(fields.optional('within'), context.limitMs);
  const otherwise = fields.has('otherwise') ? fields.optional('otherwise')?.choice(CHOICES.otherwise) : 'reject';
  const notBy = fields.has('notBy') ? fields.optional('notBy')?.choice(CHOICES.notBy) : 'nobody';
  const remind = parseRemind(fields.optional('remind'), withinMs);
  const escalate = parseEscalate(fields.optional('escalate'), from, withinMs, context.names);
  if (from === undefined || including === undefined || need === undefined || withinMs === undefined || otherwise === undefined || notBy === undefined || remind === undefined || escalate === undefined) return undefined;
  return { from, need, withinMs, otherwise, notByAuthor: notBy === 'author', ...(including.length === 0 ? {} : { including }), ...remind, ...escalate };
}

const spelledOut = (listed: readonly Requirement[]): string[] => [...new Set(listed.flatMap(({ oneOf }) => oneOf))];

function parseIncluding(place: Place | undefined, from: readonly string[] | undefined, names: Names): Requirement[] | undefined {
  if (place === undefined) return [];
  const listed = parseNames(place, names, 'Name whoever has to be among those who approve, or leave the key out.');
  const stranger = from !== undefined && from.length > 0 ? listed?.findIndex(({ oneOf }) => !oneOf.some((name) => from.includes(name))) : undefined;
  if (stranger === undefined || stranger < 0) return listed;
  return place.child(stranger).fault(`${listed?.[stranger]?.name ?? ''} has to approve and is not asked`, 'Add the name to from.');
}

function parseNeed(fields: Fields<'need'>, from: readonly string[] | undefined, including: readonly Requirement[] | undefined): number | undefined {
  const place = fields.optional('need');
  if (place === undefined) return Math.max(1, including?.length ?? 0);
  const need = place.whole({ min: 1, max: NEED_MAX });
  if (need === undefined) return undefined;
  if (from !== undefined && from.length > 0 && need > from.length) {
    return place.fault(`need is ${need}, but only ${from.length} ${from.length === 1 ? 'person is' : 'people are'} listed in from`, 'Nobody could ever approve this: name more people or need fewer.');
  }
  if (including !== undefined && need < including.length) return place.fault(`need is ${need}, but including names ${including.length}`, 'Leave need out, or raise it.');
  return need;
}

function parseRemind(place: Place | undefined, withinMs: number | undefined): Pick<ApprovalRule, 'remindMs'> | undefined {
  if (place === undefined) return {};
  const remindMs = place.durationMs();
  if (remindMs === undefined) return undefined;
  if (remindMs < APPROVAL_WINDOW_MIN_MS) return place.fault(`remind must be at least ${exactly(APPROVAL_WINDOW_MIN_MS)}`, 'It says how long before the end of within people are reminded.');
  if (withinMs !== undefined && remindMs >= withinMs) return place.fault(`remind is ${formatDuration(remindMs)}, but the question is open for ${formatDuration(withinMs)} only`, 'It says how long before the end of within people are reminded.');
  return { remindMs };
}

function parseEscalate(place: Place | undefined, from: readonly string[] | undefined, withinMs: number | undefined, names: Names): Pick<ApprovalRule, 'escalate'> | undefined {
  if (place === undefined) return {};
  const fields = place.mapping('an escalation', KEYS.escalate);
  const hint = 'For example escalate: { to: [dave], after: 2h }.';
  const toPlace = fields?.required('to', hint);
  const listed = toPlace && parseNames(toPlace, names, hint);
  const afterPlace = fields?.required('after', hint);
  const afterMs = afterPlace?.durationMs();
  if (listed === undefined || afterMs === undefined) return undefined;
  const to = spelledOut(listed);
  if (from !== undefined && from.length > 0 && to.every((name) => from.includes(name))) return toPlace?.fault('everybody in to is asked from the beginning', 'Name others, or use remind.');
  if (afterMs < APPROVAL_WINDOW_MIN_MS) return afterPlace?.fault(`after must be at least ${exactly(APPROVAL_WINDOW_MIN_MS)}`, 'Nobody could answer in time.');
  if (withinMs !== undefined && afterMs >= withinMs) return afterPlace?.fault(`after is ${formatDuration(afterMs)}, but the question is open for ${formatDuration(withinMs)} only`, 'The others need time to answer: shorten after, or lengthen within.');
  return { escalate: { to, afterMs } };
}

function parseWithin(place: Place | undefined, limitMs: number): number | undefined {
  if (place === undefined) return Math.min(DEFAULT_WITHIN_MS, limitMs);
  const withinMs = place.durationMs();
  if (withinMs === undefined) return undefined;
  if (withinMs < APPROVAL_WINDOW_MIN_MS) return place.fault(`within must be at least ${exactly(APPROVAL_WINDOW_MIN_MS)}`, 'Nobody could answer in time.');
  if (withinMs > limitMs) return place.fault(`within is ${formatDuration(withinMs)}; here it can be at most ${formatDuration(limitMs)}`);
  return withinMs;
}
