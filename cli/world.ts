// What a command needs from the machine, so that tests run commands in process.
import { stripVTControlCharacters } from 'node:util';
import { type Terminal, terminalOf } from './terminal.ts';

export interface World {
  env: Readonly<Record<string, string | undefined>>;
  /** Data. */
  stdout: (text: string) => void;
  /** Talk. */
  stderr: (text: string) => void;
  /** Whether a person is looking at standard output. */
  isTerminal: boolean;
  /** The terminal behind standard output and the keyboard; absent where there is none to draw on. */
  terminal?: Terminal;
  workingFolder: string;
  nowMs: () => number;
  /** Ends early, without an error, when the signal is given. */
  sleep: (durationMs: number, signal?: AbortSignal) => Promise<void>;
  /** Resolves when the person asks to stop (Ctrl-C). */
  untilStopped: () => Promise<void>;
}

export function terminalWorld(): World {
  const terminal = terminalOf(process);
  return {
    env: process.env,
    stdout: (text) => void process.stdout.write(text),
    // Colours go by standard output; talk may go elsewhere.
    stderr: (text) => void process.stderr.write(process.stderr.isTTY ? text : stripVTControlCharacters(text)),
    isTerminal: process.stdout.isTTY,
    ...(terminal !== undefined && { terminal }),
    workingFolder: process.cwd(),
    nowMs: () => Date.now(),
    sleep,
    untilStopped: () =>
      new Promise((resolve) => {
        process.once('SIGINT', () => resolve());
        process.once('SIGTERM', () => resolve());
      }),
  };
}

function sleep(durationMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted === true) return resolve();
    const end = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, durationMs);
    signal?.addEventListener('abort', end);
  });
}
