// How a command ends. Scripts go by the exit code; people go by the message and the hint.

import type { ReleaseOutcome } from '../core/view/model.ts';

export const EXIT = {
  succeeded: 0,
  badInput: 2,
  notFound: 3,
  notAllowed: 4,
  rolledBack: 10,
  rejected: 11,
  superseded: 12,
  timedOut: 13,
  aborted: 14,
  failed: 15,
  cloudError: 20,
  interrupted: 130,
} as const;

export type ExitName = keyof typeof EXIT;

/** For `--help`, docs/cli.md and docs/config.md. */
export const EXIT_TABLE: readonly { name: ExitName; meaning: string }[] = [
  { name: 'succeeded', meaning: 'done; for a release: it succeeded, is under way, or had nothing to change' },
  { name: 'badInput', meaning: 'bad input: the command line or slipway.yml' },
  { name: 'notFound', meaning: 'no such release, pipeline, stage, stack or file' },
  { name: 'notAllowed', meaning: 'refused, or you are not allowed to' },
  { name: 'rolledBack', meaning: 'the release was rolled back' },
  { name: 'rejected', meaning: 'the release was rejected by a person' },
  { name: 'superseded', meaning: 'a newer release took its place' },
  { name: 'timedOut', meaning: 'the release ran out of time (nobody decided), or --wait did' },
  { name: 'aborted', meaning: 'the release was aborted' },
  { name: 'failed', meaning: 'the release failed for another reason' },
  { name: 'cloudError', meaning: 'the cloud or the network did not answer as it should' },
  { name: 'interrupted', meaning: 'you left before it had ended; the release goes on' },
];

/** What `status RELEASE` and `--wait` exit with. */
export const EXIT_OF_OUTCOME: Record<ReleaseOutcome, ExitName> = {
  succeeded: 'succeeded',
  unchanged: 'succeeded',
  rolledBack: 'rolledBack',
  rejected: 'rejected',
  superseded: 'superseded',
  timedOut: 'timedOut',
  aborted: 'aborted',
  refused: 'notAllowed',
  failed: 'failed',
};

/** An end that is not a success, with everything that is said about it. */
export class CliError extends Error {
  readonly exit: ExitName;
  readonly hint: string | undefined;
  /** For `--json`; where the Control API gave one, its own code. */
  readonly code: string;

  constructor(exit: ExitName, message: string, options: { hint?: string; code?: string; cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.name = 'CliError';
    this.exit = exit;
    this.hint = options.hint;
    this.code = options.code ?? exit;
  }
}

// Errors are looked at by shape: they may come from another realm (Node's own in a test, an SDK bundled twice).

export function messageOf(error: unknown): string {
  const message = member(error, 'message');
  return typeof message === 'string' && message !== '' ? message : (nameOf(error) ?? String(error));
}

export function nameOf(error: unknown): string | undefined {
  const name = member(error, 'name');
  return typeof name === 'string' ? name : undefined;
}

/** `ENOENT` and its like. */
export function codeOf(error: unknown): string | undefined {
  const code = member(error, 'code');
  return typeof code === 'string' ? code : undefined;
}

export function causeOf(error: unknown): unknown {
  return member(error, 'cause');
}

function member(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null && key in value ? (value as Record<string, unknown>)[key] : undefined;
}
