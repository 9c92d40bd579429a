// One simulated account: the local cloud on a virtual clock, Slipway deployed in it with its production functions, the services it
// rolls out, and the people around them. Time jumps from timer to timer; the same options give the same history to the byte.
import { shortDigest } from '../../core/image/digest.ts';
import { createCloud, type Cloud } from '../../local-cloud/cloud.ts';
import type { ApiCall } from '../../local-cloud/cloud-kernel.ts';
import { settle as settled, VirtualClock } from '../../local-cloud/kernel/clock.ts';
import { realisticPhysics, type Physics } from '../../local-cloud/kernel/physics.ts';
import type { Switches } from '../../local-cloud/kernel/switches.ts';
import { ModelledDataPlane } from '../../local-cloud/elb/modelled-data-plane.ts';
import type { EventEnvelope } from '../../local-cloud/events/index.ts';
import type { ServiceRecord } from '../../local-cloud/ecs/index.ts';
import type { Artefact } from '../package.ts';
import { Chance } from './chance.ts';
import { CLIENT_CLASSES, type Handle, type Parts } from './composition.ts';
import { deploySlipway, FUNCTION_PREFIX, furnishAccount, furnishService, imageManifest, operatorOf, type FurnishedService, type Operate, type ServiceWish, type SlipwayStack } from './furnish.ts';
import { History } from './history.ts';
import { GOOD_IMAGE, Images, type ImageCharacter } from './images.ts';
import { NoInterference, type Interference } from './no-interference.ts';
import { warmUpClients } from './quick-door.ts';
import { SimulatedLambda, type SimulatedEnvironment } from './simulated-lambda.ts';
import { SimulatedSlack, type SlackHabits } from './slack/simulated-slack.ts';
import { withVirtualGlobals } from './virtual-globals.ts';

/** Sees everything; see invariants/. */
export interface Watcher {
  /** After a call that succeeded or failed. `environment` is undefined for everybody but Slipway's functions. */
  called?(call: ApiCall, environment: SimulatedEnvironment | undefined, outcome: { answer: unknown } | { error: Error }): void;
  /** Before a call of Slipway's is carried out. */
  calling?(call: ApiCall, environment: SimulatedEnvironment): void;
  event?(event: EventEnvelope): void;
  stepped?(): void;
}

export interface WorldOptions {
  seed: number;
  artefact: Artefact;
  door?: 'quick' | 'wire';
  physics?: Partial<Physics>;
  switches?: Partial<Switches>;
  interference?: (world: { clock: VirtualClock; history: History; chance: Chance }) => Interference;
  patch?: (parts: Parts, environment: SimulatedEnvironment) => Parts;
  wrap?: (functionName: string, handle: Handle) => Handle;
  /** Production requests a second, counted by the minute; none by default, which makes quiet days cheap. */
  requestsPerSecond?: number;
  /** A workspace with Slipway's app in it. */
  slack?: SlackHabits;
}

export interface PersonAnswer {
  status: number;
  body: { recorded?: boolean; error?: { code: string; message: string }; [other: string]: unknown };
}

/** Monday, 9 o'clock. */
export const START_MS = Date.UTC(2026, 0, 5, 9);

export class World {
  readonly clock: VirtualClock;
  readonly history: History;
  readonly chance: Chance;
  readonly cloud: Cloud;
  readonly operate: Operate;
  readonly images: Images;
  readonly lambda: SimulatedLambda;
  readonly slack: SimulatedSlack | undefined;
  readonly services = new Map<string, FurnishedService>();
  readonly watchers: Watcher[] = [];
  /** Digest by tag, of everything pushed. */
  readonly digests = new Map<string, string>();
  /** By digest: who pushed it, as far as the image says. */
  readonly authors = new Map<string, string>();
  readonly crashes: unknown[] = [];
  slipway: SlipwayStack = { tableName: '', topicArn: '', stateMachineArn: '', controlUrlId: '', peopleRoleArn: '', slackUrlId: '' };
  private interfering = false;
  private readonly interference: Interference;
  private readonly blobs = new Set<string>();

  private constructor(options: WorldOptions) {
    this.chance = new Chance(options.seed);
    this.clock = new VirtualClock(START_MS, (error) => this.crashes.push(error));
    this.history = new History(() => this.clock.nowMs());
    this.interference = options.interference?.(this) ?? new NoInterference(this);
    this.images = new Images(this.clock, this.chance.fork('images'));
    this.slack = options.slack && new SimulatedSlack({ clock: this.clock, history: this.history, chance: this.chance.fork('slack'), habits: options.slack });
    let lambda: SimulatedLambda | undefined;
    this.cloud = createCloud({
      clock: this.clock,
      random: this.chance.fork('cloud'),
      physics: { ...realisticPhysics, ecsAlarmPollMs: 60_000, metricTimeScale: options.requestsPerSecond === undefined ? 60 : 1, ...options.physics },
      switches: options.switches ?? {},
      trustSignatures: true,
      onCrash: (error) => this.crashes.push(error),
      intercept: (call, proceed) => this.intercept(call, proceed),
      events: {
        onEvent: (event) => this.watchers.forEach((watcher) => watcher.event?.(event)),
        faults: { deliver: (event, { ruleName }) => (this.interfering ? this.interference.event(event, ruleName) : 'deliver') },
      },
      planes: (foundation) => {
        lambda = new SimulatedLambda({
          foundation,
          door: options.door ?? 'quick',
          requestHandler: () => this.cloud.requestHandler,
          chance: this.chance.fork('environments'),
          skewMs: (functionName) => (this.interfering ? this.interference.skewMs(functionName) : 0),
          slack: this.slack?.transport,
          prefix: FUNCTION_PREFIX,
          patch: options.patch,
          wrap: options.wrap,
          log: (functionName, level, message, fields) => {
            if (level === 'error') this.history.add('slipway', `${functionName} logs: ${message} ${JSON.stringify(fields, (key, value: unknown) => (key === 'stack' ? undefined : value)).slice(0, 300)}`);
          },
        });
        const dataPlane = new ModelledDataPlane({
          clock: this.clock,
          random: foundation.kernel.random,
          healthOf: (target) => this.images.isHealthy(target),
          periodMs: 60_000 * foundation.kernel.physics.metricTimeScale,
          announcesIllness: true,
          ...(options.requestsPerSecond === undefined
            ? {}
            : { traffic: { requestsPerSecond: (listener) => (listener.port === 80 ? (options.requestsPerSecond ?? 0) : 0), behaviourOf: () => ({ errorShare: 0, responseTimeSeconds: 0.05 }) } }),
        });
        return { functionRunner: lambda, dataPlane, taskRunner: this.images.taskRunner(() => dataPlane.healthChanged()) };
      },
    });
    if (!lambda) throw new Error('the planes were not made');
    this.lambda = lambda;
    this.operate = operatorOf(this.cloud);
  }

  /** Builds the account, runs `story` in it, and closes it; everything inside happens in virtual time. */
  static async run<Answer>(options: WorldOptions, services: readonly ServiceWish[], story: (world: World) => Promise<Answer>): Promise<Answer> {
    await warmUpClients(CLIENT_CLASSES);
    const world = new World(options);
    return withVirtualGlobals(world.clock, world.chance.fork('Math.random'), async () => {
      await world.cloud.warmUp();
      try {
        world.slipway = await deploySlipway(world.cloud, world.clock, options.artefact, world.slack?.app);
        await furnishAccount(world.operate);
        for (const wish of services) await world.furnish(wish);
        // Whoever reads late must not see the account being furnished.
        await world.clock.advance(60_000);
        world.interfering = true;
        return await story(world);
      } finally {
        await world.cloud.close();
      }
    });
  }

  private async furnish(wish: ServiceWish): Promise<void> {
    await this.ensureRepository(wish.repository);
    if (!this.digests.has(wish.firstTag)) await this.push(wish.repository, wish.firstTag, GOOD_IMAGE);
    const service = await furnishService(this.operate, this.cloud.kernel.accountId, wish);
    this.services.set(`${wish.cluster}/${wish.name}`, service);
    await this.clock.advanceUntil(() => this.serviceRecord(service).deployments.every((deployment) => deployment.status === 'SUCCESSFUL'), 3_600_000);
  }

  // ---- time ---------------------------------------------------------------------------------------------------------------------

  /** Lets the next thing happen. */
  async step(): Promise<boolean> {
    const moved = await this.clock.step();
    for (const watcher of this.watchers) watcher.stepped?.();
    return moved;
  }

  /** Steps until `done` holds; false when `limitMs` of virtual time pass without it. */
  async until(done: () => boolean, limitMs: number): Promise<boolean> {
    const untilMs = this.clock.nowMs() + limitMs;
    while (!done()) {
      const dueMs = this.clock.nextDueMs();
      if (dueMs === undefined || dueMs > untilMs) return done();
      await this.step();
    }
    return true;
  }

  async pass(durationMs: number): Promise<void> {
    const untilMs = this.clock.nowMs() + durationMs;
    this.clock.after(durationMs, () => undefined);
    while (this.clock.nowMs() < untilMs) await this.step();
  }

  /** Waits for a promise that needs time to pass. */
  async await<Answer>(promise: Promise<Answer>): Promise<Answer> {
    const state: { settled: boolean } = { settled: false };
    const settle = () => (state.settled = true);
    promise.then(settle, settle);
    await settled();
    while (!state.settled) if (!(await this.step())) throw new Error('nothing is left to happen and the answer has not come');
    return promise;
  }

  // ---- people and machines around Slipway -------------------------------------------------------------------------------------------

  async push(repository: string, tag: string, character: ImageCharacter, author?: string): Promise<string> {
    const { image } = await this.operate<{ image: { imageId: { imageDigest: string } } }>('ecr', 'PutImage', { repositoryName: repository, imageTag: tag, imageManifest: imageManifest(tag, CONFIG_DIGEST, author) });
    const digest = image.imageId.imageDigest;
    this.images.know(digest, character);
    this.digests.set(tag, digest);
    if (author !== undefined) this.authors.set(digest, author);
    this.history.add('people', `push ${repository}:${tag} (${shortDigest(digest, 8)})`);
    return digest;
  }

  /** A request to the control API, as a person whom AWS has verified. */
  async ask(person: string, method: string, path: string, body?: object): Promise<PersonAnswer> {
    const caller = this.cloud.kernel.sessionOf(this.slipway.peopleRoleArn, person);
    const [pathOnly = '', query = ''] = path.split('?');
    const request = { method, path: pathOnly, query, headers: { 'content-type': 'application/json' }, body: body ? Buffer.from(JSON.stringify(body)) : new Uint8Array(), sourceIp: '203.0.113.7' };
    const response = await this.cloud.models.lambda.invokeUrl(this.slipway.controlUrlId, request, caller);
    const text = Buffer.from(response.body).toString();
    return { status: response.statusCode, body: text.startsWith('{') ? (JSON.parse(text) as PersonAnswer['body']) : { text } };
  }

  /** What Slack sends to its app's request URL. */
  async fromSlack(form: { body: string; headers: Record<string, string> }): Promise<{ status: number; body: string }> {
    const request = { method: 'POST', path: '/', query: '', headers: form.headers, body: Buffer.from(form.body), sourceIp: '203.0.113.8' };
    const response = await this.cloud.models.lambda.invokeUrl(this.slipway.slackUrlId, request, undefined);
    return { status: response.statusCode, body: Buffer.from(response.body).toString() };
  }

  async setAlarm(AlarmName: string, StateValue: 'OK' | 'ALARM' | 'INSUFFICIENT_DATA'): Promise<void> {
    this.history.add('people', `alarm ${AlarmName} is ${StateValue}`);
    await this.operate('monitoring', 'SetAlarmState', { AlarmName, StateValue, StateReason: 'the scenario says so' });
  }

  service(name: string): FurnishedService {
    const found = this.services.get(name);
    if (!found) throw new Error(`no service ${name} in this world`);
    return found;
  }

  serviceRecord({ cluster, name }: Pick<FurnishedService, 'cluster' | 'name'>): ServiceRecord {
    const record = this.cloud.models.ecs.look().find((one) => one.name === cluster)?.services.get(name);
    if (!record) throw new Error(`ECS has no service ${cluster}/${name}`);
    return record;
  }

  /** Shares of production traffic by target group, in percent: ECS writes tenths of a percent as weights that sum to 1000. */
  weights(service: FurnishedService): Record<string, number> {
    const weights = this.cloud.models.elb.rule(service.productionRuleArn)?.weights ?? {};
    const total = Object.values(weights).reduce((sum, weight) => sum + weight, 0);
    return total === 0 ? weights : Object.fromEntries(Object.entries(weights).map(([arn, weight]) => [arn, (100 * weight) / total]));
  }

  // ---- inside -----------------------------------------------------------------------------------------------------------------------

  private async intercept(call: ApiCall, proceed: () => Promise<unknown>): Promise<unknown> {
    const environment = this.lambda?.environments.get(call.caller);
    const watched = async () => {
      for (const watcher of this.watchers) if (environment) watcher.calling?.(call, environment);
      try {
        const answer = await proceed();
        for (const watcher of this.watchers) watcher.called?.(call, environment, { answer });
        return answer;
      } catch (error) {
        for (const watcher of this.watchers) watcher.called?.(call, environment, { error: error as Error });
        throw error;
      }
    };
    if (!this.interfering) return proceed();
    if (environment) return this.interference.call(environment, call, watched);
    const bySlipway = call.caller.kind === 'service' || call.caller.kind === 'role';
    return bySlipway ? this.interference.serviceCall(call, watched) : watched();
  }

  private async ensureRepository(repositoryName: string): Promise<void> {
    if (this.blobs.has(repositoryName)) return;
    this.blobs.add(repositoryName);
    await this.operate('ecr', 'CreateRepository', { repositoryName, imageTagMutability: 'IMMUTABLE' });
    const { uploadId } = await this.operate<{ uploadId: string }>('ecr', 'InitiateLayerUpload', { repositoryName });
    await this.operate('ecr', 'UploadLayerPart', { repositoryName, uploadId, partFirstByte: 0, partLastByte: CONFIG.length - 1, layerPartBlob: Buffer.from(CONFIG) });
    await this.operate('ecr', 'CompleteLayerUpload', { repositoryName, uploadId, layerDigests: [CONFIG_DIGEST] });
  }
}

const CONFIG = '{}';
const CONFIG_DIGEST = 'sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a';
