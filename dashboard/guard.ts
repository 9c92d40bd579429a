// Who may speak to the dashboard's server: pages that it served itself, on this machine, with the token of this run. Every other
// page in the same browser could reach a port on loopback too; what it cannot do is send our Host, our Origin and our token.
//   G1. Nothing is answered to a Host that is not ours (another name for this address: DNS rebinding).
//   G2. Nothing that has data or changes anything is answered without the token.
//   G3. Nothing is changed for a page of another origin, or for one that does not say where it is from.
import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

export interface Refusal {
  status: number;
  /** One sentence. */
  message: string;
  headers?: Record<string, string>;
}

export const TOKEN_HEADER = 'x-slipway-token';

export function refusalOf(request: Pick<IncomingMessage, 'method' | 'url' | 'headers' | 'rawHeaders'>, own: { port: number; token: string }): Refusal | undefined {
  const { headers, method = '', url = '' } = request;
  const hosts = [`127.0.0.1:${own.port}`, `localhost:${own.port}`];
  if (!hosts.includes(headers.host ?? '') || countOf(request.rawHeaders, 'host') !== 1) {
    return { status: 421, message: 'This address serves the dashboard of one person on this machine, and nobody else.' };
  }
  if (!url.startsWith('/')) return { status: 400, message: 'Ask for a path of this server.' };
  if (headers.origin !== undefined && headers.origin !== `http://${headers.host ?? ''}`) return { status: 403, message: 'Pages of other origins may not ask here.' };
  const site = headers['sec-fetch-site'];
  // A link on another page may open the dashboard; its scripts, frames and images may not.
  const opened = headers['sec-fetch-mode'] === 'navigate' && headers['sec-fetch-dest'] === 'document' && method === 'GET';
  if (site !== undefined && site !== 'same-origin' && site !== 'none' && !opened) return { status: 403, message: 'Pages of other origins may not ask here.' };
  if (!isApi(url)) return method === 'GET' || method === 'HEAD' ? undefined : { status: 405, message: 'Only GET is answered here.', headers: { allow: 'GET, HEAD' } };
  if (!sameText(singleOf(headers[TOKEN_HEADER]), own.token)) {
    return { status: 401, message: 'The token of this run is missing or wrong: open the address that `slipway dashboard` printed.' };
  }
  if (method !== 'GET' && method !== 'POST') return { status: 405, message: 'Only GET and POST are answered here.', headers: { allow: 'GET, POST' } };
  if (method === 'POST' && headers.origin === undefined) return { status: 403, message: 'A decision must come from the dashboard itself.' };
  return undefined;
}

export const isApi = (url: string): boolean => /^\/api(?:[/?]|$)/.test(url);

const singleOf = (value: string | string[] | undefined): string => (typeof value === 'string' ? value : '');

const countOf = (rawHeaders: readonly string[], name: string): number => rawHeaders.filter((text, index) => index % 2 === 0 && text.toLowerCase() === name).length;

/** In a time that does not depend on where they differ. */
function sameText(given: string, wanted: string): boolean {
  const hash = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(hash(given), hash(wanted));
}

/** What every answer says to the browser. */
export const SECURITY_HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'",
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
};
