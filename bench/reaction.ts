// How fast Slipway acts on an event: the local cloud on the real clock, functions in workers of their own, everything over HTTP
// and signed, with IAM deciding every call. The clock starts when EventBridge has the event and stops at Slipway's call to ECS.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { CloudWatchClient, PutMetricAlarmCommand, SetAlarmStateCommand, type StateValue } from '@aws-sdk/client-cloudwatch';
import type { ApiCall } from '../local-cloud/cloud-kernel.ts';
import type { EventEnvelope } from '../local-cloud/events/index.ts';
import { fastPhysics } from '../local-cloud/kernel/physics.ts';
import { controlOf } from '../rehearsal/demo/stage.ts';
import { clientOptions, EXAMPLE, startWorld, type World } from '../rehearsal/world.ts';
import { percentile, type Figure } from './figures.ts';

const ALARM = 'bench-errors';
const SPECIFICATION = (alarm: string) => `
pipelines:
  checkout:
    image: { repository: shop/checkout, tags: { semver: ">=1.0.0" } }
    stages:
      - name: production
        service: { cluster: prod, name: checkout, container: app }
        strategy: { canary: { steps: [{ weight: 5, approval: { within: 4h } }] } }
        alarms: [${alarm}]
`;
/** The first runs start the workers of every function. */
const WARM_UP_RUNS = 2;
const LOOK_EVERY_MS = 20;
const LIMIT_MS = 60_000;

/** When which event was accepted and which call was made. */
class Stopwatch {
  private eventAtMs: number | undefined;
  private callAtMs: number | undefined;
  private isEvent: (event: EventEnvelope) => boolean = () => false;
  private isCall: (call: ApiCall) => boolean = () => false;

  event(event: EventEnvelope): void {
    if (this.eventAtMs === undefined && this.isEvent(event)) this.eventAtMs = performance.now();
  }

  call(call: ApiCall): void {
    if (this.eventAtMs !== undefined && this.callAtMs === undefined && this.isCall(call)) this.callAtMs = performance.now();
  }

  arm(isEvent: (event: EventEnvelope) => boolean, isCall: (call: ApiCall) => boolean): void {
    this.eventAtMs = undefined;
    this.callAtMs = undefined;
    this.isEvent = isEvent;
    this.isCall = isCall;
  }

  async elapsedMs(what: string): Promise<number> {
    const untilMs = Date.now() + LIMIT_MS;
    while (this.callAtMs === undefined || this.eventAtMs === undefined) {
      if (Date.now() > untilMs) throw new Error(`not within ${LIMIT_MS / 1000} s: ${what}`);
      await sleep(LOOK_EVERY_MS);
    }
    return this.callAtMs - this.eventAtMs;
  }
}

const bySlipway = (call: ApiCall, role: string, operations: readonly string[]): boolean => call.caller.kind === 'role' && call.caller.roleArn.includes(`${role}Role`) && operations.includes(call.operation);

export async function measureReaction(runs: number, say: (line: string) => void): Promise<{ figures: Figure[]; samples: { alarmMs: number[]; pushMs: number[] } }> {
  const watch = new Stopwatch();
  const folder = await mkdtemp(join(tmpdir(), 'slipway-bench-'));
  const world = await startWorld({
    port: 0,
    say,
    specification: join(EXAMPLE, 'slipway.yml'),
    // ECS's own watch on the alarm is a safety net; here it must not win the race that is being timed.
    physics: { ecsAlarmPollMs: 3_600_000, schedulerTickMs: 25, taskProvisioningMs: 10, taskPullMs: 10, taskActivatingMs: 10, trafficShiftMs: 20, healthCheckTimeScale: 1 / 25 },
    cloud: {
      events: { onEvent: (event) => watch.event(event) },
      intercept: (call, proceed) => {
        watch.call(call);
        return proceed();
      },
    },
  });
  try {
    const alarm = alarmIn(world);
    await alarm.create();
    await writeFile(join(folder, 'slipway.yml'), SPECIFICATION(ALARM));
    const applied = await world.cli(undefined, 'apply', '--file', join(folder, 'slipway.yml'));
    if (applied.code !== 0) throw new Error(applied.stderr);
    const samples = { alarmMs: [] as number[], pushMs: [] as number[] };
    for (let run = 1 - WARM_UP_RUNS; run <= runs; run++) {
      const { pushMs, alarmMs } = await once(world, watch, alarm, `1.${run + WARM_UP_RUNS}.0`);
      say(`run ${run} of ${runs}: push ${pushMs.toFixed(0)} ms, alarm ${alarmMs.toFixed(0)} ms${run < 1 ? ' (warming up, not counted)' : ''}`);
      if (run < 1) continue;
      samples.pushMs.push(pushMs);
      samples.alarmMs.push(alarmMs);
    }
    const note = `${runs} runs, warm workers, EventBridge delivery counted as ${fastPhysics.eventDeliveryMs} ms`;
    const figure = (name: string, values: number[], percent: number, target?: number): Figure => ({ group: 'reaction', name: `${name}, p${percent}`, value: percentile(values, percent), unit: 'ms', ...(target !== undefined && { target }), note });
    return {
      samples,
      figures: [
        figure('alarm accepted -> ECS told to roll back', samples.alarmMs, 50),
        figure('alarm accepted -> ECS told to roll back', samples.alarmMs, 99, 250),
        figure('push accepted -> UpdateService', samples.pushMs, 50),
        figure('push accepted -> UpdateService', samples.pushMs, 99, 1_000),
      ],
    };
  } finally {
    await world.close();
    await rm(folder, { recursive: true, force: true });
  }
}

type Alarm = ReturnType<typeof alarmIn>;

async function once(world: World, watch: Stopwatch, alarm: Alarm, version: string): Promise<{ pushMs: number; alarmMs: number }> {
  const control = controlOf(world);
  watch.arm((event) => event.source === 'aws.ecr', (call) => bySlipway(call, 'Start', ['UpdateService']));
  await world.push({ version });
  const pushMs = await watch.elapsedMs(`the push of ${version} to reach UpdateService`);
  const release = () => newest(control, version);
  await until(`${version} to wait for approval`, async () => (await release())?.status === 'waiting');
  // Whatever still moves after the question must not share the processor with what is timed.
  await sleep(200);
  watch.arm((event) => event.source === 'aws.cloudwatch', (call) => bySlipway(call, 'RollBack', ['ContinueServiceDeployment', 'StopServiceDeployment']));
  await alarm.set('ALARM');
  const alarmMs = await watch.elapsedMs(`the alarm to roll ${version} back`);
  await until(`${version} to end`, async () => (await release())?.status === 'ended');
  await alarm.set('OK');
  return { pushMs, alarmMs };
}

const newest = async (control: ReturnType<typeof controlOf>, tag: string) => (await control.listReleases({ limit: 1 })).releases.find((one) => one.image.tag === tag);

async function until(what: string, done: () => Promise<boolean>): Promise<void> {
  const untilMs = Date.now() + LIMIT_MS;
  while (!(await done())) {
    if (Date.now() > untilMs) throw new Error(`not within ${LIMIT_MS / 1000} s: ${what}`);
    await sleep(LOOK_EVERY_MS * 5);
  }
}

function alarmIn(world: World) {
  const client = new CloudWatchClient(clientOptions(world.local.url, world.region));
  const set = async (StateValue: StateValue) => void (await client.send(new SetAlarmStateCommand({ AlarmName: ALARM, StateValue, StateReason: `the bench says ${StateValue}` })));
  const create = async () => {
    // Reads a metric that nobody writes, and keeps the state it is given.
    await client.send(
      new PutMetricAlarmCommand({ AlarmName: ALARM, Namespace: 'Bench', MetricName: 'Nothing', Statistic: 'Sum', Period: 60, EvaluationPeriods: 1, Threshold: 1, ComparisonOperator: 'GreaterThanThreshold', TreatMissingData: 'ignore' }),
    );
    await set('OK');
  };
  return { create, set };
}
