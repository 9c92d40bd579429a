// Runs one scenario to its end and judges it.
import type { Interference } from './no-interference.ts';
import type { Artefact } from '../package.ts';
import { act, actOnNotices, answerQuestions } from './actors.ts';
import type { Handle, Parts } from './composition.ts';
import { ByChance } from './interference.ts';
import { AtEveryStep } from './invariants/at-every-step.ts';
import { checkTheEnd, settingsOf } from './invariants/at-the-end.ts';
import { AcrossReleases } from './invariants/across-releases.ts';
import { HoldsAndFreezes } from './invariants/holds-and-freezes.ts';
import { InSlack } from './invariants/in-slack.ts';
import { People } from './invariants/people.ts';
import { Promptness } from './invariants/promptness.ts';
import { isOver, Ledger, type Violation } from './invariants/ledger.ts';
import type { Scenario } from './scenario.ts';
import type { SimulatedEnvironment } from './simulated-lambda.ts';
import { World, type WorldOptions } from './world.ts';

export interface RunOptions {
  artefact: Artefact;
  patch?: (parts: Parts, environment: SimulatedEnvironment) => Parts;
  wrap?: (functionName: string, handle: Handle) => Handle;
  /** Instead of faults by chance. */
  interference?: WorldOptions['interference'];
  /** Watches from the start of the story. */
  onWorld?: (world: World, ledger: Ledger) => void;
  /** Between two steps of the clock, while nothing moves. */
  beforeStep?: (world: World, ledger: Ledger) => Promise<void>;
}

export interface RunResult {
  violations: Violation[];
  fingerprint: string;
  history: () => string;
  releases: number;
  rollouts: number;
  faults: number;
  calls: number;
  outcomes: string[];
  /** What happened at least once, for statistics. */
  marks: string[];
  simulatedMs: number;
}

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** Nothing happened for this long, so nothing is on its way: Lambda tries an event again after at most two minutes. */
const QUIET_MS = 10 * 60_000;

export async function run(scenario: Scenario, options: RunOptions): Promise<RunResult> {
  let byChance: ByChance | undefined;
  const interference = (world: Parameters<NonNullable<WorldOptions['interference']>>[0]): Interference => {
    if (options.interference) return options.interference(world);
    byChance = new ByChance({ ...world, rates: scenario.faults, untilMs: Number.POSITIVE_INFINITY });
    return byChance;
  };
  return World.run(
    {
      seed: scenario.seed,
      artefact: options.artefact,
      door: scenario.door,
      switches: scenario.switches,
      interference,
      ...(scenario.requestsPerSecond === undefined ? {} : { requestsPerSecond: scenario.requestsPerSecond }),
      ...(scenario.slack ? { slack: scenario.slack } : {}),
      ...(options.patch ? { patch: options.patch } : {}),
      ...(options.wrap ? { wrap: options.wrap } : {}),
    },
    scenario.services,
    async (world) => {
      const ledger = new Ledger(world, scenario);
      const everyStep = new AtEveryStep(ledger, scenario.faults.skewMs);
      new People(ledger);
      const inSlack = world.slack && new InSlack(ledger, world.slack);
      let calls = 0;
      world.watchers.push(ledger, everyStep, new AcrossReleases(ledger), new HoldsAndFreezes(ledger, scenario.faults.skewMs), new Promptness(ledger, scenario.switches.ecsReadLagMs ?? 0), { called: (_call, environment) => void (environment && (calls += 1)) });
      byChance?.pause();
      const applied = await world.await(world.ask('alice', 'PUT', '/v1/specification', { specification: scenario.specification }));
      if (applied.status !== 200) throw new Error(`the specification was not taken: ${JSON.stringify(applied.body)}`);
      const configurations = new Map([...world.services.values()].map((service) => [service.arn, JSON.stringify(settingsOf(world.serviceRecord(service).settings.deploymentConfiguration))]));
      const startMs = world.clock.nowMs();
      byChance?.resume(startMs + scenario.faultsUntilMs);
      world.slack?.begin(startMs + scenario.faultsUntilMs);
      options.onWorld?.(world, ledger);
      await play(world, ledger, scenario, options.beforeStep);
      const records = await checkTheEnd(ledger, configurations);
      inSlack?.checkTheEnd(records);
      const outcomes = ledger.announced.filter((one) => one.kind === 'releaseEnded').map((one) => one.outcome);
      return {
        violations: ledger.violations,
        fingerprint: world.history.fingerprint(),
        history: () => world.history.render(),
        releases: ledger.releaseIds.size,
        rollouts: ledger.rollouts.length,
        faults: (byChance?.count ?? 0) + (world.slack?.faults ?? 0),
        calls,
        outcomes,
        marks: [...world.history.marks.keys(), ...ledger.announced.flatMap(({ kind, outcome }) => (kind === 'releaseEnded' ? [`outcome ${outcome}`] : [`notice ${kind}`]))],
        simulatedMs: world.clock.nowMs() - startMs,
      };
    },
  );
}

async function play(world: World, ledger: Ledger, scenario: Scenario, beforeStep: RunOptions['beforeStep']): Promise<void> {
  const { clock } = world;
  const timed = scenario.acts.filter((one) => one.after === undefined);
  let open = scenario.pushes.length + timed.length;
  const startMs = clock.nowMs();
  const after = (delayMs: number, run: () => Promise<void>) => void clock.after(delayMs, () => run().finally(() => (open -= 1)));
  const at = (atMs: number, run: () => Promise<void>) => after(startMs + atMs - clock.nowMs(), run);
  for (const push of scenario.pushes) at(push.atMs, async () => void (await world.push(push.repository, push.tag, push.character, push.author)));
  for (const one of timed) at(one.atMs, () => act(world, ledger, one));
  actOnNotices(world, ledger, scenario.acts, (delayMs, run) => {
    open += 1;
    after(delayMs, run);
  });
  answerQuestions(world, ledger, scenario.people);
  raiseAlarms(world, ledger);

  const limitMs = startMs + Math.max(scenario.faultsUntilMs, ...scenario.acts.map((one) => one.atMs), ...scenario.pushes.map((one) => one.atMs)) + patienceMs(ledger, scenario);
  let quietSinceMs: number | undefined;
  while (clock.nowMs() < limitMs) {
    const busy = open > 0 || clock.nowMs() < startMs + scenario.faultsUntilMs || ledger.executions.size > 0 || somethingDeploys(world) || ledger.unattended.size > 0;
    if (busy) quietSinceMs = undefined;
    else quietSinceMs ??= clock.nowMs();
    if (quietSinceMs !== undefined && clock.nowMs() - quietSinceMs > QUIET_MS) return;
    if (beforeStep) await beforeStep(world, ledger);
    if (!(await world.step())) return;
  }
}

const somethingDeploys = (world: World): boolean => [...world.services.values()].some((service) => !world.serviceRecord(service).deployments.every(isOver));

/** How long everything may take once faults have stopped: every plan's longest way, one after the other, and what ECS waits for at most. */
function patienceMs(ledger: Ledger, scenario: Scenario): number {
  const releases = scenario.pushes.length + scenario.acts.filter((one) => ['deploy', 'retry', 'undo'].includes(one.kind)).length;
  const standstillMs = scenario.acts.reduce((sum, one) => sum + (one.kind === 'lambdasDead' || one.kind === 'freeze' ? (one.forMs ?? 0) : one.kind === 'unfreeze' ? one.atMs : 0), 0);
  const people = (rule: { withinMs: number } | undefined) => rule?.withinMs ?? 0;
  let longestMs = 0;
  for (const stage of ledger.stages) {
    const { strategy } = stage;
    longestMs += stage.before.reduce((sum, gate) => sum + people(gate.approval), 0) + strategy.bakeAfterMs + 2 * HOUR_MS;
    const rungs = strategy.kind === 'canary' ? strategy.steps : [];
    for (const rung of rungs) longestMs += rung.bake.forMs + people(rung.approval) + 2 * (stage.missingData.limitMs + Math.max(HOUR_MS, people(rung.approval)));
    if (strategy.kind === 'blueGreen') longestMs += people(strategy.approval) + stage.missingData.limitMs + HOUR_MS;
    if (strategy.kind === 'linear') longestMs += (100 / strategy.stepPercent + 1) * (strategy.bake.forMs + stage.missingData.limitMs + HOUR_MS);
  }
  // A task that never gets healthy keeps ECS busy until the circuit breaker, and without one for a day.
  return releases * (longestMs + HOUR_MS) + standstillMs + DAY_MS + 6 * HOUR_MS;
}

/** Images whose answers are bad raise the alarms of their stage, some time after they were given enough weight. */
function raiseAlarms(world: World, ledger: Ledger): void {
  world.watchers.push({
    called: (call, _environment, outcome) => {
      if (call.operation !== 'ModifyRule' || 'error' in outcome) return;
      for (const rollout of ledger.rollouts) {
        if (isOver(rollout.deployment)) continue;
        const digest = rollout.deployment.target.imageDigests.get('app');
        const character = world.images.characterOf(digest);
        if (character.alarmsFromWeightPercent === undefined) continue;
        const weight = () => world.weights(rollout.service)[rollout.deployment.target.targetGroupArns[0] ?? ''] ?? 0;
        const threshold = character.alarmsFromWeightPercent;
        world.clock.after(character.alarmDelayMs, async () => {
          for (const alarm of rollout.stage.alarms) {
            if (weight() >= threshold && !isOver(rollout.deployment)) {
              if (!ledger.alarmSinceMs.has(alarm)) await world.setAlarm(alarm, 'ALARM');
            } else if (ledger.alarmSinceMs.has(alarm)) await world.setAlarm(alarm, 'OK');
          }
        });
      }
    },
  });
}
