// The service scheduler: brings what runs to what is asked for, one look at a time. It reads the revisions' scales and `service.swap`,
// which deployments set; it never decides about a deployment. It looks again every tick while anything moves, now and then while
// targets could turn unhealthy, and not at all when nothing can happen by itself.
import { note, serviceAction } from './event-stream.ts';
import { checkBreaker } from './deployment/breaker.ts';
import { settleRevisions } from './deployment/settle-revisions.ts';
import { rollingMove } from './deployment/rolling-window.ts';
import type { RevisionRecord, ServiceRecord, TaskRecord } from './state.ts';
import { activeRevisions, liveTasksOf, requestedCount, tasksOf } from './state.ts';
import { noteHealthyTask, noteTaskFailure } from './tasks/task-failure.ts';
import { judge } from './tasks/task-health.ts';
import { requestStop } from './tasks/task-life.ts';
import { freeRoom, startTask } from './tasks/new-task.ts';
import type { World } from './world.ts';
import { minutes, nowMs } from './world.ts';

/** A service at rest behind a load balancer is looked at every so many ticks. */
const REST_TICKS = 6;

export function wake(world: World, service: ServiceRecord): void {
  arm(world, service, { urgent: true, delayMs: world.kernel.physics.schedulerTickMs });
}

function arm(world: World, service: ServiceRecord, next: { urgent: boolean; delayMs: number }): void {
  const { scheduling } = service;
  if (world.closed || (scheduling.timer && scheduling.urgent)) return;
  scheduling.timer?.cancel();
  scheduling.urgent = next.urgent;
  scheduling.timer = world.kernel.clock.after(next.delayMs, () => {
    scheduling.timer = undefined;
    if (!world.closed) tick(world, service);
  });
}

interface Look {
  healthy: Set<TaskRecord>;
  pendingHealth: boolean;
}

function tick(world: World, service: ServiceRecord): void {
  const look = observe(world, service);
  const short = service.swap ? swapTasks(world, service, look) : scaleRevisions(world, service, look);
  settleRevisions(world, service);
  checkBreaker(world, service);
  askWaiting(service);
  reportSteadiness(world, service, look);
  reportRunningCount(world, service);

  const tickMs = world.kernel.physics.schedulerTickMs;
  if (look.pendingHealth || short) arm(world, service, { urgent: true, delayMs: tickMs });
  else if (activeRevisions(service).some((revision) => liveTasksOf(revision).some((task) => task.targets.length > 0))) {
    arm(world, service, { urgent: false, delayMs: tickMs * REST_TICKS });
  }
}

/** Judges every task and ends the unhealthy ones; they are replaced by their own revision. */
function observe(world: World, service: ServiceRecord): Look {
  const look: Look = { healthy: new Set(), pendingHealth: false };
  for (const revision of activeRevisions(service)) {
    for (const task of liveTasksOf(revision)) {
      const verdict = judge(world, task);
      if (verdict.health === 'healthy') {
        if (!task.wasHealthy) noteHealthyTask(task);
        look.healthy.add(task);
      } else if (verdict.health === 'pending') {
        look.pendingHealth ||= task.lastStatus === 'RUNNING';
      } else {
        note(world, service, `(task ${task.id}) is unhealthy: ${verdict.reason}.`);
        requestStop(world, task, { stopCode: 'ServiceSchedulerInitiated', stoppedReason: verdict.reason });
        noteTaskFailure(world, task);
      }
    }
  }
  return look;
}

/** Every revision gets as many tasks as its scale says. Answers whether it is short of tasks it could not start. */
function scaleRevisions(world: World, service: ServiceRecord, look: Look): boolean {
  let short = false;
  for (const revision of activeRevisions(service)) {
    const live = liveTasksOf(revision);
    // A deployment that failed launches nothing more, and does not replace what it loses either.
    if (revision.rolloutState === 'FAILED') revision.scale = Math.min(requestedCount(revision), live.length);
    const want = requestedCount(revision);
    if (live.length < want) short = !start(world, revision, want - live.length) || short;
    else stop(world, service, pickToStop(live, look.healthy, live.length - want));
  }
  return short;
}

/** One move of a rolling deployment (or of its rollback, with the sides reversed). */
function swapTasks(world: World, service: ServiceRecord, look: Look): boolean {
  const swap = service.swap;
  if (!swap) return false;
  const side = (revisions: RevisionRecord[]) => {
    const live = revisions.flatMap(liveTasksOf);
    return { tasks: live, live: live.length, healthy: live.filter((task) => look.healthy.has(task)).length };
  };
  const target = side([swap.target]);
  const retiring = side(swap.retiring);
  const { desiredCount: desired, deploymentConfiguration } = service.settings;
  const { minimumHealthyPercent = 100, maximumPercent = 200 } = deploymentConfiguration;
  const move = rollingMove({ desired, minimumHealthyPercent, maximumPercent, target, retiring });
  stop(world, service, pickToStop(retiring.tasks, look.healthy, move.stopRetiring));
  stop(world, service, pickToStop(target.tasks, look.healthy, move.stopTarget));
  let short = false;
  for (const revision of swap.retiring) short = keepRetiring(world, revision, move.stopRetiring) || short;
  if (move.startTarget > 0) short = !start(world, swap.target, move.startTarget) || short;
  if (move.stuck) noteStuck(world, service);
  return short || move.stuck;
}

/** What is left of a retiring revision is kept up until its turn comes: tasks that died of themselves are replaced, retired ones not. */
function keepRetiring(world: World, revision: RevisionRecord, retiredNow: number): boolean {
  const live = liveTasksOf(revision).length;
  if (revision.scale === 'all') revision.scale = revision.service.settings.desiredCount;
  if (retiredNow > 0) revision.scale = Math.min(revision.scale, live);
  if (live >= revision.scale || revision.rolloutState === 'FAILED') {
    revision.scale = Math.min(revision.scale, live);
    return false;
  }
  return !start(world, revision, revision.scale - live);
}

/** Those that are worth least first: not healthy before healthy, young before old. */
function pickToStop(tasks: TaskRecord[], healthy: Set<TaskRecord>, count: number): TaskRecord[] {
  const worth = (task: TaskRecord) => (healthy.has(task) ? 1 : 0);
  return [...tasks].sort((a, b) => worth(a) - worth(b) || b.createdAtMs - a.createdAtMs).slice(0, Math.max(0, count));
}

function stop(world: World, service: ServiceRecord, tasks: TaskRecord[]): void {
  const [first] = tasks;
  if (!first) return;
  for (const task of tasks) {
    const reason = task.revision ? `Scaling activity initiated by (deployment ${task.revision.classicId})` : 'Scaling activity';
    requestStop(world, task, { stopCode: 'ServiceSchedulerInitiated', stoppedReason: reason });
  }
  note(world, service, `has stopped ${tasks.length} running tasks: ${tasks.map((task) => `(task ${task.id})`).join(' ')}.`);
}

/** Starts `count` tasks, as far as there is room and the throttle lets it. Answers whether all could be started. */
function start(world: World, revision: RevisionRecord, count: number): boolean {
  const { service } = revision;
  const { cluster, scheduling } = service;
  if (scheduling.noStartBeforeMs > nowMs(world)) {
    if (scheduling.impaired) noteImpaired(world, service);
    return false;
  }
  const possible = Math.max(0, Math.min(count, freeRoom(cluster)));
  const started = Array.from({ length: possible }, () =>
    startTask(world, {
      cluster,
      taskDefinition: revision.taskDefinition,
      revision,
      group: `service:${service.name}`,
      startedBy: revision.classicId,
      launchType: revision.workload.launchType ?? (revision.workload.capacityProviderStrategy?.length ? undefined : 'FARGATE'),
      platformVersion: revision.workload.platformVersion,
      capacityProviderName: revision.workload.capacityProviderStrategy?.[0]?.capacityProvider,
      enableExecuteCommand: service.settings.enableExecuteCommand ?? false,
      tags: tagsFor(service, revision),
    }),
  );
  if (started.length > 0) note(world, service, `has started ${started.length} tasks: ${started.map((task) => `(task ${task.id})`).join(' ')}.`);
  if (possible < count) notePlacementFailure(world, service);
  return possible === count;
}

function tagsFor(service: ServiceRecord, revision: RevisionRecord) {
  switch (service.settings.propagateTags) {
    case 'SERVICE':
      return [...service.tags];
    case 'TASK_DEFINITION':
      return [...revision.taskDefinition.tags];
    case 'NONE':
    case undefined:
      return [];
  }
}

function notePlacementFailure(world: World, service: ServiceRecord): void {
  const { scheduling } = service;
  if (scheduling.lastPlacementFailureMs !== undefined && nowMs(world) - scheduling.lastPlacementFailureMs < minutes(world, 1)) return;
  scheduling.lastPlacementFailureMs = nowMs(world);
  note(world, service, 'was unable to place a task. Reason: Capacity is unavailable at this time. Please try again later or in a different availability zone.');
  serviceAction(world, service, { eventType: 'ERROR', eventName: 'SERVICE_TASK_PLACEMENT_FAILURE', reason: 'RESOURCE:FARGATE' });
}

function noteImpaired(world: World, service: ServiceRecord): void {
  service.scheduling.impaired = false;
  note(world, service, 'is unable to consistently start tasks successfully.');
  serviceAction(world, service, { eventType: 'WARN', eventName: 'SERVICE_TASK_START_IMPAIRED' });
}

function noteStuck(world: World, service: ServiceRecord): void {
  const { scheduling } = service;
  if (scheduling.lastStuckNoticeMs !== undefined && nowMs(world) - scheduling.lastStuckNoticeMs < minutes(world, 60)) return;
  scheduling.lastStuckNoticeMs = nowMs(world);
  note(world, service, 'was unable to stop or start tasks during a deployment because of the service deployment configuration. Update the minimumHealthyPercent or maximumPercent value and try again.');
}

function askWaiting(service: ServiceRecord): void {
  const { waiting } = service.scheduling;
  for (const answered of [...waiting]) if (answered()) waiting.delete(answered);
}

function reportSteadiness(world: World, service: ServiceRecord, look: Look): void {
  const [only, ...others] = activeRevisions(service);
  const desired = service.settings.desiredCount;
  const steady =
    service.status === 'ACTIVE' && only !== undefined && others.length === 0 && only.rolloutState === 'COMPLETED' && tasksOf(only).length === desired && look.healthy.size === desired;
  if (steady && !service.scheduling.steady) {
    note(world, service, 'has reached a steady state.');
    serviceAction(world, service, { eventType: 'INFO', eventName: 'SERVICE_STEADY_STATE' });
  }
  service.scheduling.steady = steady;
}

function reportRunningCount(world: World, service: ServiceRecord): void {
  const running = service.revisions.flatMap(tasksOf).filter((task) => task.lastStatus === 'RUNNING').length;
  if (running === service.scheduling.runningCountSeen) return;
  service.scheduling.runningCountSeen = running;
  world.ports.metrics?.record({
    namespace: 'ECS/ContainerInsights',
    metricName: 'RunningTaskCount',
    dimensions: { ClusterName: service.cluster.name, ServiceName: service.name },
    value: running,
    unit: 'Count',
    timestampMs: nowMs(world),
  });
}
