// A child process that leads a process group of its own, so that everything it starts can be ended with it.
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

export interface ProgramSpec {
  command: string[];
  folder: string;
  environment: Record<string, string>;
  onLine: (line: string) => void;
}

export interface ProgramEnd {
  /** As a container runtime gives it: 128 + the signal's number when a signal ended it. Undefined when it never ran. */
  exitCode: number | undefined;
  startError: Error | undefined;
}

const SIGNAL_NUMBERS: Partial<Record<NodeJS.Signals, number>> = { SIGHUP: 1, SIGINT: 2, SIGQUIT: 3, SIGILL: 4, SIGABRT: 6, SIGBUS: 7, SIGFPE: 8, SIGKILL: 9, SIGSEGV: 11, SIGPIPE: 13, SIGTERM: 15 };

export class ProcessGroup {
  /** Resolves with the group's id, or undefined when the program could not be started. */
  readonly started: Promise<number | undefined>;
  readonly ended: Promise<ProgramEnd>;
  private readonly child: ChildProcess;
  private over = false;

  constructor({ command, folder, environment, onLine }: ProgramSpec) {
    const [program = '', ...words] = command;
    // `node` means the Node.js that runs this: an image of this cloud brings programs, not a whole file system.
    const executable = program === 'node' ? process.execPath : program;
    const child = spawn(executable, words, { cwd: folder, env: environment, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
    this.child = child;
    for (const stream of [child.stdout, child.stderr]) createInterface({ input: stream, crlfDelay: Infinity }).on('line', onLine);
    this.started = new Promise((resolve) => {
      child.once('spawn', () => resolve(child.pid));
      child.once('error', () => resolve(undefined));
    });
    this.ended = new Promise((resolve) => {
      let startError: Error | undefined;
      child.once('error', (error) => {
        startError = error;
        if (child.pid === undefined) resolve({ exitCode: undefined, startError });
      });
      // What the program started must not live on, and would keep the output pipes open.
      child.once('exit', () => {
        this.over = true;
        this.killGroup();
      });
      child.once('close', (code, signal) => {
        if (child.pid !== undefined) resolve({ exitCode: signal ? 128 + (SIGNAL_NUMBERS[signal] ?? 0) : (code ?? undefined), startError });
      });
    });
  }

  /** Asks the program itself, as a container runtime does; its children are its own business until it has ended. */
  terminate(): void {
    if (!this.over) this.child.kill('SIGTERM');
  }

  kill(): void {
    if (!this.over) this.killGroup();
  }

  private killGroup(): void {
    const { pid } = this.child;
    if (pid === undefined) return;
    try {
      process.kill(-pid, 'SIGKILL');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error; // nobody of the group is left
    }
  }
}
