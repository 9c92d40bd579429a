// Fires seeded requests at both doors of a running world, judges every answer, and proves that nothing came of them: the table is as
// it was, whoever was refused in Slack was told, and no log line holds what a request said.
import { CloudWatchLogsClient, FilterLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { Chance } from '../simulation/chance.ts';
import { clientOptions, type World } from '../world.ts';
import { faultOf, type Case, type Outcome } from './case.ts';
import { CONTROL_CLASSES } from './control-cases.ts';
import { differences, recordsOf, type Records } from './records.ts';
import type { Sender } from './send.ts';
import { look, OUTSIDER, type Situation } from './situation.ts';
import { SLACK_CLASSES } from './slack-cases.ts';

export interface FuzzOptions {
  seed: number;
  requests: number;
  /** Only this one, to see it again. */
  only?: number;
  /** Longer than this is a fault. */
  limitMs: number;
  atOnce: number;
  onFault?: (line: string) => void;
  onProgress?: (done: number) => void;
}

export interface ClassCount {
  door: Case['door'];
  class: string;
  /** How often which status was answered. */
  statuses: Record<string, number>;
  requests: number;
}

export interface FuzzResult {
  passed: number;
  /** One line each, with what repeats it. */
  faults: string[];
  classes: ClassCount[];
  tookMs: { p50: number; p99: number; max: number };
  /** What went wrong apart from single answers. */
  wrong: string[];
}

const SHARE_OF_SLACK = 0.5;
const LOGS_EVERY = 500;
const WARM_UP_REQUESTS = 200;
const GROUPS = ['slack', 'control', 'announce', 'observe', 'preflight', 'image-pushed', 'signal'].map((name) => `/aws/lambda/slipway-prod-${name}`);

export async function fuzz(world: World, situation: Situation, sender: Sender, options: FuzzOptions): Promise<FuzzResult> {
  const { seed, requests, only, limitMs, atOnce } = options;
  const slack = world.slack;
  if (!slack) throw new Error('the world has no Slack');
  const markOfRun = `zq${(seed >>> 0).toString(16)}zq`;
  const logs = logReader(world, markOfRun);
  const faults: string[] = [];
  const counts = new Map<string, ClassCount>();
  const tookMs: number[] = [];
  const toldBefore = slack.workspace.ephemerals.length;
  let failed = 0;

  let toBeTold = await warmUp(situation, sender, options);
  const before = await steadyRecords(world);
  for (let from = 0; from < requests; from += LOGS_EVERY) {
    const indexes = Array.from({ length: Math.min(LOGS_EVERY, requests - from) }, (_, offset) => from + offset).filter((index) => only === undefined || index === only);
    await inTurns(indexes, atOnce, async (index) => {
      const made = await caseOf(seed, index, markOfRun, situation);
      if (made.told) toBeTold += 1;
      const outcome = await sender.send(made.door === 'slack' ? situation.slackUrl : situation.controlUrl, made.request);
      record(counts, made, outcome);
      if (made.request.cutAfterBytes === undefined) tookMs.push(outcome.tookMs);
      const fault = faultOf(made, outcome, limitMs);
      if (fault === undefined) return;
      failed += 1;
      faults.push(`${index} (${made.door}, ${made.class}): ${fault}`);
      options.onFault?.(faults.at(-1) ?? '');
    });
    await logs.read();
    options.onProgress?.(Math.min(requests, from + LOGS_EVERY));
  }

  const wrong: string[] = [];
  const told = () => slack.workspace.ephemerals.length - toldBefore;
  await look('everybody who was refused in Slack to be told', async () => (told() >= toBeTold ? true : undefined)).catch(() => undefined);
  if (told() !== toBeTold) wrong.push(`${toBeTold} people were refused in Slack and ${told()} were told`);
  wrong.push(...differences(before, await steadyRecords(world)).map((line) => `changed: ${line}`));
  await logs.read();
  wrong.push(...logs.found().map((line) => `logged: ${line}`));
  const { denials, notModelled } = world.local.cloud.ledger.report();
  // The outsider is one the fuzz brought along.
  wrong.push(...denials.filter(({ principal }) => !principal.includes(OUTSIDER)).map((row) => `denied: ${JSON.stringify(row)}`), ...notModelled.map((row) => `not modelled: ${JSON.stringify(row)}`));
  wrong.push(...world.local.cloud.kernel.crashes.map((crash) => `the local cloud crashed: ${String(crash)}`));
  return { passed: tookMs.length + count(counts, 'cut off') - failed, faults, classes: [...counts.values()].sort((a, b) => (`${a.door} ${a.class}` < `${b.door} ${b.class}` ? -1 : 1)), tookMs: { p50: rank(tookMs, 50), p99: rank(tookMs, 99), max: Math.max(0, ...tookMs) }, wrong };
}

/** The same for the same seed and index, whatever came before; only what names the present moment differs. */
export async function caseOf(seed: number, index: number, markOfRun: string, situation: Situation): Promise<Case> {
  const chance = new Chance(seed).fork(String(index));
  const mark = `${markOfRun}${index}z`;
  if (chance.hits(SHARE_OF_SLACK)) {
    const name = drawn(chance, SLACK_CLASSES);
    return { door: 'slack', class: name.name, ...name.maker.make(chance, mark, situation) };
  }
  const name = drawn(chance, CONTROL_CLASSES);
  return { door: 'control', class: name.name, ...(await name.maker.make(chance, mark, situation)) };
}

function drawn<Maker extends { weight: number }>(chance: Chance, classes: Record<string, Maker>): { name: string; maker: Maker } {
  const entries = Object.entries(classes);
  let left = chance.next() * entries.reduce((sum, [, { weight }]) => sum + weight, 0);
  for (const [name, maker] of entries) {
    left -= maker.weight;
    if (left < 0) return { name, maker };
  }
  throw new Error('there are no classes');
}

/** Each index as soon as one of `atOnce` lanes is free. */
async function inTurns(indexes: readonly number[], atOnce: number, act: (index: number) => Promise<void>): Promise<void> {
  let next = 0;
  const lane = async (): Promise<void> => {
    for (let index = indexes[next++]; index !== undefined; index = indexes[next++]) await act(index);
  };
  await Promise.all(Array.from({ length: atOnce }, lane));
}

/** The time limit is one of warm functions: requests of another seed start them all, and are not judged. Answers how many are told in Slack. */
async function warmUp(situation: Situation, sender: Sender, { seed, atOnce }: FuzzOptions): Promise<number> {
  let toBeTold = 0;
  const indexes = Array.from({ length: WARM_UP_REQUESTS }, (_, index) => index);
  await inTurns(indexes, 2 * atOnce, async (index) => {
    const made = await caseOf(seed + 1, index, 'warm', situation);
    if (made.told) toBeTold += 1;
    await sender.send(made.door === 'slack' ? situation.slackUrl : situation.controlUrl, made.request);
  });
  return toBeTold;
}

async function steadyRecords(world: World): Promise<Records> {
  let last: Records | undefined;
  return look('the records to come to rest', async () => {
    const now = await recordsOf(world);
    const steady = last !== undefined && differences(last, now).length === 0;
    last = now;
    if (steady) return now;
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    return undefined;
  });
}

/** Reads what the functions have logged since it last read, and keeps the lines that hold the mark, as it is or in base64. */
function logReader(world: World, mark: string): { read: () => Promise<void>; found: () => string[] } {
  const client = new CloudWatchLogsClient(clientOptions(world.local.url, world.region));
  const marks = [mark, ...[0, 1, 2].map((shift) => Buffer.from(`${' '.repeat(shift)}${mark}`).toString('base64').slice(shift === 0 ? 0 : shift + 1, -4))];
  const found = new Set<string>();
  let fromMs = Date.now();
  return {
    found: () => [...found],
    read: async () => {
      const startTime = fromMs;
      fromMs = Date.now() - 2_000;
      for (const logGroupName of GROUPS) {
        let nextToken: string | undefined;
        do {
          const page = await client.send(new FilterLogEventsCommand({ logGroupName, startTime, nextToken })).catch((error: unknown) => {
            // A function that has not run yet has no log.
            if (error instanceof Error && error.name === 'ResourceNotFoundException') return undefined;
            throw error;
          });
          for (const { message = '' } of page?.events ?? []) if (marks.some((one) => message.includes(one))) found.add(`${logGroupName}: ${message.slice(0, 400)}`);
          nextToken = page?.nextToken;
        } while (nextToken);
      }
    },
  };
}

function record(counts: Map<string, ClassCount>, made: Case, outcome: Outcome): void {
  const key = `${made.door} ${made.class}`;
  const entry = counts.get(key) ?? { door: made.door, class: made.class, statuses: {}, requests: 0 };
  entry.requests += 1;
  const status = outcome.status === 0 ? 'no answer' : String(outcome.status);
  entry.statuses[status] = (entry.statuses[status] ?? 0) + 1;
  counts.set(key, entry);
}

const count = (counts: Map<string, ClassCount>, name: string): number => [...counts.values()].filter((entry) => entry.class === name).reduce((sum, { requests }) => sum + requests, 0);

/** Nearest rank. */
function rank(values: readonly number[], percent: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil((percent / 100) * sorted.length) - 1)] ?? 0;
}
