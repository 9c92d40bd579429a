// Mints a revision and the service deployment that brings it up, and asks the deployment before it to stop.
import { copyOf } from '../../kernel/copy-of.ts';
import { base64urlId, decimalId } from '../../kernel/random.ts';
import { deploymentArn, revisionArn } from '../arns.ts';
import type { DeploymentRecord, RevisionRecord, ServiceRecord } from '../state.ts';
import { activeRevisions, runningDeployment, strategyOf } from '../state.ts';
import type { World } from '../world.ts';
import { nowMs } from '../world.ts';
import { Course } from './course.ts';
import { launch } from './run.ts';
import { otherGroup } from './traffic.ts';

export function startDeployment(world: World, service: ServiceRecord): DeploymentRecord {
  supersede(service);
  const sources = activeRevisions(service);
  const blue = service.stable && sources.includes(service.stable) ? service.stable : sources.find((revision) => revision.productionWeight > 0);
  const target = newRevision(world, service, blue);
  service.revisions.push(target);
  service.primary = target;
  const id = base64urlId(world.kernel.random, 21);
  const deployment: DeploymentRecord = {
    id,
    arn: deploymentArn(world.kernel, service.cluster.name, service.name, id),
    service,
    target,
    sources,
    blue,
    configuration: copyOf(service.settings.deploymentConfiguration),
    status: 'PENDING',
    statusReason: undefined,
    stage: undefined,
    createdAtMs: nowMs(world),
    updatedAtMs: nowMs(world),
    startedAtMs: undefined,
    finishedAtMs: undefined,
    stoppedAtMs: undefined,
    hooks: [],
    rollback: undefined,
    breaker: { status: 'DISABLED', failureCount: 0 },
    alarms: { status: 'DISABLED', watched: [], triggered: [] },
    shifted: { test: false, production: false },
    course: new Course(),
    watches: [],
    frozen: undefined,
  };
  service.deployments.push(deployment);
  world.deploymentsByArn.set(deployment.arn, deployment);
  launch(world, deployment);
  world.changed(service);
  return deployment;
}

/** Past the point of no return a deployment is left to finish; the new one waits for it either way. */
function supersede(service: ServiceRecord): void {
  const running = runningDeployment(service);
  if (!running) return;
  running.status = 'STOP_REQUESTED';
  if (running.stage !== 'CLEAN_UP' || running.rollback) running.course.interrupt({ kind: 'superseded' });
}

function newRevision(world: World, service: ServiceRecord, blue: RevisionRecord | undefined): RevisionRecord {
  const number = decimalId(world.kernel.random, 19);
  return {
    number,
    arn: revisionArn(world.kernel, service.cluster.name, service.name, number),
    classicId: `ecs-svc/${number}`,
    service,
    taskDefinition: service.taskDefinition,
    workload: copyOf(service.workload),
    createdAtMs: nowMs(world),
    updatedAtMs: nowMs(world),
    targetGroupArns: targetGroupsFor(service, blue),
    imageDigests: new Map(),
    scale: 0,
    productionWeight: 0,
    testWeight: 0,
    active: true,
    rolloutState: 'IN_PROGRESS',
    rolloutStateReason: `ECS deployment ecs-svc/${number} in progress.`,
    failedTasks: 0,
    tasks: new Set(),
    completionPending: false,
  };
}

/** A strategy that shifts traffic uses the target group that does not serve now; a rolling one stays where production is. */
function targetGroupsFor(service: ServiceRecord, blue: RevisionRecord | undefined): string[] {
  const shifts = strategyOf(service.settings.deploymentConfiguration) !== 'ROLLING';
  return service.workload.loadBalancers.map((balancer) => {
    const pair = [balancer.targetGroupArn ?? '', balancer.advancedConfiguration?.alternateTargetGroupArn].filter((arn) => arn !== undefined);
    const live = blue?.targetGroupArns.find((arn) => pair.includes(arn));
    if (!live) return balancer.targetGroupArn ?? '';
    return shifts && balancer.advancedConfiguration ? otherGroup(balancer, live) : live;
  });
}
