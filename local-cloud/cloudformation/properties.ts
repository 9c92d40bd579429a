// Reads resolved template properties. Templates blur types (a parameter is always text), so numbers and flags are read as either.
import { validationError } from './errors.ts';
import { isRecord } from './template.ts';

export class Properties {
  readonly all: Readonly<Record<string, unknown>>;

  constructor(all: Readonly<Record<string, unknown>>) {
    this.all = all;
  }

  has(name: string): boolean {
    return this.all[name] !== undefined;
  }

  raw(name: string): unknown {
    return this.all[name];
  }

  text(name: string): string {
    const value = this.optionalText(name);
    if (value === undefined) throw validationError(`Properties validation failed: required key [${name}] not found`);
    return value;
  }

  optionalText(name: string): string | undefined {
    const value = this.all[name];
    if (value === undefined || typeof value === 'string') return value;
    if (typeof value === 'number' || typeof value === 'boolean') return String(value);
    throw validationError(`Properties validation failed: ${name} must be a string`);
  }

  number(name: string): number | undefined {
    const value = this.all[name];
    if (value === undefined) return undefined;
    const number = Number(value);
    if (Number.isNaN(number)) throw validationError(`Properties validation failed: ${name} must be a number`);
    return number;
  }

  flag(name: string): boolean | undefined {
    const value = this.all[name];
    return value === undefined ? undefined : value === true || value === 'true';
  }

  list(name: string): unknown[] {
    const value = this.all[name];
    if (value === undefined) return [];
    return Array.isArray(value) ? value : [value];
  }

  texts(name: string): string[] {
    return this.list(name).map(String);
  }

  records(name: string): Record<string, unknown>[] {
    return this.list(name).filter(isRecord);
  }

  record(name: string): Record<string, unknown> | undefined {
    const value = this.all[name];
    return isRecord(value) ? value : undefined;
  }

  /** A policy, pattern or definition: given as an object or as its text. */
  json(name: string): string | undefined {
    const value = this.all[name];
    if (value === undefined || typeof value === 'string') return value;
    return JSON.stringify(value);
  }

  /** The named properties as they are, without the absent ones. */
  pick(...names: string[]): Record<string, unknown> {
    return Object.fromEntries(names.flatMap((name) => (this.all[name] === undefined ? [] : [[name, this.all[name]]])));
  }
}

/** A value of a template or an answer as text; what has no plain text is shown as JSON. */
export const plainText = (value: unknown): string => (typeof value === 'string' ? value : (JSON.stringify(value) ?? ''));

/** Template text turned into numbers and flags under the given member names, at any depth. */
export function coerce(value: unknown, numbers: ReadonlySet<string>, flags: ReadonlySet<string>, name?: string): unknown {
  if (Array.isArray(value)) return value.map((element) => coerce(element, numbers, flags, name));
  if (isRecord(value)) return Object.fromEntries(Object.entries(value).map(([member, inner]) => [member, coerce(inner, numbers, flags, member)]));
  if (typeof value !== 'string' || name === undefined) return value;
  if (numbers.has(name) && value.trim() !== '' && !Number.isNaN(Number(value))) return Number(value);
  if (flags.has(name) && (value === 'true' || value === 'false')) return value === 'true';
  return value;
}

/** `ContainerPort` to `containerPort`, at any depth; what is below a name in `opaque` is the user's and keeps its spelling. */
export function lowerFirst(value: unknown, opaque: ReadonlySet<string>): unknown {
  if (Array.isArray(value)) return value.map((element) => lowerFirst(element, opaque));
  if (!isRecord(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [name.charAt(0).toLowerCase() + name.slice(1), opaque.has(name) ? inner : lowerFirst(inner, opaque)]),
  );
}

export const tagMap = (tags: { Key: string; Value: string }[]): Record<string, string> => Object.fromEntries(tags.map((tag) => [tag.Key, tag.Value]));

export const lowerTags = (tags: { Key: string; Value: string }[]) => tags.map(({ Key: key, Value: value }) => ({ key, value }));
