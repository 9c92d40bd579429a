// What every part of the ECS model works on: the kernel, the planes below the API, and the records.
import type { Kernel } from '../kernel/kernel.ts';
import type { AlarmStates, EventSource, ImageStore, LoadBalancing, MetricSink, TaskRunner } from '../kernel/ports.ts';
import type { ClusterRecord, DeploymentRecord, ServiceRecord, TaskDefinitionRecord } from './state.ts';

export interface EcsPorts {
  loadBalancing: LoadBalancing;
  taskRunner: TaskRunner;
  images: ImageStore;
  alarms: AlarmStates;
  events: EventSource;
  metrics?: MetricSink;
}

export interface World {
  readonly kernel: Kernel;
  readonly ports: EcsPorts;
  readonly clusters: Map<string, ClusterRecord>;
  /** By `family:revision`. */
  readonly taskDefinitions: Map<string, TaskDefinitionRecord>;
  readonly lastRevisionOfFamily: Map<string, number>;
  readonly deploymentsByArn: Map<string, DeploymentRecord>;
  /** Something about the service changed: it is looked at again at the next tick, and readers with a lag get a new snapshot. */
  changed(service: ServiceRecord): void;
  closed: boolean;
}

export const dateOf = (ms: number | undefined): Date | undefined => (ms === undefined ? undefined : new Date(ms));
export const nowMs = (world: World): number => world.kernel.clock.nowMs();
/** ECS counts its own timers in minutes; how long such a minute is, physics says. */
export const minutes = (world: World, count: number): number => count * world.kernel.physics.ecsMinuteMs;
