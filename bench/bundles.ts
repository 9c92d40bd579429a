// What Lambda has to load before a function can answer: the code of each bundle, and how long a fresh process takes to load it.
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { unzipSync } from 'fflate';
import type { Artefact } from '../rehearsal/package.ts';
import { median, type Figure } from './figures.ts';

const STARTS = 11;
const KILOBYTE = 1_000;
const BYTES_MAX = 300 * KILOBYTE;
const INIT_MAX_MS = 40;
/**
 * Measures only the loading: Node's own start is Lambda's to pay, and so is the module that Lambda's runtime talks to its service with
 * (https://github.com/aws/aws-lambda-nodejs-runtime-interface-client, src/client/rapid-client.ts).
 */
const PROGRAM = `
require('node:http');
const [start, before] = [process.hrtime.bigint(), process.cpuUsage()];
require(process.argv[1]);
const [wallMs, cpu] = [Number(process.hrtime.bigint() - start) / 1e6, process.cpuUsage(before)];
process.stdout.write(JSON.stringify({ wallMs, cpuMs: (cpu.user + cpu.system) / 1e3 }));`;

export interface Bundle {
  name: string;
  codeBytes: number;
  initMs: number[];
  /** The same without the time spent waiting for a core. */
  initCpuMs: number[];
}

export async function measureBundles(artefact: Artefact, say: (line: string) => void): Promise<{ figures: Figure[]; bundles: Bundle[] }> {
  const folder = await mkdtemp(join(tmpdir(), 'slipway-bundles-'));
  try {
    const bundles: Bundle[] = [];
    for (const [key, content] of artefact.packages) bundles.push(await measure(folder, key, content));
    bundles.sort((a, b) => b.codeBytes - a.codeBytes);
    for (const { name, codeBytes, initMs, initCpuMs } of bundles) say(`${name.padEnd(14)} ${(codeBytes / KILOBYTE).toFixed(0).padStart(4)} KB  ${median(initMs).toFixed(1).padStart(6)} ms (${median(initCpuMs).toFixed(1)} ms of a core)`);
    const slowest = bundles.reduce((a, b) => (median(a.initMs) > median(b.initMs) ? a : b));
    const biggest = bundles[0];
    const group = 'bundles';
    return {
      bundles,
      figures: [
        { group, name: 'the biggest', value: (biggest?.codeBytes ?? Number.NaN) / KILOBYTE, unit: 'KB', target: BYTES_MAX / KILOBYTE, note: `${biggest?.name ?? 'none'}, of ${bundles.length} functions; code without its source map` },
        { group, name: 'the slowest to load, median', value: median(slowest.initMs), unit: 'ms', target: INIT_MAX_MS, note: `${slowest.name}, ${STARTS} fresh processes each` },
        { group, name: 'the same in time of the processor', value: median(slowest.initCpuMs), unit: 'ms', note: 'what the slowest needs of its core, however busy the machine is' },
        { group, name: 'the middle one to load, median', value: median(bundles.map((bundle) => median(bundle.initMs))), unit: 'ms', target: INIT_MAX_MS },
      ],
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function measure(folder: string, key: string, zip: Uint8Array): Promise<Bundle> {
  const name = (key.split('/').at(-1) ?? key).replace(/\.zip$/, '');
  let codeBytes = 0;
  let entry = '';
  for (const [path, content] of Object.entries(unzipSync(zip))) {
    const file = join(folder, name, path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, content);
    if (!/\.[cm]?js$/.test(path)) continue;
    codeBytes += content.length;
    entry = file;
  }
  const bundle: Bundle = { name, codeBytes, initMs: [], initCpuMs: [] };
  for (let start = 0; start < STARTS; start++) {
    const env = { PATH: process.env['PATH'], AWS_REGION: 'eu-west-1', AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' };
    const { stdout } = await promisify(execFile)(process.execPath, ['-e', PROGRAM, entry], { env });
    const { wallMs, cpuMs } = JSON.parse(stdout) as { wallMs: number; cpuMs: number };
    bundle.initMs.push(wallMs);
    bundle.initCpuMs.push(cpuMs);
  }
  return bundle;
}
