// The one list of rungs that plan, assessment and views go by, whatever strategy it came from; and the native ECS
// strategy that carries it.

import { SlipwayError, unreachable } from '../errors.ts';
import type { ApprovalRule, Bake, Strategy } from '../pipeline/model.ts';
import { compileLadder, linearWeights } from './ladder.ts';

/** Reach the weight, hold it for the bake with everything quiet, then (if there is a rule) ask before going on. */
export interface Rung {
  /** Share of production traffic on the new revision; 0 means it serves test traffic only. */
  weightPercent: number;
  bake: Bake;
  approval: ApprovalRule | undefined;
}

/** What goes into `deploymentConfiguration`; ECS's own bake times are always 0, because Slipway's pauses do the baking. */
export type NativeStrategy =
  | { strategy: 'ROLLING'; minimumHealthyPercent: number | undefined; maximumPercent: number | undefined }
  | { strategy: 'BLUE_GREEN' }
  | { strategy: 'CANARY'; canaryPercent: number }
  | { strategy: 'LINEAR'; stepPercent: number };

/** The parser lets no such ladder through, so the record was not written by it. */
export class LadderNotNative extends SlipwayError {
  override readonly name = 'LadderNotNative';
  readonly retry = 'never';
}

/** Rising by weight. Empty for a rolling deployment: ECS gives it no weights to stop at. */
export function rungsOf(strategy: Strategy): Rung[] {
  switch (strategy.kind) {
    case 'rolling':
      return [];
    case 'blueGreen':
      return [{ weightPercent: 0, bake: time(0), approval: strategy.approval }, last(strategy.bakeAfterMs)];
    case 'canary':
      return [...strategy.steps.map(({ weightPercent, bake, approval }) => ({ weightPercent, bake, approval })), last(strategy.bakeAfterMs)];
    case 'linear':
      return linearWeights(strategy.stepPercent).map((weightPercent) =>
        weightPercent === 100 ? last(strategy.bakeAfterMs) : { weightPercent, bake: strategy.bake, approval: undefined },
      );
    default:
      return unreachable(strategy);
  }
}

export function nativeOf(strategy: Strategy): NativeStrategy {
  switch (strategy.kind) {
    case 'rolling':
      return { strategy: 'ROLLING', minimumHealthyPercent: strategy.minimumHealthyPercent, maximumPercent: strategy.maximumPercent };
    case 'blueGreen':
      return { strategy: 'BLUE_GREEN' };
    case 'canary': {
      const ladder = compileLadder(strategy.steps.map((step) => step.weightPercent));
      if (!ladder.ok) throw new LadderNotNative(`no native strategy carries this ladder: ${ladder.reason}`, 'Run `slipway apply` with a ladder that works.');
      return ladder.native;
    }
    case 'linear':
      return { strategy: 'LINEAR', stepPercent: strategy.stepPercent };
    default:
      return unreachable(strategy);
  }
}

/** Every weight at which ECS stops or passes, rising, ending in 100: `[100]` for blueGreen, empty for rolling. */
export function nativeWeightsOf(strategy: Strategy): number[] {
  const native = nativeOf(strategy);
  switch (native.strategy) {
    case 'ROLLING':
      return [];
    case 'BLUE_GREEN':
      return [100];
    case 'CANARY':
      return [native.canaryPercent, 100];
    case 'LINEAR':
      return linearWeights(native.stepPercent);
    default:
      return unreachable(native);
  }
}

function time(forMs: number): Bake {
  return { forMs, requests: undefined };
}

function last(bakeAfterMs: number): Rung {
  return { weightPercent: 100, bake: time(bakeAfterMs), approval: undefined };
}
