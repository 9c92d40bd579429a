// The dashboard's server, for one person on this machine: the files of the page, and a narrow door to the Control API.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { CliError, codeOf } from '../cli/exit.ts';
import { readAssets, type Asset } from './assets.ts';
import { isApi, refusalOf, SECURITY_HEADERS } from './guard.ts';
import { answerApi, type ApiAnswer, type DashboardApi, refused } from './routes.ts';

export interface DashboardOptions {
  api: DashboardApi;
  /** 0: any that is free. */
  port: number;
  /** A secret of this run. */
  token: string;
  /** For the head of the page: which cloud, and as whom. */
  about: { cloud: string; person?: string };
}

export interface Dashboard {
  port: number;
  /** With the token in its fragment, which no browser sends anywhere. */
  url: string;
  close: () => Promise<void>;
}

const BODY_BYTES_MAX = 16 * 1024;
const PUBLIC = join(import.meta.dirname, 'public');

export async function startDashboard(options: DashboardOptions): Promise<Dashboard> {
  const assets = await readAssets(PUBLIC);
  const server = createServer((request, response) => {
    answer(request, response).catch(() => response.destroy());
  });
  const port = await listen(server, options.port);
  return {
    port,
    url: `http://127.0.0.1:${port}/#token=${options.token}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = request.url ?? '';
    const refusal = refusalOf(request, { port, token: options.token });
    if (refusal !== undefined) {
      const code = refusal.status === 401 ? 'TokenMissing' : 'NotServed';
      if (isApi(url)) return json(response, refused(refusal.status, code, refusal.message), refusal.headers);
      return plain(response, refusal.status, refusal.message, refusal.headers);
    }
    if (!isApi(url)) return file(response, assets.get(url.split('?')[0] ?? ''), request.method === 'HEAD');
    if (url === '/api/about') return json(response, { status: 200, body: options.about });
    const body = await bodyOf(request);
    if (!body.ok) return json(response, refused(body.status, 'BadRequest', body.message));
    return json(response, await answerApi(options.api, { method: request.method ?? '', url: new URL(url, 'http://dashboard.invalid'), body: body.value }));
  }
}

type Body = { ok: true; value: unknown } | { ok: false; status: number; message: string };

async function bodyOf(request: IncomingMessage): Promise<Body> {
  if (request.method !== 'POST') return { ok: true, value: undefined };
  if (!/^application\/json\s*(?:;|$)/i.test(request.headers['content-type'] ?? '')) return { ok: false, status: 415, message: 'A decision is sent as JSON.' };
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > BODY_BYTES_MAX) return { ok: false, status: 413, message: `A decision has at most ${BODY_BYTES_MAX} bytes.` };
    chunks.push(chunk);
  }
  try {
    return { ok: true, value: JSON.parse(Buffer.concat(chunks).toString('utf8')) };
  } catch {
    return { ok: false, status: 400, message: 'The decision is not well-formed JSON.' };
  }
}

function file(response: ServerResponse, asset: Asset | undefined, headOnly: boolean): void {
  if (asset === undefined) return plain(response, 404, 'The dashboard has no such page.');
  response.writeHead(200, { ...SECURITY_HEADERS, 'content-type': asset.type, 'content-length': asset.body.length });
  response.end(headOnly ? undefined : asset.body);
}

function json(response: ServerResponse, { status, body }: ApiAnswer, headers: Record<string, string> = {}): void {
  response.writeHead(status, { ...SECURITY_HEADERS, ...headers, 'content-type': 'application/json; charset=utf-8' });
  response.end(JSON.stringify(body));
}

function plain(response: ServerResponse, status: number, message: string, headers: Record<string, string> = {}): void {
  response.writeHead(status, { ...SECURITY_HEADERS, ...headers, 'content-type': 'text/plain; charset=utf-8' });
  response.end(`${message}\n`);
}

function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (error) => {
      const taken = codeOf(error) === 'EADDRINUSE';
      reject(taken ? new CliError('badInput', `port ${port} is taken`, { hint: 'Stop what listens there, or leave --port out.', cause: error }) : error);
    });
    server.listen(port, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
  });
}
