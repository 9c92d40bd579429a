// Approvals: who is asked, how many, for how long, and what silence means.

import { exactly, formatDuration, HOUR_MS } from '../duration.ts';
import { nearest } from '../text/nearest.ts';
import { CHOICES, KEYS } from './keys.ts';
import { APPROVAL_WINDOW_MIN_MS } from './limits.ts';
import type { ApprovalRule } from './model.ts';
import { type Place, quote } from './place.ts';

export interface ApprovalContext {
  /** Names under `people`. */
  people: ReadonlySet<string>;
  /** The longest window that fits where the approval stands. */
  limitMs: number;
}

const DEFAULT_WITHIN_MS = 24 * HOUR_MS;
const NEED_MAX = 50;

export function parseApproval(place: Place, context: ApprovalContext): ApprovalRule | undefined {
  const fields = place.mapping('an approval', KEYS.approval);
  if (fields === undefined) return undefined;
  const from = parseFrom(fields.optional('from'), context.people);
  const needPlace = fields.optional('need');
  const need = needPlace === undefined ? 1 : needPlace.whole({ min: 1, max: NEED_MAX });
  const withinMs = parseWithin(fields.optional('within'), context.limitMs);
  const otherwise = fields.has('otherwise') ? fields.optional('otherwise')?.choice(CHOICES.otherwise) : 'reject';
  const notBy = fields.has('notBy') ? fields.optional('notBy')?.choice(CHOICES.notBy) : 'nobody';

  if (from !== undefined && from.length > 0 && need !== undefined && need > from.length) {
    needPlace?.fault(`need is ${need}, but only ${from.length} ${from.length === 1 ? 'person is' : 'people are'} listed in from`, 'Nobody could ever approve this: name more people or need fewer.');
  }
  if (from === undefined || need === undefined || withinMs === undefined || otherwise === undefined || notBy === undefined) return undefined;
  return { from, need, withinMs, otherwise, notByAuthor: notBy === 'author' };
}

function parseFrom(place: Place | undefined, people: ReadonlySet<string>): string[] | undefined {
  if (place === undefined) return [];
  const places = place.list('people');
  if (places === undefined) return undefined;
  // An emptied list must not quietly turn "these three" into "anybody".
  if (places.length === 0) return place.fault('from is empty', 'Name at least one person; leave the key out if anybody who may call the control API may approve.');
  const names: string[] = [];
  let good = true;
  for (const one of places) {
    const name = one.text('the name of a person');
    if (name === undefined) {
      good = false;
    } else if (!people.has(name)) {
      const meant = nearest(name, [...people]);
      one.fault(`${quote(name)} is not one of the people of this file`, meant === undefined ? 'Add the name under the top-level key people.' : `Did you mean ${meant}?`);
      good = false;
    } else if (names.includes(name)) {
      one.fault(`${quote(name)} is listed twice`, 'One person counts once.');
      good = false;
    } else {
      names.push(name);
    }
  }
  return good ? names : undefined;
}

function parseWithin(place: Place | undefined, limitMs: number): number | undefined {
  if (place === undefined) return Math.min(DEFAULT_WITHIN_MS, limitMs);
  const withinMs = place.durationMs();
  if (withinMs === undefined) return undefined;
  if (withinMs < APPROVAL_WINDOW_MIN_MS) return place.fault(`within must be at least ${exactly(APPROVAL_WINDOW_MIN_MS)}`, 'Nobody could answer in time.');
  if (withinMs > limitMs) return place.fault(`within is ${formatDuration(withinMs)}; here it can be at most ${formatDuration(limitMs)}`);
  return withinMs;
}
