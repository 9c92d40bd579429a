// Calls another function of Slipway. The SDK's Lambda client would be a fifth of the bundle that needs it (70 KB of schemas
// for operations nobody calls), so the one request is signed here with the SDK's own signer and handler.
import { createHash, createHmac, type Hash, type Hmac } from 'node:crypto';
import { HttpRequest, type HttpHandler } from '@smithy/core/protocols';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { SignatureV4 } from '@smithy/signature-v4';
import type { AwsCredentialIdentity } from '@smithy/types';
import { SlipwayError } from '../core/errors.ts';

/** The function that was called failed, or could not be called. */
export class FunctionUnanswered extends SlipwayError {
  override readonly name = 'FunctionUnanswered';
  readonly retry = 'later';
}

export interface FunctionCaller {
  region: string;
  credentials: () => Promise<AwsCredentialIdentity>;
  /** `https://lambda.REGION.amazonaws.com` unless the environment says otherwise. */
  endpoint: string | undefined;
  handler?: HttpHandler;
}

/** Calls and answers what the function answered. */
export type Invoke = (functionName: string, payload: unknown) => Promise<unknown>;
/** Hands the payload over; AWS calls the function, retries it, and keeps what fails for good in its dead-letter queue. */
export type Send = (functionName: string, payload: unknown) => Promise<void>;

const REQUEST_TIMEOUT_MS = 50_000;

export const invoker = (caller: FunctionCaller): Invoke => {
  const call = calling(caller, 'RequestResponse');
  return async (functionName, payload) => JSON.parse(await call(functionName, payload)) as unknown;
};

export const sender = (caller: FunctionCaller): Send => {
  const call = calling(caller, 'Event');
  return async (functionName, payload) => void (await call(functionName, payload));
};

const ANSWERED = { RequestResponse: 200, Event: 202 } as const;

/** https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html */
function calling({ region, credentials, endpoint, handler = new NodeHttpHandler({ requestTimeout: REQUEST_TIMEOUT_MS }) }: FunctionCaller, invocationType: keyof typeof ANSWERED) {
  const url = new URL(endpoint ?? `https://lambda.${region}.amazonaws.com`);
  return async (functionName: string, payload: unknown): Promise<string> => {
    const request = new HttpRequest({
      method: 'POST',
      protocol: url.protocol,
      hostname: url.hostname,
      ...(url.port ? { port: Number(url.port) } : {}),
      path: `/2015-03-31/functions/${encodeURIComponent(functionName)}/invocations`,
      headers: { host: url.host, 'content-type': 'application/json', 'x-amz-invocation-type': invocationType },
      body: JSON.stringify(payload),
    });
    const signer = new SignatureV4({ service: 'lambda', region, credentials, sha256: NodeSha256 });
    const { response } = await handler.handle((await signer.sign(request)) as HttpRequest);
    const text = await textOf(response.body);
    const failed = response.headers['x-amz-function-error'];
    if (response.statusCode !== ANSWERED[invocationType] || failed !== undefined) {
      throw new FunctionUnanswered(`the function ${functionName} did not answer (${response.statusCode}${failed ? `, ${failed}` : ''}): ${text.slice(0, 300)}`);
    }
    return text;
  };
}

/** The signer's hash on Node's own; the portable one would be more code in the bundle than all of this file. */
export class NodeSha256 {
  private readonly hash: Hash | Hmac;

  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    this.hash = secret === undefined ? createHash('sha256') : createHmac('sha256', typeof secret === 'string' ? secret : bytesOf(secret));
  }

  update(data: string | ArrayBuffer | ArrayBufferView): void {
    this.hash.update(typeof data === 'string' ? data : bytesOf(data));
  }

  async digest(): Promise<Uint8Array> {
    return this.hash.digest();
  }

  reset(): void {
    // The signer makes a new hash for every signature.
  }
}

const bytesOf = (data: ArrayBuffer | ArrayBufferView): Uint8Array => (ArrayBuffer.isView(data) ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength) : new Uint8Array(data));

async function textOf(body: unknown): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body as AsyncIterable<Uint8Array>) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}
