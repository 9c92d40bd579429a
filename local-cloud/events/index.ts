// Amazon EventBridge.
export { EventBridgeModel } from './event-bridge-model.ts';
export type { EventBridgePorts } from './event-bridge-model.ts';
export type { DeliveryFate, DeliveryFaults } from './delivery.ts';
export type { EventEnvelope } from './event.ts';
export { parsePattern } from './pattern.ts';
