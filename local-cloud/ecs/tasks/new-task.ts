// Makes the record of a task and sets it going, whether a service or RunTask asked for it.
import type { TaskOverride } from '@aws-sdk/client-ecs';
import { hexId, uuid } from '../../kernel/random.ts';
import { containerArn, taskArn } from '../arns.ts';
import type { ClusterRecord, ContainerRecord, RevisionRecord, TaskDefinitionRecord, TaskRecord } from '../state.ts';
import type { World } from '../world.ts';
import { nowMs } from '../world.ts';
import { beginTask } from './task-life.ts';

export interface NewTask {
  cluster: ClusterRecord;
  taskDefinition: TaskDefinitionRecord;
  revision?: RevisionRecord;
  group: string;
  startedBy: string | undefined;
  launchType: string | undefined;
  platformVersion: string | undefined;
  capacityProviderName: string | undefined;
  enableExecuteCommand: boolean;
  overrides?: TaskOverride;
  tags: TaskRecord['tags'];
}

const ZONES = ['a', 'b', 'c'];

export function startTask(world: World, order: NewTask): TaskRecord {
  const { random, region } = world.kernel;
  const id = hexId(random, 32);
  const task: TaskRecord = {
    ...order,
    id,
    arn: taskArn(world.kernel, order.cluster.name, id),
    revision: order.revision,
    overrides: order.overrides ?? {},
    availabilityZone: `${region}${ZONES[Math.floor(random.next() * ZONES.length)]}`,
    lastStatus: 'PROVISIONING',
    desiredStatus: 'RUNNING',
    containers: [],
    address: undefined,
    attachmentId: uuid(random),
    targets: [],
    running: undefined,
    version: 0,
    createdAtMs: nowMs(world),
    pullStartedAtMs: undefined,
    pullStoppedAtMs: undefined,
    startedAtMs: undefined,
    stoppingAtMs: undefined,
    executionStoppedAtMs: undefined,
    stoppedAtMs: undefined,
    stopCode: undefined,
    stoppedReason: undefined,
    wasHealthy: false,
  };
  task.containers = (order.taskDefinition.definition.containerDefinitions ?? []).map((definition): ContainerRecord => ({
    arn: containerArn(world.kernel, order.cluster.name, id, uuid(random)),
    name: definition.name ?? '',
    image: definition.image ?? '',
    imageDigest: undefined,
    essential: definition.essential ?? true,
    hasHealthCheck: definition.healthCheck !== undefined,
    lastStatus: 'PENDING',
    healthStatus: 'UNKNOWN',
    exitCode: undefined,
    reason: undefined,
    runtimeId: undefined,
  }));
  beginTask(world, task);
  return task;
}

/** How many more tasks the cluster has room for. */
export const freeRoom = (cluster: ClusterRecord): number =>
  cluster.taskLimit - [...cluster.tasks.values()].filter((task) => task.lastStatus !== 'STOPPED').length;
