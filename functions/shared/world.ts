// Builds the adapters from a Lambda's environment. Each function imports only what it uses, so that its bundle holds no more.
import { awsFromEnvironment, type AwsOptions } from '../../adapters/aws.ts';
import { required } from '../../adapters/environment.ts';
import type { Place } from '../../core/arn.ts';

export const aws = (): AwsOptions => awsFromEnvironment(required(process.env, 'AWS_REGION'));
export const tableName = (): string => required(process.env, 'TABLE_NAME');
export const stateMachineArn = (): string => required(process.env, 'STATE_MACHINE_ARN');
export const place = (): Place => ({ region: required(process.env, 'AWS_REGION'), accountId: required(process.env, 'ACCOUNT_ID') });
