// The Control API, version 1: everything people do to Slipway. Who acts is the caller that AWS has verified.
import * as v from 'valibot';
import { errorFields } from '../../adapters/log.ts';
import { CONTROL_ERROR_STATUS, type ControlErrorAnswer, type ControlRoute, type ControlRoutes } from '../../core/view/api.ts';
import { ControlFault, type ControlDependencies, type ControlRequest } from './api.ts';
import { retry, undo } from './again.ts';
import { applySpecification } from './apply.ts';
import { decide } from './decide.ts';
import { liftFreeze, listFreezes, setFreeze } from './freezes.ts';
import { liftHold, listHolds, setHold } from './holds.ts';
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
      return reply(CONTROL_ERROR_STATUS.Internal, { error: { code: 'Internal', message: 'Slipway could not answer. The log of the control function says why.' } } satisfies ControlErrorAnswer);
    }
    const { code, message, hint, faults } = error;
    return reply(CONTROL_ERROR_STATUS[code], { error: { code, message, ...(hint === undefined ? {} : { hint }), ...(faults === undefined ? {} : { faults }) } } satisfies ControlErrorAnswer);
  }
};

type Routes = { [Route in ControlRoute]: { status: number; run: (dependencies: ControlDependencies, request: ControlRequest, id: string) => Promise<ControlRoutes[Route]['answer']> } };

const ROUTES: Routes = {
  'GET /v1/pipelines': { status: 200, run: listPipelines },
  'PUT /v1/specification': { status: 200, run: applySpecification },
  'GET /v1/releases': { status: 200, run: listReleases },
  'POST /v1/releases': { status: 201, run: startRelease },
  'GET /v1/releases/{id}': { status: 200, run: (dependencies, _request, id) => showRelease(dependencies, id) },
  'GET /v1/releases/{id}/metrics': { status: 200, run: (dependencies, request, id) => showMetrics(dependencies, id, request) },
  'POST /v1/releases/{id}/decisions': { status: 200, run: (dependencies, request, id) => decide(dependencies, id, request) },
  'POST /v1/releases/{id}/retry': { status: 201, run: (dependencies, request, id) => retry(dependencies, id, request) },
  'POST /v1/releases/{id}/undo': { status: 201, run: (dependencies, request, id) => undo(dependencies, id, request) },
  'GET /v1/holds': { status: 200, run: listHolds },
  'POST /v1/holds': { status: 200, run: setHold },
  'POST /v1/holds/lift': { status: 200, run: liftHold },
  'GET /v1/freezes': { status: 200, run: listFreezes },
  'POST /v1/freezes': { status: 200, run: setFreeze },
  'POST /v1/freezes/lift': { status: 200, run: liftFreeze },
};

async function route(dependencies: ControlDependencies, request: ControlRequest): Promise<{ status: number; answer: unknown }> {
  const [version, noun, id, ...sub] = request.path;
  const written = `${request.method} /${request.path.join('/')}`;
  const withId = `${request.method} /${[version, noun, '{id}', ...sub].join('/')}`;
  const key = isRoute(written) ? written : isRoute(withId) && id !== undefined ? withId : undefined;
  if (key === undefined) throw new ControlFault('NotFound', `there is no ${written}`, 'The API is described in docs/control-api.md.');
  const { status, run } = ROUTES[key];
  return { status, answer: await run(dependencies, request, id ?? '') };
}

const isRoute = (key: string): key is ControlRoute => Object.hasOwn(ROUTES, key);

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
