// What a request is about, and who it is that asks.
import * as v from 'valibot';
import { personsOf } from '../../core/control/rule-decision.ts';
import { DIGEST } from '../../core/image/digest.ts';
import { ControlFault, type ControlDependencies } from './api.ts';

export const Digest = v.pipe(v.string(), v.regex(DIGEST));
/** ISO times come as the milliseconds that they are; `+01` as a time zone looks like one and is none. */
export const Moment = v.pipe(v.string(), v.isoTimestamp(), v.transform(Date.parse), v.safeInteger());
export const REASON_LENGTH_MAX = 1000;
/** Where the request must say why. */
export const Reason = v.pipe(v.string(), v.trim(), v.minLength(1), v.maxLength(REASON_LENGTH_MAX));
export const OptionalReason = v.optional(v.pipe(v.string(), v.maxLength(REASON_LENGTH_MAX)), '');

export async function pipelineOf({ specifications }: ControlDependencies, name: string) {
  const stored = await specifications.get(name);
  if (!stored) throw new ControlFault('NotFound', `there is no pipeline ${name}`, 'See `slipway status`.');
  return stored;
}

/** Where the specification names people, only they may do these things; the name goes on the record. */
export function knownPerson(of: Parameters<typeof personsOf>[0], callerArn: string): string {
  const person = personsOf(of, callerArn)[0];
  if (person === undefined && Object.keys(of.people).length > 0) throw new ControlFault('NotAllowed', `${callerArn} is nobody whom the specification knows`, 'People are bound to AWS identities under `people` in slipway.yml.');
  return person ?? callerArn;
}
