// AWS SDK integrations: any operation of any service. The SDK's own schemas say which names are members of structures
// (PascalCase in a definition, as the API spells them on the wire) and which are keys of maps (left alone).
import { NormalizedSchema } from '@smithy/core/schema';
import { NotModelled } from '../../kernel/errors.ts';
import { StatesError } from '../language/errors.ts';
import { isObject } from '../language/json.ts';
import type { Json } from '../language/json.ts';
import { fromApi, upperFirst } from './naming.ts';
import type { Resource } from './resource.ts';
import type { TaskCall } from './task-call.ts';

interface SdkService {
  /** In front of error names. */
  prefix: string;
  signingName: string;
  load(): Promise<Record<string, unknown>>;
}

const modules = <Module>(load: () => Promise<Module>) => async () => (await load()) as Record<string, unknown>;

/** By the service's name in resource ARNs, which is the SDK for Java's. */
const SERVICES: Record<string, SdkService> = {
  cloudformation: { prefix: 'CloudFormation', signingName: 'cloudformation', load: modules(() => import('@aws-sdk/client-cloudformation')) },
  cloudwatch: { prefix: 'CloudWatch', signingName: 'monitoring', load: modules(() => import('@aws-sdk/client-cloudwatch')) },
  cloudwatchlogs: { prefix: 'CloudWatchLogs', signingName: 'logs', load: modules(() => import('@aws-sdk/client-cloudwatch-logs')) },
  dynamodb: { prefix: 'DynamoDb', signingName: 'dynamodb', load: modules(() => import('@aws-sdk/client-dynamodb')) },
  ecr: { prefix: 'Ecr', signingName: 'ecr', load: modules(() => import('@aws-sdk/client-ecr')) },
  ecs: { prefix: 'Ecs', signingName: 'ecs', load: modules(() => import('@aws-sdk/client-ecs')) },
  elasticloadbalancingv2: { prefix: 'ElasticLoadBalancingV2', signingName: 'elasticloadbalancing', load: modules(() => import('@aws-sdk/client-elastic-load-balancing-v2')) },
  eventbridge: { prefix: 'EventBridge', signingName: 'events', load: modules(() => import('@aws-sdk/client-eventbridge')) },
  iam: { prefix: 'Iam', signingName: 'iam', load: modules(() => import('@aws-sdk/client-iam')) },
  kms: { prefix: 'Kms', signingName: 'kms', load: modules(() => import('@aws-sdk/client-kms')) },
  lambda: { prefix: 'Lambda', signingName: 'lambda', load: modules(() => import('@aws-sdk/client-lambda')) },
  secretsmanager: { prefix: 'SecretsManager', signingName: 'secretsmanager', load: modules(() => import('@aws-sdk/client-secrets-manager')) },
  sfn: { prefix: 'Sfn', signingName: 'states', load: modules(() => import('@aws-sdk/client-sfn')) },
  sns: { prefix: 'Sns', signingName: 'sns', load: modules(() => import('@aws-sdk/client-sns')) },
  sqs: { prefix: 'Sqs', signingName: 'sqs', load: modules(() => import('@aws-sdk/client-sqs')) },
  ssm: { prefix: 'Ssm', signingName: 'ssm', load: modules(() => import('@aws-sdk/client-ssm')) },
  sts: { prefix: 'Sts', signingName: 'sts', load: modules(() => import('@aws-sdk/client-sts')) },
};

/** Schemas by service, filled by `loadSdkService` before any execution can need them: loading is I/O, running is not. */
const loaded = new Map<string, Record<string, unknown>>();

export function sdkServiceOf(service: string): SdkService {
  const found = SERVICES[service];
  if (!found) throw new NotModelled(`the Step Functions SDK integration with ${service}`);
  return found;
}

export async function loadSdkService(service: string): Promise<void> {
  if (!loaded.has(service)) loaded.set(service, await sdkServiceOf(service).load());
}

/** Input and output schemas of an operation, or undefined when the (loaded) service has no such operation. */
export function operationSchemas(service: string, action: string): { input: NormalizedSchema; output: NormalizedSchema } | undefined {
  const operation = loaded.get(service)?.[`${upperFirst(action)}$`];
  if (!Array.isArray(operation) || operation[0] !== 9) return undefined;
  return { input: NormalizedSchema.of(resolve(operation[4])), output: NormalizedSchema.of(resolve(operation[5])) };
}

type SchemaLike = Parameters<typeof NormalizedSchema.of>[0];
const resolve = (schema: unknown): SchemaLike => (typeof schema === 'function' ? (schema as () => SchemaLike)() : (schema as SchemaLike));

export async function callSdk(task: TaskCall, resource: Extract<Resource, { kind: 'sdk' }>): Promise<Json> {
  const service = sdkServiceOf(resource.service);
  const schemas = operationSchemas(resource.service, resource.action);
  if (!schemas) throw new StatesError('States.Runtime', `The resource ${resource.resourceType}:${resource.action} is not known.`);
  const input = toApiMembers(schemas.input, task.argumentsValue, '') as object;
  const answer = await task.kernel.call(task.role, service.signingName, upperFirst(resource.action), input);
  return fromApiMembers(schemas.output, answer);
}

/** Renames members to the API's spelling and gives timestamps and blobs their types. An unknown member fails the task, as on AWS. */
function toApiMembers(schema: NormalizedSchema, value: Json, path: string): unknown {
  if (value === null) return undefined;
  if (schema.isStructSchema()) {
    if (!isObject(value)) throw badParameter(path, 'an object');
    const spelling = new Map([...schema.structIterator()].map(([name, member]) => [upperFirst(name), { name, member }]));
    return Object.fromEntries(
      Object.entries(value as Record<string, Json>).map(([key, inner]) => {
        const known = spelling.get(upperFirst(key));
        if (!known) throw new StatesError('States.Runtime', `The field "${key}" is not supported by Step Functions.`);
        return [known.name, toApiMembers(known.member, inner, `${path}/${key}`)];
      }),
    );
  }
  if (schema.isListSchema()) {
    if (!Array.isArray(value)) throw badParameter(path, 'an array');
    return value.map((item, index) => toApiMembers(schema.getValueSchema(), item, `${path}[${index}]`));
  }
  if (schema.isMapSchema()) {
    if (!isObject(value)) throw badParameter(path, 'an object');
    return Object.fromEntries(Object.entries(value as Record<string, Json>).map(([key, inner]) => [key, toApiMembers(schema.getValueSchema(), inner, `${path}/${key}`)]));
  }
  if (schema.isTimestampSchema()) return typeof value === 'string' ? new Date(value) : value;
  if (schema.isBlobSchema()) return new TextEncoder().encode(typeof value === 'string' ? value : JSON.stringify(value));
  return value;
}

const badParameter = (path: string, expected: string) =>
  new StatesError('States.Runtime', `The value of the field "${path}" must be ${expected}.`);

function fromApiMembers(schema: NormalizedSchema, value: unknown): Json {
  if (value === undefined || value === null) return null;
  if (schema.isStructSchema() && isObject(value)) {
    const members = new Map(schema.structIterator());
    return Object.fromEntries(
      Object.entries(value).flatMap(([key, inner]) => {
        const member = members.get(key);
        return inner === undefined || !member ? [] : [[upperFirst(key), fromApiMembers(member, inner)]];
      }),
    );
  }
  if (schema.isListSchema() && Array.isArray(value)) return value.map((item) => fromApiMembers(schema.getValueSchema(), item));
  if (schema.isMapSchema() && isObject(value)) {
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, fromApiMembers(schema.getValueSchema(), inner)]));
  }
  return fromApi(value);
}
