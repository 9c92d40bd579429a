// The errors CloudWatch Logs refuses requests with.
import { AwsError } from '../kernel/errors.ts';

export const invalidParameter = (message: string): AwsError => new AwsError('InvalidParameterException', message);
export const groupNotFound = (): AwsError => new AwsError('ResourceNotFoundException', 'The specified log group does not exist.');
export const streamNotFound = (): AwsError => new AwsError('ResourceNotFoundException', 'The specified log stream does not exist.');
export const groupExists = (): AwsError => new AwsError('ResourceAlreadyExistsException', 'The specified log group already exists');
export const streamExists = (): AwsError => new AwsError('ResourceAlreadyExistsException', 'The specified log stream already exists');
