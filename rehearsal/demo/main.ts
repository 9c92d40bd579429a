// `npm run demo`: the main job, start to finish, on this machine. Exits 0 only if everything held.
import { ElasticLoadBalancingV2Client } from '@aws-sdk/client-elastic-load-balancing-v2';
import { startLoad, type Load } from '../load.ts';
import { watchWeights, type WeightWatch } from '../weights.ts';
import { clientOptions, startWorld, type World } from '../world.ts';
import { CHAPTERS, type ChapterFacts } from './chapters.ts';
import { progressOn } from './progress.ts';
import { controlOf } from './stage.ts';

const REQUESTS_PER_SECOND = 200;

interface ChapterResult extends ChapterFacts {
  name: string;
  expected: string;
  ok: boolean;
  seconds: number;
}

interface DemoResult {
  ok: boolean;
  seconds: number;
  chapters: Omit<ChapterResult, 'wrong'>[];
  deniedCalls: number;
  unmodelledCalls: number;
}

async function main(args: readonly string[]): Promise<number> {
  const json = args.includes('--json');
  const only = args.find((arg) => /^\d+$/.test(arg));
  const startedAtMs = Date.now();
  const progress = progressOn(json ? process.stderr : process.stdout, startedAtMs);
  let load: Load | undefined;
  let weights: WeightWatch | undefined;
  const world: World = await startWorld({
    port: 0,
    say: (line) => progress.say(line),
    beforeClose: async () => {
      await load?.stop();
      await weights?.stop();
    },
  });
  try {
    load = startLoad(world.urls.production, REQUESTS_PER_SECOND);
    weights = watchWeights(new ElasticLoadBalancingV2Client(clientOptions(world.local.url, world.region)), world.productionRuleArn);
    const stage = { world, load, weights, control: controlOf(world), progress };
    progress.say(`${REQUESTS_PER_SECOND} requests a second go through the production load balancer`);

    const results: ChapterResult[] = [];
    for (const [index, chapter] of CHAPTERS.entries()) {
      if (only !== undefined && Number(only) !== index + 1) continue;
      const chapterStartedAtMs = Date.now();
      progress.say(`-- ${index + 1}. ${chapter.name}`);
      const facts = await chapter.run(stage).catch((error: unknown): ChapterFacts => ({ outcome: 'stuck', wrong: [error instanceof Error ? error.message : String(error)], measured: {} }));
      const ok = facts.outcome === chapter.expected && facts.wrong.length === 0;
      results.push({ name: chapter.name, expected: chapter.expected, ...facts, ok, seconds: seconds(chapterStartedAtMs) });
      progress.say(`   ${ok ? 'held' : 'DID NOT HOLD'}: ${facts.outcome}${facts.wrong.map((fault) => `\n            ! ${fault}`).join('')}`);
    }

    const ledger = world.local.cloud.ledger.report();
    const deniedCalls = ledger.denials.reduce((sum, row) => sum + row.count, 0);
    const unmodelledCalls = ledger.notModelled.reduce((sum, row) => sum + row.count, 0);
    for (const row of ledger.denials) progress.say(`denied: ${row.principal} ${row.action} ${row.resource}`);
    for (const row of ledger.notModelled) progress.say(`not modelled: ${row.what}`);
    const crashes = world.local.cloud.kernel.crashes.length;
    const ok = results.every((result) => result.ok) && deniedCalls === 0 && unmodelledCalls === 0 && crashes === 0;
    const result: DemoResult = { ok, seconds: seconds(startedAtMs), chapters: results.map(({ wrong: _wrong, ...rest }) => rest), deniedCalls, unmodelledCalls };
    progress.say(`${ok ? 'everything held' : 'NOT everything held'}, in ${result.seconds} s; ${deniedCalls} denied calls, ${unmodelledCalls} unmodelled calls`);
    if (json) process.stdout.write(`${JSON.stringify(result)}\n`);
    return ok ? 0 : 1;
  } finally {
    await world.close();
  }
}

const seconds = (sinceMs: number): number => Math.round((Date.now() - sinceMs) / 100) / 10;

process.exitCode = await main(process.argv.slice(2));
