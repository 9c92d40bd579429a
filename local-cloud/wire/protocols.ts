// The four ways a call is put into HTTP. Each protocol finds the operation, reads its input, and writes output and errors.
import type { AwsError } from '../kernel/errors.ts';
import { parseCbor, printCbor, readCbor, writeCbor } from './cbor-codec.ts';
import type { WireResponse } from './http.ts';
import { readJson, writeJson } from './json-codec.ts';
import { escapeXml, formTree, readForm, writeXml } from './query-codec.ts';
import { matchRoute, parseJson, readRest, writeRest } from './rest-codec.ts';
import type { RestRequest } from './rest-codec.ts';
import type { ExceptionSchema, OperationSchema, ServiceSchema } from './service-schema.ts';
import type { Shape } from './shape.ts';
import type { Wire } from './values.ts';

export type Protocol =
  | { kind: 'json'; operationName: string; contentType: string }
  | { kind: 'cbor'; operationName: string }
  | { kind: 'query'; operationName: string; form: URLSearchParams }
  | { kind: 'rest' };

export interface DecodedCall {
  operation: OperationSchema;
  input: Wire;
}

/** The operation and input of a request; undefined when the service has no such operation. */
export function readCall(protocol: Protocol, service: ServiceSchema, request: RestRequest): DecodedCall | undefined {
  if (protocol.kind === 'rest') {
    const match = matchRoute(service, request);
    return match && { operation: match.operation, input: readRest(match, request, `${match.operation.name}:`) };
  }
  const operation = service.operations.get(protocol.operationName);
  if (!operation) return undefined;
  const path = `${operation.name}:`;
  return { operation, input: (readBody(protocol, operation.input, request.body, path) ?? {}) as Wire };
}

function readBody(protocol: Exclude<Protocol, { kind: 'rest' }>, shape: Shape, body: Uint8Array, path: string): unknown {
  switch (protocol.kind) {
    case 'json':
      return readJson(shape, body.length === 0 ? {} : parseJson(body, path), path);
    case 'cbor':
      return body.length === 0 ? {} : readCbor(shape, parseCbor(body), path);
    case 'query':
      return readForm(shape, formTree(protocol.form), path);
  }
}

const CBOR_HEADERS = { 'smithy-protocol': 'rpc-v2-cbor', 'content-type': 'application/cbor' };

export function writeOutput(protocol: Protocol, service: ServiceSchema, operation: OperationSchema, output: Wire, requestId: string): WireResponse {
  const path = `the answer of ${operation.name}:`;
  switch (protocol.kind) {
    case 'json': {
      const body = Buffer.from(JSON.stringify(writeJson(operation.output, output, path) ?? {}));
      return { statusCode: 200, headers: { 'content-type': protocol.contentType }, body };
    }
    case 'cbor':
      return { statusCode: 200, headers: { ...CBOR_HEADERS }, body: printCbor(writeCbor(operation.output, output, path) ?? {}) };
    case 'query': {
      const result = operation.output.kind === 'structure' ? writeXml(operation.output, output, `${operation.name}Result`, path) : '';
      const metadata = `<ResponseMetadata><RequestId>${requestId}</RequestId></ResponseMetadata>`;
      const xml = `<${operation.name}Response xmlns="${service.entry.xmlNamespace}">${result}${metadata}</${operation.name}Response>`;
      return { statusCode: 200, headers: { 'content-type': 'text/xml' }, body: Buffer.from(xml) };
    }
    case 'rest':
      return writeRest(operation, output, path);
  }
}

/** How an error is called and answered in one protocol. */
export interface ErrorFacts {
  schema: ExceptionSchema | undefined;
  code: string;
  /** The code on the wire of the query protocol. */
  queryCode: string;
  statusCode: number;
  fault: 'Sender' | 'Receiver';
}

/** `service` is undefined when a request did not even name one. */
export function errorFacts(kind: Protocol['kind'], service: ServiceSchema | undefined, error: AwsError): ErrorFacts {
  const schema = service?.exceptions.get(error.code) ?? exceptionByQueryCode(service, error.code);
  const code = schema?.name ?? error.code;
  const schemaStatus = kind === 'query' ? schema?.queryStatus : schema?.httpStatus;
  const statusCode = error.httpStatus ?? schemaStatus ?? defaultStatus(kind, code);
  const queryCode = schema?.queryCode ?? (kind === 'query' ? commonQueryCode(service, code) : code);
  return { schema, code, queryCode, statusCode, fault: statusCode >= 500 ? 'Receiver' : 'Sender' };
}

export function writeError(protocol: Protocol, service: ServiceSchema | undefined, error: AwsError, requestId: string): WireResponse {
  const { schema, code, queryCode, statusCode, fault } = errorFacts(protocol.kind, service, error);
  const queryHeader: Record<string, string> = schema && queryCode !== code ? { 'x-amzn-query-error': `${queryCode};${fault}` } : {};
  switch (protocol.kind) {
    case 'query': {
      const detail = `<Error><Type>${fault}</Type><Code>${escapeXml(queryCode)}</Code><Message>${escapeXml(error.message)}</Message></Error>`;
      const xml = `<ErrorResponse xmlns="${service?.entry.xmlNamespace ?? ''}">${detail}<RequestId>${requestId}</RequestId></ErrorResponse>`;
      return { statusCode, headers: { 'content-type': 'text/xml' }, body: Buffer.from(xml) };
    }
    case 'cbor': {
      const members = schema?.shape ? (writeCbor(schema.shape, error.members, 'the error:') as Wire) : {};
      return { statusCode, headers: { ...CBOR_HEADERS, ...queryHeader }, body: printCbor({ ...members, __type: code, message: error.message }) };
    }
    case 'json':
    case 'rest': {
      const members = schema?.shape ? (writeJson(schema.shape, error.members, 'the error:') as Wire) : {};
      const contentType = protocol.kind === 'json' ? protocol.contentType : 'application/json';
      const body = Buffer.from(JSON.stringify({ ...members, __type: code, message: error.message, Message: error.message }));
      return { statusCode, headers: { 'content-type': contentType, 'x-amzn-errortype': code, ...queryHeader }, body };
    }
  }
}

/** Models may use either name of an exception whose query code differs (`ResourceNotFound` / `ResourceNotFoundException`). */
const exceptionByQueryCode = (service: ServiceSchema | undefined, code: string): ExceptionSchema | undefined =>
  service && [...service.exceptions.values()].find((each) => each.queryCode === code);

const FORBIDDEN = new Set(['AccessDenied', 'AccessDeniedException', 'UnrecognizedClientException', 'InvalidSignatureException', 'ExpiredTokenException', 'MissingAuthenticationTokenException']);

/** JSON services answer a missing permission with 400, query and REST services with 403. */
const defaultStatus = (kind: Protocol['kind'], code: string): number => (FORBIDDEN.has(code) && (kind === 'query' || kind === 'rest') ? 403 : 400);

/** The common errors have other names in the query protocol. */
const QUERY_NAMES: Record<string, string> = {
  AccessDeniedException: 'AccessDenied',
  UnrecognizedClientException: 'InvalidClientTokenId',
  InvalidSignatureException: 'SignatureDoesNotMatch',
  ExpiredTokenException: 'ExpiredToken',
  MissingAuthenticationTokenException: 'MissingAuthenticationToken',
  UnknownOperationException: 'InvalidAction',
  ValidationException: 'ValidationError',
};

function commonQueryCode(service: ServiceSchema | undefined, code: string): string {
  if (code === 'AccessDeniedException' && service?.entry.signingName === 'sns') return 'AuthorizationError';
  return QUERY_NAMES[code] ?? code;
}
