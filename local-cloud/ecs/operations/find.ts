// Looks records up by the names and ARNs requests use, and refuses as ECS does.
import { clusterName, partsOf, serviceNames } from '../arns.ts';
import { clientFault, clusterNotFound, deploymentNotFound, serviceNotActive, serviceNotFound } from '../faults.ts';
import type { ClusterRecord, DeploymentRecord, ServiceRecord, TaskDefinitionRecord } from '../state.ts';
import type { World } from '../world.ts';

export function findCluster(world: World, nameOrArn: string | undefined): ClusterRecord {
  const cluster = world.clusters.get(clusterName(nameOrArn));
  if (!cluster || cluster.status !== 'ACTIVE') throw clusterNotFound();
  return cluster;
}

export function findService(world: World, input: { service: string; cluster?: string | undefined }): ServiceRecord {
  const names = serviceNames(input.service, input.cluster);
  const service = findCluster(world, names.cluster).services.get(names.service);
  if (!service) throw serviceNotFound();
  return service;
}

export function findActiveService(world: World, input: { service: string; cluster?: string | undefined }): ServiceRecord {
  const service = findService(world, input);
  if (service.status !== 'ACTIVE') throw serviceNotActive();
  return service;
}

export function findDeployment(world: World, arn: string): DeploymentRecord {
  const deployment = world.deploymentsByArn.get(arn);
  if (!deployment) throw deploymentNotFound();
  return deployment;
}

/** By `family` (the latest ACTIVE revision), `family:revision` or ARN; undefined when there is none. */
export function lookUpTaskDefinition(world: World, name: string): TaskDefinitionRecord | undefined {
  const short = partsOf(name)?.[1] ?? name;
  if (short.includes(':')) return world.taskDefinitions.get(short);
  for (let revision = world.lastRevisionOfFamily.get(short) ?? 0; revision > 0; revision--) {
    const record = world.taskDefinitions.get(`${short}:${revision}`);
    if (record?.definition.status === 'ACTIVE') return record;
  }
  return undefined;
}

/** A task definition that tasks may be started from. */
export function findTaskDefinition(world: World, name: string): TaskDefinitionRecord {
  const record = lookUpTaskDefinition(world, name);
  if (!record) throw clientFault('Unable to find task definition.');
  if (record.definition.status !== 'ACTIVE') throw clientFault('TaskDefinition is inactive');
  return record;
}
