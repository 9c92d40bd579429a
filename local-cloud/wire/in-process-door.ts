// The door for simulations: an SDK request handler that hands requests to the dispatcher without a socket. Requests are
// serialized, signed and parsed exactly as over HTTP.
import { types } from 'node:util';
import type { Dispatch } from './http.ts';

/** What an SDK client hands to its request handler, as far as this door reads it. */
export interface SdkRequest {
  method: string;
  hostname: string;
  port?: number;
  path: string;
  query?: Record<string, string | string[] | null>;
  headers: Record<string, string>;
  body?: unknown;
}

export interface InProcessRequestHandler {
  handle(request: SdkRequest, options?: { abortSignal?: unknown }): Promise<{ response: { statusCode: number; headers: Record<string, string>; body: Uint8Array } }>;
  destroy(): void;
  updateHttpClientConfig(): void;
  httpHandlerConfigs(): Record<string, never>;
}

/** Usable as `requestHandler` of any SDK v3 client. The client's `endpoint` may be anything: no name is resolved. */
export function inProcessRequestHandler(dispatch: Dispatch): InProcessRequestHandler {
  return {
    handle: async (request, options) => {
      const signal = options?.abortSignal as { aborted?: boolean } | undefined;
      if (signal?.aborted) throw Object.assign(new Error('Request aborted'), { name: 'AbortError' });
      const response = await dispatch({
        method: request.method,
        path: request.path,
        query: queryText(request.query ?? {}),
        headers: Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name.toLowerCase(), value])),
        body: bytes(request.body),
        sourceIp: '127.0.0.1',
      });
      return { response };
    },
    destroy: () => undefined,
    updateHttpClientConfig: () => undefined,
    httpHandlerConfigs: () => ({}),
  };
}

const encode = (text: string): string => encodeURIComponent(text).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);

const queryText = (query: Record<string, string | string[] | null>): string =>
  Object.entries(query)
    .flatMap(([name, value]) => (Array.isArray(value) ? value : [value]).map((each) => `${encode(name)}=${encode(each ?? '')}`))
    .join('&');

function bytes(body: unknown): Uint8Array {
  if (body === undefined || body === null) return new Uint8Array();
  if (typeof body === 'string') return Buffer.from(body, 'utf8');
  // A plain view: the SDK hands over bytes that warn when they are read as text.
  if (types.isUint8Array(body)) return new Uint8Array(body.buffer, body.byteOffset, body.byteLength);
  throw new TypeError('the in-process door takes text and bytes; a streamed body needs the HTTP door');
}
