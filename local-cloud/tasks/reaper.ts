// Makes sure that containers do not outlive this process, even when it is killed with SIGKILL and can clean up nothing.
//
// A tiny process reads from a pipe which process groups live. The pipe's other end is held only by this process, so when
// this process dies, however it dies, the reaper reads the end of the pipe, kills those groups and removes the folder.
import { type ChildProcess, spawn } from 'node:child_process';
import type { Socket } from 'node:net';

const PROGRAM = `
const [folder] = process.argv.slice(1);
const groups = new Set();
let rest = '';
process.on('SIGINT', () => {}); process.on('SIGTERM', () => {});
process.stdin.on('data', (chunk) => {
  const lines = (rest + chunk).split('\\n');
  rest = lines.pop();
  for (const line of lines) line[0] === '+' ? groups.add(Number(line.slice(1))) : groups.delete(Number(line.slice(1)));
});
process.stdin.on('end', () => {
  for (const group of groups) try { process.kill(-group, 'SIGKILL'); } catch {}
  try { require('node:fs').rmSync(folder, { recursive: true, force: true }); } catch {}
  process.exit(0);
});
`;

export class Reaper {
  private readonly process: ChildProcess;

  constructor(folder: string) {
    this.process = spawn(process.execPath, ['-e', PROGRAM, folder], { detached: true, stdio: ['pipe', 'ignore', 'ignore'] });
    this.process.unref();
    (this.process.stdin as Socket | null)?.unref();
    this.process.stdin?.on('error', () => undefined); // it was killed from outside; then there is no safety net
  }

  watch(processGroup: number): void {
    this.process.stdin?.write(`+${processGroup}\n`);
  }

  forget(processGroup: number): void {
    this.process.stdin?.write(`-${processGroup}\n`);
  }

  async close(): Promise<void> {
    if (this.process.exitCode !== null || this.process.signalCode !== null) return;
    const exited = new Promise((resolve) => this.process.once('exit', resolve));
    this.process.ref();
    this.process.stdin?.end();
    await exited;
  }
}
