// Amazon ECS for the local cloud.
export { EcsModel } from './model.ts';
export type { EcsPorts } from './world.ts';
export type { ClusterRecord, DeploymentRecord, ServiceRecord, TaskRecord } from './state.ts';
