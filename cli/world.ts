// What a command needs from the machine, so that tests run commands in process.

export interface World {
  env: Readonly<Record<string, string | undefined>>;
  /** Data. */
  stdout: (text: string) => void;
  /** Talk. */
  stderr: (text: string) => void;
  /** Whether a person is looking at standard output. */
  isTerminal: boolean;
  workingFolder: string;
  nowMs: () => number;
  sleep: (durationMs: number) => Promise<void>;
  /** Resolves when the person asks to stop (Ctrl-C). */
  untilStopped: () => Promise<void>;
}

export function terminalWorld(): World {
  return {
    env: process.env,
    stdout: (text) => void process.stdout.write(text),
    stderr: (text) => void process.stderr.write(text),
    isTerminal: process.stdout.isTTY,
    workingFolder: process.cwd(),
    nowMs: () => Date.now(),
    sleep: (durationMs) => new Promise((resolve) => setTimeout(resolve, durationMs)),
    untilStopped: () =>
      new Promise((resolve) => {
        process.once('SIGINT', () => resolve());
        process.once('SIGTERM', () => resolve());
      }),
  };
}
