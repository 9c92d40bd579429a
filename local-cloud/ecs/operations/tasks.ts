// RunTask, ListTasks, DescribeTasks, StopTask.
import type {
  DescribeTasksCommandInput, DescribeTasksCommandOutput, ListTasksCommandInput, ListTasksCommandOutput, RunTaskCommandInput, RunTaskCommandOutput, StopTaskCommandInput,
  StopTaskCommandOutput,
} from '@aws-sdk/client-ecs';
import { copyOf } from '../../kernel/copy-of.ts';
import { refuseUnknown } from '../../kernel/errors.ts';
import { arnOf } from '../../kernel/kernel.ts';
import type { Permission } from '../../kernel/service.ts';
import { clusterName, lastPart, partsOf, taskArn, taskDefinitionArn } from '../arns.ts';
import { invalidParameter } from '../faults.ts';
import type { TaskRecord } from '../state.ts';
import { forgetOldTasks } from '../tasks/forget.ts';
import { freeRoom, startTask } from '../tasks/new-task.ts';
import { requestStop } from '../tasks/task-life.ts';
import { taskView } from '../tasks/task-view.ts';
import type { World } from '../world.ts';
import type { Operations } from './define.ts';
import { operation, page } from './define.ts';
import { findCluster, findTaskDefinition, lookUpTaskDefinition } from './find.ts';
import { inCluster, passRole, passTaskRoles, requestTags, resourceTags } from './permissions.ts';

const RUN_KNOWN = [
  'cluster', 'count', 'enableECSManagedTags', 'enableExecuteCommand', 'group', 'launchType', 'capacityProviderStrategy', 'networkConfiguration', 'overrides', 'platformVersion',
  'propagateTags', 'referenceId', 'startedBy', 'tags', 'taskDefinition', 'clientToken',
];
const OVERRIDES_KNOWN = ['containerOverrides', 'cpu', 'memory', 'taskRoleArn', 'executionRoleArn'];

export function taskOperations(world: World): Operations {
  /** RunTask answers a repeated client token with the tasks of the first call. */
  const byClientToken = new Map<string, TaskRecord[]>();
  return {
    RunTask: operation<RunTaskCommandInput, RunTaskCommandOutput>({
      permissions: (input) => runTaskPermissions(world, input),
      handle: (input) => {
        refuseUnknown('RunTask', input, RUN_KNOWN);
        refuseUnknown('RunTask: overrides', input.overrides ?? {}, OVERRIDES_KNOWN);
        const cluster = findCluster(world, input.cluster);
        const taskDefinition = findTaskDefinition(world, input.taskDefinition ?? '');
        const count = input.count ?? 1;
        if (!Number.isInteger(count) || count < 1 || count > 10) throw invalidParameter('Count must be between 1 and 10.');
        for (const override of input.overrides?.containerOverrides ?? []) {
          if (!taskDefinition.definition.containerDefinitions?.some((container) => container.name === override.name)) {
            throw invalidParameter(`Override for container named ${override.name} is not a container in the TaskDefinition.`);
          }
        }
        const repeated = input.clientToken === undefined ? undefined : byClientToken.get(input.clientToken);
        if (repeated) return { tasks: repeated.map(taskView), failures: [] };
        const possible = Math.max(0, Math.min(count, freeRoom(cluster)));
        const tasks = Array.from({ length: possible }, () =>
          startTask(world, {
            cluster,
            taskDefinition,
            group: input.group ?? `family:${taskDefinition.family}`,
            startedBy: input.startedBy,
            launchType: input.launchType ?? (input.capacityProviderStrategy?.length ? undefined : 'FARGATE'),
            platformVersion: input.platformVersion,
            capacityProviderName: input.capacityProviderStrategy?.[0]?.capacityProvider,
            enableExecuteCommand: input.enableExecuteCommand ?? false,
            overrides: copyOf(input.overrides),
            tags: [...(input.propagateTags === 'TASK_DEFINITION' ? taskDefinition.tags : []), ...(input.tags ?? [])],
          }),
        );
        if (input.clientToken !== undefined && possible === count) byClientToken.set(input.clientToken, tasks);
        return { tasks: tasks.map(taskView), failures: Array.from({ length: count - possible }, () => ({ reason: 'RESOURCE:FARGATE' })) };
      },
    }),

    ListTasks: operation<ListTasksCommandInput, ListTasksCommandOutput>({
      permissions: ({ cluster }) => [inCluster(world, 'ListTasks', arnOf(world.kernel, 'ecs', `container-instance/${clusterName(cluster)}/*`), cluster)],
      handle: (input) => {
        refuseUnknown('ListTasks', input, ['cluster', 'family', 'nextToken', 'maxResults', 'startedBy', 'serviceName', 'desiredStatus', 'launchType']);
        const cluster = findCluster(world, input.cluster);
        forgetOldTasks(world, cluster);
        const wanted = input.desiredStatus ?? 'RUNNING';
        const tasks = [...cluster.tasks.values()].filter(
          (task) =>
            task.desiredStatus === wanted &&
            (input.family === undefined || task.taskDefinition.family === input.family) &&
            (input.startedBy === undefined || task.startedBy === input.startedBy) &&
            (input.serviceName === undefined || task.group === `service:${lastPart(input.serviceName)}`) &&
            (input.launchType === undefined || task.launchType === input.launchType),
        );
        const { items, nextToken } = page(tasks, input, 100);
        return { taskArns: items.map((task) => task.arn), nextToken };
      },
    }),

    DescribeTasks: operation<DescribeTasksCommandInput, DescribeTasksCommandOutput>({
      permissions: ({ tasks = [], cluster }) => tasks.map((task) => onTask(world, 'DescribeTasks', task, cluster)),
      handle: ({ tasks = [], cluster, include = [] }) => {
        if (tasks.length === 0) throw invalidParameter('Tasks cannot be empty.');
        const record = findCluster(world, cluster);
        forgetOldTasks(world, record);
        const found = tasks.map((name) => ({ name, task: record.tasks.get(lastPart(name)) }));
        return {
          tasks: found.flatMap(({ task }) => (task ? [{ ...taskView(task), tags: include.includes('TAGS') ? task.tags : [] }] : [])),
          failures: found.flatMap(({ name, task }) => (task ? [] : [{ arn: taskArn(world.kernel, record.name, lastPart(name)), reason: 'MISSING' }])),
        };
      },
    }),

    StopTask: operation<StopTaskCommandInput, StopTaskCommandOutput>({
      permissions: ({ task = '', cluster }) => [onTask(world, 'StopTask', task, cluster)],
      handle: ({ task: name = '', cluster, reason }) => {
        const task = findCluster(world, cluster).tasks.get(lastPart(name));
        if (!task) throw invalidParameter('The referenced task was not found.');
        requestStop(world, task, { stopCode: 'UserInitiated', stoppedReason: reason ?? 'Task stopped by user' });
        return { task: taskView(task) };
      },
    }),
  };
}

function onTask(world: World, action: string, nameOrArn: string, cluster: string | undefined): Permission {
  const name = partsOf(nameOrArn)?.[1] ?? clusterName(cluster);
  const task = world.clusters.get(name)?.tasks.get(lastPart(nameOrArn));
  return inCluster(world, action, taskArn(world.kernel, name, lastPart(nameOrArn)), name, resourceTags(task?.tags ?? []));
}

function runTaskPermissions(world: World, input: RunTaskCommandInput): Permission[] {
  const name = input.taskDefinition ?? '';
  const record = lookUpTaskDefinition(world, name);
  const short = partsOf(name)?.[1] ?? name;
  const [family = short, revision] = short.split(':');
  const arn = record?.arn ?? taskDefinitionArn(world.kernel, family, revision === undefined ? '*' : Number(revision));
  const overridden = [input.overrides?.taskRoleArn, input.overrides?.executionRoleArn].filter((role) => role !== undefined);
  const tagged = input.tags?.length
    ? [inCluster(world, 'TagResource', taskArn(world.kernel, clusterName(input.cluster), '*'), input.cluster, { 'ecs:CreateAction': 'RunTask', ...requestTags(input.tags) })]
    : [];
  return [
    inCluster(world, 'RunTask', arn, input.cluster, { ...requestTags(input.tags), ...resourceTags(record?.tags ?? []) }),
    ...tagged,
    ...(record ? passTaskRoles(record) : []),
    ...overridden.map((role) => passRole(role, 'ecs-tasks.amazonaws.com')),
  ];
}
