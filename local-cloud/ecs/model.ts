// Amazon ECS, as much of it as deployments need. Not modelled (refused by name): daemons,
// task sets, Classic Load Balancers, Service Connect, VPC Lattice, service discovery, volumes, early success criteria, container instances.
// Launch types and capacity providers are labels: capacity is one number per cluster.
import type { Kernel } from '../kernel/kernel.ts';
import type { Operation, ServiceModel } from '../kernel/service.ts';
import { findCluster } from './operations/find.ts';
import { clusterOperations } from './operations/clusters.ts';
import { createService } from './operations/create-service.ts';
import { serviceOperations } from './operations/read-services.ts';
import { serviceDeploymentOperations } from './operations/service-deployments.ts';
import { tagOperations } from './operations/tags.ts';
import { taskDefinitionOperations } from './operations/task-definitions.ts';
import { taskOperations } from './operations/tasks.ts';
import { updateService } from './operations/update-service.ts';
import { keepSnapshot } from './read-lag.ts';
import { wake } from './scheduler.ts';
import type { ClusterRecord } from './state.ts';
import type { EcsPorts, World } from './world.ts';

export class EcsModel implements ServiceModel {
  readonly signingName = 'ecs';
  readonly operations: Readonly<Record<string, Operation>>;
  private readonly world: World;

  constructor(kernel: Kernel, ports: EcsPorts) {
    const world: World = {
      kernel,
      ports,
      clusters: new Map(),
      taskDefinitions: new Map(),
      lastRevisionOfFamily: new Map(),
      deploymentsByArn: new Map(),
      changed: (service) => {
        keepSnapshot(world, service);
        wake(world, service);
      },
      closed: false,
    };
    this.world = world;
    this.operations = {
      ...clusterOperations(world),
      ...taskDefinitionOperations(world),
      CreateService: createService(world),
      UpdateService: updateService(world),
      ...serviceOperations(world),
      ...serviceDeploymentOperations(world),
      ...taskOperations(world),
      ...tagOperations(world),
    };
  }

  /** Leaves the cluster room for so many tasks in all; Infinity takes the limit away. Tasks that run are not touched. */
  setTaskLimit(cluster: string, taskLimit: number): void {
    const record = findCluster(this.world, cluster);
    record.taskLimit = taskLimit;
    for (const service of record.services.values()) this.world.changed(service);
  }

  /** Everything as it is now, without a read lag: for those who judge a simulation. Not theirs to change. */
  look(): readonly ClusterRecord[] {
    return [...this.world.clusters.values()];
  }

  async close(): Promise<void> {
    this.world.closed = true;
    for (const cluster of this.world.clusters.values()) {
      for (const service of cluster.services.values()) {
        service.scheduling.timer?.cancel();
        for (const deployment of service.deployments) for (const watch of deployment.watches.splice(0)) watch.cancel();
      }
    }
    await this.world.ports.taskRunner.close();
  }
}
