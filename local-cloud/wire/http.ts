// A request and a response as both doors exchange them with the dispatcher: plain data, header names in lower case.

export interface WireRequest {
  method: string;
  /** As sent: still percent-encoded, without the query. */
  path: string;
  /** The raw query string, without the question mark. */
  query: string;
  headers: Readonly<Record<string, string>>;
  /** As sent: still compressed, when it came compressed. Signatures cover these bytes. */
  body: Uint8Array;
  sourceIp: string;
}

export interface WireResponse {
  statusCode: number;
  headers: Record<string, string>;
  body: Uint8Array;
}

export type Dispatch = (request: WireRequest) => Promise<WireResponse>;

export const jsonResponse = (statusCode: number, value: unknown): WireResponse => ({
  statusCode,
  headers: { 'content-type': 'application/json' },
  body: Buffer.from(`${JSON.stringify(value, null, 2)}\n`),
});
