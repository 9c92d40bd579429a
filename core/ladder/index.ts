// The ladder, for everybody else.

export { compileLadder, linearWeights, type Ladder } from './ladder.ts';
export { LadderNotNative, nativeOf, nativeWeightsOf, rungsOf, type NativeStrategy, type Rung } from './rungs.ts';
