// The door for programs of their own: HTTP on a loopback port (any SDK or the AWS CLI with `--endpoint-url`).
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Dispatch, WireRequest } from './http.ts';

export interface HttpDoor {
  readonly port: number;
  readonly url: string;
  /** Ends open connections too; resolves when the port is free. */
  close(): Promise<void>;
}

/** Above the largest request of any modelled service (a Lambda zip of 50 MB, in base64). */
const LONGEST_BODY_BYTES = 100 * 1024 * 1024;

export function listen(dispatch: Dispatch, { port, host = '127.0.0.1' }: { port: number; host?: string }): Promise<HttpDoor> {
  const server = createServer((request, response) => {
    answer(dispatch, request, response).catch(() => response.destroy());
  });
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const taken = error.code === 'EADDRINUSE';
      reject(taken ? new Error(`Port ${port} on ${host} is taken: stop what listens there, or choose another with --port.`, { cause: error }) : error);
    });
    server.listen(port, host, () => {
      const bound = (server.address() as AddressInfo).port;
      const close = () =>
        new Promise<void>((closed) => {
          server.close(() => closed());
          server.closeAllConnections();
        });
      resolve({ port: bound, url: `http://${host}:${bound}`, close });
    });
  });
}

async function answer(dispatch: Dispatch, incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  const body = await readBody(incoming);
  if (!body) {
    outgoing.writeHead(413, { connection: 'close' }).end();
    return;
  }
  const response = await dispatch(toWireRequest(incoming, body));
  outgoing.writeHead(response.statusCode, { ...response.headers, 'content-length': String(response.body.length) });
  outgoing.end(response.body);
}

async function readBody(incoming: IncomingMessage): Promise<Uint8Array | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > LONGEST_BODY_BYTES) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function toWireRequest(incoming: IncomingMessage, body: Uint8Array): WireRequest {
  const url = incoming.url ?? '/';
  const mark = url.indexOf('?');
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(incoming.headers)) if (value !== undefined) headers[name] = Array.isArray(value) ? value.join(', ') : value;
  return {
    method: incoming.method ?? 'GET',
    path: mark < 0 ? url : url.slice(0, mark),
    query: mark < 0 ? '' : url.slice(mark + 1),
    headers,
    body,
    sourceIp: incoming.socket.remoteAddress ?? '127.0.0.1',
  };
}
