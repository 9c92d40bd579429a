// Sends a request as it is written, over a connection that is kept.
import { Agent, request as httpRequest } from 'node:http';
import type { Outcome, RawRequest } from './case.ts';

const GIVE_UP_MS = 30_000;

export interface Sender {
  send(url: URL, raw: RawRequest): Promise<Outcome>;
  close(): void;
}

export function sender(connectionsMax: number): Sender {
  const agent = new Agent({ keepAlive: true, maxSockets: connectionsMax });
  return {
    send: (url, raw) => (raw.cutAfterBytes === undefined ? whole(agent, url, raw) : cutShort(url, raw)),
    close: () => agent.destroy(),
  };
}

const pathOf = (url: URL, raw: RawRequest): string => `${url.pathname.replace(/\/$/, '')}${raw.target}`;

/** Node takes a list of names and values, and sends it as it is. */
const headersOf = (url: URL, raw: RawRequest): string[] => ['host', url.host, ...raw.headers.flat(), 'content-length', String(raw.body.length)];

function whole(agent: Agent, url: URL, raw: RawRequest): Promise<Outcome> {
  return new Promise((resolve) => {
    const startedAtMs = performance.now();
    const done = (status: number, body: string): void => resolve({ status, body, tookMs: performance.now() - startedAtMs });
    const outgoing = httpRequest({ agent, host: url.hostname, port: url.port, method: raw.method, path: pathOf(url, raw), headers: headersOf(url, raw), timeout: GIVE_UP_MS }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => done(response.statusCode ?? 0, Buffer.concat(chunks).toString('utf8')));
      response.on('error', (error) => done(0, error.message));
    });
    outgoing.on('timeout', () => outgoing.destroy(new Error('no answer')));
    outgoing.on('error', (error) => done(0, error.message));
    outgoing.end(raw.body);
  });
}

function cutShort(url: URL, raw: RawRequest): Promise<Outcome> {
  return new Promise((resolve) => {
    const startedAtMs = performance.now();
    const outgoing = httpRequest({ host: url.hostname, port: url.port, method: raw.method, path: pathOf(url, raw), headers: headersOf(url, raw) }, (response) => {
      response.resume();
      resolve({ status: response.statusCode ?? 0, body: '', tookMs: performance.now() - startedAtMs });
    });
    outgoing.on('error', (error) => resolve({ status: 0, body: error.message, tookMs: performance.now() - startedAtMs }));
    outgoing.write(raw.body.subarray(0, raw.cutAfterBytes), () => outgoing.destroy());
  });
}
