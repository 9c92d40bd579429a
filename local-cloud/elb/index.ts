// Elastic Load Balancing v2 of the local cloud.
export { ElbModel, type ElbPorts } from './elb-model.ts';
export type { DataPlane, ListenerEndpoint, ListenerSettings } from './data-plane.ts';
export { HttpDataPlane, type HttpDataPlaneOptions } from './http-data-plane.ts';
export { ModelledDataPlane, type GroupBehaviour, type ModelledDataPlaneOptions, type ModelledTraffic } from './modelled-data-plane.ts';
