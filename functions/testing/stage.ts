// All functions of a release over the real records, and a state machine that is the test itself: it calls them in the order
// the real one does, or in any other.
import { smallCloud } from '../../adapters/testing/small-cloud.ts';
import type { Doorbell } from '../../adapters/doorbell.ts';
import { newRelease } from '../../core/release/create.ts';
import type { Release, StageRecord } from '../../core/release/model.ts';
import { DIGEST, pipeline as samplePipeline, release as sampleRelease } from '../../core/testing/samples.ts';
import type { Pipeline } from '../../core/pipeline/model.ts';
import { advance } from '../advance/advance.ts';
import { assess } from '../assess/assess.ts';
import { finish } from '../finish/finish.ts';
import { finishStage } from '../finish-stage/finish-stage.ts';
import { preflight } from '../preflight/preflight.ts';
import { prepare } from '../prepare/prepare.ts';
import { register } from '../register/register.ts';
import { rescue } from '../rescue/rescue.ts';
import { rollBack } from '../roll-back/roll-back.ts';
import { start } from '../start/start.ts';
import { takeService } from '../take-service/take-service.ts';
import { FakeEcs, PLACE, silent } from './fakes.ts';

export async function theatre() {
  const cloud = await smallCloud();
  const { releases, timeline, leases, watches, holds, freezes } = cloud;
  const clock = { nowMs: () => cloud.clock.nowMs() };
  const ecs = new FakeEcs(clock.nowMs);
  const rung: string[] = [];
  const started: string[] = [];
  const doorbell: Doorbell = { ring: async (releaseId) => { await releases.ring(releaseId); rung.push(releaseId); } };
  const statuses = new Map<string, string>();
  const executions = {
    start: async (name: string) => { started.push(name); return `arn:execution:${name}`; },
    arnOf: (name: string) => `arn:execution:${name}`,
    /** Undefined for an execution that nobody has started; the first of each release is there. */
    status: async (arn: string) => statuses.get(arn) ?? (/[.]\d+$/.test(arn) && !started.includes(arn.replace('arn:execution:', '')) ? undefined : 'RUNNING'),
  };
  const common = { releases, timeline, leases, watches, holds, freezes, doorbell, place: PLACE, clock, log: silent, services: ecs.services, alarms: ecs.alarms, taskDefinitions: ecs.definitions, executions };

  async function begin(name: string, more: { pushedAtMs?: number; pipeline?: Pipeline; author?: string } = {}): Promise<string> {
    const made = newRelease(
      { pipeline: more.pipeline ?? samplePipeline(), people: sampleRelease().people, specificationVersion: 1, image: { ...sampleRelease().image, tag: name, digest: DIGEST.replace('ab12', name.padEnd(4, '0').slice(0, 4)) }, author: more.author, pushedAtMs: more.pushedAtMs ?? clock.nowMs(), attempt: 1 },
      PLACE,
      clock.nowMs(),
    );
    const release: Release = { ...made.release, id: name };
    await releases.create(release, made.stages, 'once');
    return name;
  }

  const functions = {
    prepare: prepare(common),
    takeService: takeService(common),
    preflight: preflight(common),
    register: register(common),
    start: start(common),
    assess: assess(common),
    advance: advance(common),
    rollBack: rollBack(common),
    finishStage: finishStage(common),
    finish: finish(common),
    rescue: rescue(common),
  };
  let entries = 0;
  const at = (releaseId: string, stageIndex = 0) => ({ releaseId, stageIndex });
  const look = (releaseId: string, more: object = {}) => functions.assess({ ...at(releaseId), phase: 'rollout', entry: `entry-${entries++}`, ...more });
  const askBefore = (releaseId: string, more: object = {}) => look(releaseId, { phase: 'before', ...more });

  /** Takes a release up to the moment its deployment runs. */
  async function rollOut(releaseId: string): Promise<void> {
    await functions.takeService(at(releaseId));
    await functions.preflight(at(releaseId));
    await functions.register(at(releaseId));
    await functions.start(at(releaseId));
  }

  return {
    ...cloud,
    ecs,
    rung,
    started,
    statuses,
    functions,
    common,
    begin,
    at,
    look,
    askBefore,
    rollOut,
    wait: (durationMs: number) => cloud.clock.advance(durationMs),
    release: async (releaseId: string): Promise<Release> => (await releases.load(releaseId))!.release,
    stage: async (releaseId: string, index = 0): Promise<StageRecord> => (await releases.load(releaseId))!.stages[index]!,
    story: async (releaseId: string) => (await timeline.read(releaseId)).map((entry) => entry.key),
  };
}

export type Theatre = Awaited<ReturnType<typeof theatre>>;
