// The third door, for simulations that count milliseconds: an SDK client calls the models without serializing, signing or
// parsing. What is answered, and every exception's class, is the same as over the wire; the SDK's retries do not take part.
import { AwsError, NotModelled } from '../kernel/errors.ts';
import type { Kernel } from '../kernel/kernel.ts';
import { uuid } from '../kernel/random.ts';
import type { Caller } from '../kernel/service.ts';
import { entryOfSigningName } from './catalog.ts';
import type { CatalogEntry } from './catalog.ts';
import { copyInput, copyOutput } from './copy.ts';
import { errorFacts } from './protocols.ts';
import { loadServiceSchema } from './service-schema.ts';
import type { OperationSchema, ServiceSchema } from './service-schema.ts';
import { requireMembers } from './values.ts';
import type { Wire } from './values.ts';

export interface DirectDoorOptions {
  kernel: Kernel;
  caller: Caller | (() => Caller);
}

/** The parts of an SDK client that the door reads and replaces. */
interface SdkClient {
  config: { defaultSigningName?: string };
  send: (command: SdkCommand) => Promise<object>;
}

interface SdkCommand {
  input: object;
  /** `[9, namespace, operation name, ...]` */
  schema: readonly unknown[];
}

type ExceptionClass = new (options: object) => Error;

/**
 * Makes every call of this client go straight to the models, as `caller`. Answers the same client.
 * Replaces `send` rather than adding a middleware: building the SDK's stack of middlewares takes longer than most calls.
 */
export function connectDirectly<Client extends object>(client: Client, { kernel, caller }: DirectDoorOptions): Client {
  const sdkClient = client as SdkClient;
  const entry = entryOfSigningName(sdkClient.config.defaultSigningName ?? '');
  if (!entry) throw new NotModelled(`the service ${sdkClient.config.defaultSigningName ?? 'of this client'}`);
  sdkClient.send = async ({ input, schema }) => {
    const service = await loadServiceSchema(entry);
    const operation = service.operations.get(String(schema[2]));
    if (!operation) throw new NotModelled(`${entry.title} ${String(schema[2])}`);
    const requestId = uuid(kernel.random);
    try {
      const output = await call(kernel, typeof caller === 'function' ? caller() : caller, entry, operation, input);
      return { ...output, $metadata: metadata(200, requestId) };
    } catch (error) {
      throw exceptionOf(service, asAwsError(kernel, error), requestId);
    }
  };
  return client;
}

async function call(kernel: Kernel, caller: Caller, entry: CatalogEntry, operation: OperationSchema, given: object): Promise<Wire> {
  const input = copyInput(operation.input, given, () => uuid(kernel.random));
  requireMembers(operation.input, input);
  return copyOutput(operation.output, await kernel.call(caller, entry.signingName, operation.name, input), operation.name);
}

const metadata = (httpStatusCode: number, requestId: string) => ({ httpStatusCode, requestId, attempts: 1, totalRetryDelay: 0 });

function asAwsError(kernel: Kernel, error: unknown): AwsError {
  if (error instanceof AwsError) return error;
  kernel.crash(error);
  return new AwsError('InternalFailure', `The local cloud failed: ${String(error)}`, { httpStatus: 500 });
}

/** The exception as the client's package declares it, or the service's general one under the error's name. */
function exceptionOf(service: ServiceSchema, error: AwsError, requestId: string): Error {
  const { module } = service;
  const { schema, code, queryCode, statusCode, fault } = errorFacts(service.entry.speaks, service, error);
  const facts = { message: error.message, $metadata: metadata(statusCode, requestId) };
  const declared = schema && (module[schema.name] as ExceptionClass | undefined);
  if (declared) {
    const members = schema.shape ? copyOutput(schema.shape, error.members, code) : {};
    return Object.assign(new declared({ ...facts, ...members }), members);
  }
  const general = Object.entries(module).find(([name]) => name.endsWith('ServiceException'))?.[1] as ExceptionClass;
  return new general({ ...facts, name: service.entry.speaks === 'query' ? queryCode : code, $fault: fault === 'Sender' ? 'client' : 'server' });
}
