// Dimensions between the API's list of pairs and the record used inside.
import type { Dimension } from '@aws-sdk/client-cloudwatch';
import { required, validationError } from './faults.ts';

const DIMENSIONS_MAX = 30;

export function dimensionsOf(dimensions: Dimension[] | undefined): Record<string, string> {
  const record: Record<string, string> = {};
  for (const { Name, Value } of dimensions ?? []) {
    const name = required(Name, 'Dimensions.member.Name');
    if (name in record) throw validationError(`No two dimensions may have the same name: ${name}.`);
    record[name] = required(Value, 'Dimensions.member.Value');
  }
  if (Object.keys(record).length > DIMENSIONS_MAX) throw validationError(`A metric may have at most ${DIMENSIONS_MAX} dimensions.`);
  return record;
}

export const dimensionList = (dimensions: Readonly<Record<string, string>>): Dimension[] =>
  Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value }));
