// Task tokens. A token says which execution and which task it belongs to, so that nothing has to be kept for used ones.
import type { Json } from '../language/json.ts';
import type { StatesError } from '../language/errors.ts';
import { parseJson } from '../language/json.ts';

/** A task that waits for SendTaskSuccess or SendTaskFailure. */
export interface PendingTask {
  succeed(output: Json): void;
  fail(error: StatesError): void;
  heartbeat(): void;
}

export interface TokenParts {
  executionArn: string;
  taskNumber: number;
  nonce: string;
}

export const writeToken = ({ executionArn, taskNumber, nonce }: TokenParts): string =>
  Buffer.from(JSON.stringify([executionArn, taskNumber, nonce])).toString('base64');

/** The parts of a token, or undefined when no Step Functions ever wrote such a thing. */
export function readToken(token: string): TokenParts | undefined {
  const parts = parseJson(Buffer.from(token, 'base64').toString())?.value;
  if (!Array.isArray(parts) || parts.length !== 3) return undefined;
  const [executionArn, taskNumber, nonce] = parts;
  if (typeof executionArn !== 'string' || typeof taskNumber !== 'number' || typeof nonce !== 'string') return undefined;
  return { executionArn, taskNumber, nonce };
}
