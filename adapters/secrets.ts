// What Slipway has to know and nobody may read: fetched once, kept in memory, never logged. The SDK's client would be a third of
// the room a bundle has, so the one request is signed here with the SDK's own signer, as in functions.ts.
import { HttpRequest, type HttpHandler } from '@smithy/core/protocols';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { SignatureV4 } from '@smithy/signature-v4';
import type { AwsCredentialIdentity } from '@smithy/types';
import * as v from 'valibot';
import { SlipwayError } from '../core/errors.ts';
import { NodeSha256 } from './functions.ts';

/** The secret cannot be read, or does not hold what it should. */
export class SecretUnreadable extends SlipwayError {
  override readonly name = 'SecretUnreadable';
  readonly retry = 'later';
}

export interface SecretSource {
  region: string;
  credentials: () => Promise<AwsCredentialIdentity>;
  /** `https://secretsmanager.REGION.amazonaws.com` unless the environment says otherwise. */
  endpoint: string | undefined;
  handler?: HttpHandler;
}

const REQUEST_TIMEOUT_MS = 5_000;

/** https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetSecretValue.html */
async function secretText({ region, credentials, endpoint, handler = new NodeHttpHandler({ requestTimeout: REQUEST_TIMEOUT_MS }) }: SecretSource, secretArn: string): Promise<string> {
  const url = new URL(endpoint ?? `https://secretsmanager.${region}.amazonaws.com`);
  const request = new HttpRequest({
    method: 'POST',
    protocol: url.protocol,
    hostname: url.hostname,
    ...(url.port ? { port: Number(url.port) } : {}),
    path: '/',
    headers: { host: url.host, 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': 'secretsmanager.GetSecretValue' },
    body: JSON.stringify({ SecretId: secretArn }),
  });
  const signer = new SignatureV4({ service: 'secretsmanager', region, credentials, sha256: NodeSha256 });
  const { response } = await handler.handle((await signer.sign(request)) as HttpRequest);
  const chunks: Uint8Array[] = [];
  for await (const chunk of response.body as AsyncIterable<Uint8Array>) chunks.push(chunk);
  const answer = v.safeParse(v.pipe(v.string(), v.parseJson(), v.object({ SecretString: v.string() })), Buffer.concat(chunks).toString('utf8'));
  // The answer is not quoted: whatever is wrong with it, it may hold the secret.
  if (response.statusCode !== 200 || !answer.success) throw new SecretUnreadable(`the secret ${secretArn} cannot be read (${response.statusCode})`, 'It must be a text, under a key this function may use. See docs/slack.md.');
  return answer.output.SecretString;
}

export interface Secret<Content> {
  get(): Promise<Content>;
  /** What was read before is out of date: the next `get` reads again. */
  forget(): void;
}

/** A secret that holds JSON of a known shape. Read when it is first needed, once for everybody who waits for it. */
export function secretOf<Content>(source: SecretSource, secretArn: string, schema: v.GenericSchema<unknown, Content>): Secret<Content> {
  let known: Promise<Content> | undefined;
  const read = async (): Promise<Content> => {
    const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), schema), await secretText(source, secretArn));
    if (!parsed.success) throw new SecretUnreadable(`the secret ${secretArn} does not hold what it should`, 'See docs/slack.md for the JSON it holds.');
    return parsed.output;
  };
  return {
    get() {
      known ??= read().catch((error: unknown) => {
        known = undefined;
        throw error;
      });
      return known;
    },
    forget: () => {
      known = undefined;
    },
  };
}
