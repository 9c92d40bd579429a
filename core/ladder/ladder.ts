// Which native ECS strategy carries a ladder of traffic weights. Owns the arithmetic, in tenths of a percent so that
// nothing is lost to floating point; does not know how a weight reaches the load balancer.
//   L1. Every weight that was asked for is a native weight of the answer.
//   L2. A ladder that is offered as "nearest" is itself accepted.
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_LinearConfiguration.html (stepPercent 3.0 to 100.0 in tenths)
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_CanaryConfiguration.html (canaryPercent 0.1 to 100.0 in tenths)

export type Ladder =
  | {
      ok: true;
      native: { strategy: 'CANARY'; canaryPercent: number } | { strategy: 'LINEAR'; stepPercent: number };
      /** Every weight at which ECS stops, rising, the last one 100; a superset of the weights asked for. */
      weightsPercent: number[];
    }
  | { ok: false; reason: string; nearest: number[][] };

const FULL_TENTHS = 1_000;
export const LINEAR_STEP_MIN_TENTHS = 30;
const NEAREST_MAX = 3;

/** @param weightsPercent the weights below 100, rising; the way to 100 is implied. */
export function compileLadder(weightsPercent: readonly number[]): Ladder {
  const tenths: number[] = [];
  for (const weightPercent of weightsPercent) {
    const inTenths = toTenths(weightPercent);
    if (inTenths === undefined) return refused(`${weightPercent} is not a multiple of 0.1 between 0 and 100`, []);
    if (inTenths <= (tenths.at(-1) ?? 0)) return refused('the weights do not rise', []);
    tenths.push(inTenths);
  }
  const [first] = tenths;
  if (first === undefined) return refused('a ladder needs at least one weight below 100', []);
  if (tenths.length === 1) {
    return { ok: true, native: { strategy: 'CANARY', canaryPercent: first / 10 }, weightsPercent: [first / 10, 100] };
  }

  const step = greatestCommonDivisor(tenths);
  if (step >= LINEAR_STEP_MIN_TENTHS) {
    return { ok: true, native: { strategy: 'LINEAR', stepPercent: step / 10 }, weightsPercent: linearWeights(step / 10) };
  }
  return refused(
    `Amazon ECS climbs in equal steps of at least 3 %, and the greatest step that meets ${weightsPercent.join(', ')} is ${step / 10} %`,
    nearestLadders(tenths),
  );
}

/** The weights of a native LINEAR strategy: multiples of the step, the last one capped at 100. */
export function linearWeights(stepPercent: number): number[] {
  const step = toTenths(stepPercent);
  if (step === undefined) throw new RangeError(`${stepPercent} is not a step between 0 and 100 in tenths`);
  const weights: number[] = [];
  for (let weight = step; weight < FULL_TENTHS; weight += step) weights.push(weight / 10);
  return [...weights, 100];
}

/** Tenths of a percent; undefined unless a multiple of 0.1 inside (0, 100). */
export function toTenths(weightPercent: number): number | undefined {
  const tenths = Math.round(weightPercent * 10);
  const exact = Math.abs(weightPercent * 10 - tenths) < 1e-6;
  return exact && tenths > 0 && tenths < FULL_TENTHS ? tenths : undefined;
}

function refused(reason: string, nearest: number[][]): Ladder {
  return { ok: false, reason, nearest };
}

function greatestCommonDivisor(values: readonly number[]): number {
  return values.reduce((left, right) => {
    let [a, b] = [left, right];
    while (b !== 0) [a, b] = [b, a % b];
    return a;
  }, 0);
}

/**
 * The ladders closest to the one asked for that ECS can climb: with as many weights, each on the nearest multiple of some
 * step; and with one weight left out. Closest first; a bigger step (fewer shifts) wins between equals. Only whole steps are
 * tried: 5, 10, 50 is what a person means when 1, 10, 50 cannot be, and not 3.3, 9.9, 49.5.
 */
function nearestLadders(tenths: readonly number[]): number[][] {
  const moved: { ladder: number[]; costTenths: number; step: number }[] = [];
  for (let step = LINEAR_STEP_MIN_TENTHS; step < FULL_TENTHS / 2; step += 10) {
    const found = snapTo(step, tenths);
    if (found !== undefined) moved.push({ ...found, step });
  }
  moved.sort((left, right) => left.costTenths - right.costTenths || right.step - left.step);

  const answers = new Map<string, number[]>();
  const add = (ladder: number[]): void => void answers.set(ladder.join(), ladder.map((weight) => weight / 10));
  for (const { ladder } of moved) if (answers.size < NEAREST_MAX - 1) add(ladder);
  for (const skip of tenths.keys()) {
    const shorter = tenths.filter((_, index) => index !== skip);
    const works = shorter.length === 1 || greatestCommonDivisor(shorter) >= LINEAR_STEP_MIN_TENTHS;
    if (works && answers.size < NEAREST_MAX) add(shorter);
  }
  return [...answers.values()];
}

/** Rising multiples of `step` below 100 that are together closest to the weights; undefined when they do not all fit. */
function snapTo(step: number, tenths: readonly number[]): { ladder: number[]; costTenths: number } | undefined {
  const multipleMax = Math.ceil(FULL_TENTHS / step) - 1;
  if (tenths.length > multipleMax) return undefined;
  // best[m]: the cheapest way to place the weights seen so far with the last one on a multiple <= m.
  let best: ({ ladder: number[]; costTenths: number } | undefined)[] = Array.from({ length: multipleMax + 1 }, () => ({ ladder: [], costTenths: 0 }));
  for (const weight of tenths) {
    const next: typeof best = [undefined];
    for (let multiple = 1; multiple <= multipleMax; multiple += 1) {
      const below = best[multiple - 1];
      const here = below && { ladder: [...below.ladder, multiple * step], costTenths: below.costTenths + Math.abs(multiple * step - weight) };
      const lower = next[multiple - 1];
      next.push(lower !== undefined && (here === undefined || lower.costTenths <= here.costTenths) ? lower : here);
    }
    best = next;
  }
  return best[multipleMax];
}
