// Functions themselves: create, update, describe, list, delete, tag.
import type * as lambda from '@aws-sdk/client-lambda';
import { AwsError, NotModelled, refuseUnknown } from '../kernel/errors.ts';
import { uuid } from '../kernel/random.ts';
import type { Answer, Operation, Permission } from '../kernel/service.ts';
import type { Artefacts } from './code.ts';
import { resolveCode } from './code.ts';
import type { Destinations } from './destinations.ts';
import type { FunctionRecord } from './function-record.ts';
import { toConfiguration } from './function-record.ts';
import type { FunctionStore } from './function-store.ts';
import { conflict, invalidParameter, notFound } from './function-store.ts';
import { functionArnOf, parseFunctionName } from './names.ts';

export interface FunctionPorts {
  store: FunctionStore;
  artefacts: Artefacts | undefined;
  destinations: Destinations;
}

const CONFIGURATION = [
  'FunctionName', 'Role', 'Handler', 'Description', 'Timeout', 'MemorySize', 'VpcConfig', 'Environment', 'Runtime', 'DeadLetterConfig', 'KMSKeyArn', 'TracingConfig',
  'RevisionId', 'Layers', 'EphemeralStorage', 'SnapStart', 'LoggingConfig',
];

type Configuration = Omit<lambda.UpdateFunctionConfigurationCommandInput, 'FunctionName'>;

function refuseUnmodelled(operation: string, input: Configuration): void {
  if ((input.VpcConfig?.SubnetIds?.length ?? 0) > 0) throw new NotModelled(`${operation}: the field VpcConfig`);
  if ((input.Layers?.length ?? 0) > 0) throw new NotModelled(`${operation}: the field Layers`);
  if (input.SnapStart?.ApplyOn !== undefined && input.SnapStart.ApplyOn !== 'None') throw new NotModelled(`${operation}: the field SnapStart`);
  if (input.Runtime !== undefined && !input.Runtime.startsWith('nodejs')) throw new NotModelled(`the Lambda runtime ${input.Runtime}`);
}

const outOfRange = (value: unknown, member: string, constraint: string): AwsError =>
  new AwsError('ValidationException', `1 validation error detected: Value '${String(value)}' at '${member}' failed to satisfy constraint: ${constraint}`, { httpStatus: 400 });

function checkRanges(input: Configuration): void {
  if (input.Timeout !== undefined && (input.Timeout < 1 || input.Timeout > 900)) throw outOfRange(input.Timeout, 'timeout', 'Member must have value between 1 and 900');
  if (input.MemorySize !== undefined && (input.MemorySize < 128 || input.MemorySize > 10_240)) throw outOfRange(input.MemorySize, 'memorySize', 'Member must have value between 128 and 10240');
  for (const name of Object.keys(input.Environment?.Variables ?? {})) {
    if (RESERVED_VARIABLES.has(name)) {
      throw invalidParameter(`Lambda was unable to configure your environment variables because the environment variables you have provided contains reserved keys that are currently not supported for modification. Reserved keys used in this request: ${name}`);
    }
    if (!/^[A-Za-z]\w+$/.test(name)) throw outOfRange(name, 'environment.variables', 'Map keys must satisfy constraint: [Member must satisfy regular expression pattern: [a-zA-Z]([a-zA-Z0-9_])+]');
  }
}

/** https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime */
const RESERVED_VARIABLES = new Set([
  '_HANDLER', '_X_AMZN_TRACE_ID', 'AWS_DEFAULT_REGION', 'AWS_REGION', 'AWS_EXECUTION_ENV', 'AWS_LAMBDA_FUNCTION_NAME', 'AWS_LAMBDA_FUNCTION_MEMORY_SIZE', 'AWS_LAMBDA_FUNCTION_VERSION',
  'AWS_LAMBDA_INITIALIZATION_TYPE', 'AWS_LAMBDA_LOG_GROUP_NAME', 'AWS_LAMBDA_LOG_STREAM_NAME', 'AWS_ACCESS_KEY', 'AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN',
  'AWS_LAMBDA_RUNTIME_API', 'LAMBDA_TASK_ROOT', 'LAMBDA_RUNTIME_DIR',
]);

/** Writes what is given over the record; what is absent stays. */
function configure(record: FunctionRecord, input: Configuration, ports: FunctionPorts): void {
  checkRanges(input);
  if (input.Role !== undefined) checkRole(ports, input.Role);
  record.role = input.Role ?? record.role;
  record.handler = input.Handler ?? record.handler;
  record.runtime = input.Runtime ?? record.runtime;
  record.description = input.Description ?? record.description;
  record.timeoutSeconds = input.Timeout ?? record.timeoutSeconds;
  record.memoryMb = input.MemorySize ?? record.memoryMb;
  record.variables = input.Environment ? { ...input.Environment.Variables } : record.variables;
  if (input.KMSKeyArn !== undefined) record.kmsKeyArn = input.KMSKeyArn || undefined;
  record.tracing = input.TracingConfig?.Mode ?? record.tracing;
  record.ephemeralStorageMb = input.EphemeralStorage?.Size ?? record.ephemeralStorageMb;
  if (input.LoggingConfig) {
    const { LogFormat: format, ApplicationLogLevel: level, SystemLogLevel: systemLevel } = input.LoggingConfig;
    if ((format ?? record.logging.format) === 'Text' && (level ?? systemLevel)) throw invalidParameter('Log levels can only be set when LogFormat is JSON.');
    record.logging = {
      format: input.LoggingConfig.LogFormat ?? record.logging.format,
      group: input.LoggingConfig.LogGroup ?? record.logging.group,
      applicationLevel: input.LoggingConfig.ApplicationLogLevel ?? record.logging.applicationLevel,
      systemLevel: input.LoggingConfig.SystemLogLevel ?? record.logging.systemLevel,
    };
  }
  if (input.DeadLetterConfig) {
    const targetArn = input.DeadLetterConfig.TargetArn || undefined;
    if (targetArn) ports.destinations.check(record.role, targetArn, 'DLQ');
    record.deadLetterTargetArn = targetArn;
  }
}

function checkRole(ports: FunctionPorts, roleArn: string): void {
  try {
    ports.store.kernel.assumeRole(roleArn, 'lambda.amazonaws.com', 'check');
  } catch (error) {
    if (!(error instanceof AwsError)) throw error;
    throw invalidParameter('The role defined for the function cannot be assumed by Lambda.');
  }
}

const passRole = (roleArn: string | undefined): Permission[] =>
  roleArn === undefined ? [] : [{ action: 'iam:PassRole', resource: roleArn, context: { 'iam:PassedToService': 'lambda.amazonaws.com' } }];

const createFunction = (ports: FunctionPorts): Operation<lambda.CreateFunctionCommandInput, Answer<lambda.CreateFunctionCommandOutput>> => ({
  permissions: (input) => [
    ports.store.permission('CreateFunction', input.FunctionName),
    ...passRole(input.Role),
    ...(Object.keys(input.Tags ?? {}).length > 0 ? [ports.store.permission('TagResource', input.FunctionName)] : []),
  ],
  handle: (input) => {
    refuseUnknown('CreateFunction', input, [...CONFIGURATION, 'Code', 'Publish', 'PackageType', 'Tags', 'Architectures']);
    const { Code: location, Publish, PackageType, Tags, Architectures, FunctionName, ...configuration } = input;
    if (Publish) throw new NotModelled('CreateFunction: the field Publish');
    if (PackageType !== undefined && PackageType !== 'Zip') throw new NotModelled('Lambda functions from container images');
    refuseUnmodelled('CreateFunction', configuration);
    const { store } = ports;
    const { name } = parseFunctionName(FunctionName ?? '');
    if (!/^[A-Za-z0-9_-]{1,64}$/.test(name)) throw outOfRange(FunctionName, 'functionName', 'Member must satisfy regular expression pattern: [a-zA-Z0-9-_]{1,64}');
    if (store.functions.has(name)) throw conflict(`Function already exist: ${name}`);
    if (!input.Handler || !input.Runtime) throw invalidParameter('Runtime and Handler are mandatory parameters for functions created with deployment packages.');
    const record: FunctionRecord = {
      name,
      arn: functionArnOf(store.kernel, name),
      revision: 0,
      revisionId: uuid(store.kernel.random),
      lastModifiedMs: store.kernel.clock.nowMs(),
      code: resolveCode(location ?? {}, ports.artefacts),
      role: input.Role ?? '',
      runtime: input.Runtime,
      handler: input.Handler,
      description: '',
      timeoutSeconds: 3,
      memoryMb: 128,
      variables: {},
      kmsKeyArn: undefined,
      tracing: 'PassThrough',
      deadLetterTargetArn: undefined,
      architectures: Architectures ?? ['x86_64'],
      ephemeralStorageMb: 512,
      logging: { format: 'Text', group: `/aws/lambda/${name}`, applicationLevel: undefined, systemLevel: undefined },
      reservedConcurrency: undefined,
      tags: new Map(Object.entries(Tags ?? {})),
      policy: [],
      policyRevisionId: '',
      invokeConfig: undefined,
      url: undefined,
    };
    configure(record, configuration, ports);
    store.functions.set(name, record);
    return toConfiguration(record);
  },
});

const updateFunctionCode = (ports: FunctionPorts): Operation<lambda.UpdateFunctionCodeCommandInput, Answer<lambda.UpdateFunctionCodeCommandOutput>> => ({
  permissions: (input) => [ports.store.permission('UpdateFunctionCode', input.FunctionName)],
  handle: (input) => {
    refuseUnknown('UpdateFunctionCode', input, ['FunctionName', 'ZipFile', 'S3Bucket', 'S3Key', 'S3ObjectVersion', 'ImageUri', 'Architectures', 'Publish', 'DryRun', 'RevisionId']);
    if (input.Publish) throw new NotModelled('UpdateFunctionCode: the field Publish');
    const record = ports.store.get(input.FunctionName);
    checkRevision(record, input.RevisionId);
    const code = resolveCode(input, ports.artefacts);
    if (input.DryRun) return { ...toConfiguration(record), CodeSha256: code.sha256 };
    record.code = code;
    record.architectures = input.Architectures ?? record.architectures;
    ports.store.changed(record);
    return toConfiguration(record);
  },
});

const updateFunctionConfiguration = (ports: FunctionPorts): Operation<lambda.UpdateFunctionConfigurationCommandInput, Answer<lambda.UpdateFunctionConfigurationCommandOutput>> => ({
  permissions: (input) => [ports.store.permission('UpdateFunctionConfiguration', input.FunctionName), ...passRole(input.Role)],
  handle: (input) => {
    refuseUnknown('UpdateFunctionConfiguration', input, CONFIGURATION);
    refuseUnmodelled('UpdateFunctionConfiguration', input);
    const record = ports.store.get(input.FunctionName);
    checkRevision(record, input.RevisionId);
    configure(record, input, ports);
    ports.store.changed(record);
    return toConfiguration(record);
  },
});

function checkRevision(record: FunctionRecord, wanted: string | undefined): void {
  if (wanted === undefined || wanted === record.revisionId) return;
  throw new AwsError(
    'PreconditionFailedException',
    'The Revision Id provided does not match the latest Revision Id. Call the GetFunction/GetAlias API to retrieve the latest Revision Id',
    { httpStatus: 412, members: { Type: 'User' } },
  );
}

const getFunction = (ports: FunctionPorts): Operation<lambda.GetFunctionCommandInput, Answer<lambda.GetFunctionCommandOutput>> => ({
  permissions: (input) => [ports.store.permission('GetFunction', input.FunctionName)],
  handle: (input) => {
    const record = ports.store.get(input.FunctionName, input.Qualifier);
    return {
      Configuration: toConfiguration(record),
      Code: { RepositoryType: 'S3' },
      ...(record.tags.size > 0 ? { Tags: Object.fromEntries(record.tags) } : {}),
      ...(record.reservedConcurrency === undefined ? {} : { Concurrency: { ReservedConcurrentExecutions: record.reservedConcurrency } }),
    };
  },
});

const getFunctionConfiguration = (ports: FunctionPorts): Operation<lambda.GetFunctionConfigurationCommandInput, Answer<lambda.GetFunctionConfigurationCommandOutput>> => ({
  permissions: (input) => [ports.store.permission('GetFunctionConfiguration', input.FunctionName)],
  handle: (input) => toConfiguration(ports.store.get(input.FunctionName, input.Qualifier)),
});

const listFunctions = (ports: FunctionPorts): Operation<lambda.ListFunctionsCommandInput, Answer<lambda.ListFunctionsCommandOutput>> => ({
  permissions: () => [{ action: 'lambda:ListFunctions', resource: '*' }],
  handle: (input) => {
    refuseUnknown('ListFunctions', input, ['Marker', 'MaxItems']);
    const all = [...ports.store.functions.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
    const start = Number(input.Marker ?? 0);
    const end = start + Math.min(input.MaxItems ?? 50, 50);
    return { Functions: all.slice(start, end).map(toConfiguration), ...(end < all.length ? { NextMarker: String(end) } : {}) };
  },
});

const deleteFunction = (ports: FunctionPorts): Operation<lambda.DeleteFunctionCommandInput, object> => ({
  permissions: (input) => [ports.store.permission('DeleteFunction', input.FunctionName)],
  handle: (input) => {
    ports.store.remove(ports.store.get(input.FunctionName, input.Qualifier));
    return {};
  },
});

// ---- concurrency and tags -----------------------------------------------------------------------------------------------------

const putFunctionConcurrency = (ports: FunctionPorts): Operation<lambda.PutFunctionConcurrencyCommandInput, Answer<lambda.PutFunctionConcurrencyCommandOutput>> => ({
  permissions: (input) => [ports.store.permission('PutFunctionConcurrency', input.FunctionName)],
  handle: (input) => {
    const record = ports.store.get(input.FunctionName);
    const reserved = input.ReservedConcurrentExecutions ?? -1;
    if (reserved < 0) throw outOfRange(input.ReservedConcurrentExecutions, 'reservedConcurrentExecutions', 'Member must have value greater than or equal to 0');
    record.reservedConcurrency = reserved;
    return { ReservedConcurrentExecutions: reserved };
  },
});

const getFunctionConcurrency = (ports: FunctionPorts): Operation<lambda.GetFunctionConcurrencyCommandInput, Answer<lambda.GetFunctionConcurrencyCommandOutput>> => ({
  permissions: (input) => [ports.store.permission('GetFunctionConcurrency', input.FunctionName)],
  handle: (input) => {
    const { reservedConcurrency } = ports.store.get(input.FunctionName);
    return reservedConcurrency === undefined ? {} : { ReservedConcurrentExecutions: reservedConcurrency };
  },
});

const deleteFunctionConcurrency = (ports: FunctionPorts): Operation<lambda.DeleteFunctionConcurrencyCommandInput, object> => ({
  permissions: (input) => [ports.store.permission('DeleteFunctionConcurrency', input.FunctionName)],
  handle: (input) => {
    ports.store.get(input.FunctionName).reservedConcurrency = undefined;
    return {};
  },
});

/** Tags are only kept on functions here; Lambda also has them on event source mappings. */
function tagged(ports: FunctionPorts, resourceArn: string | undefined): FunctionRecord {
  if (!resourceArn?.includes(':function:')) throw notFound(`The resource ${resourceArn} does not exist.`);
  return ports.store.get(resourceArn);
}

const tagOperations = (ports: FunctionPorts): Record<string, Operation> => {
  const tagResource: Operation<lambda.TagResourceCommandInput, object> = {
    permissions: (input) => [{ action: 'lambda:TagResource', resource: input.Resource ?? '' }],
    handle: (input) => {
      const record = tagged(ports, input.Resource);
      for (const [key, value] of Object.entries(input.Tags ?? {})) record.tags.set(key, value);
      return {};
    },
  };
  const untagResource: Operation<lambda.UntagResourceCommandInput, object> = {
    permissions: (input) => [{ action: 'lambda:UntagResource', resource: input.Resource ?? '' }],
    handle: (input) => {
      const record = tagged(ports, input.Resource);
      for (const key of input.TagKeys ?? []) record.tags.delete(key);
      return {};
    },
  };
  const listTags: Operation<lambda.ListTagsCommandInput, Answer<lambda.ListTagsCommandOutput>> = {
    permissions: (input) => [{ action: 'lambda:ListTags', resource: input.Resource ?? '' }],
    handle: (input) => ({ Tags: Object.fromEntries(tagged(ports, input.Resource).tags) }),
  };
  return { TagResource: tagResource, UntagResource: untagResource, ListTags: listTags };
};

export const functionOperations = (ports: FunctionPorts): Record<string, Operation> => ({
  CreateFunction: createFunction(ports),
  UpdateFunctionCode: updateFunctionCode(ports),
  UpdateFunctionConfiguration: updateFunctionConfiguration(ports),
  GetFunction: getFunction(ports),
  GetFunctionConfiguration: getFunctionConfiguration(ports),
  ListFunctions: listFunctions(ports),
  DeleteFunction: deleteFunction(ports),
  PutFunctionConcurrency: putFunctionConcurrency(ports),
  GetFunctionConcurrency: getFunctionConcurrency(ports),
  DeleteFunctionConcurrency: deleteFunctionConcurrency(ports),
  ...tagOperations(ports),
});
