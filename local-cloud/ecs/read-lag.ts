// Reads of services and deployments may lag behind writes. With a lag, every change keeps a snapshot of what readers would have seen,
// and a read answers with the newest snapshot that is old enough.
import type { Service, ServiceDeployment } from '@aws-sdk/client-ecs';
import type { ServiceRecord, Snapshot } from './state.ts';
import { deploymentView } from './views/deployment-view.ts';
import { serviceView } from './views/service-view.ts';
import type { World } from './world.ts';
import { nowMs } from './world.ts';

const lagOf = (world: World): number => world.kernel.switches.ecsReadLagMs;

const snapshotOf = (world: World, service: ServiceRecord): Snapshot => ({
  atMs: nowMs(world),
  service: serviceView(service),
  deployments: service.deployments.map((deployment) => deploymentView(world, deployment)),
});

/** Called after every change; costs nothing without a lag. */
export function keepSnapshot(world: World, service: ServiceRecord): void {
  if (lagOf(world) <= 0) return;
  const { snapshots } = service;
  const snapshot = snapshotOf(world, service);
  if (snapshots.at(-1)?.atMs === snapshot.atMs) snapshots.pop();
  snapshots.push(snapshot);
  const visible = snapshots.findLastIndex(({ atMs }) => atMs <= snapshot.atMs - lagOf(world));
  if (visible > 0) snapshots.splice(0, visible);
}

/** With a lag. */
function seen(world: World, service: ServiceRecord): Snapshot | undefined {
  return service.snapshots.findLast(({ atMs }) => atMs <= nowMs(world) - lagOf(world));
}

export const seenService = (world: World, service: ServiceRecord): Service | undefined => (lagOf(world) <= 0 ? serviceView(service) : seen(world, service)?.service);
export const seenDeployments = (world: World, service: ServiceRecord): ServiceDeployment[] =>
  lagOf(world) <= 0 ? service.deployments.map((deployment) => deploymentView(world, deployment)) : (seen(world, service)?.deployments ?? []);
export const seenDeployment = (world: World, service: ServiceRecord, arn: string): ServiceDeployment | undefined => {
  const deployment = service.deployments.find((candidate) => candidate.arn === arn);
  if (lagOf(world) <= 0) return deployment && deploymentView(world, deployment);
  return seenDeployments(world, service).find((view) => view.serviceDeploymentArn === arn);
};
