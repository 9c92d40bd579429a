// The names ECS gives its things, and how to read them back.
//   arn:aws:ecs:R:A:cluster/C   service/C/S   service-deployment/C/S/ID   service-revision/C/S/N   task/C/ID   container/C/ID/UUID
// N, the 19 digits of a service revision, is also the number in the classic deployment id `ecs-svc/N`: it joins the two views.
import type { Kernel } from '../kernel/kernel.ts';
import { arnOf } from '../kernel/kernel.ts';

type Place = Pick<Kernel, 'accountId' | 'region'>;

export const clusterArn = (place: Place, cluster: string) => arnOf(place, 'ecs', `cluster/${cluster}`);
export const serviceArn = (place: Place, cluster: string, service: string) => arnOf(place, 'ecs', `service/${cluster}/${service}`);
export const deploymentArn = (place: Place, cluster: string, service: string, id: string) =>
  arnOf(place, 'ecs', `service-deployment/${cluster}/${service}/${id}`);
export const revisionArn = (place: Place, cluster: string, service: string, number: string) =>
  arnOf(place, 'ecs', `service-revision/${cluster}/${service}/${number}`);
export const taskArn = (place: Place, cluster: string, id: string) => arnOf(place, 'ecs', `task/${cluster}/${id}`);
export const containerArn = (place: Place, cluster: string, taskId: string, id: string) =>
  arnOf(place, 'ecs', `container/${cluster}/${taskId}/${id}`);
export const taskDefinitionArn = (place: Place, family: string, revision: number | '*') =>
  arnOf(place, 'ecs', `task-definition/${family}:${revision}`);

/** The parts after `arn:aws:ecs:R:A:`, split at the slashes: `['service', 'prod', 'web']`. Undefined when it is no ECS ARN. */
export function partsOf(arn: string): string[] | undefined {
  const match = /^arn:[^:]+:ecs:[^:]*:[^:]*:(.+)$/.exec(arn);
  return match?.[1]?.split('/');
}

/** The short name of a cluster given as name, ARN or not at all. */
export function clusterName(nameOrArn: string | undefined): string {
  if (!nameOrArn) return 'default';
  return partsOf(nameOrArn)?.[1] ?? nameOrArn;
}

/** Cluster and service names out of a request's `cluster` and `service`, the latter a name, a long or an old short ARN. */
export function serviceNames(service: string, cluster: string | undefined): { cluster: string; service: string } {
  const parts = partsOf(service);
  if (parts?.[0] === 'service' && parts.length === 3) return { cluster: parts[1] ?? '', service: parts[2] ?? '' };
  if (parts?.[0] === 'service' && parts.length === 2) return { cluster: clusterName(cluster), service: parts[1] ?? '' };
  return { cluster: clusterName(cluster), service };
}

export const lastPart = (arn: string): string => arn.slice(arn.lastIndexOf('/') + 1);
