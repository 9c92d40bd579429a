// Groups, and the names by which people are called in the rest of the file: a person, or a group that stands for each of its members.

import { nearest } from '../text/nearest.ts';
import type { Requirement } from './model.ts';
import { isMapping, type Place, quote } from './place.ts';

export interface Names {
  /** A person with a fault of their own is still known by name: one mistake, one fault. */
  people: ReadonlySet<string>;
  groups: ReadonlyMap<string, readonly string[]>;
}

export function parseGroups(place: Place | undefined, people: ReadonlySet<string>): Map<string, string[]> {
  const groups = new Map<string, string[]>();
  for (const [name, one] of place?.entries('names of groups') ?? []) {
    if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(name)) {
      one.fault(`${quote(name)} cannot be the name of a group`, 'Up to 64 letters, digits, and . _ -', 'key');
    } else if (people.has(name)) {
      one.fault(`${quote(name)} is the name of a person already`, 'People and groups share their names: call the group something else.', 'key');
    }
    const within = new Set(isMapping(place?.value) ? Object.keys(place.value) : []);
    const members = parseNames(one, { people, groups: new Map() }, 'Name at least one person.', within);
    groups.set(name, members?.map((member) => member.name) ?? []);
  }
  return groups;
}

/** A list of names, each with the people it stands for. @param emptyHint what to write instead of an empty list */
export function parseNames(place: Place | undefined, names: Names, emptyHint: string, nested: ReadonlySet<string> = new Set()): Requirement[] | undefined {
  if (place === undefined) return [];
  const places = place.list('people');
  if (places === undefined) return undefined;
  if (places.length === 0) return place.fault(`${place.name} is empty`, emptyHint);
  const found: Requirement[] = [];
  let good = true;
  for (const one of places) {
    const name = one.text('the name of a person');
    const members = name === undefined ? undefined : (names.groups.get(name) ?? (names.people.has(name) ? [name] : undefined));
    if (name === undefined || members === undefined) {
      if (name !== undefined) unknown(name, one, names, nested);
      good = false;
    } else if (found.some((other) => other.name === name)) {
      one.fault(`${quote(name)} is listed twice`, 'One person counts once.');
      good = false;
    } else {
      found.push({ name, oneOf: [...members] });
    }
  }
  return good ? found : undefined;
}

function unknown(name: string, place: Place, { people, groups }: Names, nested: ReadonlySet<string>): void {
  if (nested.has(name)) return place.fault(`${quote(name)} is a group, and groups hold people only`, 'Name its members.');
  const meant = nearest(name, [...people, ...groups.keys()]);
  place.fault(`${quote(name)} is not one of the people of this file`, meant === undefined ? 'Add the name under the top-level key people.' : `Did you mean ${meant}?`);
}
