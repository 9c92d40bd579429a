// What a judge knows of each release by watching from outside: what Slipway told ECS, what people really said, what was announced.
// Nothing in here is read from Slipway's own records.
import type { ApiCall } from '../../../local-cloud/cloud-kernel.ts';
import type { DeploymentRecord, TaskRecord } from '../../../local-cloud/ecs/index.ts';
import type { EventEnvelope } from '../../../local-cloud/events/index.ts';
import { rungsOf, type Rung } from '../../../core/ladder/index.ts';
import { RELEASE_TAG } from '../../../core/image/task-definition.ts';
import { parseSpecification } from '../../../core/pipeline/index.ts';
import type { Stage } from '../../../core/pipeline/model.ts';
import type { FurnishedService } from '../furnish.ts';
import type { Scenario } from '../scenario.ts';
import type { SimulatedEnvironment } from '../simulated-lambda.ts';
import type { Watcher, World } from '../world.ts';

export interface Violation {
  atMs: number;
  invariant: string;
  text: string;
}

/** One deployment that Slipway started. */
export interface Rollout {
  releaseId: string;
  stageIndex: number;
  stage: Stage;
  rungs: Rung[];
  service: FurnishedService;
  deployment: DeploymentRecord;
  /** When the listener rule first gave the new revision this weight. */
  reached: { weightPercent: number; atMs: number }[];
  /** Pauses that Slipway let go on, and those increases of weight that followed. */
  continued: { hookId: string; fromWeightPercent: number; atMs: number }[];
  increasesLeft: number;
  /** The old revision had all its tasks when this began. */
  blueWasFull: boolean;
  blueMayGo: boolean;
  alarmsLeftOut: string[];
  /** Slipway has told ECS to roll it back. */
  toldToRollBack: boolean;
}

export interface SpokenDecision {
  releaseId: string;
  kind: string;
  /** The session name that IAM vouches for, or whoever is bound to the user that Slack's signature vouches for. */
  person: string;
  surface: string;
  askKey: string | undefined;
  stageIndex: number;
  atMs: number;
}

/** What somebody, or a push, wanted to be released. */
export interface Wish {
  digest: string;
  /** When it was recorded, or pushed. */
  atMs: number;
  /** What is asked for by hand is as old as the call that asks, and recorded when that has made sure of the image. */
  notBeforeMs: number;
  /** The person who asked for it by hand, or who pushed it by what the image says. */
  author: string | undefined;
  byHand: boolean;
  undoes: boolean;
}

export interface Announced {
  releaseId: string;
  kind: string;
  outcome: string;
  stage: string;
  atMs: number;
}

export class Ledger implements Watcher {
  readonly violations: Violation[] = [];
  readonly rollouts: Rollout[] = [];
  readonly decisions: SpokenDecision[] = [];
  readonly announced: Announced[] = [];
  readonly releaseIds = new Set<string>();
  /** Those under way that no execution looks after, not yet or no longer. Where whoever was to start one died too often, the next round does. */
  readonly unattended = new Set<string>();
  readonly wishes = new Map<string, Wish>();
  /** By release and stage: when a decision to stop was first written down. */
  readonly stoppedAtMs = new Map<string, number>();
  readonly alarmSinceMs = new Map<string, number>();
  /** Alarms in INSUFFICIENT_DATA. */
  readonly alarmSilentSinceMs = new Map<string, number>();
  /** By release and stage: alarms that were hot when preflight last looked. */
  readonly hotAtPreflight = new Map<string, string[]>();
  readonly foreignTouched = new Set<string>();
  /** Services whose deployment configuration somebody else has set. */
  readonly foreignConfigured = new Set<string>();
  /** Images that were ever held on a service, by its ARN and the digest. */
  readonly everHeld = new Set<string>();
  /** How often a task definition was registered, by the mark it bears. */
  readonly registered = new Map<string, number>();
  readonly pushedAtMs = new Map<string, number>();
  /** Executions that have begun and not ended, by name, and the release that each carries. */
  readonly executions = new Map<string, string>();
  readonly stages: Stage[];
  readonly requestsPerSecond: number;
  /** How old what ECS answers may be. */
  readonly readLagMs: number;
  readonly world: World;
  /** Who may override a freeze. */
  readonly overriders: readonly string[];
  private readonly bySlackUser: ReadonlyMap<string, string>;
  private readonly weightsBefore = new Map<string, Record<string, number>>();

  constructor(world: World, scenario: Scenario) {
    this.world = world;
    this.requestsPerSecond = scenario.requestsPerSecond ?? 0;
    this.readLagMs = scenario.switches.ecsReadLagMs ?? 0;
    const parsed = parseSpecification(scenario.specification);
    if (!parsed.ok) throw new Error(`the scenario's specification has faults: ${JSON.stringify(parsed.faults)}`);
    this.stages = parsed.specification.pipelines.flatMap((pipeline) => pipeline.stages);
    this.overriders = parsed.specification.pipelines.flatMap((pipeline) => pipeline.freeze?.override ?? []);
    this.bySlackUser = new Map(Object.entries(parsed.specification.people).flatMap(([name, { slack }]) => (slack === undefined ? [] : [[slack, name] as const])));
  }

  violated(invariant: string, text: string): void {
    if (this.violations.some((known) => known.invariant === invariant && known.text === text)) return;
    this.violations.push({ atMs: this.world.clock.nowMs(), invariant, text });
    this.world.history.add('check', `VIOLATED ${invariant}: ${text}`);
  }

  serviceArnOf(stageName: string): string {
    const service = this.stages.find((stage) => stage.name === stageName)?.service;
    return this.world.service(`${service?.cluster ?? ''}/${service?.name ?? ''}`).arn;
  }

  rolloutOf(deploymentArn: string): Rollout | undefined {
    return this.rollouts.find((rollout) => rollout.deployment.arn === deploymentArn);
  }

  called(call: ApiCall, environment: SimulatedEnvironment | undefined, outcome: { answer: unknown } | { error: Error }): void {
    if ('error' in outcome) return;
    const input = call.input as Record<string, unknown>;
    switch (`${call.signingName}:${call.operation}`) {
      case 'ecs:UpdateService':
        this.serviceUpdated(input, environment);
        break;
      case 'ecs:RegisterTaskDefinition': {
        const mark = ((input['tags'] ?? []) as { key?: string; value?: string }[]).find(({ key }) => key === RELEASE_TAG)?.value;
        if (environment && mark !== undefined) this.registered.set(mark, (this.registered.get(mark) ?? 0) + 1);
        break;
      }
      case 'elasticloadbalancing:ModifyRule':
        this.ruleModified(input);
        break;
      case 'dynamodb:TransactWriteItems':
        if (environment?.functionName === 'control' || environment?.functionName === 'slack') this.decided(input, environment);
        if (environment?.functionName === 'image-pushed') this.created(input, environment);
        for (const { Put } of (input['TransactItems'] ?? []) as { Put?: Record<string, unknown> }[]) if (Put) this.written(Put);
        break;
      case 'dynamodb:PutItem':
        this.written(input);
        break;
      case 'monitoring:DescribeAlarms':
        if (environment?.functionName === 'preflight') this.hotAtPreflight.set(stageKeyOf(environment), [...this.alarmSinceMs.keys()]);
        break;
      case 'sns:Publish':
        this.published(input);
        break;
      default:
    }
  }

  event(event: EventEnvelope): void {
    const detail = event.detail as Record<string, unknown>;
    if (event.source === 'aws.cloudwatch' && event['detail-type'] === 'CloudWatch Alarm State Change') {
      const name = String(detail['alarmName']);
      const { value } = (detail['state'] ?? {}) as { value?: string };
      for (const [state, sinceMs] of [['ALARM', this.alarmSinceMs], ['INSUFFICIENT_DATA', this.alarmSilentSinceMs]] as const) {
        if (value === state) sinceMs.set(name, sinceMs.get(name) ?? this.world.clock.nowMs());
        else sinceMs.delete(name);
      }
    }
    if (event.source === 'aws.ecr' && detail['action-type'] === 'PUSH') this.pushedAtMs.set(String(detail['image-digest']), this.world.clock.nowMs());
    if (event.source === 'aws.states') {
      const name = String(detail['name']);
      const { releaseId = name } = JSON.parse(String(detail['input'])) as { releaseId?: string };
      if (detail['status'] === 'RUNNING') {
        this.executions.set(name, releaseId);
        this.unattended.delete(releaseId);
      } else {
        this.executions.delete(name);
        const isOver = detail['status'] === 'SUCCEEDED' || this.announced.some((one) => one.kind === 'releaseEnded' && one.releaseId === releaseId);
        if (!isOver && this.releaseIds.has(releaseId)) this.unattended.add(releaseId);
      }
    }
  }

  // ---- what calls mean -------------------------------------------------------------------------------------------------------------

  private serviceUpdated(input: Record<string, unknown>, environment: SimulatedEnvironment | undefined): void {
    const service = this.world.service(`${String(input['cluster']).split('/').at(-1) ?? ''}/${String(input['service']).split('/').at(-1) ?? ''}`);
    if (!environment) {
      this.foreignTouched.add(service.arn);
      if (input['deploymentConfiguration'] !== undefined) this.foreignConfigured.add(service.arn);
      return;
    }
    if (input['taskDefinition'] === undefined) {
      const { strategy, lifecycleHooks } = (input['deploymentConfiguration'] ?? {}) as { strategy?: string; lifecycleHooks?: unknown[] };
      this.world.history.add('slipway', `${environment.functionName} sets the deployment configuration of ${service.cluster}/${service.name}: ${strategy ?? '?'}, ${lifecycleHooks?.length ?? 0} hooks`);
      return;
    }
    const record = this.world.serviceRecord(service);
    const deployment = record.deployments.at(-1);
    const { releaseId, stageIndex } = environment.event as { releaseId: string; stageIndex: number };
    const stage = this.stageOf(releaseId, stageIndex, service);
    if (!deployment || !stage) return;
    const blue = deployment.blue;
    const rollout: Rollout = {
      releaseId, stageIndex, stage, service, deployment,
      rungs: rungsOf(stage.strategy),
      reached: [], continued: [], increasesLeft: 0,
      blueWasFull: blue !== undefined && runningTasks(blue) >= record.settings.desiredCount,
      blueMayGo: false,
      toldToRollBack: false,
      alarmsLeftOut: stage.onAlarmAtStart === 'refuse' ? [] : (this.hotAtPreflight.get(`${releaseId}#${stageIndex}`) ?? []),
    };
    this.started?.(rollout, environment);
    this.rollouts.push(rollout);
    this.world.history.add('slipway', `${releaseId} starts ${deployment.id} on ${service.cluster}/${service.name}`);
  }

  /** An undo has one stage of its own, without questions and bakes. */
  private stageOf(releaseId: string, stageIndex: number, service: FurnishedService): Stage | undefined {
    if (!this.wishes.get(releaseId)?.undoes) return this.stages[stageIndex];
    const stage = this.stages.find((one) => one.service.cluster === service.cluster && one.service.name === service.name);
    if (!stage) return undefined;
    const strategy: Stage['strategy'] = stage.strategy.kind === 'rolling' ? { ...stage.strategy, bakeAfterMs: 0 } : { kind: 'blueGreen', approval: undefined, bakeAfterMs: 0 };
    return { ...stage, before: [], strategy, onAlarmAtStart: 'proceed' };
  }

  private ruleModified(input: Record<string, unknown>): void {
    const ruleArn = String(input['RuleArn']);
    const service = [...this.world.services.values()].find((one) => one.productionRuleArn === ruleArn);
    if (!service) return;
    const after = this.world.weights(service);
    const before = this.weightsBefore.get(ruleArn) ?? { [service.blueArn]: 100, [service.greenArn]: 0 };
    this.weightsBefore.set(ruleArn, after);
    const colour = (arn: string) => (arn === service.blueArn ? 'blue' : 'green');
    this.world.history.add('traffic', `${service.cluster}/${service.name}: ${Object.entries(after).map(([arn, weight]) => `${colour(arn)} ${weight}`).sort().join(', ')}`);
    this.weightsMoved?.(service, before, after);
  }

  private decided(input: Record<string, unknown>, environment: SimulatedEnvironment): void {
    const items = (input['TransactItems'] ?? []) as { Put?: { Item: Record<string, { S?: string; M?: Record<string, { S?: string; N?: string }> }> } }[];
    const item = items.find((one) => one.Put?.Item['sk']?.S?.startsWith('DECISION#'))?.Put?.Item;
    const record = item?.['record']?.M;
    const releaseId = item?.['pk']?.S?.slice('RELEASE#'.length);
    if (!item || !record || releaseId === undefined) return;
    const speaker = this.speakerOf(environment);
    const decision: SpokenDecision = {
      releaseId, kind: record['kind']?.S ?? '', ...speaker, askKey: record['askKey']?.S, stageIndex: Number(record['stageIndex']?.N ?? 0), atMs: this.world.clock.nowMs(),
    };
    this.spoken?.(decision, speaker.meant);
    this.decisions.push(decision);
    this.world.history.add('people', `${decision.person}: ${decision.kind} ${decision.askKey ?? ''} of ${releaseId} is recorded`);
    this.world.history.mark(`decision ${decision.kind} by ${decision.surface}`);
    if (decision.kind === 'reject') this.stopped(`${releaseId}#${decision.stageIndex}`);
    // An abort is about the whole release.
    if (decision.kind === 'abort') for (const index of this.stages.keys()) this.stopped(`${releaseId}#${index}`);
  }

  /** Who stands behind a request, and which question stood on the button. */
  private speakerOf({ functionName, event }: SimulatedEnvironment): { person: string; surface: string; meant: string | undefined } {
    if (functionName === 'control') {
      const { requestContext, body } = event as { requestContext: { authorizer: { iam: { userArn: string } } }; body?: string; isBase64Encoded?: boolean };
      const text = (event as { isBase64Encoded?: boolean }).isBase64Encoded ? Buffer.from(body ?? '', 'base64').toString() : (body ?? '{}');
      return { person: requestContext.authorizer.iam.userArn.split('/').at(-1) ?? '', surface: (JSON.parse(text) as { via?: string }).via ?? 'cli', meant: undefined };
    }
    const { slackRequest } = event as { slackRequest: { bodyBase64: string } };
    const form = new URLSearchParams(Buffer.from(slackRequest.bodyBase64, 'base64').toString());
    const payload = JSON.parse(form.get('payload') ?? '{}') as { user?: { id: string }; actions?: { value?: string }[]; view?: { private_metadata: string } };
    const about = JSON.parse(payload.view?.private_metadata ?? payload.actions?.[0]?.value ?? '{}') as { ask?: string };
    const user = payload.user?.id ?? '';
    return { person: this.bySlackUser.get(user) ?? user, surface: 'slack', meant: about.ask };
  }

  private created(input: Record<string, unknown>, environment: SimulatedEnvironment): void {
    const items = (input['TransactItems'] ?? []) as { Put?: { Item: Record<string, { S?: string; M?: Record<string, { M?: Record<string, { S?: string }> }> }> } }[];
    const { byHand, undo } = environment.event as { byHand?: { callerArn: string }; undo?: { callerArn: string } };
    for (const item of items) {
      if (item.Put?.Item['sk']?.S !== 'RELEASE') continue;
      const releaseId = item.Put.Item['pk']?.S?.slice('RELEASE#'.length) ?? '';
      const digest = item.Put.Item['record']?.M?.['image']?.M?.['digest']?.S ?? '';
      const asked = byHand ?? undo;
      const atMs = (asked ? undefined : this.pushedAtMs.get(digest)) ?? this.world.clock.nowMs();
      if (!this.releaseIds.has(releaseId)) this.unattended.add(releaseId);
      this.releaseIds.add(releaseId);
      this.wishes.set(releaseId, { digest, atMs, notBeforeMs: asked ? environment.invokedAtMs : atMs, author: asked ? asked.callerArn.split('/').at(-1) : this.world.authors.get(digest), byHand: asked !== undefined, undoes: undo !== undefined });
    }
  }

  private written(input: Record<string, unknown>): void {
    const item = input['Item'] as Record<string, { S?: string; M?: Record<string, { S?: string }> }> | undefined;
    const pk = item?.['pk']?.S ?? '';
    const key = item?.['sk']?.S ?? '';
    if (key.startsWith('HOLD#')) this.everHeld.add(`${pk.slice('SERVICE#'.length)} ${key.slice('HOLD#'.length)}`);
    if (!pk.startsWith('TIMELINE#')) return;
    const releaseId = pk.slice('TIMELINE#'.length);
    this.world.history.add('slipway', `${releaseId}: ${item?.['record']?.M?.['text']?.S ?? key}`);
    const stop = /^stage\.(\d+)\.rollback\.(decided|seen)$/.exec(key);
    if (stop) this.stopped(`${releaseId}#${stop[1] ?? ''}`);
  }

  private published(input: Record<string, unknown>): void {
    const attributes = (input['MessageAttributes'] ?? {}) as Record<string, { StringValue?: string }>;
    const of = (name: string) => attributes[name]?.StringValue ?? '';
    if (of('release') === '') return;
    const announced: Announced = { releaseId: of('release'), kind: of('kind'), outcome: of('outcome'), stage: of('stage'), atMs: this.world.clock.nowMs() };
    this.announced.push(announced);
    if (announced.kind === 'releaseEnded') this.unattended.delete(announced.releaseId);
    this.world.history.add('notice', String(input['Subject']));
  }

  private stopped(key: string): void {
    if (!this.stoppedAtMs.has(key)) this.stoppedAtMs.set(key, this.world.clock.nowMs());
  }

  /** Set by the judges that want to know. */
  started: ((rollout: Rollout, environment: SimulatedEnvironment) => void) | undefined;
  spoken: ((decision: SpokenDecision, meant: string | undefined) => void) | undefined;
  weightsMoved: ((service: FurnishedService, before: Record<string, number>, after: Record<string, number>) => void) | undefined;
}

export const stageKeyOf = (environment: SimulatedEnvironment): string => {
  const { releaseId, stageIndex } = environment.event as { releaseId?: string; stageIndex?: number };
  return `${releaseId ?? ''}#${stageIndex ?? 0}`;
};

export const TERMINAL = ['SUCCESSFUL', 'STOPPED', 'ROLLBACK_SUCCESSFUL', 'ROLLBACK_FAILED'];
export const isOver = (deployment: DeploymentRecord): boolean => TERMINAL.includes(deployment.status);

export const isMeantToRun = (task: TaskRecord): boolean => task.lastStatus === 'RUNNING' && task.desiredStatus === 'RUNNING';

/** Tasks of a revision that run and are meant to. */
export const runningTasks = (revision: NonNullable<DeploymentRecord['blue']>): number => [...revision.tasks].filter(isMeantToRun).length;
