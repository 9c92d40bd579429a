// The way forward, stage by stage, for both families of strategies.
//   ROLLING                      reconcile? · pre scale up · scale up (swap) · post scale up · bake? · clean up
//   BLUE_GREEN, LINEAR, CANARY   reconcile? · pre scale up · scale up · post scale up · test shift · post test
//                                · (pre production · production shift [· step bake]) per step · post production · bake · clean up
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/blue-green-deployment-how-it-works.html
import type { DeploymentRecord, RevisionRecord } from '../state.ts';
import { activeRevisions, liveTasksOf } from '../state.ts';
import type { World } from '../world.ts';
import { hookStage, runHooks } from './hooks.ts';
import { checkNetworking } from './network-check.ts';
import { bake, enterStage, fullyHealthy, until } from './stage.ts';
import { giveAllProduction, restoreTraffic, shiftTraffic, trafficIsElsewhere, weightsByRevision } from './traffic.ts';
import type { TrafficStep } from './traffic-plan.ts';
import { trafficSteps } from './traffic-plan.ts';

/** With alarms and no bake time of its own, ECS computes one "under five minutes" from the alarms; this is our pick. */
const ROLLING_ALARM_BAKE_MINUTES = 3;

export async function rollForward(world: World, deployment: DeploymentRecord): Promise<void> {
  const { target, configuration } = deployment;
  // Revisions that share the target group of production can be swapped together; others would count as serving without serving.
  if (needsReconciling(deployment)) await reconcile(world, deployment, otherSources(deployment).filter((source) => deployment.blue && !sameGroups(source, deployment.blue)));
  await hookStage(world, deployment, 'PRE_SCALE_UP');

  enterStage(world, deployment, 'SCALE_UP');
  target.scale = 'all';
  await swapTo(world, deployment);
  giveAllProduction(target);
  await hookStage(world, deployment, 'POST_SCALE_UP');

  const watchesAlarms = configuration.alarms?.enable && configuration.alarms.rollback;
  const bakeMinutes = configuration.bakeTimeInMinutes ?? (watchesAlarms ? ROLLING_ALARM_BAKE_MINUTES : 0);
  if (bakeMinutes > 0) enterStage(world, deployment, 'BAKE_TIME');
  await bake(world, deployment, bakeMinutes);
  enterStage(world, deployment, 'CLEAN_UP');
}

/** Swaps every other revision's tasks for the target's inside the min/max window; also the way back of a rolling rollback. */
export async function swapTo(world: World, deployment: DeploymentRecord, target = deployment.target): Promise<void> {
  const { service } = deployment;
  service.swap = { target, retiring: activeRevisions(service).filter((revision) => revision !== target) };
  const { retiring } = service.swap;
  await until(world, deployment, () => fullyHealthy(world, target) && retiring.every((revision) => liveTasksOf(revision).length === 0));
  for (const revision of retiring) revision.scale = 0;
  service.swap = undefined;
}

export async function shiftForward(world: World, deployment: DeploymentRecord): Promise<void> {
  const { target } = deployment;
  if (needsReconciling(deployment)) await reconcile(world, deployment, otherSources(deployment));
  checkNetworking(world, deployment);
  await hookStage(world, deployment, 'PRE_SCALE_UP');

  enterStage(world, deployment, 'SCALE_UP');
  target.scale = 'all';
  await until(world, deployment, () => fullyHealthy(world, target));
  await hookStage(world, deployment, 'POST_SCALE_UP');

  enterStage(world, deployment, 'TEST_TRAFFIC_SHIFT');
  await shiftTraffic(world, deployment, 'test', 100);
  await runHooks(world, deployment, 'TEST_TRAFFIC_SHIFT', { test: weightsByRevision(deployment, 'test') });
  await hookStage(world, deployment, 'POST_TEST_TRAFFIC_SHIFT');

  await shiftProduction(world, deployment);
  await hookStage(world, deployment, 'POST_PRODUCTION_TRAFFIC_SHIFT');

  enterStage(world, deployment, 'BAKE_TIME');
  await bake(world, deployment, deployment.configuration.bakeTimeInMinutes ?? 0);
  await cleanUp(world, deployment);
}

async function shiftProduction(world: World, deployment: DeploymentRecord): Promise<void> {
  const hookFirst = world.kernel.switches.preProductionHook === 'beforePreviousBake';
  const bakeStep = async (step: TrafficStep | undefined) => {
    if (!step) return;
    enterStage(world, deployment, 'PRODUCTION_TRAFFIC_SHIFT');
    await bake(world, deployment, step.bakeMinutes);
  };
  let previous: TrafficStep | undefined;
  // With nobody to share with, a first deployment takes all traffic at once.
  const steps = deployment.blue ? trafficSteps(deployment.configuration) : [{ percent: 100, bakeMinutes: 0 }];
  for (const step of steps) {
    if (!hookFirst) await bakeStep(previous);
    await hookStage(world, deployment, 'PRE_PRODUCTION_TRAFFIC_SHIFT', { production: weightsByRevision(deployment, 'production') });
    if (hookFirst) await bakeStep(previous);
    enterStage(world, deployment, 'PRODUCTION_TRAFFIC_SHIFT');
    await shiftTraffic(world, deployment, 'production', step.percent);
    await runHooks(world, deployment, 'PRODUCTION_TRAFFIC_SHIFT', { production: weightsByRevision(deployment, 'production') });
    previous = step;
  }
}

/**
 * A deployment that was cut short left its revision behind. Before a new one can use the second target group, everything goes back to the
 * revision that last served alone. (AWS documents that the stage exists, not what it does; this is the least it must do.)
 */
async function reconcile(world: World, deployment: DeploymentRecord, abandoned: RevisionRecord[]): Promise<void> {
  const { blue } = deployment;
  await hookStage(world, deployment, 'RECONCILE_SERVICE');
  if (blue && (abandoned.length > 0 || trafficIsElsewhere(blue))) await bringTrafficBack(world, deployment, blue);
  for (const revision of abandoned) revision.scale = 0;
  await until(world, deployment, () => abandoned.every((revision) => !revision.active));
}

const otherSources = ({ sources, blue }: DeploymentRecord): RevisionRecord[] => sources.filter((source) => source !== blue);
const sameGroups = (one: RevisionRecord, other: RevisionRecord): boolean => one.targetGroupArns.join() === other.targetGroupArns.join();

const needsReconciling = ({ sources, blue }: DeploymentRecord): boolean => sources.length > 1 || (blue !== undefined && trafficIsElsewhere(blue));

/** First a full fleet, then its traffic. */
export async function bringTrafficBack(world: World, deployment: DeploymentRecord, revision: RevisionRecord): Promise<void> {
  revision.active = true;
  revision.scale = 'all';
  await until(world, deployment, () => fullyHealthy(world, revision));
  await restoreTraffic(world, deployment, revision);
}

async function cleanUp(world: World, deployment: DeploymentRecord): Promise<void> {
  enterStage(world, deployment, 'CLEAN_UP');
  const old = activeRevisions(deployment.service).filter((revision) => revision !== deployment.target);
  for (const revision of old) revision.scale = 0;
  await until(world, deployment, () => old.every((revision) => liveTasksOf(revision).length === 0));
}
