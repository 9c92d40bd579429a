// JSON as Step Functions sees it, and its size limit.

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
export type JsonObject = { [key: string]: Json };

/** The largest input, output or variable: 256 KiB of UTF-8. https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html */
export const PAYLOAD_LIMIT_BYTES = 256 * 1024;

export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The value, or undefined when `text` is not JSON. */
export function parseJson(text: string): { value: Json } | undefined {
  try {
    return { value: JSON.parse(text) as Json };
  } catch {
    return undefined;
  }
}

export const exceedsPayloadLimit = (text: string): boolean =>
  text.length > PAYLOAD_LIMIT_BYTES / 4 && Buffer.byteLength(text) > PAYLOAD_LIMIT_BYTES;
