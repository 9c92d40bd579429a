// From a task definition (and RunTask's overrides) to what a task runner is told to run.
import type { ContainerDefinition } from '@aws-sdk/client-ecs';
import type { ContainerSpec } from '../../kernel/ports.ts';
import type { TaskRecord } from '../state.ts';

/** Defaults of a container health check and of stopTimeout: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_HealthCheck.html */
export function containerSpec(task: TaskRecord, definition: ContainerDefinition): ContainerSpec {
  const override = task.overrides.containerOverrides?.find((candidate) => candidate.name === definition.name);
  const environment: Record<string, string> = {};
  for (const { name, value } of [...(definition.environment ?? []), ...(override?.environment ?? [])]) if (name) environment[name] = value ?? '';
  const name = definition.name ?? '';
  return {
    name,
    image: definition.image ?? '',
    imageDigest: task.containers.find((container) => container.name === name)?.imageDigest,
    essential: definition.essential ?? true,
    environment,
    command: override?.command ?? definition.command,
    containerPorts: (definition.portMappings ?? []).flatMap((mapping) => (mapping.containerPort === undefined ? [] : [mapping.containerPort])),
    healthCheck: definition.healthCheck && {
      command: definition.healthCheck.command ?? [],
      intervalSeconds: definition.healthCheck.interval ?? 30,
      timeoutSeconds: definition.healthCheck.timeout ?? 5,
      retries: definition.healthCheck.retries ?? 3,
      startPeriodSeconds: definition.healthCheck.startPeriod ?? 0,
    },
    stopTimeoutSeconds: definition.stopTimeout ?? 30,
    log: logOf(task, definition),
  };
}

/** The awslogs driver names its streams prefix/container/task. */
function logOf(task: TaskRecord, definition: ContainerDefinition): ContainerSpec['log'] {
  const log = definition.logConfiguration;
  const logGroupName = log?.options?.['awslogs-group'];
  if (log?.logDriver !== 'awslogs' || !logGroupName) return undefined;
  const prefix = log.options?.['awslogs-stream-prefix'];
  return { logGroupName, logStreamName: prefix ? `${prefix}/${definition.name}/${task.id}` : task.id };
}
