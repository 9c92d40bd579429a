#!/usr/bin/env node
// Makes a version of the checkout service as an image folder: the files of service/ and an image.json that says how to run them.
//   node examples/checkout/build-image.mjs --version 1.1.0 --out /tmp/checkout-1.1.0
//   faults to order: --error-rate 0.2   --latency-ms 900   --crash-after-ms 2000   --crash-at-start
import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const SERVICE = join(dirname(fileURLToPath(import.meta.url)), 'service');
const USAGE = 'usage: build-image.mjs --version VERSION --out DIR [--error-rate 0..1] [--latency-ms N] [--crash-after-ms N] [--crash-at-start]';

async function buildImage({ out, env }) {
  await mkdir(out, { recursive: true });
  const base = JSON.parse(await readFile(join(SERVICE, 'image.json'), 'utf8'));
  for (const file of ['server.mjs', 'settings.mjs']) await cp(join(SERVICE, file), join(out, file));
  await writeFile(join(out, 'image.json'), `${JSON.stringify({ ...base, env: { ...base.env, ...env } }, null, 2)}\n`);
}

function fail(message) {
  console.error(`${message}\n${USAGE}`);
  process.exit(2);
}

function options() {
  const text = { type: 'string' };
  const known = { version: text, out: text, 'error-rate': text, 'latency-ms': text, 'crash-after-ms': text, 'crash-at-start': { type: 'boolean' } };
  try {
    return parseArgs({ options: known }).values;
  } catch (error) {
    return fail(error.message);
  }
}

const given = options();
if (!given.version || !given.out) fail('--version and --out are required');
const env = {
  VERSION: given.version,
  ...(given['error-rate'] && { ERROR_RATE: given['error-rate'] }),
  ...(given['latency-ms'] && { LATENCY_MS: given['latency-ms'] }),
  ...(given['crash-after-ms'] && { CRASH_AFTER_MS: given['crash-after-ms'] }),
  ...(given['crash-at-start'] && { CRASH_AT_START: 'true' }),
};
await buildImage({ out: given.out, env });
console.log(given.out);
