// The errors CloudWatch refuses requests with.
import { AwsError } from '../kernel/errors.ts';

/** What CloudWatch answers for most malformed requests: a code that no exception of the SDK models. */
export const validationError = (message: string): AwsError => new AwsError('ValidationError', message, { httpStatus: 400 });

export const invalidValue = (message: string): AwsError => new AwsError('InvalidParameterValueException', message);

export const invalidCombination = (message: string): AwsError => new AwsError('InvalidParameterCombinationException', message);

export const missingParameter = (name: string): AwsError =>
  new AwsError('MissingRequiredParameterException', `The parameter ${name} is required.`);

export const invalidNextToken = (): AwsError => new AwsError('InvalidNextToken', 'The next token specified is invalid.');

export const alarmNotFound = (name: string): AwsError => new AwsError('ResourceNotFound', `Alarm ${name} does not exist.`);

/** The member, or CloudWatch's complaint that it is missing. */
export function required<Value>(value: Value | undefined, name: string): Value {
  if (value === undefined || value === null || value === '') throw missingParameter(name);
  return value;
}
