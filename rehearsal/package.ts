// The artefact that `npm run package` makes, made again when a source is newer than it.
import { execFile } from 'node:child_process';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const ROOT = join(import.meta.dirname, '..');
const OUT = join(ROOT, '.serverless');
const SOURCES = ['functions', 'core', 'adapters', 'statemachines', 'infra', 'serverless.yml', 'package-lock.json'];

export interface Artefact {
  /** As `serverless deploy` would send them: the first creates the bucket, the second everything. */
  createTemplate: string;
  template: string;
  /** By S3 key, as the template names them. */
  packages: Map<string, Uint8Array>;
}

export async function packagedArtefact(say: (line: string) => void): Promise<Artefact> {
  if (!(await isFresh())) {
    say('packaging the functions');
    await promisify(execFile)(process.execPath, ['node_modules/osls/bin/serverless.js', 'package', '--stage', 'prod'], { cwd: ROOT });
  }
  const template = await readFile(join(OUT, 'cloudformation-template-update-stack.json'), 'utf8');
  const keys = [...template.matchAll(/"S3Key": "([^"]+\.zip)"/g)].map((match) => match[1] ?? '');
  const packages = await Promise.all(keys.map(async (key) => [key, await readFile(join(OUT, key.split('/').at(-1) ?? ''))] as const));
  return { createTemplate: await readFile(join(OUT, 'cloudformation-template-create-stack.json'), 'utf8'), template, packages: new Map(packages) };
}

async function isFresh(): Promise<boolean> {
  const made = await stat(join(OUT, 'serverless-state.json')).catch(() => undefined);
  if (!made) return false;
  const newest = Math.max(...(await Promise.all(SOURCES.map((source) => newestIn(join(ROOT, source))))));
  return made.mtimeMs > newest;
}

async function newestIn(path: string): Promise<number> {
  const here = await stat(path);
  if (!here.isDirectory()) return here.mtimeMs;
  const inside = await Promise.all((await readdir(path)).map((name) => newestIn(join(path, name))));
  return Math.max(here.mtimeMs, ...inside);
}
