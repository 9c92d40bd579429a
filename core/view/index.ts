// Views, for everybody else.

export type * from './model.ts';
export * from './api.ts';
export type * from './metrics.ts';
