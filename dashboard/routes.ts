// What the page may ask of the Control API: a handful of routes, each one call of the CLI's own client, which signs it with the
// credentials of the person who started the dashboard.
import { type ControlClient, InvalidSpecification } from '../cli/control-client.ts';
import { CliError, type ExitName, messageOf } from '../cli/exit.ts';
import type { DecisionRequest } from '../core/view/index.ts';

export type DashboardApi = Pick<ControlClient, 'listPipelines' | 'listReleases' | 'getRelease' | 'getMetrics' | 'decide' | 'retry' | 'undo'>;

export interface ApiAnswer {
  status: number;
  body: unknown;
}

interface Asked {
  method: string;
  /** Below /api, with its query. */
  url: URL;
  body: unknown;
}

const LIST_MAX = 100;
/** Less than the page waits for this server, which must not be taken for the one that is silent. */
const PATIENCE_MS = 20_000;

export async function answerApi(api: DashboardApi, asked: Asked, patienceMs = PATIENCE_MS): Promise<ApiAnswer> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<ApiAnswer>((resolve) => {
    timer = setTimeout(() => resolve(tooLate(asked.method)), patienceMs);
  });
  try {
    return await Promise.race([route(api, asked), late]);
  } catch (error) {
    return failure(error);
  } finally {
    clearTimeout(timer);
  }
}

/** Not heard is not undone: what was asked for may still happen. */
function tooLate(method: string): ApiAnswer {
  const hint = method === 'GET' ? undefined : 'What you decided may have been heard all the same: look before you decide again.';
  return { status: 504, body: { error: { code: 'cloudError', message: 'The control API takes too long to answer.', ...(hint === undefined ? {} : { hint }) } } };
}

async function route(api: DashboardApi, { method, url, body }: Asked): Promise<ApiAnswer> {
  const [, , noun, id, sub, ...rest] = url.pathname.split('/');
  const key = rest.length > 0 ? '' : [`${method} ${noun ?? ''}`, id === undefined ? undefined : '{id}', sub].filter((part) => part !== undefined).join('/');
  const text = (name: string): string | undefined => url.searchParams.get(name) ?? undefined;
  switch (key) {
    case 'GET pipelines':
      return { status: 200, body: await api.listPipelines() };
    case 'GET releases': {
      const limit = Number(text('limit') ?? 20);
      if (!Number.isInteger(limit) || limit < 1 || limit > LIST_MAX) return refused(400, 'BadRequest', `The limit is a whole number from 1 to ${LIST_MAX}.`);
      return { status: 200, body: await api.listReleases({ pipeline: text('pipeline'), limit, next: text('next') }) };
    }
    case 'GET releases/{id}':
      return { status: 200, body: await api.getRelease(decoded(id)) };
    case 'GET releases/{id}/metrics':
      return { status: 200, body: await api.getMetrics(decoded(id), text('stage')) };
    case 'POST releases/{id}/decisions': {
      const decision = decisionOf(body);
      if (decision === undefined) return refused(400, 'BadRequest', 'A decision is { kind, stage?, reason?, full? }.');
      return { status: 200, body: await api.decide(decoded(id), decision) };
    }
    case 'POST releases/{id}/retry':
    case 'POST releases/{id}/undo': {
      const again = typeof body === 'object' && body !== null && !Array.isArray(body) ? decisionOf({ ...body, kind: sub }) : undefined;
      if (again === undefined || again.full !== undefined) return refused(400, 'BadRequest', 'What is asked for is { reason?, stage? }.');
      const { reason = '', stage } = again;
      if (sub === 'retry') return { status: 201, body: await api.retry(decoded(id), { reason, via: 'dashboard' }) };
      return { status: 201, body: await api.undo(decoded(id), { reason, ...(stage === undefined ? {} : { stage }), via: 'dashboard' }) };
    }
    default:
      return refused(404, 'NotFound', 'The dashboard has no such page.');
  }
}

/** The kinds are the Control API's business: it refuses the ones it does not know. */
function decisionOf(body: unknown): DecisionRequest | undefined {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return undefined;
  const { kind, stage, reason, full, ...more } = body as Record<string, unknown>;
  const optional = (value: unknown, type: string): boolean => value === undefined || typeof value === type;
  if (typeof kind !== 'string' || !optional(stage, 'string') || !optional(reason, 'string') || !optional(full, 'boolean') || Object.keys(more).length > 0) return undefined;
  return {
    kind: kind as DecisionRequest['kind'],
    ...(stage === undefined ? {} : { stage: stage as string }),
    ...(reason === undefined ? {} : { reason: reason as string }),
    ...(full === undefined ? {} : { full: full as boolean }),
    via: 'dashboard',
  };
}

function decoded(part: string | undefined): string {
  try {
    const id = decodeURIComponent(part ?? '');
    if (id !== '') return id;
  } catch {
    // Told below.
  }
  throw new CliError('notFound', 'The address names no release.', { code: 'NotFound' });
}

const STATUS_OF_EXIT: Partial<Record<ExitName, number>> = { notFound: 404, notAllowed: 403, badInput: 400 };
const STATUS_OF_CODE: Readonly<Record<string, number>> = { Refused: 409, NotAllowed: 403, NotFound: 404 };

function failure(error: unknown): ApiAnswer {
  if (error instanceof CliError && !(error instanceof InvalidSpecification)) {
    // The cloud does not answer, or not as it should: the page keeps what it has and tries again.
    const status = STATUS_OF_CODE[error.code] ?? STATUS_OF_EXIT[error.exit] ?? 502;
    return { status, body: { error: { code: error.code, message: error.message, ...(error.hint === undefined ? {} : { hint: error.hint }) } } };
  }
  return refused(502, 'cloudError', messageOf(error));
}

export const refused = (status: number, code: string, message: string): ApiAnswer => ({ status, body: { error: { code, message } } });
