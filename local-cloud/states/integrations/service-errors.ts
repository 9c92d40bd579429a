// What a service's refusal is called inside a state machine: `Ecs.ClusterNotFoundException`, `Lambda.TooManyRequestsException`.
import type { AwsError } from '../../kernel/errors.ts';
import { StatesError } from '../language/errors.ts';
import type { Resource } from './resource.ts';
import { sdkServiceOf } from './sdk.ts';

/**
 * Prefix and general exception of each integration. Services raise the general one for whatever their API does not list
 * as an exception, access denied above all: `Lambda.AWSLambdaException`, `SNS.AmazonSNSException`, `Ssm.SsmException`.
 */
const OPTIMIZED: Record<string, { prefix: string; general: string; display: string }> = {
  lambda: { prefix: 'Lambda', general: 'AWSLambdaException', display: 'AWSLambda' },
  sns: { prefix: 'SNS', general: 'AmazonSNSException', display: 'AmazonSNS' },
  sqs: { prefix: 'SQS', general: 'AmazonSQSException', display: 'AmazonSQS' },
  dynamodb: { prefix: 'DynamoDB', general: 'AmazonDynamoDBException', display: 'AmazonDynamoDBv2' },
  events: { prefix: 'EventBridge', general: 'AmazonEventBridgeException', display: 'AmazonEventBridge' },
  states: { prefix: 'StepFunctions', general: 'AWSStepFunctionsException', display: 'AWSStepFunctions' },
};

export function serviceError(resource: Resource, error: AwsError): StatesError {
  const { prefix, general, display } = namesOf(resource);
  const name = isListed(resource, error.code) ? exceptionName(error.code) : general;
  const status = error.httpStatus ?? (isDenied(error.code) && resource.kind !== 'sdk' ? 403 : 400);
  const cause =
    resource.kind === 'sdk'
      ? `${error.message} (Service: ${prefix}, Status Code: ${status})`
      : `${error.message} (Service: ${display}; Status Code: ${status}; Error Code: ${error.code})`;
  return new StatesError(`${prefix}.${name}`, cause);
}

function namesOf(resource: Resource): { prefix: string; general: string; display: string } {
  if (resource.kind === 'sdk') {
    const { prefix } = sdkServiceOf(resource.service);
    return { prefix, general: `${prefix}Exception`, display: prefix };
  }
  const names = OPTIMIZED[resource.kind === 'function' ? 'lambda' : resource.resourceType];
  if (!names) throw new Error(`no error names for ${resource.kind}`);
  return names;
}

const isDenied = (code: string) => code === 'AccessDenied' || code === 'AccessDeniedException' || code === 'AuthorizationError';

/** ECS and Step Functions list AccessDeniedException among their API's exceptions; the others do not. */
const isListed = (resource: Resource, code: string) => !isDenied(code) || (resource.kind === 'sdk' && resource.service === 'ecs');

/** Exception classes always end in `Exception`: `NoSuchEntity` is reported as `NoSuchEntityException`, `InternalError` as `InternalException`. */
function exceptionName(code: string): string {
  const name = code.split('.').at(-1) ?? code;
  return name.endsWith('Exception') ? name : `${name.replace(/(Error|Fault)$/, '')}Exception`;
}
