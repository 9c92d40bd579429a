// Resolves #names and :values for all expressions of one request and knows which of them were used: AWS refuses unused ones.
import type { AttributeValue } from '../attribute-values.ts';
import { normaliseValue } from '../attribute-values.ts';
import { AwsError } from '../../kernel/errors.ts';
import { validation } from '../errors.ts';

export interface PlaceholderInput {
  ExpressionAttributeNames?: Record<string, string>;
  ExpressionAttributeValues?: Record<string, AttributeValue>;
}

export class Placeholders {
  private readonly names: ReadonlyMap<string, string>;
  private readonly values: ReadonlyMap<string, AttributeValue>;
  private readonly unusedNames: Set<string>;
  private readonly unusedValues: Set<string>;

  /** `expressions`: the request's expression parameters by name; at least one must be given for placeholders to make sense. */
  constructor(input: PlaceholderInput, expressions: Record<string, string | undefined>) {
    const { ExpressionAttributeNames: names, ExpressionAttributeValues: values } = input;
    const given = Object.values(expressions).some((expression) => expression !== undefined);
    if (names && !given) throw validation(`ExpressionAttributeNames can only be specified when using expressions`);
    if (values && !given) {
      const nullOnes = Object.keys(expressions).filter((name) => name !== 'ProjectionExpression');
      throw validation(
        `ExpressionAttributeValues can only be specified when using expressions: ${nullOnes.join(' and ')} ${nullOnes.length > 1 ? 'are' : 'is'} null`,
      );
    }
    if (names && Object.keys(names).length === 0) throw validation('ExpressionAttributeNames must not be empty');
    if (values && Object.keys(values).length === 0) throw validation('ExpressionAttributeValues must not be empty');
    for (const key of Object.keys(names ?? {})) {
      if (!/^#[A-Za-z0-9_]+$/.test(key)) throw validation(`ExpressionAttributeNames contains invalid key: Syntax error; key: "${key}"`);
    }
    this.names = new Map(Object.entries(names ?? {}));
    this.values = new Map(Object.entries(values ?? {}).map(([key, value]) => [key, normalised(key, value)]));
    this.unusedNames = new Set(this.names.keys());
    this.unusedValues = new Set(this.values.keys());
  }

  name(placeholder: string): string | undefined {
    this.unusedNames.delete(placeholder);
    return this.names.get(placeholder);
  }

  value(placeholder: string): AttributeValue | undefined {
    this.unusedValues.delete(placeholder);
    return this.values.get(placeholder);
  }

  /** Call when every expression of the request has been parsed. */
  refuseUnused(): void {
    if (this.unusedNames.size > 0) {
      throw validation(`Value provided in ExpressionAttributeNames unused in expressions: keys: {${[...this.unusedNames].join(', ')}}`);
    }
    if (this.unusedValues.size > 0) {
      throw validation(`Value provided in ExpressionAttributeValues unused in expressions: keys: {${[...this.unusedValues].join(', ')}}`);
    }
  }
}

function normalised(key: string, value: AttributeValue): AttributeValue {
  if (!/^:[A-Za-z0-9_]+$/.test(key)) throw validation(`ExpressionAttributeValues contains invalid key: Syntax error; key: "${key}"`);
  try {
    return normaliseValue(value);
  } catch (error) {
    if (error instanceof AwsError) throw validation(`ExpressionAttributeValues contains invalid value: ${error.message} for key ${key}`);
    throw error;
  }
}
