// RegisterTaskDefinition, DescribeTaskDefinition, DeregisterTaskDefinition, ListTaskDefinitions, ListTaskDefinitionFamilies.
import type {
  DeregisterTaskDefinitionCommandInput, DeregisterTaskDefinitionCommandOutput, DescribeTaskDefinitionCommandInput, DescribeTaskDefinitionCommandOutput,
  ListTaskDefinitionFamiliesCommandInput, ListTaskDefinitionFamiliesCommandOutput, ListTaskDefinitionsCommandInput, ListTaskDefinitionsCommandOutput,
  RegisterTaskDefinitionCommandInput, RegisterTaskDefinitionCommandOutput, TaskDefinition,
} from '@aws-sdk/client-ecs';
import { copyOf } from '../../kernel/copy-of.ts';
import { taskDefinitionArn } from '../arns.ts';
import { clientFault, invalidParameter } from '../faults.ts';
import type { TaskDefinitionRecord } from '../state.ts';
import type { World } from '../world.ts';
import { nowMs } from '../world.ts';
import type { Operations } from './define.ts';
import { operation, page } from './define.ts';
import { lookUpTaskDefinition } from './find.ts';
import { passRole, requestTags, taskRoles } from './permissions.ts';

const TAG_LIMIT = 50;

export function taskDefinitionOperations(world: World): Operations {
  return {
    RegisterTaskDefinition: operation<RegisterTaskDefinitionCommandInput, RegisterTaskDefinitionCommandOutput>({
      permissions: (input) => {
        const resource = taskDefinitionArn(world.kernel, input.family ?? '', '*');
        const tagged = input.tags?.length ? [{ action: 'ecs:TagResource', resource, context: { 'ecs:CreateAction': 'RegisterTaskDefinition', ...requestTags(input.tags) } }] : [];
        return [
          { action: 'ecs:RegisterTaskDefinition', resource, context: { ...requestTags(input.tags), ...shapeKeys(input) } },
          ...tagged,
          ...taskRoles(input).map((role) => passRole(role, 'ecs-tasks.amazonaws.com')),
        ];
      },
      handle: (input, { caller }) => {
        const { tags = [], ...given } = input;
        check(input);
        const family = input.family ?? '';
        const revision = (world.lastRevisionOfFamily.get(family) ?? 0) + 1;
        const arn = taskDefinitionArn(world.kernel, family, revision);
        const definition: TaskDefinition & { taskDefinitionArn: string } = {
          ...copyOf(given),
          containerDefinitions: (given.containerDefinitions ?? []).map((container) => ({
            cpu: 0, portMappings: [], essential: true, environment: [], mountPoints: [], volumesFrom: [], systemControls: [], ...copyOf(container),
          })),
          volumes: given.volumes ?? [],
          placementConstraints: given.placementConstraints ?? [],
          taskDefinitionArn: arn,
          revision,
          status: 'ACTIVE',
          requiresAttributes: [],
          compatibilities: given.requiresCompatibilities?.includes('FARGATE') ? ['EC2', 'FARGATE'] : ['EC2'],
          registeredAt: new Date(nowMs(world)),
          registeredBy: caller.kind === 'service' ? caller.principal : caller.arn,
        };
        world.lastRevisionOfFamily.set(family, revision);
        world.taskDefinitions.set(`${family}:${revision}`, { arn, family, definition, tags });
        return { taskDefinition: copyOf(definition), tags };
      },
    }),

    DescribeTaskDefinition: operation<DescribeTaskDefinitionCommandInput, DescribeTaskDefinitionCommandOutput>({
      permissions: () => [{ action: 'ecs:DescribeTaskDefinition', resource: '*' }],
      handle: (input) => {
        const record = find(world, input.taskDefinition);
        return { taskDefinition: copyOf(record.definition), ...(input.include?.includes('TAGS') ? { tags: [...record.tags] } : {}) };
      },
    }),

    DeregisterTaskDefinition: operation<DeregisterTaskDefinitionCommandInput, DeregisterTaskDefinitionCommandOutput>({
      permissions: () => [{ action: 'ecs:DeregisterTaskDefinition', resource: '*' }],
      handle: (input) => {
        if (!/:\d+$/.test(input.taskDefinition ?? '')) throw invalidParameter('Invalid revision number. Number must be positive.');
        const { definition } = find(world, input.taskDefinition);
        definition.status = 'INACTIVE';
        definition.deregisteredAt = new Date(nowMs(world));
        return { taskDefinition: copyOf(definition) };
      },
    }),

    ListTaskDefinitions: operation<ListTaskDefinitionsCommandInput, ListTaskDefinitionsCommandOutput>({
      permissions: () => [{ action: 'ecs:ListTaskDefinitions', resource: '*' }],
      handle: (input) => {
        const matching = [...world.taskDefinitions.values()]
          .filter((record) => record.definition.status === (input.status ?? 'ACTIVE') && (input.familyPrefix === undefined || record.family === input.familyPrefix))
          .sort((a, b) => a.family.localeCompare(b.family) || (a.definition.revision ?? 0) - (b.definition.revision ?? 0));
        const { items, nextToken } = page(input.sort === 'DESC' ? matching.reverse() : matching, input, 100);
        return { taskDefinitionArns: items.map((record) => record.arn), nextToken };
      },
    }),

    ListTaskDefinitionFamilies: operation<ListTaskDefinitionFamiliesCommandInput, ListTaskDefinitionFamiliesCommandOutput>({
      permissions: () => [{ action: 'ecs:ListTaskDefinitionFamilies', resource: '*' }],
      handle: (input) => {
        const status = input.status ?? 'ACTIVE';
        const families = [...world.lastRevisionOfFamily.keys()].filter((family) => {
          const active = lookUpTaskDefinition(world, family) !== undefined;
          return family.startsWith(input.familyPrefix ?? '') && (status === 'ALL' || active === (status === 'ACTIVE'));
        });
        const { items, nextToken } = page(families.sort(), input, 100);
        return { families: items, nextToken };
      },
    }),
  };
}

function find(world: World, name: string | undefined): TaskDefinitionRecord {
  const record = lookUpTaskDefinition(world, name ?? '');
  if (!record) throw clientFault('Unable to describe task definition.');
  return record;
}

const shapeKeys = (input: RegisterTaskDefinitionCommandInput): Record<string, string | string[]> => ({
  ...(input.requiresCompatibilities?.length ? { 'ecs:compute-compatibility': input.requiresCompatibilities } : {}),
  ...(input.cpu === undefined ? {} : { 'ecs:task-cpu': input.cpu }),
  ...(input.memory === undefined ? {} : { 'ecs:task-memory': input.memory }),
  'ecs:privileged': String((input.containerDefinitions ?? []).some((container) => container.privileged === true)),
});

function check(input: RegisterTaskDefinitionCommandInput): void {
  if (!input.family || !/^[a-zA-Z0-9_-]{1,255}$/.test(input.family)) throw clientFault('Family contains invalid characters.');
  const containers = input.containerDefinitions ?? [];
  if (containers.length === 0) throw clientFault('Container list cannot be empty.');
  const names = containers.map((container) => container.name);
  if (names.some((name) => !name)) throw clientFault('Container.name should not be null or empty.');
  if (containers.some((container) => !container.image)) throw clientFault('Container.image should not be null or empty.');
  if (new Set(names).size !== names.length) throw clientFault('Container names should be unique.');
  if (!containers.some((container) => container.essential ?? true)) throw clientFault('At least one container should be marked as essential.');
  if (input.requiresCompatibilities?.includes('FARGATE')) {
    if (!input.cpu || !input.memory) throw clientFault("Fargate requires that 'cpu' be defined at the task level.");
    if (input.networkMode !== 'awsvpc') throw clientFault('Fargate only supports network mode ‘awsvpc’.');
  }
  if ((input.tags?.length ?? 0) > TAG_LIMIT) throw invalidParameter(`The maximum number of tags is ${TAG_LIMIT}.`);
  if (input.tags?.some((tag) => tag.key?.startsWith('aws:'))) throw invalidParameter('Tag keys cannot start with aws:');
}
