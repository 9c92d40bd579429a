// The refusals DynamoDB answers with, in its own words.
import { AwsError } from '../kernel/errors.ts';

export const validation = (message: string): AwsError => new AwsError('ValidationException', message);

/** Data-plane wording; the control plane names the table (`tableNotFound`). */
export const resourceNotFound = (): AwsError => new AwsError('ResourceNotFoundException', 'Requested resource not found');

export const tableNotFound = (tableName: string): AwsError =>
  new AwsError('ResourceNotFoundException', `Requested resource not found: Table: ${tableName} not found`);

export const invalidParameterValues = (detail: string): AwsError => validation(`One or more parameter values were invalid: ${detail}`);
