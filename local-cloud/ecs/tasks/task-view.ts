// A task as the API shows it and as "ECS Task State Change" tells it (the same, without health).
import type { Container, Task } from '@aws-sdk/client-ecs';
import { iso } from '../event-stream.ts';
import type { ContainerRecord, TaskRecord } from '../state.ts';
import type { World } from '../world.ts';
import { dateOf } from '../world.ts';

export function healthOf(task: TaskRecord): 'UNKNOWN' | 'HEALTHY' | 'UNHEALTHY' {
  const checked = task.containers.filter((container) => container.hasHealthCheck && container.essential);
  if (checked.length === 0) return 'UNKNOWN';
  if (checked.some((container) => container.healthStatus === 'UNHEALTHY')) return 'UNHEALTHY';
  return checked.every((container) => container.healthStatus === 'HEALTHY') ? 'HEALTHY' : 'UNKNOWN';
}

export function taskView(task: TaskRecord): Task {
  const { definition } = task.taskDefinition;
  const healthStatus = healthOf(task);
  return {
    taskArn: task.arn,
    clusterArn: task.cluster.arn,
    taskDefinitionArn: task.taskDefinition.arn,
    group: task.group,
    startedBy: task.startedBy,
    launchType: task.launchType as Task['launchType'],
    capacityProviderName: task.capacityProviderName,
    platformVersion: task.platformVersion ?? '1.4.0',
    platformFamily: 'Linux',
    availabilityZone: task.availabilityZone,
    desiredStatus: task.desiredStatus,
    lastStatus: task.lastStatus,
    healthStatus,
    stopCode: task.stopCode,
    stoppedReason: task.stoppedReason,
    createdAt: dateOf(task.createdAtMs),
    connectivity: 'CONNECTED',
    connectivityAt: dateOf(task.pullStartedAtMs),
    pullStartedAt: dateOf(task.pullStartedAtMs),
    pullStoppedAt: dateOf(task.pullStoppedAtMs),
    startedAt: dateOf(task.startedAtMs),
    stoppingAt: dateOf(task.stoppingAtMs),
    executionStoppedAt: dateOf(task.executionStoppedAtMs),
    stoppedAt: dateOf(task.stoppedAtMs),
    cpu: task.overrides.cpu ?? definition.cpu,
    memory: task.overrides.memory ?? definition.memory,
    ephemeralStorage: definition.ephemeralStorage ?? { sizeInGiB: 20 },
    enableExecuteCommand: task.enableExecuteCommand,
    attributes: [{ name: 'ecs.cpu-architecture', value: definition.runtimePlatform?.cpuArchitecture === 'ARM64' ? 'arm64' : 'x86_64' }],
    attachments: task.address
      ? [{ id: task.attachmentId, type: 'ElasticNetworkInterface', status: task.lastStatus === 'STOPPED' ? 'DELETED' : 'ATTACHED', details: [{ name: 'privateIPv4Address', value: task.address.ip }] }]
      : [],
    containers: task.containers.map((container) => containerView(task, container)),
    overrides: { ...task.overrides, containerOverrides: task.overrides.containerOverrides ?? task.containers.map(({ name }) => ({ name })), inferenceAcceleratorOverrides: [] },
    tags: task.tags,
    version: task.version,
  };
}

function containerView(task: TaskRecord, container: ContainerRecord): Container {
  return {
    containerArn: container.arn,
    taskArn: task.arn,
    name: container.name,
    image: container.image,
    imageDigest: container.imageDigest,
    runtimeId: container.runtimeId,
    lastStatus: container.lastStatus,
    exitCode: container.exitCode,
    reason: container.reason,
    healthStatus: container.healthStatus,
    networkBindings: [],
    networkInterfaces: task.address ? [{ attachmentId: task.attachmentId, privateIpv4Address: task.address.ip }] : [],
    cpu: '0',
  };
}

/** Every state change has the next version: equal means a repeat, lower means stale. */
export function emitTaskState(world: World, task: TaskRecord): void {
  task.version += 1;
  const { healthStatus: _health, tags: _tags, containers, ...rest } = taskView(task);
  const detail = { ...rest, containers: containers?.map(({ healthStatus: _containerHealth, ...container }) => container), updatedAt: iso(world.kernel.clock.nowMs()) };
  world.ports.events.emit({ source: 'aws.ecs', detailType: 'ECS Task State Change', resources: [task.arn], detail: jsonOf(detail) });
}

/** As an event carries it: dates as ISO strings, nothing undefined. */
const jsonOf = (value: object): Record<string, unknown> => JSON.parse(JSON.stringify(value)) as Record<string, unknown>;

