// A value in a specification together with where it stands. Every reader answers the value, or reports one fault and
// answers undefined; so all faults of a file come out together and none is reported twice.

import { guessDuration, parseDuration } from '../duration.ts';
import { nearest, oneOf } from '../text/nearest.ts';

export interface Fault {
  /** From the root to the value at fault (for a missing key: to the mapping that lacks it). */
  path: (string | number)[];
  message: string;
  hint?: string;
  /** Present when the last step of the path is a key that should not be there: the key is at fault, not its value. */
  at?: 'key';
}

export class Place {
  readonly value: unknown;
  readonly path: readonly (string | number)[];
  private readonly faults: Fault[];

  constructor(value: unknown, path: readonly (string | number)[], faults: Fault[]) {
    this.value = value;
    this.path = path;
    this.faults = faults;
  }

  /** The key as people name it: `weight`, or `alarms[2]` inside a list. */
  get name(): string {
    const last = this.path.at(-1);
    if (last === undefined) return 'the specification';
    return typeof last === 'number' ? `${String(this.path.at(-2) ?? '')}[${last}]` : last;
  }

  fault(message: string, hint?: string, at?: 'key'): undefined {
    this.faults.push({ path: [...this.path], message, ...(hint !== undefined && { hint }), ...(at && { at }) });
    return undefined;
  }

  wrongType(wanted: string, hint?: string): undefined {
    return this.fault(this.value == null ? `${this.name} has no value; it must be ${wanted}` : `${this.name} must be ${wanted}, not ${describe(this.value)}`, hint);
  }

  child(key: string | number): Place {
    const value: unknown = isMapping(this.value) && Object.hasOwn(this.value, key) ? this.value[key] : Array.isArray(this.value) ? this.value[Number(key)] : undefined;
    return new Place(value, [...this.path, key], this.faults);
  }

  /** @param what the mapping in words, for the message */
  mapping<Key extends string>(what: string, keys: readonly Key[], hint?: string): Fields<Key> | undefined {
    if (!isMapping(this.value)) return this.wrongType(`a mapping (${what})`, hint ?? `It may have the keys ${keys.join(', ')}.`);
    for (const key of Object.keys(this.value)) {
      if ((keys as readonly string[]).includes(key)) continue;
      const meant = nearest(key, keys);
      this.child(key).fault(`unknown key ${quote(key)} in ${what}`, meant === undefined ? `Known keys: ${keys.join(', ')}.` : `Did you mean ${meant}?`, 'key');
    }
    return new Fields<Key>(this);
  }

  /** A mapping whose keys are names that the writer chooses. */
  entries(what: string): [string, Place][] | undefined {
    if (!isMapping(this.value)) return this.wrongType(`a mapping (${what})`);
    return Object.keys(this.value).map((key) => [key, this.child(key)]);
  }

  list(of: string): Place[] | undefined {
    if (!Array.isArray(this.value)) return this.wrongType(`a list of ${of}`);
    return this.value.map((_, index) => this.child(index));
  }

  text(wanted = 'a text'): string | undefined {
    if (typeof this.value === 'string' && this.value !== '') return this.value;
    const quoted = typeof this.value === 'number' || typeof this.value === 'boolean' ? `In YAML this is not a text: put it in quotes.` : undefined;
    return this.wrongType(wanted, quoted);
  }

  /** One text, or a list with at least one. */
  texts(wanted: string): { place: Place; text: string }[] | undefined {
    const places = Array.isArray(this.value) ? (this.list(wanted) ?? []) : [this];
    if (places.length === 0) return this.fault(`${this.name} is empty`, `It must be ${wanted} or a list of them.`);
    const found = places.map((place) => ({ place, text: place.text(wanted) }));
    return found.every((one): one is { place: Place; text: string } => one.text !== undefined) ? found : undefined;
  }

  choice<Word extends string>(words: readonly Word[]): Word | undefined {
    const found = words.find((word) => word === this.value);
    if (found !== undefined) return found;
    const meant = typeof this.value === 'string' ? nearest(this.value, words) : undefined;
    return this.wrongType(oneOf(words), meant === undefined ? undefined : `Did you mean ${meant}?`);
  }

  number(wanted: string, allowed: (value: number) => boolean): number | undefined {
    if (typeof this.value === 'number' && Number.isFinite(this.value) && allowed(this.value)) return this.value;
    const digits = typeof this.value === 'string' ? /^\s*(\d+(?:\.\d+)?)\s*%?\s*$/.exec(this.value.slice(0, 40))?.[1] : undefined;
    return this.wrongType(wanted, digits === undefined ? undefined : `Write ${digits}, without quotes or %.`);
  }

  whole(limits: { min: number; max: number }): number | undefined {
    return this.number(`a whole number from ${limits.min} to ${limits.max}`, (value) => Number.isInteger(value) && value >= limits.min && value <= limits.max);
  }

  durationMs(): number | undefined {
    const durationMs = typeof this.value === 'string' ? parseDuration(this.value) : undefined;
    if (durationMs !== undefined) return durationMs;
    const guess = typeof this.value === 'string' || typeof this.value === 'number' ? guessDuration(String(this.value)) : undefined;
    return this.wrongType('a duration', guess === undefined ? 'Durations are written 90s, 10m, 4h or 2d.' : `Did you mean ${guess}? Durations are written 90s, 10m, 4h or 2d.`);
  }
}

/** The keys of one mapping. */
export class Fields<Key extends string> {
  readonly place: Place;

  constructor(place: Place) {
    this.place = place;
  }

  has(key: Key): boolean {
    return isMapping(this.place.value) && Object.hasOwn(this.place.value, key);
  }

  optional(key: Key): Place | undefined {
    return this.has(key) ? this.place.child(key) : undefined;
  }

  required(key: Key, hint?: string): Place | undefined {
    return this.optional(key) ?? this.place.fault(`${this.place.name} has no ${key}`, hint);
  }
}

export function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function quote(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 57)}...` : text);
}

function describe(value: unknown): string {
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  if (typeof value === 'string') return quote(value);
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : 'a mapping';
}
