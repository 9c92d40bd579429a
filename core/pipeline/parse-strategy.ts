// Strategies: the four ways a rollout reaches 100 %, each in a short and a full form.

import { formatDuration } from '../duration.ts';
import { compileLadder, LINEAR_STEP_MIN_TENTHS, linearWeights, toTenths } from '../ladder/ladder.ts';
import { oneOf } from '../text/nearest.ts';
import { CHOICES, KEYS } from './keys.ts';
import { ROLLOUT_LIMIT_MS, RUNG_LIMIT_MS } from './limits.ts';
import type { Bake, Step, Strategy } from './model.ts';
import { parseApproval } from './parse-approval.ts';
import type { Names } from './parse-names.ts';
import { isMapping, type Fields, type Place } from './place.ts';

const FORMS = 'Write rolling, blueGreen, { canary: { steps: [...] } } or { linear: { step: 10, bake: 5m } }.';

export function parseStrategy(place: Place, names: Names): Strategy | undefined {
  if (typeof place.value === 'string') {
    if (place.value === 'canary' || place.value === 'linear') {
      return place.fault(`${place.value} needs to know its ${place.value === 'canary' ? 'steps' : 'step and bake'}`, FORMS);
    }
    const kind = place.choice(CHOICES.strategy);
    return kind && (kind === 'rolling' ? { kind, minimumHealthyPercent: undefined, maximumPercent: undefined, bakeAfterMs: 0 } : { kind, approval: undefined, bakeAfterMs: 0 });
  }
  if (!isMapping(place.value)) return place.wrongType('a strategy', FORMS);
  const fields = place.mapping('a strategy', KEYS.strategy);
  const kinds = KEYS.strategy.filter((kind) => fields?.has(kind));
  const [kind] = kinds;
  if (kinds.length > 1) return place.fault(`a stage has one strategy, here are ${kinds.length}: ${kinds.join(', ')}`);
  if (kind === undefined) return Object.keys(place.value).length > 0 ? undefined : place.fault('strategy is empty', FORMS);
  const inner = place.child(kind);
  switch (kind) {
    case 'rolling':
      return parseRolling(inner);
    case 'blueGreen':
      return parseBlueGreen(inner, names);
    case 'canary':
      return parseCanary(inner, names);
    case 'linear':
      return parseLinear(inner);
  }
}

function parseRolling(place: Place): Strategy | undefined {
  const fields = place.mapping('a rolling strategy', KEYS.rolling, 'Write `strategy: rolling` to leave everything as the service has it.');
  if (fields === undefined) return undefined;
  const minimumPlace = fields.optional('minimumHealthyPercent');
  const maximumPlace = fields.optional('maximumPercent');
  const minimumHealthyPercent = minimumPlace?.whole({ min: 0, max: 100 });
  const maximumPercent = maximumPlace?.whole({ min: 100, max: 200 });
  if (minimumHealthyPercent === 100 && maximumPercent === 100) {
    maximumPlace?.fault('with minimumHealthyPercent 100 and maximumPercent 100 no task may stop and none may start', 'Raise maximumPercent or lower minimumHealthyPercent.');
  }
  const bakeAfterMs = parseBakeAfter(fields);
  return bakeAfterMs === undefined ? undefined : { kind: 'rolling', minimumHealthyPercent, maximumPercent, bakeAfterMs };
}

function parseBlueGreen(place: Place, names: Names): Strategy | undefined {
  const fields = place.mapping('a blueGreen strategy', KEYS.blueGreen, 'Write `strategy: blueGreen` to move on without asking.');
  if (fields === undefined) return undefined;
  const approvalPlace = fields.optional('approval');
  const approval = approvalPlace && parseApproval(approvalPlace, { names, limitMs: RUNG_LIMIT_MS });
  const bakeAfterMs = parseBakeAfter(fields);
  return bakeAfterMs === undefined ? undefined : { kind: 'blueGreen', approval, bakeAfterMs };
}

function parseCanary(place: Place, names: Names): Strategy | undefined {
  const fields = place.mapping('a canary strategy', KEYS.canary);
  if (fields === undefined) return undefined;
  const stepsPlace = fields.required('steps', 'For example steps: [{ weight: 5, bake: 10m }].');
  const bakeAfterMs = parseBakeAfter(fields);
  const places = stepsPlace?.list('steps');
  if (stepsPlace === undefined || places === undefined) return undefined;
  if (places.length === 0) return stepsPlace.fault('steps is empty', 'Give at least one weight below 100; for a switch in one go write `strategy: blueGreen`.');
  const steps = places.map((one) => parseStep(one, names));
  if (!weightsRise(places, steps)) return undefined;
  const [first, ...others] = steps.filter((step) => step !== undefined);
  if (first === undefined || others.length + 1 < steps.length || bakeAfterMs === undefined) return undefined;

  const ladder = compileLadder([first, ...others].map((step) => step.weightPercent));
  if (!ladder.ok) {
    const working = ladder.nearest.map((weights) => weights.join(', ')).join('; or ');
    return stepsPlace.fault(`no ECS strategy carries these weights: ${ladder.reason}`, working === '' ? 'Use fewer weights.' : `Ladders that work: ${working}.`);
  }
  const totalMs = [first, ...others].reduce((sum, step) => sum + step.bake.forMs + (step.approval?.withinMs ?? 0), bakeAfterMs);
  return withinRollout(place, totalMs) ? { kind: 'canary', steps: [first, ...others], bakeAfterMs } : undefined;
}

/** Steps that are not readable are skipped: what is wrong with them has been said. */
function weightsRise(places: Place[], steps: (Step | undefined)[]): boolean {
  let highest = 0;
  let rise = true;
  for (const [index, step] of steps.entries()) {
    if (step === undefined) continue;
    if (step.weightPercent <= highest) {
      places[index]?.child('weight').fault(`weight ${step.weightPercent} does not rise above the ${highest} of the step before`, 'Weights only rise; going back is a rollback.');
      rise = false;
    }
    highest = Math.max(highest, step.weightPercent);
  }
  return rise;
}

function parseStep(place: Place, names: Names): Step | undefined {
  const fields = place.mapping('a step', KEYS.step);
  if (fields === undefined) return undefined;
  const weightPercent = parseWeight(fields.required('weight', 'For example { weight: 5, bake: 10m }.'));
  const bakePlace = fields.optional('bake');
  const approvalPlace = fields.optional('approval');
  if (bakePlace === undefined && approvalPlace === undefined) {
    return place.fault('this step neither bakes nor asks, so nothing would be known before the next one', 'Give it a bake: { weight: 5, bake: 10m }.');
  }
  const bake = bakePlace === undefined ? { forMs: 0, requests: undefined } : parseBake(bakePlace);
  const approval = approvalPlace && parseApproval(approvalPlace, { names, limitMs: RUNG_LIMIT_MS });
  if (weightPercent === undefined || bake === undefined || (approvalPlace !== undefined && approval === undefined)) return undefined;
  if (approval !== undefined && bake.forMs + approval.withinMs > RUNG_LIMIT_MS) {
    return place.fault(
      `bake and approval of this step take up to ${formatDuration(bake.forMs + approval.withinMs)} together; a pause of ECS holds for ${formatDuration(RUNG_LIMIT_MS)}`,
      'Shorten one of them: a pause that runs out rolls the deployment back.',
    );
  }
  return { weightPercent, bake, approval };
}

function parseWeight(place: Place | undefined): number | undefined {
  if (place?.value === 100) return place.fault('the last weight, 100, goes without saying', 'Remove the step; its bake is the bakeAfter of the canary.');
  const weightPercent = place?.number('a number above 0 and below 100', (value) => value > 0 && value < 100);
  if (place === undefined || weightPercent === undefined) return undefined;
  const tenths = toTenths(weightPercent);
  if (tenths === undefined) return place.fault(`weight ${weightPercent} is not a multiple of 0.1`, 'ECS shifts in tenths of a percent.');
  return tenths / 10;
}

function parseLinear(place: Place): Strategy | undefined {
  const fields = place.mapping('a linear strategy', KEYS.linear);
  if (fields === undefined) return undefined;
  const stepMin = LINEAR_STEP_MIN_TENTHS / 10;
  const stepPlace = fields.required('step', 'For example { linear: { step: 10, bake: 5m } }.');
  const step = stepPlace?.number(`a number from ${stepMin} to below 100`, (value) => value >= stepMin && value < 100);
  const stepTenths = step === undefined ? undefined : toTenths(step);
  if (step !== undefined && stepTenths === undefined) stepPlace?.fault(`step ${step} is not a multiple of 0.1`, 'ECS shifts in tenths of a percent.');
  const bakePlace = fields.required('bake', 'For example { linear: { step: 10, bake: 5m } }.');
  const bake = bakePlace && parseBake(bakePlace);
  const bakeAfterMs = parseBakeAfter(fields);
  if (stepTenths === undefined || bake === undefined || bakeAfterMs === undefined) return undefined;
  const stepPercent = stepTenths / 10;
  const totalMs = (linearWeights(stepPercent).length - 1) * bake.forMs + bakeAfterMs;
  return withinRollout(place, totalMs) ? { kind: 'linear', stepPercent, bake, bakeAfterMs } : undefined;
}

function parseBake(place: Place): Bake | undefined {
  if (!isMapping(place.value)) {
    const forMs = parseHold(place);
    return forMs === undefined ? undefined : { forMs, requests: undefined };
  }
  const fields = place.mapping('a bake', KEYS.bake);
  const forPlace = fields?.required('for', 'For example { for: 10m, requests: 2000 }.');
  const forMs = forPlace && parseHold(forPlace);
  const requestsPlace = fields?.optional('requests');
  const requests = requestsPlace?.whole({ min: 1, max: 1_000_000_000 });
  if (forMs === undefined || (requestsPlace !== undefined && requests === undefined)) return undefined;
  return { forMs, requests };
}

function parseBakeAfter(fields: Fields<'bakeAfter'>): number | undefined {
  const place = fields.optional('bakeAfter');
  return place === undefined ? 0 : parseHold(place);
}

function parseHold(place: Place): number | undefined {
  const forMs = place.durationMs();
  if (forMs === undefined || forMs <= RUNG_LIMIT_MS) return forMs;
  return place.fault(`${place.name} is ${formatDuration(forMs)}; a pause of ECS holds for ${formatDuration(RUNG_LIMIT_MS)} at most`, 'A pause that runs out rolls the deployment back.');
}

function withinRollout(place: Place, totalMs: number): boolean {
  if (totalMs <= ROLLOUT_LIMIT_MS) return true;
  place.fault(`its bakes and approvals take up to ${formatDuration(totalMs)}; ECS ends a deployment after 30 days`, `Keep them under ${formatDuration(ROLLOUT_LIMIT_MS)} together.`);
  return false;
}

/** For messages elsewhere. */
export const strategyNames = oneOf(KEYS.strategy);
