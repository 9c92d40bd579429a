// People: which verified identities stand behind the names used in `from`. One identity belongs to one person, or one
// human could approve twice under two names.

import { matchesGlob } from '../text/glob.ts';
import { KEYS } from './keys.ts';
import type { Person } from './model.ts';
import { type Place, quote } from './place.ts';

/** Callers that no specification can mean by the same pattern. */
const STRANGERS = ['arn:aws:iam::000000000000:user/q', 'arn:aws:sts::111111111111:assumed-role/z/w'];

export function parsePeople(place: Place): Record<string, Person> {
  const people: Record<string, Person> = {};
  const claimed: { pattern: string; by: string }[] = [];
  for (const [name, one] of place.entries('names of people') ?? []) {
    if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(name) || name in people) {
      one.fault(`${quote(name)} cannot be the name of a person`, 'Up to 64 letters, digits, and . _ -', 'key');
      continue;
    }
    const person = parsePerson(name, one);
    if (person === undefined) continue;
    people[name] = person;
    for (const pattern of identitiesOf(person)) {
      const owner = claimed.find((claim) => claim.by !== name && overlaps(claim.pattern, pattern));
      if (owner !== undefined) one.fault(`${name} and ${owner.by} are bound to the same identity (${pattern})`, 'One human could approve under two names: give each identity to one person.');
      claimed.push({ pattern, by: name });
    }
  }
  return people;
}

function parsePerson(name: string, place: Place): Person | undefined {
  const fields = place.mapping('a person', KEYS.person);
  if (fields === undefined) return undefined;
  const awsPlace = fields.optional('aws');
  const slackPlace = fields.optional('slack');
  if (awsPlace === undefined && slackPlace === undefined) {
    return place.fault(`${name} is bound to no identity, so nobody could act as ${name}`, 'Give aws (an ARN or a glob) or slack (a user id), or both.');
  }
  const aws = awsPlace === undefined ? [] : parseArns(awsPlace);
  const slack = slackPlace?.text('the id of a Slack user');
  if (slackPlace !== undefined && slack !== undefined && !/^[UW][A-Z0-9]{2,20}$/.test(slack)) {
    return slackPlace.fault(`${quote(slack)} is not the id of a Slack user`, 'It looks like U012AB3CD: in Slack, open the profile, then "Copy member ID".');
  }
  return aws === undefined ? undefined : { name, aws, slack };
}

function parseArns(place: Place): string[] | undefined {
  const found = place.texts('an ARN or a glob');
  if (found === undefined) return undefined;
  const faulty = found.filter(({ place: one, text }) => {
    if (!/^(arn:|\*)/.test(text) || /\s/.test(text) || text.length > 2_048) {
      one.fault(`${quote(text)} is not an ARN or a glob of one`, 'For example arn:aws:iam::123456789012:user/alice or "*:assumed-role/developers/alice".');
    } else if (STRANGERS.some((stranger) => matchesGlob(text, stranger))) {
      one.fault(`${quote(text)} matches every caller`, 'Anybody could approve in this name: say more of the ARN.');
    } else if (/^arn:[^:]*:iam::[^:]*:role\//.test(text)) {
      one.fault(`${quote(text)} is a role, and roles call under the name of a session`, 'Write "*:assumed-role/ROLE/SESSION"; the session name is usually the user.');
    } else {
      return false;
    }
    return true;
  });
  return faulty.length > 0 ? undefined : found.map(({ text }) => text);
}

function identitiesOf(person: Person): string[] {
  return [...person.aws, ...(person.slack === undefined ? [] : [person.slack])];
}

/** Certain for two ARNs and for an ARN against a glob; two different globs are given the benefit of the doubt. */
function overlaps(left: string, right: string): boolean {
  return matchesGlob(left, right) || matchesGlob(right, left);
}
