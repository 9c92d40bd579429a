// From an HTTP request to a call of a model and back: chooses service and protocol, asks who calls, decodes, calls, encodes.
// Both doors (sockets and in-process) share one dispatcher, so that both answer the same.
import { gunzipSync } from 'node:zlib';
import { AwsError, NotModelled } from '../kernel/errors.ts';
import type { FunctionUrls } from '../kernel/ports.ts';
import type { Caller } from '../kernel/service.ts';
import type { CatalogEntry } from './catalog.ts';
import { entryOfSigningName, entryOfTarget, entryOfVersion } from './catalog.ts';
import { jsonResponse } from './http.ts';
import type { Dispatch, WireRequest, WireResponse } from './http.ts';
import { readCall, writeError, writeOutput } from './protocols.ts';
import type { Protocol } from './protocols.ts';
import type { Routes } from './routes.ts';
import { loadServiceSchema } from './service-schema.ts';
import type { ServiceSchema } from './service-schema.ts';
import { requireMembers } from './values.ts';
import type { Wire } from './values.ts';

export interface Backend {
  /** Who signed the request; throws an `AwsError` when nobody this cloud knows did. */
  authenticate(request: WireRequest): Caller;
  call(caller: Caller, signingName: string, operation: string, input: object, requestId: string): Promise<unknown>;
  newRequestId(): string;
  functionUrls: FunctionUrls;
  routes: Routes;
  /** A call or a field that no model has: counted by the cloud. */
  notModelled(error: NotModelled): void;
  /** A fault of the cloud itself. */
  crash(error: unknown): void;
}

export const createDispatcher =
  (backend: Backend): Dispatch =>
  async (request) => {
    const functionUrl = /^\/lambda-url\/([^/]+)(\/.*)?$/.exec(request.path);
    if (functionUrl) return invokeFunctionUrl(backend, functionUrl[1] ?? '', functionUrl[2] ?? '/', request);
    const route = backend.routes.find(request);
    if (route) return route.then(undefined, (error: unknown) => routeFailure(backend, error));
    return callService(backend, request);
  };

async function callService(backend: Backend, request: WireRequest): Promise<WireResponse> {
  const requestId = backend.newRequestId();
  const { entry, protocol, body } = address(request);
  let service: ServiceSchema | undefined;
  let response: WireResponse;
  try {
    if (!entry || !protocol) throw unknownAddress(request);
    service = await loadServiceSchema(entry);
    const caller = backend.authenticate(request);
    const call = readCall(protocol, service, { ...request, query: new URLSearchParams(request.query), body: body() });
    if (!call) throw unknownOperation(entry, protocol, request);
    requireMembers(call.operation.input, call.input);
    const output = (await backend.call(caller, entry.signingName, call.operation.name, call.input, requestId)) ?? {};
    response = writeOutput(protocol, service, call.operation, output as Wire, requestId);
  } catch (error) {
    if (error instanceof NotModelled) backend.notModelled(error);
    response = writeError(protocol ?? { kind: 'json', operationName: '', contentType: 'application/json' }, service, asAwsError(backend, error), requestId);
  }
  response.headers['x-amzn-requestid'] = requestId;
  return response;
}

function asAwsError(backend: Backend, error: unknown): AwsError {
  if (error instanceof AwsError) return error;
  backend.crash(error);
  return new AwsError('InternalFailure', `The local cloud failed: ${error instanceof Error ? error.message : String(error)}`, { httpStatus: 500 });
}

interface Address {
  entry: CatalogEntry | undefined;
  protocol: Protocol | undefined;
  /** The body as the codec reads it: decompressed. */
  body: () => Uint8Array;
}

/** Reads only headers and, for the query protocol, the form: which service, which protocol, which operation. */
function address(request: WireRequest): Address {
  const { headers } = request;
  const body = () => (headers['content-encoding'] === 'gzip' ? gunzipSync(request.body) : request.body);
  const signed = entryOfSigningName(signingScope(headers)?.signingName ?? '');
  const contentType = headers['content-type'] ?? '';

  const target = headers['x-amz-target'];
  if (target !== undefined) {
    const dot = target.lastIndexOf('.');
    return { entry: entryOfTarget(target.slice(0, dot)), protocol: { kind: 'json', operationName: target.slice(dot + 1), contentType }, body };
  }
  const cborPath = /^\/service\/([^/]+)\/operation\/([^/]+)$/.exec(request.path);
  if (headers['smithy-protocol'] === 'rpc-v2-cbor' && cborPath) {
    return { entry: entryOfTarget(cborPath[1] ?? '') ?? signed, protocol: { kind: 'cbor', operationName: cborPath[2] ?? '' }, body };
  }
  if (contentType.startsWith('application/x-www-form-urlencoded')) {
    const form = new URLSearchParams(Buffer.from(body()).toString('utf8'));
    return { entry: signed ?? entryOfVersion(form.get('Version') ?? ''), protocol: { kind: 'query', operationName: form.get('Action') ?? '', form }, body };
  }
  return { entry: signed, protocol: { kind: 'rest' }, body };
}

/** Region and service that a SigV4 signature is for. */
export function signingScope(headers: Readonly<Record<string, string>>): { region: string; signingName: string } | undefined {
  const scope = /Credential=[^,]*\/\d{8}\/([^/]+)\/([^/]+)\/aws4_request/.exec(headers['authorization'] ?? '');
  return scope ? { region: scope[1] ?? '', signingName: scope[2] ?? '' } : undefined;
}

function unknownAddress(request: WireRequest): AwsError {
  const named = request.headers['x-amz-target'] ?? signingScope(request.headers)?.signingName;
  if (named !== undefined) return new NotModelled(`the service behind ${named}`);
  return new AwsError('MissingAuthenticationTokenException', `${request.method} ${request.path} names no AWS service: the request is not signed.`, { httpStatus: 403 });
}

function unknownOperation(entry: CatalogEntry, protocol: Protocol, request: WireRequest): AwsError {
  const asked = protocol.kind === 'rest' ? `${request.method} ${request.path}` : protocol.operationName;
  return new AwsError('UnknownOperationException', `${entry.title} has no operation ${asked}.`, { httpStatus: protocol.kind === 'query' ? 400 : 404 });
}

async function invokeFunctionUrl(backend: Backend, urlId: string, path: string, request: WireRequest): Promise<WireResponse> {
  const { method, query, headers, body, sourceIp } = request;
  try {
    return await backend.functionUrls.invokeUrl(urlId, { method, path, query, headers: { ...headers }, body, sourceIp }, callerOf(backend, request));
  } catch (error) {
    if (error instanceof NotModelled) backend.notModelled(error);
    const refused = asAwsError(backend, error);
    return jsonResponse(refused.httpStatus ?? (refused.code === 'AccessDeniedException' ? 403 : 400), { Message: refused.message });
  }
}

/** Function URLs may be open to everybody, so a signature that does not hold is an anonymous request, not yet an error. */
function callerOf(backend: Backend, request: WireRequest): Caller | undefined {
  if (!signingScope(request.headers)) return undefined;
  try {
    return backend.authenticate(request);
  } catch (error) {
    if (error instanceof AwsError) return undefined;
    throw error;
  }
}

function routeFailure(backend: Backend, error: unknown): WireResponse {
  const refused = asAwsError(backend, error);
  return jsonResponse(refused.httpStatus ?? 400, { code: refused.code, message: refused.message });
}
