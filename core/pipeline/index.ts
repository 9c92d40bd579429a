// The specification language, for everybody else.

export type * from './model.ts';
export { parseSpecification, type ParsedSpecification } from './parse.ts';
export type { Fault } from './place.ts';
export { warningsOf } from './warnings.ts';
export { PAUSE_LIMIT_MS, PAUSE_RESERVE_MS, ROLLOUT_LIMIT_MS, RUNG_LIMIT_MS } from './limits.ts';
