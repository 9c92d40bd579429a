// The terminal a person sits at: its size, its keys, and the promise that it is left as it was found, however the process ends.

export interface Terminal {
  size: () => { columns: number; rows: number };
  /** Keys arrive one by one and unechoed until `stop` is called. */
  listen: (listener: TerminalListener) => { stop: () => void };
  /** Stops the process as Ctrl-Z does; resolves when the person has brought it back. */
  suspend: () => Promise<void>;
}

export interface TerminalListener {
  /** As terminals send them: `q`, `\u0003` for Ctrl-C, `\u001b[A` for the arrow up. */
  key: (key: string) => void;
  resized: () => void;
  /** The process was told to end (SIGTERM, SIGHUP, or Ctrl-C where the keyboard is not ours). */
  stopped: () => void;
  /** What to write if the process ends without having stopped listening. */
  atExit: () => string;
}

const STOPPING = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
/** Some terminals say 0 before they know. */
const FALLBACK = { columns: 80, rows: 24 };

/** What of a process this needs. */
export interface TerminalHost {
  stdin: Pick<NodeJS.ReadStream, 'isTTY' | 'setRawMode' | 'on' | 'off' | 'resume' | 'pause'>;
  stdout: Pick<NodeJS.WriteStream, 'isTTY' | 'columns' | 'rows' | 'write' | 'on' | 'off'>;
  env: Readonly<Record<string, string | undefined>>;
  on: (event: string, listener: () => void) => unknown;
  off: (event: string, listener: () => void) => unknown;
  pid: number;
  kill: (pid: number, signal: string) => unknown;
}

/** Undefined when standard output is no terminal, or one that cannot be drawn on. */
export function terminalOf(host: TerminalHost): Terminal | undefined {
  const { stdin, stdout } = host;
  if (!stdout.isTTY || host.env['TERM'] === 'dumb') return undefined;
  const rawMode = (on: boolean): void => void (stdin.isTTY && stdin.setRawMode(on));
  return {
    size: () => ({ columns: stdout.columns || FALLBACK.columns, rows: stdout.rows || FALLBACK.rows }),
    listen: (listener) => {
      const onData = (data: Buffer): void => keysOf(data.toString('utf8')).forEach(listener.key);
      const onExit = (): void => void stdout.write(listener.atExit());
      rawMode(true);
      if (stdin.isTTY) stdin.on('data', onData).resume();
      stdout.on('resize', listener.resized);
      for (const signal of STOPPING) host.on(signal, listener.stopped);
      host.on('exit', onExit);
      return {
        stop: () => {
          rawMode(false);
          if (stdin.isTTY) stdin.off('data', onData).pause();
          stdout.off('resize', listener.resized);
          for (const signal of STOPPING) host.off(signal, listener.stopped);
          host.off('exit', onExit);
        },
      };
    },
    suspend: () =>
      new Promise((resolve) => {
        const onContinue = (): void => {
          host.off('SIGCONT', onContinue);
          rawMode(true);
          resolve();
        };
        host.on('SIGCONT', onContinue);
        rawMode(false);
        host.kill(host.pid, 'SIGTSTP');
      }),
  };
}

/** Several keys arrive at once when a person is quick, and one arrow is three characters. */
export function keysOf(text: string): string[] {
  return text.match(/\u001b(?:\[[0-9;]*[ -/]*[@-~]|O.)?|[^]/gu) ?? [];
}
