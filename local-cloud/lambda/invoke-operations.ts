// Invoke, and the configuration of asynchronous invocations.
import type * as lambda from '@aws-sdk/client-lambda';
import { AwsError, refuseUnknown } from '../kernel/errors.ts';
import type { Answer, Operation } from '../kernel/service.ts';
import type { AsyncQueue } from './async-queue.ts';
import type { Destinations } from './destinations.ts';
import type { AsyncConfig, FunctionRecord } from './function-record.ts';
import type { FunctionStore } from './function-store.ts';
import { invalidParameter, notFound } from './function-store.ts';
import type { Invoker } from './invoker.ts';

export interface InvokePorts {
  store: FunctionStore;
  invoker: Invoker;
  queue: AsyncQueue;
  destinations: Destinations;
}

const SYNC_LIMIT_BYTES = 6_291_456;
const ASYNC_LIMIT_BYTES = 1_048_576;

/** The payload as JSON text. Callers inside the cloud may hand over text where the wire hands over bytes. */
function payloadOf(payload: Uint8Array | string | undefined, limitBytes: number): string {
  const text = payload === undefined ? '' : typeof payload === 'string' ? payload : Buffer.from(payload).toString('utf8');
  if (Buffer.byteLength(text) > limitBytes) {
    throw new AwsError('RequestTooLargeException', `Request must be smaller than ${limitBytes} bytes for the InvokeFunction operation`, { httpStatus: 413, members: { Type: 'User' } });
  }
  if (text === '') return '{}';
  try {
    JSON.parse(text);
  } catch (error) {
    throw new AwsError('InvalidRequestContentException', `Could not parse request body into json: ${(error as Error).message}`, { httpStatus: 400, members: { Type: 'User' } });
  }
  return text;
}

const invoke = (ports: InvokePorts): Operation<lambda.InvokeCommandInput, Answer<lambda.InvokeCommandOutput>> => ({
  permissions: (input) => [ports.store.permission('InvokeFunction', input.FunctionName)],
  handle: async (input, context) => {
    refuseUnknown('Invoke', input, ['FunctionName', 'InvocationType', 'LogType', 'ClientContext', 'Payload', 'Qualifier']);
    const record = ports.store.get(input.FunctionName, input.Qualifier);
    const type = input.InvocationType ?? 'RequestResponse';
    const payload = payloadOf(input.Payload as Uint8Array | string | undefined, type === 'Event' ? ASYNC_LIMIT_BYTES : SYNC_LIMIT_BYTES);
    const invocation = { requestId: context.requestId, payload, ...(input.ClientContext ? { clientContext: input.ClientContext } : {}) };
    switch (type) {
      case 'DryRun':
        return { StatusCode: 204 };
      case 'Event':
        ports.invoker.refuseWhenDead(record);
        ports.queue.accept(record, invocation);
        return { StatusCode: 202 };
      case 'RequestResponse': {
        const result = await ports.invoker.invoke(record, invocation);
        return {
          StatusCode: 200,
          ExecutedVersion: '$LATEST',
          Payload: Buffer.from(result.payload) as unknown as lambda.InvokeCommandOutput['Payload'],
          ...(result.functionError ? { FunctionError: result.functionError } : {}),
          ...(input.LogType === 'Tail' ? { LogResult: result.logTail() } : {}),
        };
      }
      default:
        throw invalidParameter(`Unknown invocation type ${String(type)}`);
    }
  },
});

// ---- asynchronous configuration -------------------------------------------------------------------------------------------------

type ConfigInput = lambda.PutFunctionEventInvokeConfigCommandInput;

function checked(input: ConfigInput, record: FunctionRecord, ports: InvokePorts, before: AsyncConfig | undefined): AsyncConfig {
  const { MaximumRetryAttempts: retries, MaximumEventAgeInSeconds: ageSeconds, DestinationConfig: destinations } = input;
  if (retries !== undefined && (retries < 0 || retries > 2)) throw invalidParameter('MaximumRetryAttempts must be between 0 and 2.');
  if (ageSeconds !== undefined && (ageSeconds < 60 || ageSeconds > 21_600)) throw invalidParameter('MaximumEventAgeInSeconds must be between 60 and 21600.');
  const onFailureArn = destinations ? destinations.OnFailure?.Destination : before?.onFailureArn;
  const onSuccessArn = destinations ? destinations.OnSuccess?.Destination : before?.onSuccessArn;
  for (const arn of [onFailureArn, onSuccessArn]) if (arn) ports.destinations.check(record.role, arn, 'destination');
  return {
    maximumRetryAttempts: retries ?? before?.maximumRetryAttempts,
    maximumEventAgeSeconds: ageSeconds ?? before?.maximumEventAgeSeconds,
    onFailureArn,
    onSuccessArn,
    lastModifiedMs: ports.store.kernel.clock.nowMs(),
  };
}

function toApi(record: FunctionRecord, config: AsyncConfig): lambda.FunctionEventInvokeConfig {
  return {
    LastModified: new Date(config.lastModifiedMs),
    FunctionArn: `${record.arn}:$LATEST`,
    ...(config.maximumRetryAttempts === undefined ? {} : { MaximumRetryAttempts: config.maximumRetryAttempts }),
    ...(config.maximumEventAgeSeconds === undefined ? {} : { MaximumEventAgeInSeconds: config.maximumEventAgeSeconds }),
    DestinationConfig: {
      OnSuccess: config.onSuccessArn ? { Destination: config.onSuccessArn } : {},
      OnFailure: config.onFailureArn ? { Destination: config.onFailureArn } : {},
    },
  };
}

const CONFIG_MEMBERS = ['FunctionName', 'Qualifier', 'MaximumRetryAttempts', 'MaximumEventAgeInSeconds', 'DestinationConfig'];

const writeConfig = (ports: InvokePorts, operation: 'PutFunctionEventInvokeConfig' | 'UpdateFunctionEventInvokeConfig'): Operation<ConfigInput, lambda.FunctionEventInvokeConfig> => ({
  permissions: (input) => [ports.store.permission(operation, input.FunctionName)],
  handle: (input) => {
    refuseUnknown(operation, input, CONFIG_MEMBERS);
    const record = ports.store.get(input.FunctionName, input.Qualifier);
    const config = checked(input, record, ports, operation === 'UpdateFunctionEventInvokeConfig' ? record.invokeConfig : undefined);
    record.invokeConfig = config;
    return toApi(record, config);
  },
});

function configOf(record: FunctionRecord): AsyncConfig {
  if (!record.invokeConfig) throw notFound(`The function ${record.arn}:$LATEST doesn't have an EventInvokeConfig`);
  return record.invokeConfig;
}

const getConfig = (ports: InvokePorts): Operation<lambda.GetFunctionEventInvokeConfigCommandInput, lambda.FunctionEventInvokeConfig> => ({
  permissions: (input) => [ports.store.permission('GetFunctionEventInvokeConfig', input.FunctionName)],
  handle: (input) => {
    const record = ports.store.get(input.FunctionName, input.Qualifier);
    return toApi(record, configOf(record));
  },
});

const deleteConfig = (ports: InvokePorts): Operation<lambda.DeleteFunctionEventInvokeConfigCommandInput, object> => ({
  permissions: (input) => [ports.store.permission('DeleteFunctionEventInvokeConfig', input.FunctionName)],
  handle: (input) => {
    const record = ports.store.get(input.FunctionName, input.Qualifier);
    configOf(record);
    record.invokeConfig = undefined;
    return {};
  },
});

export const invokeOperations = (ports: InvokePorts): Record<string, Operation> => ({
  Invoke: invoke(ports),
  PutFunctionEventInvokeConfig: writeConfig(ports, 'PutFunctionEventInvokeConfig'),
  UpdateFunctionEventInvokeConfig: writeConfig(ports, 'UpdateFunctionEventInvokeConfig'),
  GetFunctionEventInvokeConfig: getConfig(ports),
  DeleteFunctionEventInvokeConfig: deleteConfig(ports),
});
