// restJson (Lambda): the operation is in method and path, its input in path labels, query, headers and body.
// https://smithy.io/2.0/aws/protocols/aws-restjson1-protocol.html
import { readJson, readMembers, REST_JSON, writeJson } from './json-codec.ts';
import { readText } from './query-codec.ts';
import type { HttpBinding, OperationSchema, ServiceSchema } from './service-schema.ts';
import type { Member, Shape } from './shape.ts';
import { asBytes, below, isObject, plainBytes, scalarText, unknownMember, wrongType } from './values.ts';
import type { Wire } from './values.ts';

export interface RestRequest {
  method: string;
  path: string;
  query: URLSearchParams;
  headers: Readonly<Record<string, string>>;
  body: Uint8Array;
}

export interface RestMatch {
  operation: OperationSchema & { http: HttpBinding };
  labels: Record<string, string>;
}

export function matchRoute(service: ServiceSchema, request: RestRequest): RestMatch | undefined {
  for (const operation of service.routes) {
    const { http } = operation;
    if (http.method !== request.method) continue;
    if (!http.fixedQuery.every(([name, value]) => request.query.has(name) && (value === '' || request.query.get(name) === value))) continue;
    const match = http.path.exec(request.path);
    if (!match) continue;
    return { operation, labels: Object.fromEntries(http.labels.map((label, index) => [label, decodeURIComponent(match[index + 1] ?? '')])) };
  }
  return undefined;
}

const membersOf = (shape: Shape): readonly Member[] => (shape.kind === 'structure' ? shape.members : []);

export function readRest({ operation, labels }: RestMatch, request: RestRequest, path: string): Wire {
  const input: Wire = {};
  const inBody: Member[] = [];
  const queryNames = new Set(operation.http.fixedQuery.map(([name]) => name));
  let payload: Member | undefined;
  for (const member of membersOf(operation.input)) {
    const { traits, shape, name } = member;
    const place = below(path, name);
    if (traits.httpLabel) input[name] = readText(shape, labels[name] ?? '', place);
    else if (traits.httpQuery !== undefined) {
      queryNames.add(traits.httpQuery);
      const values = request.query.getAll(traits.httpQuery);
      if (values.length > 0) input[name] = shape.kind === 'list' ? values.map((value) => readText(shape.item.shape, value, place)) : readText(shape, values[0] ?? '', place);
    } else if (traits.httpHeader !== undefined) {
      const value = request.headers[traits.httpHeader.toLowerCase()];
      if (value !== undefined) input[name] = shape.kind === 'list' ? value.split(',').map((each) => readText(shape.item.shape, each.trim(), place)) : readText(shape, value, place);
    } else if (traits.httpPayload) payload = member;
    else inBody.push(member);
  }
  for (const name of request.query.keys()) if (!queryNames.has(name)) throw unknownMember(below(path, `?${name}`));
  if (request.body.length === 0) return input;
  if (payload) input[payload.name] = readPayload(payload.shape, request.body, below(path, payload.name));
  else {
    const body = parseJson(request.body, path);
    if (!isObject(body)) throw wrongType(path, 'a JSON object');
    Object.assign(input, readMembers(inBody, body, path, REST_JSON));
  }
  return input;
}

function readPayload(shape: Shape, body: Uint8Array, path: string): unknown {
  if (shape.kind === 'blob') return plainBytes(body);
  if (shape.kind === 'string') return Buffer.from(body).toString('utf8');
  return readJson(shape, parseJson(body, path), path, REST_JSON);
}

export function parseJson(body: Uint8Array, path: string): unknown {
  try {
    return JSON.parse(Buffer.from(body).toString('utf8'));
  } catch {
    throw wrongType(path, 'valid JSON');
  }
}

export function writeRest(operation: OperationSchema, output: Wire, path: string): { statusCode: number; headers: Record<string, string>; body: Uint8Array } {
  const headers: Record<string, string> = { 'content-type': 'application/json' };
  const json: Wire = {};
  let statusCode = operation.http?.successStatus ?? 200;
  let payload: Uint8Array | undefined;
  for (const { name, traits, shape } of membersOf(operation.output)) {
    const value = output[name];
    const place = below(path, name);
    if (value === null || value === undefined) continue;
    if (traits.httpResponseCode) statusCode = Number(value);
    else if (traits.httpHeader !== undefined) headers[traits.httpHeader.toLowerCase()] = scalarText(value, place);
    else if (traits.httpPayload) {
      payload = shape.kind === 'blob' || shape.kind === 'string' ? asBytes(value) : Buffer.from(JSON.stringify(writeJson(shape, value, place, REST_JSON)));
    } else json[traits.jsonName ?? name] = writeJson(shape, value, place, REST_JSON);
  }
  const body = payload ?? Buffer.from(statusCode === 204 ? '' : JSON.stringify(json));
  return { statusCode, headers, body };
}
