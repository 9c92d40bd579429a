// Runs one program several times side by side, each with words of its own, and hands on the JSON lines they print as they come.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { bundled } from './bundled.ts';

const ROOT = join(import.meta.dirname, '..', '..');

/** A simulation makes much that is soon forgotten: with room for it, it is collected seldom, and by the thread that made it. */
const FOR_SHORT_LIVES = ['--min-semi-space-size=32', '--max-semi-space-size=32', '--single-threaded-gc'];

/** Rejects when one of them fails for another reason than what it reports; the others are ended then. */
export async function inProcesses<Line>(program: string, shares: readonly (readonly string[])[], onLine: (line: Line) => void): Promise<void> {
  const bundle = await bundled(program);
  const children = shares.map((words) => spawn(process.execPath, [...FOR_SHORT_LIVES, join(ROOT, 'scripts', 'run.mjs'), bundle.file, ...words], { cwd: ROOT, stdio: ['ignore', 'pipe', 'inherit'] }));
  const endAll = () => children.forEach((child) => child.kill());
  process.once('exit', endAll);
  try {
    await Promise.all(
      children.map(async (child) => {
        const ended = new Promise<number | null>((resolve, reject) => child.once('error', reject).once('exit', resolve));
        for await (const line of createInterface({ input: child.stdout })) onLine(JSON.parse(line) as Line);
        const code = await ended;
        if (code !== 0) throw new Error(`${program} ended with exit code ${code ?? 'none'}`);
      }),
    );
  } finally {
    endAll();
    process.off('exit', endAll);
    await bundle.remove();
  }
}
