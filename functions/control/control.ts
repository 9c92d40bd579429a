// The Control API, version 1: everything people do to Slipway. Who acts is the caller that AWS has verified.
import * as v from 'valibot';
import { errorFields } from '../../adapters/log.ts';
import { CONTROL_ERROR_STATUS, type ControlErrorAnswer } from '../../core/view/api.ts';
import { ControlFault, type ControlDependencies, type ControlRequest } from './api.ts';
import { liftHold, listHolds, retry, setHold, undo } from './again.ts';
import { applySpecification } from './apply.ts';
import { decide } from './decide.ts';
import { liftFreeze, listFreezes, setFreeze } from './freezes.ts';
import { showMetrics } from './metrics.ts';
import { listPipelines, listReleases, showRelease, startRelease } from './releases.ts';

/** https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html (payload format 2.0) */
const UrlEvent = v.object({
  rawPath: v.string(),
  queryStringParameters: v.optional(v.record(v.string(), v.string())),
  /** Their names are in lower case. */
  headers: v.optional(v.record(v.string(), v.string()), {}),
  body: v.optional(v.string()),
  isBase64Encoded: v.optional(v.boolean()),
  requestContext: v.object({
    http: v.object({ method: v.string() }),
    authorizer: v.object({ iam: v.object({ userArn: v.string() }) }),
  }),
});

export interface ControlReply {
  statusCode: number;
  headers: Record<string, string>;
  body: string;
}

const BODY_LENGTH_MAX = 512 * 1024;
const JSON_ITSELF = 'application/json';
const JSON_TYPE = /^application\/json\s*(?:;|$)/i;

export const control = (dependencies: ControlDependencies) => async (event: unknown): Promise<ControlReply> => {
  try {
    const request = requestOf(event);
    const { status, answer } = await route(dependencies, request);
    return reply(status, answer);
  } catch (error) {
    if (!(error instanceof ControlFault)) {
      dependencies.log.error('request failed', errorFields(error));
      return reply(500, { error: { code: 'Internal', message: 'Slipway could not answer. The log of the control function says why.' } });
    }
    const { code, message, hint, faults } = error;
    return reply(CONTROL_ERROR_STATUS[code], { error: { code, message, ...(hint === undefined ? {} : { hint }), ...(faults === undefined ? {} : { faults }) } } satisfies ControlErrorAnswer);
  }
};

async function route(dependencies: ControlDependencies, request: ControlRequest): Promise<{ status: number; answer: unknown }> {
  const [version, noun, id, ...sub] = request.path;
  const key = `${request.method} /${[version, noun, id === undefined ? undefined : '{id}', ...sub].filter((part) => part !== undefined).join('/')}`;
  switch (key) {
    case 'PUT /v1/specification':
      return { status: 200, answer: await applySpecification(dependencies, request) };
    case 'GET /v1/pipelines':
      return { status: 200, answer: await listPipelines(dependencies) };
    case 'GET /v1/releases':
      return { status: 200, answer: await listReleases(dependencies, request) };
    case 'POST /v1/releases':
      return { status: 201, answer: await startRelease(dependencies, request) };
    case 'GET /v1/releases/{id}':
      return { status: 200, answer: await showRelease(dependencies, id ?? '') };
    case 'GET /v1/releases/{id}/metrics':
      return { status: 200, answer: await showMetrics(dependencies, id ?? '', request) };
    case 'POST /v1/releases/{id}/decisions':
      return { status: 200, answer: await decide(dependencies, id ?? '', request) };
    case 'POST /v1/releases/{id}/retry':
      return { status: 201, answer: await retry(dependencies, id ?? '', request) };
    case 'POST /v1/releases/{id}/undo':
      return { status: 201, answer: await undo(dependencies, id ?? '', request) };
    case 'GET /v1/holds':
      return { status: 200, answer: await listHolds(dependencies, request) };
    case 'POST /v1/holds':
      return { status: 200, answer: await setHold(dependencies, request) };
    case 'POST /v1/holds/{id}':
      if (id === 'lift') return { status: 200, answer: await liftHold(dependencies, request) };
      throw new ControlFault('NotFound', `there is no POST /v1/holds/${id ?? ''}`);
    case 'GET /v1/freezes':
      return { status: 200, answer: await listFreezes(dependencies, request) };
    case 'POST /v1/freezes':
      return { status: 200, answer: await setFreeze(dependencies, request) };
    case 'POST /v1/freezes/{id}':
      if (id === 'lift') return { status: 200, answer: await liftFreeze(dependencies, request) };
      throw new ControlFault('NotFound', `there is no POST /v1/freezes/${id ?? ''}`);
    default:
      throw new ControlFault('NotFound', `there is no ${request.method} /${request.path.join('/')}`, 'The API is described in docs/operating.md.');
  }
}

function requestOf(event: unknown): ControlRequest {
  const parsed = v.safeParse(UrlEvent, event);
  if (!parsed.success) throw new ControlFault('BadRequest', 'this is not a request of a function URL with AWS_IAM');
  const { rawPath, headers, queryStringParameters, body, isBase64Encoded, requestContext } = parsed.output;
  const text = body === undefined ? '' : isBase64Encoded ? Buffer.from(body, 'base64').toString('utf8') : body;
  if (text.length > BODY_LENGTH_MAX) throw new ControlFault('BadRequest', `the body is longer than ${BODY_LENGTH_MAX} characters`);
  if (text !== '' && !JSON_TYPE.test(headers['content-type'] ?? JSON_ITSELF)) throw new ControlFault('BadRequest', 'the body is not sent as JSON', `Send it with content-type: ${JSON_ITSELF}.`);
  return {
    method: requestContext.http.method,
    path: rawPath.split('/').filter((part) => part !== '').map(decodePart),
    query: queryStringParameters ?? {},
    body: text === '' ? undefined : parseJson(text),
    callerArn: requestContext.authorizer.iam.userArn,
  };
}

function decodePart(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw new ControlFault('BadRequest', 'the path is not well encoded');
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new ControlFault('BadRequest', 'the body is not JSON');
  }
}

const reply = (statusCode: number, answer: unknown): ControlReply => ({ statusCode, headers: { 'content-type': 'application/json', 'cache-control': 'no-store' }, body: JSON.stringify(answer) });
