// Verifies AWS Signature Version 4, from the specification rather than with the SDK's signer, so that a fault of one cannot
// hide in the other. https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { AwsError } from '../kernel/errors.ts';

export interface SignedRequest {
  method: string;
  path: string; // percent-encoded, as sent
  query: string; // raw
  headers: Readonly<Record<string, string>>;
  body: Uint8Array;
}

export interface Authorization {
  accessKeyId: string;
  date: string; // YYYYMMDD
  region: string;
  signingName: string;
  signedHeaders: readonly string[];
  signature: string;
}

const HEADER = /^AWS4-HMAC-SHA256\s+Credential=([^/,\s]+)\/(\d{8})\/([^/]+)\/([^/]+)\/aws4_request,\s*SignedHeaders=([^,\s]+),\s*Signature=([0-9a-f]{64})$/;

export const MOST_SKEW_MS = 5 * 60_000;

export function readAuthorization(headers: Readonly<Record<string, string>>): Authorization {
  const header = headers['authorization'];
  if (header === undefined) throw new AwsError('MissingAuthenticationTokenException', 'Request is missing Authentication Token', { httpStatus: 403 });
  const match = HEADER.exec(header);
  if (!match) throw new AwsError('IncompleteSignatureException', 'The Authorization header is not an AWS4-HMAC-SHA256 signature.');
  const [, accessKeyId = '', date = '', region = '', signingName = '', signedHeaders = '', signature = ''] = match;
  return { accessKeyId, date, region, signingName, signedHeaders: signedHeaders.split(';'), signature };
}

/** Throws `InvalidSignatureException` unless the request was signed with that secret, unchanged, within five minutes of `nowMs`. */
export function verifySignature(request: SignedRequest, authorization: Authorization, secretAccessKey: string, nowMs: number): void {
  const amzDate = request.headers['x-amz-date'] ?? '';
  const signedAtMs = amzDateMs(amzDate);
  if (Number.isNaN(signedAtMs) || !amzDate.startsWith(authorization.date)) throw mismatch('The request has no usable X-Amz-Date header.');
  if (Math.abs(nowMs - signedAtMs) > MOST_SKEW_MS) throw mismatch(`Signature expired: ${amzDate} is more than 5 minutes from ${new Date(nowMs).toISOString()}.`);
  if (!authorization.signedHeaders.includes('host') || !authorization.signedHeaders.includes('x-amz-date')) throw mismatch('Host and X-Amz-Date must be signed.');
  const expected = Buffer.from(expectedSignature(request, authorization, amzDate, secretAccessKey), 'hex');
  if (!timingSafeEqual(expected, Buffer.from(authorization.signature, 'hex'))) {
    throw mismatch('The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method.');
  }
}

const mismatch = (message: string): AwsError => new AwsError('InvalidSignatureException', message, { httpStatus: 403 });

function amzDateMs(text: string): number {
  const parts = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(text);
  if (!parts) return NaN;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = parts.slice(1).map(Number);
  return Date.UTC(year, month - 1, day, hour, minute, second);
}

const sha256 = (data: string | Uint8Array): string => createHash('sha256').update(data).digest('hex');
const hmac = (key: string | Buffer, data: string): Buffer => createHmac('sha256', key).update(data).digest();

function expectedSignature(request: SignedRequest, authorization: Authorization, amzDate: string, secretAccessKey: string): string {
  const { date, region, signingName } = authorization;
  const scope = `${date}/${region}/${signingName}/aws4_request`;
  const toSign = ['AWS4-HMAC-SHA256', amzDate, scope, sha256(canonicalRequest(request, authorization.signedHeaders))].join('\n');
  const key = [region, signingName, 'aws4_request'].reduce<Buffer>((derived, part) => hmac(derived, part), hmac(`AWS4${secretAccessKey}`, date));
  return hmac(key, toSign).toString('hex');
}

function canonicalRequest(request: SignedRequest, signedHeaders: readonly string[]): string {
  const headers = signedHeaders.map((name) => `${name}:${(request.headers[name] ?? '').trim().replaceAll(/\s+/g, ' ')}\n`).join('');
  return [request.method, canonicalPath(request.path), canonicalQuery(request.query), headers, signedHeaders.join(';'), payloadHash(request)].join('\n');
}

/** Every service but S3 signs the path encoded once more than it is sent, without dot segments. */
function canonicalPath(path: string): string {
  const segments: string[] = [];
  for (const segment of path.split('/')) {
    if (segment === '' || segment === '.') continue;
    if (segment === '..') segments.pop();
    else segments.push(encode(segment));
  }
  return `/${segments.join('/')}${segments.length > 0 && path.endsWith('/') ? '/' : ''}`;
}

function canonicalQuery(query: string): string {
  if (query === '') return '';
  return query
    .split('&')
    .map((pair) => {
      const equals = pair.indexOf('=');
      const [name, value] = equals < 0 ? [pair, ''] : [pair.slice(0, equals), pair.slice(equals + 1)];
      return [encode(decodeURIComponent(name)), encode(decodeURIComponent(value))] as const;
    })
    .sort(([a, aValue], [b, bValue]) => (a < b ? -1 : a > b ? 1 : aValue < bValue ? -1 : aValue > bValue ? 1 : 0))
    .map(([name, value]) => `${name}=${value}`)
    .join('&');
}

const encode = (text: string): string => encodeURIComponent(text).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);

/** A body that differs from its declared hash must not pass for the signed one. */
function payloadHash({ headers, body }: SignedRequest): string {
  const declared = headers['x-amz-content-sha256'];
  if (declared === 'UNSIGNED-PAYLOAD') return declared;
  const actual = sha256(body);
  if (declared !== undefined && declared !== actual) throw mismatch('The body does not have the hash that X-Amz-Content-Sha256 declares.');
  return actual;
}
