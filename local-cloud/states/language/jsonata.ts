// JSONata as Step Functions runs it: its extra functions, no $eval, time and randomness from the kernel, and templates.
// https://docs.aws.amazon.com/step-functions/latest/dg/transforming-data.html
import { createHash } from 'node:crypto';
import jsonata from 'jsonata';
import type { Expression } from 'jsonata';
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

export class Evaluator {
  private readonly compiled = new Map<string, Expression>();
  private readonly clock: Clock;
  private readonly random: Random;

  constructor(clock: Clock, random: Random) {
    this.clock = clock;
    this.random = random;
  }

  /** Evaluates every expression inside a template; everything else is passed through. `field` names it in error messages. */
  async template(template: Json, bindings: Bindings, field: string): Promise<Json> {
    if (typeof template === 'string') {
      const source = expressionIn(template);
      return source === undefined ? template : this.expression(source, bindings, field);
    }
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
      result = await this.compile(source).evaluate(undefined, bindings);
    } catch (error) {
      const message = isObject(error) || error instanceof Error ? String((error as { message?: unknown }).message) : String(error);
      throw evaluationError(`The JSONata expression '${shown}' specified for the field '${field}' threw an error during evaluation. ${message}`, field);
    }
    if (result === undefined) throw evaluationError(`The JSONata expression '${shown}' specified for the field '${field}' returned nothing (undefined).`, field);
    return plain(result, shown, field);
  }

  private compile(source: string): Expression {
    const known = this.compiled.get(source);
    if (known) return known;
    const expression = jsonata(source);
    this.registerFunctions(expression);
    this.compiled.set(source, expression);
    return expression;
  }

  private registerFunctions(expression: Expression): void {
    const { clock, random } = this;
    const own: Record<string, [implementation: (...values: never[]) => unknown, signature?: string]> = {
      partition: [partition, '<a-n:a>'],
      range: [range, '<nnn:a>'],
      hash: [hash, '<s-s?:s>'],
      random: [(seed?: number) => (seed === undefined ? random : seededRandom(seed)).next(), '<n?:n>'],
      uuid: [() => uuid(random), '<:s>'],
      parse: [(text: string) => JSON.parse(text) as Json, '<s-:x>'],
      shuffle: [(items: unknown[]) => shuffled(items, random), '<a:a>'],
      millis: [() => clock.nowMs(), '<:n>'],
      eval: [
        () => {
          throw new Error('The function $eval is not supported. Use $parse for JSON text.');
        },
      ],
    };
    for (const [name, [implementation, signature]] of Object.entries(own)) {
      expression.registerFunction(name, implementation as (...values: unknown[]) => unknown, signature);
    }
    // $now() formats the kernel's time with JSONata's own $fromMillis.
    const format = jsonata('$fromMillis($millis, $picture, $timezone)');
    const now = (picture?: string, timezone?: string): Promise<unknown> => format.evaluate(undefined, { millis: clock.nowMs(), picture, timezone });
    expression.registerFunction('now', now, '<s?s?:s>');
  }
}

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
