import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
// eslint-disable-next-line @typescript-eslint/no-require-imports -- osls plugins are CommonJS without types
const { bundle } = require('./bundle.cjs') as { bundle: (options: { root: string; entries: Record<string, string>; outdir: string }) => Promise<void> };

const SOURCE = `import { readFileSync } from 'node:fs';
const broken = (text: string): never => {
  throw new TypeError(text);
};
export const handler = () => broken('the tasks are gone');
export const inNode = () => readFileSync('/no/such/file');
`;

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'bundle-test-'));
  await mkdir(join(root, 'functions'));
  await writeFile(join(root, 'functions', 'faulty.ts'), SOURCE);
  await bundle({ root, entries: { faulty: 'functions/faulty.ts' }, outdir: 'dist' });
});
afterAll(() => rm(root, { recursive: true, force: true }));

/** In a process of its own: who makes the traces is one for a whole process. */
function traceOf(call: string): string[] {
  const program = `try { require(process.argv[1]).${call}() } catch (error) { process.stdout.write(error.stack) }`;
  return execFileSync(process.execPath, ['-e', program, join(root, 'dist', 'faulty', 'index.js')], { encoding: 'utf8' }).split('\n');
}

test('a stack trace names the sources', () => {
  const [title, ...frames] = traceOf('handler');
  expect(title).toBe('TypeError: the tasks are gone');
  expect(frames[0]).toContain('functions/faulty.ts:3:9');
  expect(frames[1]).toContain('functions/faulty.ts:5:30');
  expect(frames[2]).toMatch(/^ {4}at \[eval\]:1:/);
});

test('frames of Node stay as they are', () => {
  const [, ...frames] = traceOf('inNode');
  expect(frames.some((frame) => frame.includes('node:fs:'))).toBe(true);
  expect(frames.some((frame) => frame.includes('functions/faulty.ts:6:29'))).toBe(true);
});

test('without its map the trace names the bundle', async () => {
  await rm(join(root, 'dist', 'faulty', 'index.js.map'));
  const [title, ...frames] = traceOf('handler');
  expect(title).toBe('TypeError: the tasks are gone');
  expect(frames[0]).toContain(join('dist', 'faulty', 'index.js:'));
});
