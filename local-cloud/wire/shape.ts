// The shapes of AWS's API members, read once from the schemas that the SDK clients export. Owns every use of the SDK's
// (public, but undocumented) schema walker, so that the codecs switch over a small closed set of kinds.
import { NormalizedSchema } from '@smithy/core/schema';

export interface Traits {
  /** The SDK fills the member with a fresh token when the caller does not. */
  idempotencyToken?: boolean;
  xmlName?: string;
  xmlFlattened?: boolean;
  xmlAttribute?: boolean;
  jsonName?: string;
  httpLabel?: boolean;
  httpQuery?: string;
  httpQueryParams?: boolean;
  httpHeader?: string;
  httpPrefixHeaders?: string;
  httpPayload?: boolean;
  httpResponseCode?: boolean;
}

/** A named place in a structure, the item of a list, or the key or value of a map. Traits belong to the place. */
export interface Member {
  name: string;
  traits: Traits;
  shape: Shape;
}

export type TimestampFormat = 'dateTime' | 'httpDate' | 'epochSeconds' | 'protocolDefault';

export type Shape =
  | { kind: 'structure'; name: string; members: readonly Member[]; required: readonly string[] }
  | { kind: 'list'; item: Member }
  | { kind: 'map'; key: Member; value: Member }
  | { kind: 'string' | 'boolean' | 'number' | 'blob' | 'document' | 'bigNumber' }
  | { kind: 'timestamp'; format: TimestampFormat }
  | { kind: 'unit' };

export type Structure = Extract<Shape, { kind: 'structure' }>;

type SchemaReference = Parameters<typeof NormalizedSchema.of>[0];

const known = new Map<unknown, Shape>();

/** The shape behind a schema that an SDK client exports. Shapes may be recursive; members are read on first use. */
export const shapeOf = (schema: unknown): Shape => shapeOfNormalized(NormalizedSchema.of(schema as SchemaReference));

function shapeOfNormalized(schema: NormalizedSchema): Shape {
  const identity: unknown = schema.getSchema();
  const seen = known.get(identity);
  if (seen) return seen;
  const shape = build(schema, identity);
  known.set(identity, shape);
  return shape;
}

function build(schema: NormalizedSchema, identity: unknown): Shape {
  if (schema.isUnitSchema()) return { kind: 'unit' };
  if (schema.isStructSchema()) return structure(schema, identity);
  if (schema.isListSchema()) return lazily({ kind: 'list' as const }, { item: () => member('member', schema.getValueSchema()) });
  if (schema.isMapSchema()) {
    return lazily({ kind: 'map' as const }, { key: () => member('key', schema.getKeySchema()), value: () => member('value', schema.getValueSchema()) });
  }
  if (schema.isBlobSchema()) return { kind: 'blob' };
  if (schema.isTimestampSchema()) return { kind: 'timestamp', format: timestampFormat(identity) };
  if (schema.isBooleanSchema()) return { kind: 'boolean' };
  if (schema.isBigIntegerSchema() || schema.isBigDecimalSchema()) return { kind: 'bigNumber' };
  if (schema.isNumericSchema()) return { kind: 'number' };
  if (schema.isDocumentSchema()) return { kind: 'document' };
  if (schema.isStringSchema()) return { kind: 'string' };
  throw new Error(`the SDK's schema ${schema.getName(true) ?? String(identity)} is of a kind this cloud cannot read`);
}

function structure(schema: NormalizedSchema, identity: unknown): Shape {
  const memberNames = Array.isArray(identity) && Array.isArray(identity[4]) ? (identity[4] as string[]) : [];
  // The seventh element says how many of the leading members are required; unions and errors may lack it.
  const requiredCount = Array.isArray(identity) && typeof identity[6] === 'number' ? identity[6] : 0;
  return lazily(
    { kind: 'structure' as const, name: schema.getName() ?? '', required: memberNames.slice(0, requiredCount) },
    { members: () => [...schema.structIterator()].map(([name, of]) => member(name, of)) },
  );
}

const member = (name: string, schema: NormalizedSchema): Member => ({
  name,
  traits: schema.getMergedTraits() as Traits,
  shape: shapeOfNormalized(schema),
});

function timestampFormat(identity: unknown): TimestampFormat {
  switch (identity) {
    case 5:
      return 'dateTime';
    case 6:
      return 'httpDate';
    case 7:
      return 'epochSeconds';
    default:
      return 'protocolDefault';
  }
}

/** Adds properties that are computed on first reading, so that recursive schemas end. */
function lazily<Base extends object, Late extends Record<string, () => unknown>>(
  base: Base,
  late: Late,
): Base & { [Key in keyof Late]: ReturnType<Late[Key]> } {
  for (const [key, compute] of Object.entries(late)) {
    Object.defineProperty(base, key, {
      configurable: true,
      enumerable: true,
      get() {
        const value = compute();
        Object.defineProperty(base, key, { value, enumerable: true });
        return value;
      },
    });
  }
  return base as Base & { [Key in keyof Late]: ReturnType<Late[Key]> };
}
