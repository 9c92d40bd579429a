// Calls another function of Slipway. The SDK's Lambda client would be a fifth of the bundle that needs it (70 KB of schemas
// for operations nobody calls), so the one request is signed here with the SDK's own signer and handler.
import { Sha256 } from '@aws-crypto/sha256-js';
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

export type Invoke = (functionName: string, payload: unknown) => Promise<unknown>;

const REQUEST_TIMEOUT_MS = 50_000;

/** https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html */
export function invoker({ region, credentials, endpoint, handler = new NodeHttpHandler({ requestTimeout: REQUEST_TIMEOUT_MS }) }: FunctionCaller): Invoke {
  const url = new URL(endpoint ?? `https://lambda.${region}.amazonaws.com`);
  return async (functionName, payload) => {
    const request = new HttpRequest({
      method: 'POST',
      protocol: url.protocol,
      hostname: url.hostname,
      ...(url.port ? { port: Number(url.port) } : {}),
      path: `/2015-03-31/functions/${encodeURIComponent(functionName)}/invocations`,
      headers: { host: url.host, 'content-type': 'application/json' },
      body: JSON.stringify(payload),
    });
    const signer = new SignatureV4({ service: 'lambda', region, credentials, sha256: Sha256 });
    const { response } = await handler.handle((await signer.sign(request)) as HttpRequest);
    const text = await textOf(response.body);
    const failed = response.headers['x-amz-function-error'];
    if (response.statusCode !== 200 || failed !== undefined) {
      throw new FunctionUnanswered(`the function ${functionName} did not answer (${response.statusCode}${failed ? `, ${failed}` : ''}): ${text.slice(0, 300)}`);
    }
    return JSON.parse(text) as unknown;
  };
}

async function textOf(body: unknown): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body as AsyncIterable<Uint8Array>) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}
