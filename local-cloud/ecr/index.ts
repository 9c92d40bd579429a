// Elastic Container Registry of the local cloud, and the tool that pushes image folders to it.
export { EcrModel, type EcrPorts } from './ecr-model.ts';
export { type PushOptions, type PushedImage, pushImageFolder } from './push.ts';
export type { ScanOutcome } from './repository.ts';
