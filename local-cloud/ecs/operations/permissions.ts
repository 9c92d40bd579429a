// The IAM permissions that ECS checks, and the condition keys it offers.
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_ecs.html
import type { DeploymentConfiguration, LoadBalancer, Tag } from '@aws-sdk/client-ecs';
import type { Permission } from '../../kernel/service.ts';
import { clusterArn, clusterName, partsOf, serviceArn, serviceNames } from '../arns.ts';
import type { TaskDefinitionRecord } from '../state.ts';
import type { World } from '../world.ts';

type Context = Record<string, string | string[]>;

const onCluster = (world: World, cluster: string): Context => ({ 'ecs:cluster': clusterArn(world.kernel, cluster) });

export const resourceTags = (tags: Tag[]): Context =>
  Object.fromEntries(tags.flatMap(({ key, value }) => [[`aws:ResourceTag/${key}`, value ?? ''], [`ecs:ResourceTag/${key}`, value ?? '']]));

export const requestTags = (tags: Tag[] | undefined): Context =>
  tags?.length ? { ...Object.fromEntries(tags.map(({ key, value }) => [`aws:RequestTag/${key}`, value ?? ''])), 'aws:TagKeys': tags.map(({ key }) => key ?? '') } : {};

export const inCluster = (world: World, action: string, resource: string, cluster: string | undefined, more: Context = {}): Permission => ({
  action: `ecs:${action}`,
  resource,
  context: { ...onCluster(world, clusterName(cluster)), ...more },
});

export function onService(world: World, action: string, input: { service: string; cluster?: string | undefined }, more: Context = {}): Permission {
  const names = serviceNames(input.service, input.cluster);
  const tags = world.clusters.get(names.cluster)?.services.get(names.service)?.tags ?? [];
  return inCluster(world, action, serviceArn(world.kernel, names.cluster, names.service), names.cluster, { ...resourceTags(tags), ...more });
}

/** Continue and Stop need both the deployment's and the service's ARN: both resource types are marked required. */
export function onServiceAndDeployment(world: World, action: string, deploymentArn: string): Permission[] {
  const [, cluster = '', service = ''] = partsOf(deploymentArn) ?? [];
  return [onDeploymentPart(world, action, deploymentArn), onService(world, action, { service, cluster })];
}

/** A service deployment or a service revision. */
export function onDeploymentPart(world: World, action: string, arn: string): Permission {
  const [, cluster = '', service = ''] = partsOf(arn) ?? [];
  return inCluster(world, action, arn, cluster, { 'ecs:service': serviceArn(world.kernel, cluster, service) });
}

export const passRole = (roleArn: string, service: 'ecs-tasks.amazonaws.com' | 'ecs.amazonaws.com'): Permission => ({
  action: 'iam:PassRole',
  resource: roleArn,
  context: { 'iam:PassedToService': service },
});

export const taskRoles = (definition: { taskRoleArn?: string | undefined; executionRoleArn?: string | undefined } | undefined): string[] =>
  [definition?.taskRoleArn, definition?.executionRoleArn].filter((role) => role !== undefined);

export const passTaskRoles = (record: TaskDefinitionRecord | undefined): Permission[] =>
  taskRoles(record?.definition).map((role) => passRole(role, 'ecs-tasks.amazonaws.com'));

/** The roles ECS itself takes on for a service: to move traffic and to call hooks. */
export function serviceRoles(input: { loadBalancers?: LoadBalancer[] | undefined; deploymentConfiguration?: DeploymentConfiguration | undefined }): string[] {
  const balancers = (input.loadBalancers ?? []).map((balancer) => balancer.advancedConfiguration?.roleArn);
  const hooks = (input.deploymentConfiguration?.lifecycleHooks ?? []).map((hook) => hook.roleArn);
  return [...new Set([...balancers, ...hooks].filter((role) => role !== undefined))];
}
