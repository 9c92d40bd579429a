// CloudFormation's refusals. Nearly all of them share one code, on the wire with status 400.
import { AwsError } from '../kernel/errors.ts';

export const validationError = (message: string): AwsError => new AwsError('ValidationError', message, { httpStatus: 400 });

export const noSuchStack = (name: string): AwsError => validationError(`Stack with id ${name} does not exist`);
