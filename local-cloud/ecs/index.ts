// Amazon ECS for the local cloud.
export { EcsModel } from './model.ts';
export type { EcsPorts } from './world.ts';
