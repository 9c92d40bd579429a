// The small change of an HTTP server.
import type { IncomingMessage, ServerResponse } from 'node:http';

const BODY_BYTES_MAX = 1024 * 1024;

export const json = (response: ServerResponse, status: number, body: object): void => void response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));

export const plain = (response: ServerResponse, status: number, body: string): void => void response.writeHead(status, { 'content-type': 'text/plain' }).end(body);

export function html(response: ServerResponse, { html: body, nonce }: { html: string; nonce: string }): void {
  response
    .writeHead(200, {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': `default-src 'none'; script-src 'nonce-${nonce}'; style-src 'nonce-${nonce}'; connect-src 'self'; base-uri 'none'; form-action 'none'`,
    })
    .end(body);
}

/** No answer, only a connection that ends. */
export const cut = (request: IncomingMessage): void => void request.socket.destroy();

export async function bodyOf(request: IncomingMessage): Promise<Record<string, unknown>> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > BODY_BYTES_MAX) throw new Error('the body is too long');
    chunks.push(chunk);
  }
  const text = Buffer.concat(chunks).toString('utf8');
  if (request.headers['content-type'] === 'application/x-www-form-urlencoded') return Object.fromEntries(new URLSearchParams(text));
  return JSON.parse(text || '{}') as Record<string, unknown>;
}
