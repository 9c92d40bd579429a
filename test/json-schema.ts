// A small judge of JSON Schema (draft 2020-12): as much as our own schemas use, and it refuses to judge a keyword
// that it does not know, so that nothing is valid because it was overlooked.

export type Schema = boolean | { [keyword: string]: unknown };

const ANNOTATIONS = new Set(['$schema', 'title', 'description', 'default', 'examples', '$defs']);

/** What is wrong, each with its place; empty when the value is valid. */
export function violations(value: unknown, schema: Schema, root: Schema = schema, at = '$'): string[] {
  if (schema === true) return [];
  if (schema === false) return [`${at} is not allowed`];
  return Object.entries(schema).flatMap(([keyword, wanted]) => {
    if (ANNOTATIONS.has(keyword)) return [];
    const check = KEYWORDS[keyword];
    if (check === undefined) throw new Error(`this judge does not know ${keyword}`);
    return check({ value, wanted, schema, root, at });
  });
}

interface Check {
  value: unknown;
  wanted: unknown;
  schema: { [keyword: string]: unknown };
  root: Schema;
  at: string;
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);
const say = (wrong: boolean, text: string): string[] => (wrong ? [text] : []);
const size = (value: unknown): number => (isObject(value) ? Object.keys(value).length : NaN);

const KEYWORDS: Record<string, (check: Check) => string[]> = {
  $ref: ({ value, wanted, root, at }) => {
    const name = String(wanted).replace('#/$defs/', '');
    const found = isObject(root) && isObject(root['$defs']) ? root['$defs'][name] : undefined;
    if (found === undefined) throw new Error(`${String(wanted)} leads nowhere`);
    return violations(value, found as Schema, root, at);
  },
  type: ({ value, wanted, at }) => {
    const types: Record<string, boolean> = {
      object: isObject(value),
      array: Array.isArray(value),
      string: typeof value === 'string',
      number: typeof value === 'number',
      integer: Number.isInteger(value),
      boolean: typeof value === 'boolean',
    };
    const fits = types[String(wanted)];
    if (fits === undefined) throw new Error(`this judge does not know the type ${String(wanted)}`);
    return say(!fits, `${at} is not of type ${String(wanted)}`);
  },
  properties: ({ value, wanted, root, at }) =>
    isObject(value) ? Object.entries(wanted as Record<string, Schema>).flatMap(([key, schema]) => (Object.hasOwn(value, key) ? violations(value[key], schema, root, `${at}.${key}`) : [])) : [],
  additionalProperties: ({ value, wanted, schema, root, at }) => {
    if (!isObject(value)) return [];
    const known = isObject(schema['properties']) ? schema['properties'] : {};
    return Object.keys(value).flatMap((key) => (Object.hasOwn(known, key) ? [] : violations(value[key], wanted as Schema, root, `${at}.${key}`)));
  },
  propertyNames: ({ value, wanted, root, at }) => (isObject(value) ? Object.keys(value).flatMap((key) => violations(key, wanted as Schema, root, `${at}.${key}`)) : []),
  required: ({ value, wanted, at }) => (isObject(value) ? (wanted as string[]).flatMap((key) => say(!Object.hasOwn(value, key), `${at} has no ${key}`)) : []),
  minProperties: ({ value, wanted, at }) => say(size(value) < Number(wanted), `${at} has too few keys`),
  maxProperties: ({ value, wanted, at }) => say(size(value) > Number(wanted), `${at} has too many keys`),
  items: ({ value, wanted, root, at }) => (Array.isArray(value) ? value.flatMap((item, index) => violations(item, wanted as Schema, root, `${at}[${index}]`)) : []),
  minItems: ({ value, wanted, at }) => say(Array.isArray(value) && value.length < Number(wanted), `${at} has too few items`),
  maxItems: ({ value, wanted, at }) => say(Array.isArray(value) && value.length > Number(wanted), `${at} has too many items`),
  uniqueItems: ({ value, at }) => say(Array.isArray(value) && new Set(value.map((item) => JSON.stringify(item))).size < value.length, `${at} has equal items`),
  enum: ({ value, wanted, at }) => say(!(wanted as unknown[]).includes(value), `${at} is none of ${(wanted as unknown[]).join(', ')}`),
  pattern: ({ value, wanted, at }) => say(typeof value === 'string' && !new RegExp(String(wanted), 'u').test(value), `${at} does not match ${String(wanted)}`),
  minLength: ({ value, wanted, at }) => say(typeof value === 'string' && value.length < Number(wanted), `${at} is too short`),
  maxLength: ({ value, wanted, at }) => say(typeof value === 'string' && value.length > Number(wanted), `${at} is too long`),
  minimum: ({ value, wanted, at }) => say(typeof value === 'number' && value < Number(wanted), `${at} is below ${String(wanted)}`),
  maximum: ({ value, wanted, at }) => say(typeof value === 'number' && value > Number(wanted), `${at} is above ${String(wanted)}`),
  exclusiveMinimum: ({ value, wanted, at }) => say(typeof value === 'number' && value <= Number(wanted), `${at} is not above ${String(wanted)}`),
  exclusiveMaximum: ({ value, wanted, at }) => say(typeof value === 'number' && value >= Number(wanted), `${at} is not below ${String(wanted)}`),
  not: ({ value, wanted, root, at }) => say(violations(value, wanted as Schema, root, at).length === 0, `${at} is not allowed`),
  anyOf: ({ value, wanted, root, at }) => {
    const branches = (wanted as Schema[]).map((schema) => violations(value, schema, root, at));
    return branches.some((branch) => branch.length === 0) ? [] : branches.flat();
  },
};
