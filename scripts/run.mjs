// Runs one of the repository's TypeScript programs in this process: `node scripts/run.mjs rehearsal/demo/main.ts --json`; or one
// that has been bundled to JavaScript (.mjs).
// One process, so that a signal reaches the program itself; plain JavaScript with nothing new in it, so that an old Node can
// still say what it lacks.
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

const PARENT_LOOK_EVERY_MS = 250;
const PATIENCE_MS = 15_000;
const [major, minor] = process.versions.node.split('.').map(Number);
const [, , program, ...words] = process.argv;
if (major < 20 || (major === 20 && minor < 19)) {
  process.stderr.write(`Slipway needs Node.js 20.19 or later, this is ${process.versions.node}: install a newer one from https://nodejs.org, then run the command again.\n`);
  process.exitCode = 2;
} else if (program === undefined) {
  process.stderr.write('usage: node scripts/run.mjs PROGRAM.ts [WORDS...]\n');
  process.exitCode = 2;
} else {
  // The SDK warns about the version of Node in every process; here it is known and tested.
  if (process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED === undefined) process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';
  const file = resolve(program);
  process.argv = [process.argv[0], file, ...words];
  if (file.endsWith('.mjs') || (await readsTypeScript())) {
    if (process.env.npm_lifecycle_event !== undefined) endWithParent();
    await import(pathToFileURL(file).href);
  }
}

async function readsTypeScript() {
  const loader = await import('tsx/esm/api').catch((error) => {
    if (error.code !== 'ERR_MODULE_NOT_FOUND') throw error;
    process.stderr.write('The dependencies are not installed: run `npm ci` first.\n');
    process.exitCode = 2;
  });
  loader?.register();
  return loader !== undefined;
}

/**
 * A signal to npm ends npm and the shell in between, and reaches nobody else: what npm started would stay for ever. A program
 * that is not listening is already ending, or cannot yet; it gets a while.
 */
function endWithParent() {
  const parent = process.ppid;
  let patienceMs = PATIENCE_MS;
  const look = setInterval(() => {
    if (process.ppid === parent) return;
    patienceMs -= PARENT_LOOK_EVERY_MS;
    if (process.listenerCount('SIGTERM') === 0 && patienceMs > 0) return;
    clearInterval(look);
    process.kill(process.pid, 'SIGTERM');
  }, PARENT_LOOK_EVERY_MS);
  look.unref();
}
