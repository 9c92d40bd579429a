// A whole world for one test file: real clock, real processes, and everything that AWS takes minutes for in milliseconds.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ECSClient } from '@aws-sdk/client-ecs';
import { ControlClient } from '../../cli/control-client.ts';
import { run } from '../../cli/main.ts';
import { terminalWorld } from '../../cli/world.ts';
import type { ReleaseView } from '../../core/view/index.ts';
import type { Intercept } from '../../local-cloud/cloud-kernel.ts';
import type { Physics } from '../../local-cloud/kernel/physics.ts';
import { clientOptions, localEnvironment, localWords, startWorld, type RunCli, type World, type WorldOptions } from '../../rehearsal/world.ts';

/** Behaves as ever, only quicker. A minute of ECS stays one: Slipway asks no question for longer than the pause lasts that it asks in. */
const QUICK: Partial<Physics> = {
  schedulerTickMs: 25,
  taskProvisioningMs: 10,
  taskPullMs: 10,
  taskActivatingMs: 10,
  healthyWithoutChecksMs: 100,
  ecsAlarmPollMs: 100,
  trafficShiftMs: 20,
  healthCheckTimeScale: 1 / 25,
  metricTimeScale: 1 / 60,
  eventDeliveryMs: 2,
  asyncRetryTimeScale: 1 / 600,
};

const WRITES = /^(?:Put|Update|Delete|Transact)/;

/** A world takes seconds; where the functions have to be packaged first, on a busy machine, a minute or two. */
export const ACCEPTANCE_LIMIT_MS = 240_000;

export interface QuickWorld extends World {
  control: ControlClient;
  ecs: ECSClient;
  /** How often something was written into a table. */
  writes(): number;
  /** The control API as a person, signed with a session of the people's role. */
  as(person: string): ControlClient;
  /** Writes a file that `slipway apply --file` can read; answers its path. */
  file(name: string, text: string): Promise<string>;
}

export type QuickWorldOptions = Pick<WorldOptions, 'cloud' | 'slack'> & { physics?: Partial<Physics>; specification: string };

export async function startQuickWorld({ physics, specification, cloud, slack }: QuickWorldOptions): Promise<QuickWorld> {
  const folder = await mkdtemp(join(tmpdir(), 'slipway-acceptance-'));
  const removeFolder = () => rm(folder, { recursive: true, force: true });
  const file = async (name: string, text: string) => {
    const path = join(folder, name);
    await writeFile(path, text);
    return path;
  };
  let writes = 0;
  const intercept: Intercept = async (call, proceed) => {
    const answer = await (cloud?.intercept ? cloud.intercept(call, proceed) : proceed());
    if (call.signingName === 'dynamodb' && WRITES.test(call.operation)) writes++;
    return answer;
  };
  try {
    const world = await startWorld({
      port: 0,
      say: () => undefined,
      physics: { ...QUICK, ...physics },
      specification: await file('slipway.yml', specification),
      endOnSignals: false,
      cli: cliInProcess,
      beforeClose: removeFolder,
      cloud: { ...cloud, intercept },
      ...(slack && { slack }),
    });
    const { accountId } = world.local.cloud.kernel;
    const controlWith = (credentials: { accessKeyId: string; secretAccessKey: string; sessionToken?: string }) =>
      new ControlClient({ url: new URL(world.controlUrl), region: world.region, credentials, sleep: (durationMs) => sleep(durationMs) });
    return Object.assign(world, {
      file,
      writes: () => writes,
      control: controlWith({ accessKeyId: 'local', secretAccessKey: 'local' }),
      ecs: new ECSClient(clientOptions(world.local.url, world.region)),
      as: (person: string) => controlWith(world.local.cloud.credentialsFor(`arn:aws:iam::${accountId}:role/slipway-people`, person)),
    });
  } catch (error) {
    await removeFolder();
    throw error;
  }
}

/** The same command without a second's start of a process: what it answers is tried here. That it runs as a process is tried in surfaces.test.ts. */
const cliInProcess: RunCli = async (endpoint, person, words) => {
  const answer = { code: -1, stdout: '', stderr: '' };
  answer.code = await run(localWords(person, words), {
    ...terminalWorld(),
    env: localEnvironment(endpoint),
    isTerminal: false,
    stdout: (text) => void (answer.stdout += text),
    stderr: (text) => void (answer.stderr += text),
  });
  return answer;
};

const LOOK_EVERY_MS = 100;

/** Looks again and again until `look` finds something; fails with `what` and the last thing that was seen. */
export async function eventually<Found>(what: string, look: () => Promise<Found | undefined>, limitMs = 60_000, seen: () => unknown = () => undefined, again = () => sleep(LOOK_EVERY_MS)): Promise<Found> {
  const untilMs = Date.now() + limitMs;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (Date.now() > untilMs) throw new Error(`not within ${limitMs / 1000} s: ${what}${seen() === undefined ? '' : `; last seen: ${JSON.stringify(seen())}`}`);
    await again();
  }
}

/** A look at a release costs a run of a function: worth it when something was written since the last one, and now and then. */
function afterWrites(world: QuickWorld): () => Promise<void> {
  let seen = -1;
  return async () => {
    await sleep(LOOK_EVERY_MS);
    for (let waited = 0; waited < 10 && seen === world.writes(); waited++) await sleep(LOOK_EVERY_MS);
    seen = world.writes();
  };
}

/** Follows a release until `done` holds. */
export async function release(world: QuickWorld, id: string, what: string, done: (view: ReleaseView) => boolean, limitMs = 60_000): Promise<ReleaseView> {
  let last: ReleaseView | undefined;
  return eventually(
    `release ${id} ${what}`,
    async () => {
      last = await world.control.getRelease(id);
      if (done(last)) return last;
      if (last.status === 'ended') throw new Error(`the release ${id} ended as ${last.outcome ?? '?'} (${last.reason}) before: ${what}`);
      return undefined;
    },
    limitMs,
    () => last && { status: last.status, reason: last.reason, stages: last.stages, timeline: last.timeline.map((entry) => entry.text) },
    afterWrites(world),
  );
}

export const ended = (view: ReleaseView): boolean => view.status === 'ended';
export const waitsFor = (kind: string, stage?: string) => (view: ReleaseView): boolean =>
  view.stages.some((candidate) => candidate.waitingFor?.kind === kind && (stage === undefined || candidate.name === stage));

/** The newest release of a tag, once there is one that is not among `before`. */
export async function releaseOf(world: QuickWorld, tag: string, before: readonly string[] = []): Promise<string> {
  return eventually(
    `a release of ${tag}`,
    async () => {
      const { releases } = await world.control.listReleases({ limit: 100 });
      return releases.find((candidate) => candidate.image.tag === tag && !before.includes(candidate.id))?.id;
    },
    undefined,
    undefined,
    afterWrites(world),
  );
}
