// `npm run fuzz -- --requests 10000 --seed 1`: both public doors under fire, on the local cloud with the packaged functions.
// `--only INDEX` sends one request of a seed again, and prints it.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startWorld } from '../world.ts';
import { caseOf, fuzz, type FuzzResult } from './run.ts';
import { sender as senderOf } from './send.ts';
import { approveForReal, prepare, SPECIFICATION } from './situation.ts';

const AT_ONCE = 2;
const LIMIT_MS = 1_000;
const FAULTS_SHOWN = 20;

const { values } = parseArgs({ options: { requests: { type: 'string', default: '10000' }, seed: { type: 'string' }, only: { type: 'string' }, json: { type: 'boolean', default: false } } });
const whole = (text: string, name: string): number => {
  if (!/^\d{1,9}$/.test(text)) throw new Error(`--${name} is a whole number`);
  return Number(text);
};

async function main(): Promise<void> {
  const say = (line: string) => void process.stderr.write(`${line}\n`);
  const requests = whole(values.requests, 'requests');
  const seed = whole(values.seed ?? String(Date.now() % 1_000_000), 'seed');
  const only = values.only === undefined ? undefined : whole(values.only, 'only');
  say(`seed ${seed}, ${requests} requests`);
  const folder = await mkdtemp(join(tmpdir(), 'slipway-fuzz-'));
  const specification = join(folder, 'slipway.yml');
  await writeFile(specification, SPECIFICATION);
  const world = await startWorld({ port: 0, say, slack: true, specification, beforeClose: () => rm(folder, { recursive: true, force: true }) });
  const sender = senderOf(AT_ONCE);
  try {
    const situation = await prepare(world, sender, say);
    if (only !== undefined) {
      const { request, ...rest } = await caseOf(seed, only, 'mark', situation);
      say(JSON.stringify({ ...rest, request: { ...request, body: request.body.toString('utf8').slice(0, 2_000) } }, undefined, 2));
    }
    const result = await fuzz(world, situation, sender, { seed, requests: Math.max(requests, (only ?? -1) + 1), ...(only === undefined ? {} : { only }), limitMs: LIMIT_MS, atOnce: AT_ONCE, onFault: (line) => say(`  ! ${line}`), onProgress: (done) => say(`${done} sent`) });
    if (world.slack) await approveForReal(world, world.slack, sender, situation);
    report(result, seed);
  } finally {
    sender.close();
    await world.close();
  }
}

function report(result: FuzzResult, seed: number): void {
  const { passed, faults, classes, tookMs, wrong } = result;
  if (values.json) process.stdout.write(`${JSON.stringify({ seed, ...result })}\n`);
  else {
    const line = (text: string) => void process.stdout.write(`${text}\n`);
    const width = Math.max(...classes.map((entry) => entry.class.length));
    for (const entry of classes) line(`${entry.door.padEnd(8)} ${entry.class.padEnd(width)} ${String(entry.requests).padStart(6)}   ${Object.entries(entry.statuses).map(([status, times]) => `${status} x${times}`).join(', ')}`);
    for (const fault of [...faults, ...wrong].slice(0, FAULTS_SHOWN)) line(`! ${fault}`);
    if (faults.length > 0) line(`See one again: npm run fuzz -- --seed ${seed} --only INDEX`);
    line(`answered in ${tookMs.p50.toFixed(1)} ms (p50), ${tookMs.p99.toFixed(1)} ms (p99), ${tookMs.max.toFixed(1)} ms at most`);
    line(wrong.length === 0 ? 'nothing was changed, nothing of what was sent was logged, and who may come in came in afterwards' : `${wrong.length} things are wrong apart from the answers`);
    line(`${passed} passed, ${faults.length} failed (seed ${seed})`);
  }
  process.exitCode = faults.length === 0 && wrong.length === 0 ? 0 : 1;
}

await main();
