// JSONata as Step Functions runs it: its extra functions, no $eval, time and randomness from the kernel, and templates.
// https://docs.aws.amazon.com/step-functions/latest/dg/transforming-data.html
import { createHash } from 'node:crypto';
import jsonata from 'jsonata';
import type { Expression, Focus } from 'jsonata';
import { seededRandom, uuid } from '../../kernel/random.ts';
import type { Random } from '../../kernel/random.ts';
import type { Clock } from '../../kernel/clock.ts';
import { QUERY_EVALUATION_ERROR, StatesError } from './errors.ts';
import { isObject } from './json.ts';
import type { Json } from './json.ts';

/** What an expression can see: `$states` and the variables. */
export type Bindings = Record<string, unknown>;

const EXPRESSION = /^\{%([\s\S]*)%\}$/;

/** The JSONata source of `{% ... %}`, or undefined for plain text. */
export const expressionIn = (template: string): string | undefined => EXPRESSION.exec(template)?.[1];

const DIGESTS: Record<string, string> = { MD5: 'md5', 'SHA-1': 'sha1', 'SHA-256': 'sha256', 'SHA-384': 'sha384', 'SHA-512': 'sha512' };

const COMPILED_KEPT = 5000;
/** By source, for every cloud of the process: what an expression reads of its cloud comes with each evaluation. */
const compiled = new Map<string, Expression>();

/** What the functions of an expression need of the cloud that it is evaluated in. */
interface Host {
  clock: Clock;
  random: Random;
}

/** The variable that holds the host: no expression can write a name with a space. */
const HOST = 'the host';

const hostOf = (focus: Focus): Host => focus.environment.lookup(HOST) as Host;

export class Evaluator {
  private readonly host: Host;

  constructor(clock: Clock, random: Random) {
    this.host = { clock, random };
  }

  /** Evaluates every expression inside a template; everything else is passed through. `field` names it in error messages. */
  async template(template: Json, bindings: Bindings, field: string): Promise<Json> {
    if (typeof template === 'string') {
      const source = expressionIn(template);
      return source === undefined ? template : this.expression(source, bindings, field);
    }
    if (!holdsExpressions(template)) return copyOf(template);
    if (Array.isArray(template)) {
      const items: Json[] = [];
      for (const [index, item] of template.entries()) items.push(await this.template(item, bindings, `${field}[${index}]`));
      return items;
    }
    if (isObject(template)) {
      const members: [string, Json][] = [];
      for (const [key, value] of Object.entries(template)) members.push([key, await this.template(value, bindings, `${field}/${key}`)]);
      return Object.fromEntries(members);
    }
    return template;
  }

  private async expression(source: string, bindings: Bindings, field: string): Promise<Json> {
    const shown = source.trim();
    let result: unknown;
    try {
      result = await compile(source).evaluate(undefined, { ...bindings, [HOST]: this.host });
    } catch (error) {
      const message = isObject(error) || error instanceof Error ? String((error as { message?: unknown }).message) : String(error);
      throw evaluationError(`The JSONata expression '${shown}' specified for the field '${field}' threw an error during evaluation. ${message}`, field);
    }
    if (result === undefined) throw evaluationError(`The JSONata expression '${shown}' specified for the field '${field}' returned nothing (undefined).`, field);
    return plain(result, shown, field);
  }
}

const known = new WeakMap<object, boolean>();

/** Templates are parts of a state machine, which stays what it is. */
function holdsExpressions(template: Json): boolean {
  if (typeof template === 'string') return expressionIn(template) !== undefined;
  if (typeof template !== 'object' || template === null) return false;
  let holds = known.get(template);
  if (holds === undefined) known.set(template, (holds = Object.values(template).some(holdsExpressions)));
  return holds;
}

function copyOf(value: Json): Json {
  if (typeof value !== 'object' || value === null) return value;
  return Array.isArray(value) ? value.map(copyOf) : Object.fromEntries(Object.entries(value).map(([name, member]) => [name, copyOf(member)]));
}

function compile(source: string): Expression {
  const before = compiled.get(source);
  if (before) return before;
  const expression = jsonata(source);
  for (const [name, [implementation, signature]] of Object.entries(OWN_FUNCTIONS)) {
    expression.registerFunction(name, implementation as (...values: unknown[]) => unknown, signature);
  }
  if (compiled.size >= COMPILED_KEPT) compiled.clear();
  compiled.set(source, expression);
  return expression;
}

/** $now() formats the kernel's time with JSONata's own $fromMillis. */
const TIME_FORMAT = jsonata('$fromMillis($millis, $picture, $timezone)');

const OWN_FUNCTIONS: Record<string, [implementation: (this: Focus, ...values: never[]) => unknown, signature?: string]> = {
  partition: [partition, '<a-n:a>'],
  range: [range, '<nnn:a>'],
  hash: [hash, '<s-s?:s>'],
  random: [
    function (seed?: number) {
      return (seed === undefined ? hostOf(this).random : seededRandom(seed)).next();
    },
    '<n?:n>',
  ],
  uuid: [
    function () {
      return uuid(hostOf(this).random);
    },
    '<:s>',
  ],
  parse: [(text: string) => JSON.parse(text) as Json, '<s-:x>'],
  shuffle: [
    function (items: unknown[]) {
      return shuffled(items, hostOf(this).random);
    },
    '<a:a>',
  ],
  millis: [
    function () {
      return hostOf(this).clock.nowMs();
    },
    '<:n>',
  ],
  now: [
    function (picture?: string, timezone?: string): Promise<unknown> {
      return TIME_FORMAT.evaluate(undefined, { millis: hostOf(this).clock.nowMs(), picture, timezone });
    },
    '<s?s?:s>',
  ],
  eval: [
    () => {
      throw new Error('The function $eval is not supported. Use $parse for JSON text.');
    },
  ],
};

const evaluationError = (cause: string, field: string) => new StatesError(QUERY_EVALUATION_ERROR, cause, field);

/** A JSON copy without JSONata's own markers on sequences. Functions and patterns are no data. */
function plain(value: unknown, source: string, field: string): Json {
  if (typeof value === 'function' || value instanceof RegExp || (isObject(value) && '_jsonata_function' in value) || (isObject(value) && '_jsonata_lambda' in value)) {
    throw evaluationError(`The JSONata expression '${source}' specified for the field '${field}' returned an unsupported result type.`, field);
  }
  if (Array.isArray(value)) return value.map((item) => (item === undefined ? null : plain(item, source, field)));
  if (isObject(value)) {
    return Object.fromEntries(Object.entries(value).flatMap(([key, member]) => (member === undefined ? [] : [[key, plain(member, source, field)]])));
  }
  return value as Json;
}

function partition(items: unknown[], size: number): unknown[] {
  if (!(size >= 1)) throw new Error('$partition needs a chunk size of at least 1');
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) => items.slice(index * size, (index + 1) * size));
}

function range(first: number, last: number, step: number): number[] {
  if (step === 0) throw new Error('$range needs a step other than 0');
  const count = Math.floor((last - first) / step) + 1;
  return Array.from({ length: Math.max(0, count) }, (_, index) => first + index * step);
}

function hash(text: string, algorithm = 'SHA-256'): string {
  const digest = DIGESTS[algorithm];
  if (digest === undefined) throw new Error(`$hash does not know the algorithm ${algorithm}`);
  return createHash(digest).update(text).digest('hex');
}

function shuffled(items: unknown[], random: Random): unknown[] {
  const result = [...items];
  for (let last = result.length - 1; last > 0; last--) {
    const other = Math.floor(random.next() * (last + 1));
    [result[last], result[other]] = [result[other], result[last]];
  }
  return result;
}
