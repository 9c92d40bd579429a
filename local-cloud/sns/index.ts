// Amazon SNS.
export { SnsModel } from './sns-model.ts';
export type { SnsPorts } from './sns-model.ts';
export type { Email } from './delivery.ts';
