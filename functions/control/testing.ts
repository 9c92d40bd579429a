// Everything the control function needs of the world, and what docs/control-api.schema.json says of it: every answer of every test is
// held to what is published, and so is every request that was taken.
import { readFileSync } from 'node:fs';
import { smallCloud, type SmallCloud } from '../../adapters/testing/small-cloud.ts';
import { ask, NOW_MS, release as sample, stageRecord } from '../../core/testing/samples.ts';
import { PLACE, silent } from '../testing/fakes.ts';
import { violations, type Schema } from '../../test/json-schema.ts';
import { control } from './control.ts';

export const ALICE = 'arn:aws:sts::123456789012:assumed-role/people/alice';
export const one = sample();

/** Which tests answer which routes; together, all that are published. */
export const ROUTES_OF = {
  decisions: ['POST /v1/releases/{id}/decisions'],
  freezes: ['GET /v1/freezes', 'POST /v1/freezes', 'POST /v1/freezes/lift'],
  holds: ['GET /v1/holds', 'POST /v1/holds', 'POST /v1/holds/lift'],
  releases: ['GET /v1/pipelines', 'GET /v1/releases', 'POST /v1/releases', 'GET /v1/releases/{id}', 'GET /v1/releases/{id}/metrics', 'POST /v1/releases/{id}/retry', 'POST /v1/releases/{id}/undo'],
  specification: ['PUT /v1/specification'],
} as const;

export interface Call {
  body?: unknown;
  raw?: string;
  query?: Record<string, string>;
  caller?: string;
  base64?: boolean;
}

export interface Answer {
  status: number;
  body: Record<string, unknown> & { error?: { code: string; message: string; hint?: string } };
}

type Published = { routes: Record<string, Record<'answer' | 'request' | 'query', Schema | undefined>>; errorStatus: Record<string, number> };
export const published = JSON.parse(readFileSync('docs/control-api.schema.json', 'utf8')) as Published & Schema;
/** Readers must let more keys pass; we must not answer any that are not published. */
const strictly = closed(published);

function closed(schema: Schema): Schema {
  if (typeof schema !== 'object') return schema;
  const inside = Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, Array.isArray(value) ? value.map((one) => (typeof one === 'object' ? closed(one as Schema) : (one as unknown))) : typeof value === 'object' && value !== null ? closed(value as Schema) : value]));
  return inside['type'] === 'object' && inside['properties'] ? { ...inside, additionalProperties: false } : inside;
}

export const event = (method: string, path: string, { body, raw, query, caller = ALICE, base64 }: Call = {}) => {
  const text = raw ?? (body === undefined ? undefined : JSON.stringify(body));
  return {
    version: '2.0',
    rawPath: path,
    ...(query ? { queryStringParameters: query } : {}),
    ...(text === undefined ? {} : { body: base64 ? Buffer.from(text).toString('base64') : text, isBase64Encoded: base64 ?? false }),
    requestContext: { http: { method, path }, authorizer: { iam: { userArn: caller } } },
  };
};

export const pageOf = (place: unknown): string => Buffer.from(JSON.stringify(place)).toString('base64url');

/** @param subject whose routes are all answered by the tests of the file */
export function controlRig(subject?: keyof typeof ROUTES_OF) {
  const answered = new Set<string>();
  const rig = {
    cloud: undefined as unknown as SmallCloud,
    rung: [] as string[],
    invoked: [] as [string, unknown][],
    invokeAnswer: undefined as unknown,
    announced: [] as string[],
    announce: (_releaseId: string): void => undefined,
    send,
    call: (method: string, path: string, given?: Call) => send(event(method, path, given)),
    everyPage,
    /** A release that asks whether to go on from 25 %. */
    asking: () => rig.cloud.releases.create(one, [stageRecord({ asks: [ask()], waitingFor: { kind: 'approval', askKey: 'weight.25', untilMs: 1 } })], 'once'),
  };
  beforeEach(async () => {
    const announced: string[] = [];
    Object.assign(rig, { cloud: await smallCloud(), rung: [], invoked: [], invokeAnswer: { faults: [] }, announced, announce: (releaseId: string) => void announced.push(releaseId) });
  });
  afterEach(() => rig.cloud.close());
  afterAll(() => {
    expect((subject === undefined ? [] : ROUTES_OF[subject]).filter((route) => !answered.has(route))).toEqual([]);
  });
  return rig;

  async function send(given: unknown): Promise<Answer> {
    const { statusCode, body, headers } = await control({
      ...rig.cloud,
      invoke: async (name, payload) => {
        rig.invoked.push([name, payload]);
        return rig.invokeAnswer;
      },
      names: { preflightFunction: 'preflight', imagePushedFunction: 'image-pushed', observeFunction: 'observe' },
      doorbell: { ring: async (releaseId) => void rig.rung.push(releaseId) },
      ringServices: async (arns) => void rig.rung.push(...arns),
      announce: async (releaseId) => rig.announce(releaseId),
      place: PLACE,
      clock: { nowMs: () => NOW_MS },
      log: silent,
    })(given);
    expect(headers['content-type']).toBe('application/json');
    const answer = JSON.parse(body) as Answer['body'];
    const route = asPublished(given, statusCode, answer);
    if (route !== undefined) answered.add(route);
    return { status: statusCode, body: answer };
  }

  /** Follows `next` to the end. */
  async function everyPage(path: string, member: string, query: Record<string, string>): Promise<Record<string, unknown>[]> {
    const items: Record<string, unknown>[] = [];
    let next: string | undefined;
    do {
      const { status, body } = await rig.call('GET', path, { query: { ...query, ...(next === undefined ? {} : { next }) } });
      expect(status).toBe(200);
      expect((body[member] as unknown[]).length).toBeLessThanOrEqual(Number(query['limit']));
      items.push(...(body[member] as Record<string, unknown>[]));
      next = body['next'] as string | undefined;
    } while (next !== undefined);
    return items;
  }
}

/** The route that was answered, unless it was refused. */
function asPublished(given: unknown, status: number, answer: Answer['body']): string | undefined {
  const valid = (value: unknown, schema: Schema | undefined) => expect(violations(value, schema ?? false, strictly)).toEqual([]);
  if (status >= 400) {
    valid(answer, { $ref: '#/$defs/ControlErrorAnswer' });
    expect(published.errorStatus[answer.error?.code ?? '']).toBe(status);
    return undefined;
  }
  const { rawPath, requestContext, body, isBase64Encoded = false, queryStringParameters } = given as { rawPath: string; requestContext: { http: { method: string } }; body?: string; isBase64Encoded?: boolean; queryStringParameters?: object };
  const [route, schemas] = Object.entries(published.routes).find(([name]) => new RegExp(`^${name.replace('{id}', '[^/]+')}$`).test(`${requestContext.http.method} ${rawPath}`)) ?? ['none', undefined];
  valid(answer, schemas?.answer);
  if (body !== undefined) valid(JSON.parse(isBase64Encoded ? Buffer.from(body, 'base64').toString() : body), schemas?.request);
  if (queryStringParameters) valid(queryStringParameters, schemas?.query);
  return route;
}
