// Speaks to the Control API: signs every request with the caller's own AWS credentials, so that the API knows who asks.
// https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html (AWS_IAM; signing name `lambda`)

import { Sha256 } from '@aws-crypto/sha256-js';
import { SignatureV4, type SignatureV4Init } from '@smithy/signature-v4';
import type {
  ControlErrorAnswer, DecisionAnswer, DecisionRequest, FreezeRequest, FreezesAnswer, FreezeView, HoldRequest, HoldsAnswer, HoldView, LiftAnswer, LiftFreezeAnswer, ListPipelinesAnswer, ListReleasesAnswer, PageAnswer, PipelineView,
  PutSpecificationAnswer, PutSpecificationRequest, ReleaseMetricsAnswer, ReleaseView, RetryRequest, StartReleaseAnswer, StartReleaseRequest, UndoRequest,
} from '../core/view/index.ts';
import type { Fault } from '../core/pipeline/index.ts';
import { causeOf, CliError, type ExitName, messageOf } from './exit.ts';

export interface ControlClientOptions {
  url: URL;
  region: string;
  credentials: SignatureV4Init['credentials'];
  /** Waits between attempts. */
  sleep: (durationMs: number) => Promise<void>;
  /** Gives up whatever is being asked. */
  signal?: AbortSignal;
}

/** The specification has faults that only the server could see, or the server is newer than this CLI. */
export class InvalidSpecification extends CliError {
  readonly faults: Fault[];

  constructor(message: string, faults: Fault[]) {
    super('badInput', message, { code: 'InvalidSpecification' });
    this.faults = faults;
  }
}

interface Call {
  method: 'GET' | 'PUT' | 'POST';
  path: string;
  query?: Record<string, string | undefined>;
  body?: unknown;
}

const TIMEOUT_MS = 30_000;
const ATTEMPT_MAX = 3;
const RETRY_AFTER_MS = 300;

const EXIT_OF_CODE: Readonly<Record<string, ExitName>> = {
  NotFound: 'notFound',
  NotAllowed: 'notAllowed',
  Refused: 'notAllowed',
  BadRequest: 'badInput',
  InvalidSpecification: 'badInput',
};

export class ControlClient {
  private readonly options: ControlClientOptions;
  private readonly signer: SignatureV4;

  constructor(options: ControlClientOptions) {
    this.options = options;
    this.signer = new SignatureV4({ credentials: options.credentials, region: options.region, service: 'lambda', sha256: Sha256 });
  }

  get region(): string {
    return this.options.region;
  }

  putSpecification(request: PutSpecificationRequest): Promise<PutSpecificationAnswer> {
    return this.call({ method: 'PUT', path: '/v1/specification', body: request });
  }

  /** All of them, however many pages that is. */
  async listPipelines(): Promise<ListPipelinesAnswer> {
    return { pipelines: await this.whole<ListPipelinesAnswer, PipelineView>('/v1/pipelines', {}, ({ pipelines }) => pipelines) };
  }

  listReleases(query: { pipeline?: string; until?: string; limit?: number; next?: string } = {}): Promise<ListReleasesAnswer> {
    return this.call({ method: 'GET', path: '/v1/releases', query: { ...query, limit: query.limit?.toString() } });
  }

  getRelease(id: string): Promise<ReleaseView> {
    return this.call({ method: 'GET', path: `/v1/releases/${encodeURIComponent(id)}` });
  }

  /** @param stage the one where the release stands or ended, when left out. */
  getMetrics(id: string, stage?: string): Promise<ReleaseMetricsAnswer> {
    return this.call({ method: 'GET', path: `/v1/releases/${encodeURIComponent(id)}/metrics`, query: { stage } });
  }

  startRelease(request: StartReleaseRequest): Promise<StartReleaseAnswer> {
    return this.call({ method: 'POST', path: '/v1/releases', body: request });
  }

  decide(id: string, request: DecisionRequest): Promise<DecisionAnswer> {
    return this.call({ method: 'POST', path: `/v1/releases/${encodeURIComponent(id)}/decisions`, body: request });
  }

  retry(id: string, request: RetryRequest): Promise<StartReleaseAnswer> {
    return this.call({ method: 'POST', path: `/v1/releases/${encodeURIComponent(id)}/retry`, body: request });
  }

  undo(id: string, request: UndoRequest): Promise<StartReleaseAnswer> {
    return this.call({ method: 'POST', path: `/v1/releases/${encodeURIComponent(id)}/undo`, body: request });
  }

  /** @param lifted those that somebody has lifted, instead of those in force. */
  async listHolds(pipeline: string | undefined, lifted = false): Promise<HoldsAnswer> {
    return { holds: await this.whole<HoldsAnswer, HoldView>('/v1/holds', { pipeline, lifted: lifted ? 'true' : undefined }, ({ holds }) => holds) };
  }

  hold(request: HoldRequest): Promise<HoldsAnswer> {
    return this.call({ method: 'POST', path: '/v1/holds', body: request });
  }

  liftHold(request: HoldRequest): Promise<LiftAnswer> {
    return this.call({ method: 'POST', path: '/v1/holds/lift', body: request });
  }

  async listFreezes(pipeline: string | undefined): Promise<FreezesAnswer> {
    return { freezes: await this.whole<FreezesAnswer, FreezeView>('/v1/freezes', { pipeline }, ({ freezes }) => freezes) };
  }

  freeze(request: FreezeRequest): Promise<FreezesAnswer> {
    return this.call({ method: 'POST', path: '/v1/freezes', body: request });
  }

  liftFreeze(request: FreezeRequest): Promise<LiftFreezeAnswer> {
    return this.call({ method: 'POST', path: '/v1/freezes/lift', body: request });
  }

  private async whole<Answer extends PageAnswer, Item>(path: string, query: Record<string, string | undefined>, itemsOf: (answer: Answer) => Item[]): Promise<Item[]> {
    const items: Item[] = [];
    let next: string | undefined;
    do {
      const answer: Answer = await this.call<Answer>({ method: 'GET', path, query: { ...query, next } });
      items.push(...itemsOf(answer));
      next = answer.next;
    } while (next !== undefined);
    return items;
  }

  /** Asks again after a hiccup only where asking twice is the same as asking once. */
  private async call<Answer>(call: Call): Promise<Answer> {
    for (let attempt = 1; ; attempt += 1) {
      const mayRepeat = call.method !== 'POST' && attempt < ATTEMPT_MAX && this.options.signal?.aborted !== true;
      const response = await this.send(call).catch((error: unknown) => {
        if (mayRepeat && !(error instanceof CliError)) return undefined;
        throw error instanceof CliError ? error : unreachableControl(this.options.url, error);
      });
      if (response === undefined || (mayRepeat && (response.status >= 500 || response.status === 429))) {
        await this.options.sleep(RETRY_AFTER_MS * attempt);
        continue;
      }
      return answerOf<Answer>(response.status, await response.text());
    }
  }

  private async send({ method, path, query = {}, body }: Call): Promise<Response> {
    const { url } = this.options;
    const asked = Object.entries(query).filter((entry): entry is [string, string] => entry[1] !== undefined);
    const text = body === undefined ? undefined : JSON.stringify(body);
    const fullPath = `${url.pathname.replace(/\/$/, '')}${path}`;
    const signed = await this.signer
      .sign({
        method,
        protocol: url.protocol,
        hostname: url.hostname,
        ...(url.port !== '' && { port: Number(url.port) }),
        path: fullPath,
        query: Object.fromEntries(asked),
        headers: { host: url.host, ...(text !== undefined && { 'content-type': 'application/json' }) },
        body: text,
      })
      .catch((error: unknown) => {
        throw new CliError('notAllowed', `no AWS credentials to sign with: ${messageOf(error)}`, { hint: 'Sign in (`aws sso login`), set AWS_PROFILE, or use --local for the local cloud.', code: 'NoCredentials', cause: error });
      });
    const target = new URL(fullPath, url);
    for (const [key, value] of asked) target.searchParams.set(key, value);
    const { host: _host, ...headers } = signed.headers;
    return fetch(target, { method, headers, ...(text !== undefined && { body: text }), signal: AbortSignal.any([AbortSignal.timeout(TIMEOUT_MS), ...(this.options.signal === undefined ? [] : [this.options.signal])]) });
  }
}

function answerOf<Answer>(status: number, text: string): Answer {
  const body = parseBody(text);
  if (status >= 200 && status < 300) {
    if (body === undefined) throw new CliError('cloudError', `the control API answered ${status} with something that is not JSON`, { hint: 'Is the URL that of Slipway?' });
    return body as Answer;
  }
  const error = errorOf(body);
  if (error !== undefined) {
    if (error.faults !== undefined) throw new InvalidSpecification(error.message, error.faults);
    throw new CliError(EXIT_OF_CODE[error.code] ?? 'cloudError', error.message, { hint: error.hint, code: error.code });
  }
  if (status === 403) {
    if (/expired/i.test(text)) {
      throw new CliError('notAllowed', 'your AWS credentials have expired', { hint: 'Sign in again (`aws sso login`), then try once more.', code: 'CredentialsExpired' });
    }
    throw new CliError('notAllowed', 'AWS refused the request before it reached Slipway', {
      hint: 'Your identity needs lambda:InvokeFunctionUrl and lambda:InvokeFunction on the control function.',
      code: 'NotAllowed',
    });
  }
  throw new CliError('cloudError', `the control API answered ${status}`, { hint: text === '' ? undefined : text.slice(0, 200) });
}

function errorOf(body: unknown): ControlErrorAnswer['error'] | undefined {
  if (typeof body !== 'object' || body === null || !('error' in body)) return undefined;
  const { error } = body;
  const shaped = typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string' && 'message' in error && typeof error.message === 'string';
  return shaped ? (error as ControlErrorAnswer['error']) : undefined;
}

function parseBody(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function unreachableControl(url: URL, error: unknown): CliError {
  const cause = causeOf(error) ?? error;
  return new CliError('cloudError', `the control API at ${url.origin} does not answer: ${messageOf(cause)}`, {
    hint: url.hostname === '127.0.0.1' ? 'Is the local cloud running? Start it with `slipway local`.' : 'Check the network and the URL (--url, SLIPWAY_URL).',
    cause: error,
  });
}
