// For tests: runs the CLI in process against a control API that is a table of answers.

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { run } from './main.ts';
import type { World } from './world.ts';

export interface Received {
  method: string;
  /** With the query. */
  path: string;
  headers: Record<string, string | string[] | undefined>;
  body: unknown;
}

export interface Reply {
  status?: number;
  body?: unknown;
  /** Instead of JSON. */
  text?: string;
}

export interface FakeControl {
  url: string;
  received: Received[];
  close: () => Promise<void>;
}

/** @param answers by `GET /v1/pipelines`, with the query or for any query; a list answers one request after the other and then stays at its last. */
export async function fakeControl(answers: Record<string, Reply | Reply[] | ((request: Received) => Reply)>): Promise<FakeControl> {
  const received: Received[] = [];
  const server = createServer((incoming, outgoing) => {
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
    incoming.on('end', () => {
      const text = Buffer.concat(chunks).toString();
      const request: Received = { method: incoming.method ?? '', path: incoming.url ?? '', headers: incoming.headers, body: text.startsWith('{') ? JSON.parse(text) : text };
      received.push(request);
      const answer = answers[`${request.method} ${request.path}`] ?? answers[`${request.method} ${request.path.replace(/\?.*/, '')}`] ?? { status: 404, body: { error: { code: 'NotFound', message: `there is nothing at ${request.path}` } } };
      const reply = typeof answer === 'function' ? answer(request) : Array.isArray(answer) ? ((answer.length > 1 ? answer.shift() : answer[0]) ?? {}) : answer;
      outgoing.writeHead(reply.status ?? 200, { 'content-type': reply.text === undefined ? 'application/json' : 'text/xml' });
      outgoing.end(reply.text ?? JSON.stringify(reply.body ?? {}));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const close = (): Promise<void> => new Promise((resolve) => server.close(() => resolve()));
  return { url: `http://127.0.0.1:${port}`, received, close };
}

export interface Ran {
  exit: number;
  stdout: string;
  stderr: string;
}

export async function runCli(words: string[], world: Partial<World> = {}): Promise<Ran> {
  const ran: Ran = { exit: -1, stdout: '', stderr: '' };
  let nowMs = Date.parse('2026-11-23T12:00:00Z');
  ran.exit = await run(words, {
    env: {},
    stdout: (text) => void (ran.stdout += text),
    stderr: (text) => void (ran.stderr += text),
    isTerminal: false,
    workingFolder: '/nonexistent',
    nowMs: () => nowMs,
    sleep: async (durationMs) => void (nowMs += durationMs),
    untilStopped: async () => undefined,
    ...world,
  });
  return ran;
}
