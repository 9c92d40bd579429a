// The life of one task, from PROVISIONING to STOPPED. Owns lastStatus, desiredStatus, containers and target registrations; does not
// decide when a task should live or die (the scheduler and the operations do).
//   start:  PROVISIONING -> PENDING -> ACTIVATING -> RUNNING (targets registered)
//   stop:   DEACTIVATING (targets drained) -> STOPPING (SIGTERM) -> DEPROVISIONING -> STOPPED
import type { TaskStopCode } from '@aws-sdk/client-ecs';
import type { TaskObserver } from '../../kernel/ports.ts';
import { hexId } from '../../kernel/random.ts';
import { note } from '../event-stream.ts';
import type { ContainerRecord, TaskRecord, TaskStatus } from '../state.ts';
import type { World } from '../world.ts';
import { nowMs } from '../world.ts';
import { containerSpec } from './container-spec.ts';
import { forgetOldTasks } from './forget.ts';
import { noteTaskFailure } from './task-failure.ts';
import { emitTaskState } from './task-view.ts';

export function beginTask(world: World, task: TaskRecord): void {
  forgetOldTasks(world, task.cluster);
  task.cluster.tasks.set(task.id, task);
  task.revision?.tasks.add(task);
  emitTaskState(world, task);
  world.kernel.clock.after(world.kernel.physics.taskProvisioningMs, () => pull(world, task));
}

function pull(world: World, task: TaskRecord): void {
  if (world.closed) return;
  if (task.desiredStatus === 'STOPPED') return finish(world, task);
  task.pullStartedAtMs = nowMs(world);
  move(world, task, 'PENDING');
  const unresolved = task.containers.find((container) => !resolveImage(world, task, container));
  if (unresolved) {
    const image = unresolved.image;
    unresolved.reason = `CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref ${image}: ${image}: not found`;
    requestStop(world, task, { stopCode: 'TaskFailedToStart', stoppedReason: unresolved.reason });
    return;
  }
  const definitions = task.taskDefinition.definition.containerDefinitions ?? [];
  task.running = world.ports.taskRunner.start(
    { taskArn: task.arn, family: task.taskDefinition.family, group: task.group, startedBy: task.startedBy, containers: definitions.map((definition) => containerSpec(task, definition)) },
    observerOf(world, task),
  );
}

/** The first task of a revision pins each tag to a digest; all later ones pull that ("version consistency"), as long as it is there. */
function resolveImage(world: World, task: TaskRecord, container: ContainerRecord): boolean {
  const definition = task.taskDefinition.definition.containerDefinitions?.find((candidate) => candidate.name === container.name);
  const pinned = definition?.versionConsistency === 'disabled' ? undefined : task.revision?.imageDigests.get(container.name);
  container.imageDigest = world.ports.images.resolve(pinned === undefined ? container.image : `${nameOf(container.image)}@${pinned}`)?.imageDigest;
  if (container.imageDigest) task.revision?.imageDigests.set(container.name, container.imageDigest);
  return container.imageDigest !== undefined;
}

/** Without tag and digest. */
const nameOf = (image: string): string => image.replace(/@.*$/, '').replace(/:[^:/]*$/, '');

function observerOf(world: World, task: TaskRecord): TaskObserver {
  const container = (name: string) => task.containers.find((candidate) => candidate.name === name);
  return {
    pulled: () => {
      task.pullStoppedAtMs = nowMs(world);
      if (task.desiredStatus === 'RUNNING') move(world, task, 'ACTIVATING');
    },
    running: (address) => {
      if (task.desiredStatus === 'STOPPED') return;
      task.address = address;
      task.startedAtMs = nowMs(world);
      for (const each of task.containers) {
        each.lastStatus = 'RUNNING';
        each.runtimeId = `${task.id}-${hexId(world.kernel.random, 10)}`;
      }
      registerTargets(world, task);
      move(world, task, 'RUNNING');
    },
    containerHealth: (name, status) => {
      const found = container(name);
      if (!found || found.healthStatus === status) return;
      found.healthStatus = status;
      if (task.revision) world.changed(task.revision.service);
    },
    exited: (name, exit) => {
      const found = container(name);
      if (!found || found.lastStatus === 'STOPPED') return;
      found.lastStatus = 'STOPPED';
      found.exitCode = exit.exitCode;
      found.reason = exit.reason;
      if (found.essential) requestStop(world, task, { stopCode: 'EssentialContainerExited', stoppedReason: 'Essential container in task exited' });
    },
    failedToStart: (reason) => requestStop(world, task, { stopCode: 'TaskFailedToStart', stoppedReason: reason }),
    stopped: () => {
      task.running = undefined;
      finish(world, task);
    },
  };
}

function registerTargets(world: World, task: TaskRecord): void {
  const { revision, address } = task;
  if (!revision || !address) return;
  revision.workload.loadBalancers.forEach((balancer, index) => {
    const targetGroupArn = revision.targetGroupArns[index];
    const port = balancer.containerPort === undefined ? undefined : address.ports[balancer.containerPort];
    if (!targetGroupArn || port === undefined) return;
    const target = { id: address.ip, port };
    world.ports.loadBalancing.registerTarget(targetGroupArn, target);
    task.targets.push({ targetGroupArn, target });
    note(world, revision.service, `registered 1 targets in (target-group ${targetGroupArn})`);
  });
}

export interface StopCause {
  stopCode: TaskStopCode;
  stoppedReason: string;
}

/** Ends a task, whoever wants it. A task that still serves is drained first; one that died is only taken out of rotation. */
export function requestStop(world: World, task: TaskRecord, cause: StopCause): void {
  if (task.desiredStatus === 'STOPPED') return;
  task.desiredStatus = 'STOPPED';
  task.stopCode = cause.stopCode;
  task.stoppedReason = cause.stoppedReason;
  task.stoppingAtMs = nowMs(world);
  const died = cause.stopCode === 'EssentialContainerExited' || cause.stopCode === 'TaskFailedToStart';
  if (died) noteTaskFailure(world, task);
  if (task.lastStatus === 'PROVISIONING') return emitTaskState(world, task); // `pull` finds out
  if (!task.running) return finish(world, task);
  if (task.targets.length === 0) return stopContainers(world, task);
  move(world, task, 'DEACTIVATING');
  drain(world, task, died ? () => undefined : () => stopContainers(world, task));
  if (died) stopContainers(world, task);
}

function drain(world: World, task: TaskRecord, drained: () => void): void {
  let left = task.targets.length;
  if (task.revision) note(world, task.revision.service, 'has begun draining connections on 1 tasks.');
  for (const { targetGroupArn, target } of task.targets.splice(0)) {
    if (task.revision) note(world, task.revision.service, `deregistered 1 targets in (target-group ${targetGroupArn})`);
    world.ports.loadBalancing.deregisterTarget(targetGroupArn, target, () => {
      left -= 1;
      if (left === 0 && !world.closed) drained();
    });
  }
}

function stopContainers(world: World, task: TaskRecord): void {
  if (!task.running || task.lastStatus === 'STOPPING') return;
  move(world, task, 'STOPPING');
  task.running.stop();
}

/** Releases the network interface, which takes about as long as attaching it took to activate. */
function finish(world: World, task: TaskRecord): void {
  if (task.lastStatus === 'DEPROVISIONING' || task.lastStatus === 'STOPPED') return;
  task.desiredStatus = 'STOPPED';
  task.stopCode ??= 'EssentialContainerExited';
  task.stoppedReason ??= 'Essential container in task exited';
  task.executionStoppedAtMs = nowMs(world);
  for (const container of task.containers) container.lastStatus = 'STOPPED';
  if (task.targets.length > 0) drain(world, task, () => undefined);
  move(world, task, 'DEPROVISIONING');
  world.kernel.clock.after(world.kernel.physics.taskActivatingMs, () => {
    task.stoppedAtMs = nowMs(world);
    task.revision?.tasks.delete(task);
    move(world, task, 'STOPPED');
  });
}

function move(world: World, task: TaskRecord, status: TaskStatus): void {
  task.lastStatus = status;
  emitTaskState(world, task);
  if (task.revision) world.changed(task.revision.service);
}
