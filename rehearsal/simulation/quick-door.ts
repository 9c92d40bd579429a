// The quick way from the production adapters to the models: calls skip the SDK's serializing, signing and parsing, and keep its
// retries, with the very strategy and classification that the client would use. Commands that carry middleware of their own
// (adapters/ecs/verbatim.ts works on bodies) take the whole way over the wire format.
//   The slow way is the same client unpatched, on the in-process door; a test holds the two to the same outcome.
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import { isServerError, isThrottlingError, isTransientError } from '@smithy/core/retry';
import type { RetryErrorType, RetryStrategyV2, SdkError } from '@smithy/types';
import type { Kernel } from '../../local-cloud/kernel/kernel.ts';
import type { Caller } from '../../local-cloud/kernel/service.ts';
import { connectDirectly } from '../../local-cloud/wire/index.ts';

interface SdkCommand {
  input: object;
  schema?: readonly unknown[];
  middlewareStack: { identify(): string[] };
}

interface SdkClient {
  config: { retryStrategy: () => Promise<RetryStrategyV2>; defaultSigningName?: string };
  send: (this: void, command: SdkCommand) => Promise<object>;
}

/** Patches and answers the client. */
export function connectQuickly<Client extends object>(client: Client, kernel: Kernel, caller: Caller): Client {
  const sdkClient = client as unknown as SdkClient;
  const overTheWire = (client as { send: (command: SdkCommand) => Promise<object> }).send.bind(client);
  connectDirectly(client, { kernel, caller });
  const direct = sdkClient.send;
  sdkClient.send = (command) => (command.middlewareStack.identify().length > 0 ? overTheWire(command) : withRetries(sdkClient, () => direct(command)));
  return client;
}

/** The document client marshals on top of the plain one. */
export function connectDocumentClientQuickly(document: DynamoDBDocumentClient, kernel: Kernel, caller: Caller): void {
  const sdkClient = document as unknown as SdkClient;
  const plain = { config: sdkClient.config, send: sdkClient.send } satisfies SdkClient;
  connectDirectly(plain, { kernel, caller });
  sdkClient.send = async (command) => {
    const { clientCommand } = command as unknown as { clientCommand: { schema: readonly unknown[] } };
    const marshalled = { input: marshalInput(command.input as Record<string, unknown>), schema: clientCommand.schema } as unknown as SdkCommand;
    return unmarshalOutput((await withRetries(sdkClient, () => plain.send(marshalled))) as Record<string, unknown>);
  };
}

/** As the SDK's own retry middleware: @smithy/core, submodules/retry/middleware-retry. */
async function withRetries(client: SdkClient, attempt: () => Promise<object>): Promise<object> {
  const strategy = await client.config.retryStrategy();
  let token = await strategy.acquireInitialRetryToken('');
  for (;;) {
    try {
      const answer = await attempt();
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

const OPTIONS = { removeUndefinedValues: true };
const MARSHALLED = ['Key', 'Item', 'ExpressionAttributeValues', 'ExclusiveStartKey'];
const UNMARSHALLED = ['Item', 'Attributes', 'LastEvaluatedKey'];

function marshalInput(input: Record<string, unknown>): Record<string, unknown> {
  const marshalled: Record<string, unknown> = { ...input };
  for (const member of MARSHALLED) if (input[member] !== undefined) marshalled[member] = marshall(input[member] as Record<string, unknown>, OPTIONS);
  const items = input['TransactItems'] as Record<string, Record<string, unknown>>[] | undefined;
  if (items) marshalled['TransactItems'] = items.map((item) => Object.fromEntries(Object.entries(item).map(([kind, write]) => [kind, marshalInput(write)])));
  return marshalled;
}

function unmarshalOutput(output: Record<string, unknown>): Record<string, unknown> {
  const plain: Record<string, unknown> = { ...output };
  for (const member of UNMARSHALLED) if (output[member] !== undefined) plain[member] = unmarshall(output[member] as Parameters<typeof unmarshall>[0]);
  const items = output['Items'] as Parameters<typeof unmarshall>[0][] | undefined;
  if (items) plain['Items'] = items.map((item) => unmarshall(item));
  return plain;
}
