// What must hold at every moment, checked as calls are carried out and after every step of the clock.
//   weights        of a service sum to 100, and a target group that gains weight has a healthy target
//   plan           the new revision never has a weight that the plan does not lead over
//   truth          the end of a stage is not told before ECS has come to it
//   justified      no weight is gained before the bake, the approvals, the requests and the alarms' data of the rung, nor after a stop
//   alarm          nobody is let on while an alarm of the stage has been hot for longer than a look takes
//   capacity       the old revision keeps its tasks until the new one holds 100 % and its bake is over
//   oneWriter      one rollout of Slipway's per service, one per stage of a release, never an older image over a newer one
import { nativeWeightsOf } from '../../../core/ladder/index.ts';
import type { ApprovalRule } from '../../../core/pipeline/model.ts';
import type { ApiCall } from '../../../local-cloud/cloud-kernel.ts';
import type { DeploymentRecord } from '../../../local-cloud/ecs/index.ts';
import type { FurnishedService } from '../furnish.ts';
import type { SimulatedEnvironment } from '../simulated-lambda.ts';
import type { Watcher } from '../world.ts';
import { isMeantToRun, isOver, runningTasks, stageKeyOf, type Ledger, type Rollout } from './ledger.ts';

/** From looking at the alarms to the answer reaching ECS: what is seen keeps for seconds, but the last call may be slow. */
const ALARM_GRACE_MS = 2 * 60_000;
/** As long as a verdict keeps, and the last call of the function that acts on it takes; what it was judged by may be stale on top of that. */
const DECIDED_BEFORE_MS = 15_000;
const WEIGHT_TOLERANCE = 0.06;

const near = (a: number, b: number) => Math.abs(a - b) < WEIGHT_TOLERANCE;

export class AtEveryStep implements Watcher {
  private readonly ledger: Ledger;
  private readonly skewMs: number;
  /** Per environment and invocation: when it last asked whether it may go on. */
  private readonly allowedAtMs = new Map<SimulatedEnvironment, { invocation: number; atMs: number }>();
  private readonly weightAtCall = new Map<ApiCall, number>();

  constructor(ledger: Ledger, skewMs: number) {
    this.ledger = ledger;
    this.skewMs = 2 * skewMs;
    ledger.started = (rollout, environment) => this.checkStart(rollout, environment);
    ledger.weightsMoved = (service, before, after) => this.checkWeights(service, before, after);
  }

  calling(call: ApiCall): void {
    if (call.operation !== 'ContinueServiceDeployment') return;
    const rollout = this.ledger.rolloutOf((call.input as { serviceDeploymentArn: string }).serviceDeploymentArn);
    if (rollout) this.weightAtCall.set(call, this.weightOf(rollout));
  }

  called(call: ApiCall, environment: SimulatedEnvironment | undefined, outcome: { answer: unknown } | { error: Error }): void {
    const weight = this.weightAtCall.get(call);
    this.weightAtCall.delete(call);
    if (!('error' in outcome) && call.signingName === 'sns' && call.operation === 'Publish') this.checkTold();
    if ('error' in outcome || !environment) return;
    const input = call.input as Record<string, unknown>;
    if (call.signingName === 'dynamodb' && call.operation === 'UpdateItem' && String(input['UpdateExpression']).includes('lastAdvance')) {
      this.allowedAtMs.set(environment, { invocation: environment.invocation, atMs: this.ledger.world.clock.nowMs() });
    }
    if (call.operation === 'ContinueServiceDeployment' && weight !== undefined) {
      const rollout = this.ledger.rolloutOf(String(input['serviceDeploymentArn']));
      const { world } = this.ledger;
      world.history.add('slipway', `${environment.functionName} answers the pause ${String(input['hookId']).slice(-6)} with ${String(input['action'])}`);
      if (rollout && input['action'] === 'ROLLBACK') rollout.toldToRollBack = true;
      if (rollout && input['action'] === 'CONTINUE') this.checkContinue(rollout, weight, String(input['hookId']), environment);
    }
    if (call.operation === 'StopServiceDeployment') {
      const rollout = this.ledger.rolloutOf(String(input['serviceDeploymentArn']));
      if (rollout) rollout.toldToRollBack = true;
      this.ledger.world.history.add('slipway', `${environment.functionName} stops the deployment with a rollback`);
    }
  }

  /** What is told must have happened. */
  private checkTold(): void {
    const told = this.ledger.announced.at(-1);
    if (told?.kind !== 'stageEnded') return;
    const rollout = this.ledger.rollouts.findLast((one) => one.releaseId === told.releaseId && one.stage.name === told.stage);
    if (!rollout || isOver(rollout.deployment) || told.outcome === 'failed') return;
    this.ledger.violated('truth', `${told.releaseId} is told as ${told.outcome} while ECS still says ${rollout.deployment.status}`);
  }

  stepped(): void {
    for (const rollout of this.ledger.rollouts) if (!isOver(rollout.deployment)) this.checkCapacity(rollout);
  }

  // ---- starting -------------------------------------------------------------------------------------------------------------------

  private checkStart(rollout: Rollout, environment: SimulatedEnvironment): void {
    const { ledger } = this;
    for (const other of ledger.rollouts) {
      if (other.service.arn !== rollout.service.arn) continue;
      if (other.releaseId === rollout.releaseId && other.stageIndex === rollout.stageIndex) ledger.violated('oneWriter', `${rollout.releaseId} starts a second deployment of its stage ${rollout.stage.name}`);
      else if (!isOver(other.deployment)) ledger.violated('oneWriter', `${rollout.releaseId} starts a deployment while that of ${other.releaseId} is ${other.deployment.status}`);
    }
    this.checkStop(rollout, environment, 'starts');
    for (const [index, gate] of rollout.stage.before.entries()) this.checkApproval(rollout, gate.approval, `before.${index}`, undefined);
    const tasks = rollout.deployment.target.taskDefinition.definition.containerDefinitions ?? [];
    const image = tasks.find((container) => container.name === rollout.stage.service.container)?.image ?? '';
    if (!/@sha256:[0-9a-f]{64}$/.test(image)) ledger.violated('digest', `${rollout.releaseId} deploys ${image}, which is not pinned to a digest`);
  }

  // ---- going on -------------------------------------------------------------------------------------------------------------------

  private checkContinue(rollout: Rollout, weight: number, hookId: string, environment: SimulatedEnvironment): void {
    const { ledger } = this;
    const nowMs = ledger.world.clock.nowMs();
    rollout.continued.push({ hookId, fromWeightPercent: weight, atMs: nowMs });
    rollout.increasesLeft += 1;
    this.checkStop(rollout, environment, `goes on from ${weight} %`);
    const rung = rollout.rungs.find((candidate) => near(candidate.weightPercent, weight));
    if (rung) {
      const reachedAtMs = weight === 0 ? rollout.deployment.createdAtMs : rollout.reached.find((one) => near(one.weightPercent, weight))?.atMs;
      const promoted = ledger.decisions.some((one) => one.kind === 'promote' && one.releaseId === rollout.releaseId && one.stageIndex === rollout.stageIndex);
      const bakedMs = reachedAtMs === undefined ? 0 : nowMs - reachedAtMs;
      if (!promoted && bakedMs + this.skewMs < rung.bake.forMs) ledger.violated('justified', `${rollout.releaseId} goes on from ${weight} % after ${bakedMs} ms of a bake of ${rung.bake.forMs} ms`);
      if (rung.approval) this.checkApproval(rollout, rung.approval, `weight.${rung.weightPercent}`, reachedAtMs === undefined ? undefined : reachedAtMs + (promoted ? 0 : rung.bake.forMs));
      if (!promoted && rung.bake.requests !== undefined) this.checkRequests(rollout, rung.weightPercent, rung.bake.requests, bakedMs);
      this.checkData(rollout, rung.weightPercent);
    }
    for (const alarm of rollout.stage.alarms) {
      const sinceMs = ledger.alarmSinceMs.get(alarm);
      if (sinceMs === undefined || rollout.alarmsLeftOut.includes(alarm)) continue;
      if (nowMs - sinceMs > ALARM_GRACE_MS) ledger.violated('alarm', `${rollout.releaseId} goes on from ${weight} % although ${alarm} has been in ALARM for ${Math.round((nowMs - sinceMs) / 1000)} s`);
    }
    if (rollout.deployment.hooks.find((hook) => hook.id === hookId)?.stage === 'POST_PRODUCTION_TRAFFIC_SHIFT') rollout.blueMayGo = true;
  }

  /** Whoever asked before the stop was written down may still be on its way; nobody may ask after it and go on. */
  private checkStop(rollout: Rollout, environment: SimulatedEnvironment, does: string): void {
    const stoppedAtMs = this.ledger.stoppedAtMs.get(stageKeyOf(environment));
    if (stoppedAtMs === undefined) return;
    const allowed = this.allowedAtMs.get(environment);
    const askedAtMs = allowed?.invocation === environment.invocation ? allowed.atMs : undefined;
    if (askedAtMs === undefined || askedAtMs > stoppedAtMs) this.ledger.violated('stopped', `${rollout.releaseId} ${does} although it was stopped before`);
  }

  /** Traffic is even in a simulation, so time and weight tell how much of it there was. */
  private checkRequests(rollout: Rollout, weightPercent: number, need: number, bakedMs: number): void {
    const { ledger } = this;
    if (rollout.stage.missingData.policy === 'pass') return;
    const saidSo = ledger.decisions.some((one) => one.releaseId === rollout.releaseId && one.stageIndex === rollout.stageIndex && one.kind === 'approve' && one.askKey === `requests.${weightPercent}`);
    // Counted by the minute: what came just before may stand in the same one.
    const served = ((ledger.requestsPerSecond * (bakedMs + 2 * 60_000)) / 1000) * (weightPercent / 100);
    if (!saidSo && served < need) ledger.violated('justified', `${rollout.releaseId} goes on from ${weightPercent} % after at most ${Math.round(served)} of ${need} requests`);
  }

  /** An alarm without data proves nothing: `pass` says that this is enough, and people may. */
  private checkData(rollout: Rollout, weightPercent: number): void {
    const { ledger } = this;
    if (rollout.stage.missingData.policy === 'pass') return;
    if (ledger.decisions.some((one) => one.releaseId === rollout.releaseId && one.stageIndex === rollout.stageIndex && one.kind === 'approve' && one.askKey === `data.${weightPercent}`)) return;
    for (const alarm of rollout.stage.alarms) {
      const silentMs = ledger.world.clock.nowMs() - (ledger.alarmSilentSinceMs.get(alarm) ?? Infinity);
      if (silentMs > ALARM_GRACE_MS && !rollout.alarmsLeftOut.includes(alarm)) ledger.violated('justified', `${rollout.releaseId} goes on from ${weightPercent} % although ${alarm} has had no data for ${Math.round(silentMs / 1000)} s`);
    }
  }

  /** `openedAtMs`: the earliest moment at which the question can have been put. */
  private checkApproval(rollout: Rollout, rule: ApprovalRule, key: string, openedAtMs: number | undefined): void {
    const { ledger } = this;
    const said = ledger.decisions.filter((one) => one.releaseId === rollout.releaseId && one.stageIndex === rollout.stageIndex && one.askKey === key && one.kind === 'approve');
    const author = rule.notByAuthor ? ledger.wishes.get(rollout.releaseId)?.author : undefined;
    const nowMs = ledger.world.clock.nowMs();
    // Before a stage nobody outside knows when the question was put: then the others count as if they had been asked at once.
    const alsoAsked = (atMs: number): string[] => (rule.escalate && (openedAtMs === undefined || atMs + this.skewMs >= openedAtMs + rule.escalate.afterMs) ? rule.escalate.to : []);
    const counted = new Set(said.filter((one) => one.person !== author).filter((one) => rule.from.length === 0 || rule.from.includes(one.person) || alsoAsked(one.atMs).includes(one.person)).map((one) => one.person));
    const lacks = (rule.including ?? []).filter(({ oneOf }) => !oneOf.some((name) => counted.has(name))).map(({ name }) => name);
    if (counted.size >= rule.need && lacks.length === 0) return;
    const silenceApproves = rule.otherwise === 'approve' && (openedAtMs === undefined || nowMs + this.skewMs >= openedAtMs + rule.withinMs);
    if (!silenceApproves) ledger.violated('justified', `${rollout.releaseId} passes the question ${key} with ${counted.size} of ${rule.need} approvals${lacks.length === 0 ? '' : `, without ${lacks.join(' and ')}`}`);
  }

  // ---- traffic --------------------------------------------------------------------------------------------------------------------

  private checkWeights(service: FurnishedService, before: Record<string, number>, after: Record<string, number>): void {
    const { ledger } = this;
    const { world } = ledger;
    const where = `${service.cluster}/${service.name}`;
    const sum = Object.values(after).reduce((total, weight) => total + weight, 0);
    if (!near(sum, 100)) ledger.violated('weights', `the shares of ${where} sum to ${sum}`);
    const record = world.serviceRecord(service);
    for (const [groupArn, weight] of Object.entries(after)) {
      if (weight <= (before[groupArn] ?? 0)) continue;
      const tasks = [...(world.cloud.models.ecs.look().find((cluster) => cluster.name === service.cluster)?.tasks.values() ?? [])];
      const targets = tasks.flatMap((task) => task.targets.filter((one) => one.targetGroupArn === groupArn));
      const healthy = targets.filter(({ target }) => world.cloud.models.elb.targetState(groupArn, target) === 'healthy');
      const newest = record.deployments.at(-1);
      // What Slipway can know: tasks that run and have just fallen ill are seen by the load balancer first, and what is decided is
      // decided on what was read before; tasks may all crash in between.
      const sinceMs = world.clock.nowMs() - DECIDED_BEFORE_MS - ledger.readLagMs;
      const seenRunning = tasks.filter((task) => task.revision === newest?.target && (isMeantToRun(task) || (task.startedAtMs !== undefined && (task.stoppingAtMs ?? task.stoppedAtMs ?? 0) > sinceMs))).length;
      const running = newest?.target.targetGroupArns.includes(groupArn) && seenRunning >= record.settings.desiredCount;
      // A rollback leads to where the traffic came from, whatever has become of it.
      const backToTheFrail = newest?.blue?.targetGroupArns.includes(groupArn) && this.isFrail(newest);
      // Nobody but ECS answers for somebody else's deployment: Slipway lets it through the pauses it left in its way.
      const theirs = newest !== undefined && ledger.rolloutOf(newest.arn) === undefined;
      if (healthy.length === 0 && !running && !backToTheFrail && !theirs) ledger.violated('weights', `${where} gives ${weight} % to a target group without a healthy target`);
    }
    const rollout = ledger.rollouts.findLast((one) => one.service.arn === service.arn);
    if (!rollout || record.deployments.at(-1) !== rollout.deployment || isOver(rollout.deployment)) return;
    const target = rollout.deployment.target.targetGroupArns[0] ?? '';
    const [was, is] = [before[target] ?? 0, after[target] ?? 0];
    if (is <= was) return;
    if (!rollout.reached.some((one) => near(one.weightPercent, is))) rollout.reached.push({ weightPercent: is, atMs: world.clock.nowMs() });
    const planned = nativeWeightsOf(rollout.stage.strategy);
    if (planned.length > 0 && !planned.some((one) => near(one, is))) ledger.violated('plan', `${rollout.releaseId} has ${is} %, which its plan does not lead over`);
    if (rollout.stage.strategy.kind === 'rolling') return;
    rollout.increasesLeft -= 1;
    if (rollout.increasesLeft < 0) {
      rollout.increasesLeft = 0;
      if (!ledger.foreignTouched.has(service.arn)) ledger.violated('justified', `${rollout.releaseId} goes from ${was} % to ${is} % and Slipway answered no pause`);
    }
  }

  private checkCapacity(rollout: Rollout): void {
    const { deployment, stage, service } = rollout;
    const { blue } = deployment;
    if (this.isFrail(deployment) || !blue || !rollout.blueWasFull || stage.strategy.kind === 'rolling' || deployment.status !== 'IN_PROGRESS') return;
    const weight = this.weightOf(rollout);
    const bakes = stage.strategy.bakeAfterMs > 0;
    if (near(weight, 100) && (!bakes || rollout.blueMayGo)) return;
    const { desiredCount } = this.ledger.world.serviceRecord(service).settings;
    const left = runningTasks(blue);
    // Tasks of the old revision that die by themselves come back; only tasks that were told to stop are missing here.
    const told = [...blue.tasks].filter((task) => task.desiredStatus === 'STOPPED' && task.stopCode === 'ServiceSchedulerInitiated').length;
    if (left < desiredCount && told > 0) this.ledger.violated('capacity', `${rollout.releaseId} holds ${weight} % and the old revision has ${left} of ${desiredCount} tasks`);
  }

  /** An old image that falls ill by itself is nobody's doing. */
  private isFrail({ blue }: DeploymentRecord): boolean {
    return [...(blue?.imageDigests.values() ?? [])].some((digest) => {
      const old = this.ledger.world.images.characterOf(digest);
      return old.illAfterMs !== undefined || old.crashAfterMs !== undefined || !old.healthy;
    });
  }

  private weightOf(rollout: Rollout): number {
    return this.ledger.world.weights(rollout.service)[rollout.deployment.target.targetGroupArns[0] ?? ''] ?? 0;
  }
}
