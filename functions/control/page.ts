// Lists in pages. `next` comes from us and goes through the caller's hands: it is read back as strictly as everything else.
import * as v from 'valibot';
import { ControlFault, type ControlRequest } from './api.ts';

const PAGE_MAX = 100;

const Query = v.object({
  limit: v.optional(v.pipe(v.string(), v.regex(/^\d{1,3}$/), v.toNumber(), v.minValue(1), v.maxValue(PAGE_MAX))),
  next: v.optional(v.string()),
});

/** How many are asked for, and after which place. */
export function pageOf<Place>({ query }: ControlRequest, place: v.GenericSchema<unknown, Place>, limitDefault = PAGE_MAX): { limit: number; after: Place | undefined } {
  const parsed = v.safeParse(Query, query);
  if (!parsed.success) throw new ControlFault('BadRequest', `limit is a whole number from 1 to ${PAGE_MAX}`);
  const { limit = limitDefault, next } = parsed.output;
  return { limit, after: next === undefined ? undefined : placeIn(next, place) };
}

function placeIn<Place>(next: string, place: v.GenericSchema<unknown, Place>): Place {
  try {
    return v.parse(place, JSON.parse(Buffer.from(next, 'base64url').toString('utf8')));
  } catch {
    throw new ControlFault('BadRequest', '`next` is not one that this list answered', 'Pass on what the list answered, with the same query.');
  }
}

/** For an answer: nothing where the list ends. */
export const nextAt = (place: object | undefined): { next?: string } => (place === undefined ? {} : { next: Buffer.from(JSON.stringify(place)).toString('base64url') });
