// The third door, for simulations that count milliseconds: an SDK client calls the models without serializing, signing or
// parsing. What is answered, and every exception's class, is the same as over the wire; the SDK's retries do not take part.
import { AwsError, NotModelled } from '../kernel/errors.ts';
import type { Kernel } from '../kernel/kernel.ts';
import { uuid } from '../kernel/random.ts';
import type { Caller } from '../kernel/service.ts';
import { entryOfSigningName } from './catalog.ts';
import { copyInput, copyOutput, withTokens } from './copy.ts';
import { errorFacts } from './protocols.ts';
import { loadServiceSchema } from './service-schema.ts';
import type { ServiceSchema } from './service-schema.ts';
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
  const call = directCalls(kernel, sdkClient.config.defaultSigningName);
  sdkClient.send = ({ input, schema }) => call(typeof caller === 'function' ? caller() : caller, String(schema[2]), input);
  return client;
}

/** Answers as an SDK client does, or fails with its exceptions. */
export type DirectCall = (caller: Caller, operationName: string, input: object) => Promise<object>;

/**
 * Calls of one service without any client. `shareNothing` is for callers who make each input for its call alone and only read
 * the answer: neither is copied.
 */
export function directCalls(kernel: Kernel, signingName: string | undefined, { shareNothing = false } = {}): DirectCall {
  const entry = entryOfSigningName(signingName ?? '');
  if (!entry) throw new NotModelled(`the service ${signingName ?? 'of this client'}`);
  const newToken = () => uuid(kernel.random);
  let service: ServiceSchema | undefined;
  return async (caller, operationName, given) => {
    service ??= await loadServiceSchema(entry);
    const operation = service.operations.get(operationName);
    if (!operation) throw new NotModelled(`${entry.title} ${operationName}`);
    const requestId = uuid(kernel.random);
    try {
      const input = shareNothing ? withTokens(operation.input, { ...given }, newToken) : copyInput(operation.input, given, newToken);
      requireMembers(operation.input, input);
      const answer = await kernel.call(caller, entry.signingName, operation.name, input);
      const output = shareNothing ? { ...(answer as Wire | undefined) } : copyOutput(operation.output, answer, operation.name);
      output['$metadata'] = metadata(200, requestId);
      return output;
    } catch (error) {
      throw exceptionOf(service, asAwsError(kernel, error), requestId);
    }
  };
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
  return new (generalException(module))({ ...facts, name: service.entry.speaks === 'query' ? queryCode : code, $fault: fault === 'Sender' ? 'client' : 'server' });
}

const generalExceptions = new WeakMap<object, ExceptionClass>();

/** Looked for once per package: it exports hundreds of names. */
function generalException(module: ServiceSchema['module']): ExceptionClass {
  const known = generalExceptions.get(module);
  if (known) return known;
  const found = Object.entries(module).find(([name]) => name.endsWith('ServiceException'))?.[1] as ExceptionClass;
  generalExceptions.set(module, found);
  return found;
}
