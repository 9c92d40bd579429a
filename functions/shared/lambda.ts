// The edge every Lambda shares: one log line per invocation that says what was decided, and errors whose names the state
// machine can match on.
import middy from '@middy/core';
import type { Context } from 'aws-lambda';
import { errorFields, jsonLogger, type Logger } from '../../adapters/log.ts';
import { SlipwayError } from '../../core/errors.ts';

/** Worth another try as it is: throttled, a service fault, a lost race. The state machine retries it by this name. */
export class Transient extends SlipwayError {
  override readonly name = 'Transient';
  readonly retry = 'later';
}

export const stdoutLogger = (functionName: string): Logger => jsonLogger((line) => process.stdout.write(`${line}\n`), { function: functionName });

type Handle = (event: unknown) => Promise<unknown>;

/** `build` runs once per cold start. */
export function lambda(functionName: string, build: (log: Logger) => Handle): (event: unknown, context: Context) => Promise<unknown> {
  const log = stdoutLogger(functionName);
  let handle: Handle | undefined;
  return middy<unknown, unknown, Error, Context>()
    .use<middy.MiddlewareObj<unknown, unknown, Error, Context>>({
      // Middy rethrows the error after this, unless anything is returned here: that would be the function's answer.
      onError: ({ error, context }) => {
        log.error('failed', { requestId: context.awsRequestId, ...errorFields(error) });
      },
    })
    .handler(async (event: unknown) => {
      handle ??= build(log);
      try {
        return await handle(event);
      } catch (error) {
        throw named(error);
      }
    });
}

/** Gives faults that will pass a name of their own, whatever the SDK calls them. */
export function named(error: unknown): unknown {
  if (error instanceof SlipwayError || !(error instanceof Error)) return error;
  return isTransient(error) ? new Transient(`${error.name}: ${error.message}`, undefined, { cause: error }) : error;
}

/** What the services of AWS call a request that may be sent again as it is; the spellings differ from service to service. */
const TRANSIENT_NAMES = [
  'Throttling', 'ThrottlingException', 'ThrottledException', 'RequestThrottled', 'RequestThrottledException', 'RequestLimitExceeded', 'TooManyRequestsException',
  'ProvisionedThroughputExceededException', 'SlowDown', 'PriorRequestNotComplete', 'KMSThrottlingException',
  'TransactionConflictException', 'TransactionInProgressException', 'TransactionCanceledException', 'TimeoutError', 'RequestTimeout', 'RequestTimeoutException',
  'ServerException', 'InternalServerError', 'InternalFailure', 'ServiceUnavailable', 'ServiceUnavailableException', 'ExpiredTokenException', 'RequestExpired',
  'ECONNRESET', 'ECONNREFUSED', 'EPIPE', 'ETIMEDOUT', 'ENOTFOUND', 'EAI_AGAIN',
];

function isTransient(error: Error): boolean {
  const { $metadata, $fault, $retryable, code } = error as Error & { $metadata?: { httpStatusCode?: number }; $fault?: string; $retryable?: unknown; code?: string };
  const status = $metadata?.httpStatusCode ?? 0;
  return status >= 500 || status === 429 || $fault === 'server' || $retryable !== undefined || TRANSIENT_NAMES.includes(error.name) || (code !== undefined && TRANSIENT_NAMES.includes(code));
}
