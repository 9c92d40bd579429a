// `npm start [-- --port N]`: the local world, until Ctrl-C.
import { parseArgs } from 'node:util';
import { DEFAULT_PORT } from '../../local-cloud/serve.ts';
import { progressOn } from '../demo/progress.ts';
import { startLocal } from '../start.ts';

const USAGE = 'usage: npm start [-- --port NUMBER]   (0 is any free port)';

function portIn(words: readonly string[]): number | undefined {
  try {
    const { port = String(DEFAULT_PORT) } = parseArgs({ args: [...words], options: { port: { type: 'string' } } }).values;
    return /^\d{1,5}$/.test(port) && Number(port) <= 65_535 ? Number(port) : undefined;
  } catch {
    return undefined;
  }
}

const port = portIn(process.argv.slice(2));
if (port === undefined) {
  process.stderr.write(`${USAGE}\n`);
  process.exitCode = 2;
} else {
  const progress = progressOn(process.stdout, Date.now());
  try {
    await startLocal({ port, say: (line) => progress.say(line), progress, print: (line) => void process.stdout.write(`${line}\n`) });
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  }
}
