// The quick way from the production adapters to the models: calls skip the SDK's serializing, signing and parsing, and keep its
// retries, with the very strategy and classification that the client would use. Commands that carry middleware of their own
// (adapters/ecs/verbatim.ts works on bodies) take the whole way over the wire format.
//   What an SDK client is made of is made once per process and class, since making it takes longer than a hundred calls; what a
// client remembers from call to call (how many retries it has left) is every environment's own.
//   The slow way is the client itself, on the in-process door; a test holds the two to the same outcome.
import { DescribeServicesCommand, ECSClient } from '@aws-sdk/client-ecs';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { isServerError, isThrottlingError, isTransientError } from '@smithy/core/retry';
import type { AwsCredentialIdentity, RetryErrorType, RetryStrategyV2, SdkError } from '@smithy/types';
import type { AwsOptions } from '../../adapters/aws.ts';
import type { Kernel } from '../../local-cloud/kernel/kernel.ts';
import type { Caller } from '../../local-cloud/kernel/service.ts';
import { directCalls, type DirectCall, type InProcessRequestHandler } from '../../local-cloud/wire/index.ts';
import { marshalled, unmarshalled } from './quick-items.ts';

export type ClientClass<Client> = new (options: AwsOptions) => Client;

/** Who calls, and the wire for what cannot go without. */
export interface Line {
  kernel: Kernel;
  caller: Caller;
  credentials: AwsCredentialIdentity;
  wire: Pick<InProcessRequestHandler, 'handle'>;
}

interface SdkCommand {
  input: object;
  schema: readonly unknown[];
  middlewareStack: { identify(): string[] };
}

interface SdkClient {
  config: { retryStrategy: () => Promise<RetryStrategyV2>; defaultSigningName?: string };
  send(command: SdkCommand, options?: { line: Line; signingName?: string | undefined }): Promise<object>;
}

interface Model {
  client: SdkClient;
  strategy: RetryStrategyV2;
}

const models = new Map<string, Model>();

/**
 * What the SDK reads from the disk and the environment before its first call, and the strategies that new clients start with.
 * Virtual time does not wait for a disk.
 */
export async function warmUpClients(classes: readonly ClientClass<object>[]): Promise<void> {
  for (const Class of classes) {
    for (const maxAttempts of [1, 4]) {
      if (models.has(keyOf(Class, maxAttempts))) continue;
      const client = new Class({ region: 'eu-west-1', endpoint: 'http://aws.test', maxAttempts, credentials: PLACEHOLDER, signer: SIGNER, requestHandler: LINES } as AwsOptions) as SdkClient;
      if (client instanceof ECSClient) await client.send(new DescribeServicesCommand({ services: [] }), { line: DEAF } as object);
      models.set(keyOf(Class, maxAttempts), { client, strategy: await client.config.retryStrategy() });
    }
  }
}

const keyOf = (Class: ClientClass<object>, maxAttempts: number): string => `${Class.name} ${maxAttempts}`;

/** What the adapters have instead of a client of that class. */
export function quickClient<Client extends object>(Class: ClientClass<Client>, options: Pick<AwsOptions, 'maxAttempts'>, line: Line): Client {
  const { client, strategy } = modelOf(Class, options);
  const call = directCalls(line.kernel, client.config.defaultSigningName);
  const own = freshly(strategy);
  const quick: Pick<SdkClient, 'send'> = {
    send: (command) => (command.middlewareStack.identify().length > 0 ? client.send(command, { line, signingName: client.config.defaultSigningName }) : withRetries(own, call, line.caller, operationOf(command.schema), command.input)),
  };
  return quick as unknown as Client;
}

/** The document client marshals on top of the plain one. */
export function quickDocumentClient(Class: ClientClass<DynamoDBClient>, options: Pick<AwsOptions, 'maxAttempts'>, line: Line): DynamoDBDocumentClient {
  const { client, strategy } = modelOf(Class, options);
  const call = directCalls(line.kernel, client.config.defaultSigningName, { shareNothing: true });
  const own = freshly(strategy);
  const send = async ({ input, clientCommand }: { input: Record<string, unknown>; clientCommand: { schema: readonly unknown[] } }) =>
    unmarshalOutput((await withRetries(own, call, line.caller, operationOf(clientCommand.schema), marshalInput(input))) as Record<string, unknown>);
  return { send } as unknown as DynamoDBDocumentClient;
}

function modelOf(Class: ClientClass<object>, { maxAttempts }: Pick<AwsOptions, 'maxAttempts'>): Model {
  const model = models.get(keyOf(Class, maxAttempts));
  if (!model) throw new Error(`no ${Class.name} of ${maxAttempts} attempts was warmed up before the simulation began`);
  return model;
}

/** `[9, namespace, operation name, ...]` */
const operationOf = (schema: readonly unknown[]): string => String(schema[2]);

// ---- the wire, for commands that need it ------------------------------------------------------------------------------------------

const PLACEHOLDER = { accessKeyId: 'placeholder', secretAccessKey: 'placeholder' };

/** The line signs: nobody does the sums of a signature again in a simulation. */
const SIGNER = { sign: async <Request>(request: Request): Promise<Request> => request };

/** One client serves all environments: the line that a call belongs to comes with it, and signs it. */
const LINES = {
  handle: async (request: Parameters<InProcessRequestHandler['handle']>[0], { line, signingName = '' }: { line: Line; signingName?: string }) => {
    const { accessKeyId, sessionToken } = line.credentials;
    const authorization = `AWS4-HMAC-SHA256 Credential=${accessKeyId}/20260101/${line.kernel.region}/${signingName}/aws4_request, SignedHeaders=host, Signature=${UNSIGNED}`;
    return line.wire.handle({ ...request, headers: { ...request.headers, authorization, ...(sessionToken === undefined ? {} : { 'x-amz-security-token': sessionToken }) } });
  },
  destroy: () => undefined,
  updateHttpClientConfig: () => undefined,
  httpHandlerConfigs: () => ({}),
};

const UNSIGNED = '0'.repeat(64);

const DEAF = { kernel: { region: 'eu-west-1' }, credentials: PLACEHOLDER, wire: { handle: async () => ({ response: { statusCode: 200, headers: {}, body: Buffer.from('{}') } }) } };

// ---- retries ----------------------------------------------------------------------------------------------------------------------

/** As if nobody had used it yet: what a strategy counts is its own properties. */
const freshly = (strategy: RetryStrategyV2): RetryStrategyV2 => Object.assign(Object.create(Object.getPrototypeOf(strategy) as object) as RetryStrategyV2, strategy);

/** As the SDK's own retry middleware: @smithy/core, submodules/retry/middleware-retry. */
async function withRetries(strategy: RetryStrategyV2, call: DirectCall, caller: Caller, operation: string, input: object): Promise<object> {
  let token = await strategy.acquireInitialRetryToken('');
  for (;;) {
    try {
      const answer = await call(caller, operation, input);
      strategy.recordSuccess(token);
      return answer;
    } catch (error) {
      try {
        token = await strategy.refreshRetryTokenForRetry(token, { error: error as SdkError, errorType: errorTypeOf(error as SdkError) });
      } catch {
        throw error;
      }
    }
  }
}

function errorTypeOf(error: SdkError): RetryErrorType {
  if (isThrottlingError(error)) return 'THROTTLING';
  if (isTransientError(error)) return 'TRANSIENT';
  return isServerError(error) ? 'SERVER_ERROR' : 'CLIENT_ERROR';
}

// ---- items, as @aws-sdk/lib-dynamodb marshals them ---------------------------------------------------------------------------

const MARSHALLED = ['Key', 'Item', 'ExpressionAttributeValues', 'ExclusiveStartKey'];
const UNMARSHALLED = ['Item', 'Attributes', 'LastEvaluatedKey'];

function marshalInput(input: Record<string, unknown>): Record<string, unknown> {
  const ready: Record<string, unknown> = { ...input };
  for (const member of MARSHALLED) if (input[member] !== undefined) ready[member] = marshalled(input[member] as Record<string, unknown>);
  const items = input['TransactItems'] as Record<string, Record<string, unknown>>[] | undefined;
  if (items) ready['TransactItems'] = items.map((item) => Object.fromEntries(Object.entries(item).map(([kind, write]) => [kind, marshalInput(write)])));
  return ready;
}

function unmarshalOutput(output: Record<string, unknown>): Record<string, unknown> {
  for (const member of UNMARSHALLED) if (output[member] !== undefined) output[member] = unmarshalled(output[member] as Parameters<typeof unmarshalled>[0]);
  const items = output['Items'] as Parameters<typeof unmarshalled>[0][] | undefined;
  if (items) output['Items'] = items.map((item) => unmarshalled(item));
  return output;
}
