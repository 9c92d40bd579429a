// One request through the load balancer: to a target and back, as an application load balancer would.
//   P1. A connection that fails before the target answered is a 502, never a silent second try on another target;
//   P2. except that an idle pooled connection may have been closed by the target in that very moment. Then the same target
//       is asked again on a fresh connection, which is possible because small bodies are kept and large ones never use the pool.
//   P3. Bodies stream in both directions.
import { type ClientRequest, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse, request as httpRequest } from 'node:http';
import type { Target } from '../kernel/ports.ts';
import { type OwnAnswer, errorPage } from './own-answers.ts';
import type { TargetPools } from './target-pool.ts';
import type { Origin, TrafficMetrics } from './traffic-metrics.ts';

const REPLAYABLE_BODY_BYTES = 64 * 1024;
const HOP_BY_HOP = ['connection', 'keep-alive', 'proxy-connection', 'te', 'trailer', 'transfer-encoding', 'upgrade', 'proxy-authorization', 'proxy-authenticate', 'expect'];

export interface Exchange {
  incoming: IncomingMessage;
  outgoing: ServerResponse;
  target: Target;
  targetGroupArn: string;
  origin: Origin;
  listenerPort: number;
  traceId: string;
  idleTimeoutMs: number;
}

export async function proxy(exchange: Exchange, pools: TargetPools, metrics: TrafficMetrics): Promise<void> {
  const { incoming, outgoing, target, origin } = exchange;
  const leave = pools.enter(exchange.targetGroupArn, target);
  metrics.request(origin);
  try {
    const small = hasSmallBody(incoming);
    const body = small ? await readAll(incoming) : undefined;
    if (small && body === undefined) return; // the client went away while sending
    let attempt = await send(exchange, { pools, body, fresh: !small });
    if (attempt.kind === 'staleConnection') attempt = await send(exchange, { pools, body, fresh: true });
    switch (attempt.kind) {
      case 'answered':
        metrics.targetAnswered(origin, attempt.response.statusCode ?? 0, attempt.tookSeconds);
        await relay(attempt.response, outgoing);
        return;
      case 'clientGone':
        metrics.loadBalancerFailed(origin, 460);
        return;
      case 'malformed':
        metrics.loadBalancerFailed(origin, 400);
        answer(outgoing, errorPage(400));
        return;
      case 'timedOut':
        metrics.loadBalancerFailed(origin, 504);
        answer(outgoing, errorPage(504));
        return;
      case 'staleConnection':
      case 'failed':
        if (attempt.kind === 'failed' && !attempt.connected) metrics.targetConnectionFailed(origin);
        metrics.loadBalancerFailed(origin, 502);
        answer(outgoing, errorPage(502));
        return;
      default:
        attempt satisfies never;
    }
  } finally {
    leave();
  }
}

export function answer(outgoing: ServerResponse, own: OwnAnswer): void {
  if (outgoing.headersSent || outgoing.destroyed) return;
  outgoing.writeHead(own.statusCode, { ...own.headers, 'content-length': Buffer.byteLength(own.body) });
  outgoing.end(own.body);
}

type Attempt =
  | { kind: 'answered'; response: IncomingMessage; tookSeconds: number }
  | { kind: 'staleConnection' }
  | { kind: 'failed'; connected: boolean }
  | { kind: 'timedOut' }
  | { kind: 'malformed' }
  | { kind: 'clientGone' };

function send(exchange: Exchange, how: { pools: TargetPools; body: Buffer | undefined; fresh: boolean }): Promise<Attempt> {
  const { incoming, outgoing, target } = exchange;
  if (outgoing.destroyed) return Promise.resolve({ kind: 'clientGone' });
  return new Promise((resolve) => {
    const startedAt = performance.now();
    let sent: ClientRequest;
    try {
      sent = httpRequest({
        host: target.id,
        port: target.port,
        method: incoming.method,
        path: incoming.url,
        headers: forwardedHeaders(exchange, how.body),
        agent: how.fresh ? false : how.pools.agentFor(target),
        setHost: false,
      });
    } catch {
      // Node reads a few paths and headers that it refuses to write.
      resolve({ kind: 'malformed' });
      return;
    }
    let connected = false;
    const onClientGone = () => {
      if (outgoing.writableFinished) return;
      resolve({ kind: 'clientGone' });
      sent.destroy();
    };
    outgoing.once('close', onClientGone);
    sent.setTimeout(exchange.idleTimeoutMs, () => {
      resolve({ kind: 'timedOut' });
      sent.destroy();
    });
    sent.on('socket', (socket) => {
      if (socket.connecting) socket.once('connect', () => (connected = true));
      else connected = true;
    });
    sent.on('response', (response) => resolve({ kind: 'answered', response, tookSeconds: (performance.now() - startedAt) / 1000 }));
    sent.on('error', (error: NodeJS.ErrnoException) => {
      const stale = sent.reusedSocket && (error.code === 'ECONNRESET' || error.code === 'EPIPE');
      resolve(stale ? { kind: 'staleConnection' } : { kind: 'failed', connected });
    });
    sent.on('close', () => outgoing.off('close', onClientGone));
    if (how.body) sent.end(how.body);
    else incoming.pipe(sent);
  });
}

/** Passes the answer on as it comes. When the target breaks off, so does the answer: the client must notice. */
function relay(response: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const headers = withoutHopByHop(response.headers);
    outgoing.writeHead(response.statusCode ?? 502, headers);
    response.pipe(outgoing);
    response.on('close', () => {
      if (!response.complete) outgoing.destroy();
      resolve();
    });
    outgoing.on('close', () => {
      if (!response.complete) response.destroy();
    });
  });
}

function forwardedHeaders({ incoming, listenerPort, traceId }: Exchange, body: Buffer | undefined): Record<string, string | string[] | number | undefined> {
  const { headers } = incoming;
  const client = (incoming.socket.remoteAddress ?? '').replace(/^::ffff:/, '');
  const chain = headers['x-forwarded-for'];
  const unknownLength = headers['content-length'] === undefined && body === undefined;
  return {
    ...withoutHopByHop(headers),
    ...(unknownLength ? { 'transfer-encoding': 'chunked' } : {}),
    ...(body && (body.length > 0 || headers['content-length'] !== undefined) ? { 'content-length': body.length } : {}),
    'x-forwarded-for': chain ? `${[chain].flat().join(', ')}, ${client}` : client,
    'x-forwarded-port': String(listenerPort),
    'x-forwarded-proto': 'http',
    'x-amzn-trace-id': headers['x-amzn-trace-id'] ?? traceId,
  };
}

function withoutHopByHop(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  const named = (headers.connection ?? '').split(',').map((name) => name.trim().toLowerCase());
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !HOP_BY_HOP.includes(name) && !named.includes(name)));
}

function hasSmallBody(incoming: IncomingMessage): boolean {
  if (incoming.headers['transfer-encoding'] !== undefined) return false;
  return Number(incoming.headers['content-length'] ?? 0) <= REPLAYABLE_BODY_BYTES;
}

/** Undefined when the client breaks off. */
async function readAll(incoming: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
  } catch {
    return undefined;
  }
  return Buffer.concat(chunks);
}
