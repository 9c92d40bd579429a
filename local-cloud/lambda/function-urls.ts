// Function URLs: their configuration, and what happens to an HTTP request that arrives at one (payload format 2.0).
import type * as lambda from '@aws-sdk/client-lambda';
import { AwsError, NotModelled, refuseUnknown } from '../kernel/errors.ts';
import type { Kernel } from '../kernel/kernel.ts';
import type { FunctionUrlRequest, FunctionUrlResponse } from '../kernel/ports.ts';
import { hexId, uuid } from '../kernel/random.ts';
import type { Answer, Caller, Operation, PolicyStatement } from '../kernel/service.ts';
import type { FunctionRecord, FunctionUrl } from './function-record.ts';
import { iso } from './function-record.ts';
import type { FunctionStore } from './function-store.ts';
import { conflict, notFound } from './function-store.ts';
import type { Invoker } from './invoker.ts';

export interface UrlPorts {
  store: FunctionStore;
  invoker: Invoker;
  /** Where a URL id is reachable on this cloud. */
  urlOf(urlId: string): string;
}

// ---- configuration --------------------------------------------------------------------------------------------------------------

const MEMBERS = ['FunctionName', 'Qualifier', 'AuthType', 'Cors', 'InvokeMode'];

function urlOf(record: FunctionRecord): FunctionUrl {
  if (!record.url) throw notFound('The resource you requested does not exist.');
  return record.url;
}

const toApi = (record: FunctionRecord, url: FunctionUrl, ports: UrlPorts) => ({
  FunctionUrl: ports.urlOf(url.id),
  FunctionArn: record.arn,
  AuthType: url.authType,
  ...(url.cors ? { Cors: url.cors } : {}),
  CreationTime: iso(url.createdAtMs),
  LastModifiedTime: iso(url.modifiedAtMs),
  InvokeMode: 'BUFFERED' as const,
});

export function urlOperations(ports: UrlPorts): Record<string, Operation> {
  const { store } = ports;
  const create: Operation<lambda.CreateFunctionUrlConfigCommandInput, Answer<lambda.CreateFunctionUrlConfigCommandOutput>> = {
    permissions: (input) => [store.permission('CreateFunctionUrlConfig', input.FunctionName, { 'lambda:FunctionUrlAuthType': input.AuthType ?? '' })],
    handle: (input) => {
      refuseUnknown('CreateFunctionUrlConfig', input, MEMBERS);
      if (input.InvokeMode === 'RESPONSE_STREAM') throw new NotModelled('function URLs with InvokeMode RESPONSE_STREAM');
      const record = store.get(input.FunctionName, input.Qualifier);
      if (record.url) throw conflict(`Failed to create function url config for [functionArn = ${record.arn}]. Error message:  FunctionUrlConfig exists for this Lambda function`);
      const id = hexId(store.kernel.random, 32);
      const nowMs = store.kernel.clock.nowMs();
      record.url = { id, authType: input.AuthType === 'NONE' ? 'NONE' : 'AWS_IAM', cors: input.Cors, createdAtMs: nowMs, modifiedAtMs: nowMs };
      return toApi(record, record.url, ports);
    },
  };
  const update: Operation<lambda.UpdateFunctionUrlConfigCommandInput, Answer<lambda.UpdateFunctionUrlConfigCommandOutput>> = {
    permissions: (input) => [store.permission('UpdateFunctionUrlConfig', input.FunctionName, input.AuthType ? { 'lambda:FunctionUrlAuthType': input.AuthType } : undefined)],
    handle: (input) => {
      refuseUnknown('UpdateFunctionUrlConfig', input, MEMBERS);
      if (input.InvokeMode === 'RESPONSE_STREAM') throw new NotModelled('function URLs with InvokeMode RESPONSE_STREAM');
      const record = store.get(input.FunctionName, input.Qualifier);
      const url = urlOf(record);
      if (input.AuthType) url.authType = input.AuthType;
      if (input.Cors) url.cors = input.Cors;
      url.modifiedAtMs = store.kernel.clock.nowMs();
      return toApi(record, url, ports);
    },
  };
  const get: Operation<lambda.GetFunctionUrlConfigCommandInput, Answer<lambda.GetFunctionUrlConfigCommandOutput>> = {
    permissions: (input) => [store.permission('GetFunctionUrlConfig', input.FunctionName)],
    handle: (input) => {
      const record = store.get(input.FunctionName, input.Qualifier);
      return toApi(record, urlOf(record), ports);
    },
  };
  const list: Operation<lambda.ListFunctionUrlConfigsCommandInput, Answer<lambda.ListFunctionUrlConfigsCommandOutput>> = {
    permissions: (input) => [store.permission('ListFunctionUrlConfigs', input.FunctionName)],
    handle: (input) => {
      const record = store.get(input.FunctionName);
      return { FunctionUrlConfigs: record.url ? [toApi(record, record.url, ports)] : [] };
    },
  };
  const remove: Operation<lambda.DeleteFunctionUrlConfigCommandInput, object> = {
    permissions: (input) => [store.permission('DeleteFunctionUrlConfig', input.FunctionName)],
    handle: (input) => {
      const record = store.get(input.FunctionName, input.Qualifier);
      urlOf(record);
      record.url = undefined;
      return {};
    },
  };
  return {
    CreateFunctionUrlConfig: create,
    UpdateFunctionUrlConfig: update,
    GetFunctionUrlConfig: get,
    ListFunctionUrlConfigs: list,
    DeleteFunctionUrlConfig: remove,
  };
}

// ---- requests ---------------------------------------------------------------------------------------------------------------------

/** Answers a request the way the URL's front door does: a refusal is a response, never an exception. */
export async function answerUrl(ports: UrlPorts, urlId: string, request: FunctionUrlRequest, caller: Caller | undefined): Promise<FunctionUrlResponse> {
  const { kernel } = ports.store;
  const record = [...ports.store.functions.values()].find((candidate) => candidate.url?.id === urlId);
  if (!record?.url) return plain(404, { Message: 'Not Found' }, 'ResourceNotFoundException');
  if (!mayInvoke(kernel, record, record.url, caller)) return plain(403, { Message: 'Forbidden' }, 'AccessDeniedException');
  const requestId = uuid(kernel.random);
  const event = eventOf(kernel, urlId, requestId, request, record.url.authType === 'AWS_IAM' ? caller : undefined);
  try {
    const result = await ports.invoker.invoke(record, { requestId, payload: JSON.stringify(event) });
    if (result.functionError) return plain(502, 'Internal Server Error', undefined, requestId);
    return responseOf(JSON.parse(result.payload), requestId);
  } catch (error) {
    if (!(error instanceof AwsError)) throw error;
    return plain(error.code === 'TooManyRequestsException' ? 429 : (error.httpStatus ?? 500), { Message: error.message }, error.code, requestId);
  }
}

/**
 * Since October 2025 a URL needs both lambda:InvokeFunctionUrl and lambda:InvokeFunction.
 * https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html
 */
function mayInvoke(kernel: Kernel, record: FunctionRecord, url: FunctionUrl, caller: Caller | undefined): boolean {
  if (url.authType === 'NONE') return ['lambda:InvokeFunctionUrl', 'lambda:InvokeFunction'].every((action) => record.policy.some((statement) => opensTo(statement, action)));
  if (!caller) return false;
  try {
    kernel.authorize(caller, [
      { action: 'lambda:InvokeFunctionUrl', resource: record.arn, context: { 'lambda:FunctionUrlAuthType': url.authType } },
      { action: 'lambda:InvokeFunction', resource: record.arn, context: { 'lambda:InvokedViaFunctionUrl': 'true' } },
    ]);
    return true;
  } catch (error) {
    if (!(error instanceof AwsError)) throw error;
    return false;
  }
}

/** AddPermission writes only these shapes, so a public statement can be recognised without the policy evaluator. */
function opensTo(statement: PolicyStatement, action: string): boolean {
  if (statement.Principal !== '*' || (statement.Action !== action && statement.Action !== 'lambda:*' && statement.Action !== '*')) return false;
  const authType = statement.Condition?.StringEquals?.['lambda:FunctionUrlAuthType'];
  const viaUrl = statement.Condition?.Bool?.['lambda:InvokedViaFunctionUrl'];
  return (authType === undefined || authType === 'NONE') && (viaUrl === undefined || viaUrl === 'true') && statement.Condition?.ArnLike === undefined;
}

const TEXT = /^(text\/|application\/(json|javascript|xml|x-www-form-urlencoded)|[^;]*\+(json|xml))/i;

function eventOf(kernel: Kernel, urlId: string, requestId: string, request: FunctionUrlRequest, caller: Caller | undefined): object {
  const nowMs = kernel.clock.nowMs();
  const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name.toLowerCase(), value]));
  const { cookie, ...withoutCookie } = headers;
  const query = new URLSearchParams(request.query);
  const names = [...new Set(query.keys())];
  const bytes = Buffer.from(request.body);
  const isText = TEXT.test(headers['content-type'] ?? 'text/plain');
  return {
    version: '2.0',
    routeKey: '$default',
    rawPath: request.path,
    rawQueryString: request.query,
    ...(cookie === undefined ? {} : { cookies: cookie.split('; ') }),
    headers: withoutCookie,
    ...(names.length > 0 ? { queryStringParameters: Object.fromEntries(names.map((name) => [name, query.getAll(name).join(',')])) } : {}),
    requestContext: {
      accountId: caller && caller.kind !== 'service' ? kernel.accountId : 'anonymous',
      apiId: urlId,
      ...(caller && caller.kind !== 'service' ? { authorizer: { iam: identityOf(kernel, caller, headers.authorization) } } : {}),
      domainName: headers.host ?? `${urlId}.lambda-url.${kernel.region}.on.aws`,
      domainPrefix: urlId,
      http: { method: request.method, path: request.path, protocol: 'HTTP/1.1', sourceIp: request.sourceIp, userAgent: headers['user-agent'] ?? '' },
      requestId,
      routeKey: '$default',
      stage: '$default',
      time: clfTime(nowMs),
      timeEpoch: nowMs,
    },
    ...(bytes.length > 0 ? { body: isText ? bytes.toString('utf8') : bytes.toString('base64') } : {}),
    isBase64Encoded: bytes.length > 0 && !isText,
  };
}

function identityOf(kernel: Kernel, caller: Exclude<Caller, { kind: 'service' }>, authorization: string | undefined): object {
  const accessKey = authorization?.match(/Credential=([^/]+)\//)?.[1] ?? '';
  const callerId = caller.kind === 'role' ? `${accessKey}:${caller.sessionName}` : accessKey;
  return { accessKey, accountId: kernel.accountId, callerId, cognitoIdentity: null, principalOrgId: null, userArn: caller.arn, userId: callerId };
}

/** `12/Mar/2020:19:03:58 +0000` */
function clfTime(ms: number): string {
  const [, day, month, year, time] = /^\w+, (\d+) (\w+) (\d+) ([\d:]+)/.exec(new Date(ms).toUTCString()) ?? [];
  return `${day}/${month}/${year}:${time} +0000`;
}

/** https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html#urls-response-payload */
function responseOf(result: unknown, requestId: string): FunctionUrlResponse {
  const shaped = typeof result === 'object' && result !== null && 'statusCode' in result;
  if (!shaped) {
    const body = typeof result === 'string' ? result : JSON.stringify(result);
    return { statusCode: 200, headers: { 'content-type': 'application/json', 'x-amzn-requestid': requestId }, body: Buffer.from(body) };
  }
  const answer = result as { statusCode: unknown; headers?: Record<string, unknown>; body?: unknown; isBase64Encoded?: boolean; cookies?: string[] };
  const statusCode = Number(answer.statusCode);
  if (!Number.isInteger(statusCode) || statusCode < 100 || statusCode > 599) return plain(502, 'Internal Server Error', undefined, requestId);
  const headers: Record<string, string> = { 'content-type': 'application/json', 'x-amzn-requestid': requestId };
  for (const [name, value] of Object.entries(answer.headers ?? {})) headers[name.toLowerCase()] = String(value);
  if (answer.cookies?.length) headers['set-cookie'] = answer.cookies.join(', ');
  const body = answer.body === undefined || answer.body === null ? '' : typeof answer.body === 'string' ? answer.body : JSON.stringify(answer.body);
  return { statusCode, headers, body: Buffer.from(body, answer.isBase64Encoded ? 'base64' : 'utf8') };
}

function plain(statusCode: number, body: object | string, errorType: string | undefined, requestId = ''): FunctionUrlResponse {
  return {
    statusCode,
    headers: { 'content-type': 'application/json', ...(errorType ? { 'x-amzn-errortype': errorType } : {}), ...(requestId ? { 'x-amzn-requestid': requestId } : {}) },
    body: Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)),
  };
}
