// What goes into the service's `deploymentConfiguration` for the length of one release. Everything Slipway has to say about
// a rollout is in here, so that ECS can finish or undo it even if nobody ever answers a pause.
import { nativeOf, rungsOf, type Rung } from '../ladder/index.ts';
import { SCARCITY_ASK_MS } from '../assess/verdict.ts';
import { MINUTE_MS } from '../duration.ts';
import type { Stage } from '../pipeline/model.ts';

/** ECS's own object, of which we know these members and pass every other one through. */
export interface DeploymentConfiguration {
  strategy?: string;
  minimumHealthyPercent?: number;
  maximumPercent?: number;
  bakeTimeInMinutes?: number;
  lifecycleHooks?: LifecycleHook[];
  alarms?: { alarmNames: string[] | undefined; enable: boolean | undefined; rollback: boolean | undefined };
  deploymentCircuitBreaker?: { enable: boolean | undefined; rollback: boolean | undefined };
  canaryConfiguration?: unknown;
  linearConfiguration?: unknown;
  [other: string]: unknown;
}

export interface LifecycleHook {
  targetType?: string;
  lifecycleStages?: string[];
  [other: string]: unknown;
}

/** ECS accepts 1 to 20160 minutes (14 days). https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DeploymentLifecycleHookTimeoutConfiguration.html */
const PAUSE_LIMIT_MINUTES = 20_160;
/** A pause must outlast what Slipway waits for by a missed event and its resync, or ECS would roll back a healthy release. */
const PAUSE_MARGIN_MS = 15 * MINUTE_MS;

export function deploymentConfigurationFor(stage: Stage, found: DeploymentConfiguration, alarmsLeftOut: readonly string[]): DeploymentConfiguration {
  const native = nativeOf(stage.strategy);
  const { canaryConfiguration: _canary, linearConfiguration: _linear, bakeTimeInMinutes: _bake, ...kept } = found;
  const base: DeploymentConfiguration = {
    ...kept,
    strategy: native.strategy,
    deploymentCircuitBreaker: { ...kept.deploymentCircuitBreaker, enable: true, rollback: true },
    ...alarmsOf(stage, found, alarmsLeftOut),
  };
  const paused: DeploymentConfiguration = { ...base, bakeTimeInMinutes: 0, lifecycleHooks: [...hooksKept(found), ...pausesOf(stage)] };
  switch (native.strategy) {
    case 'ROLLING':
      return {
        ...base,
        ...(native.minimumHealthyPercent === undefined ? {} : { minimumHealthyPercent: native.minimumHealthyPercent }),
        ...(native.maximumPercent === undefined ? {} : { maximumPercent: native.maximumPercent }),
        ...rollingBake(stage, found),
        lifecycleHooks: hooksKept(found),
      };
    case 'BLUE_GREEN':
      return paused;
    case 'CANARY':
      return { ...paused, canaryConfiguration: { canaryPercent: native.canaryPercent, canaryBakeTimeInMinutes: 0 } };
    case 'LINEAR':
      return { ...paused, linearConfiguration: { stepPercent: native.stepPercent, stepBakeTimeInMinutes: 0 } };
  }
}

/**
 * What to send so that the service stands as it was found. UpdateService keeps members that are not given, so everything a
 * release sets is named, with what ECS takes for "none" where the service had nothing.
 */
export const putBackConfiguration = (found: DeploymentConfiguration): DeploymentConfiguration => ({
  strategy: 'ROLLING',
  bakeTimeInMinutes: 0,
  lifecycleHooks: [],
  alarms: { alarmNames: [], enable: false, rollback: false },
  deploymentCircuitBreaker: { enable: false, rollback: false },
  ...found,
});

/** The team's own Lambda hooks run as ever; other pauses would wait for somebody who is not there. */
const hooksKept = (found: DeploymentConfiguration): LifecycleHook[] => (found.lifecycleHooks ?? []).filter((hook) => hook.targetType !== 'PAUSE');

export const setAsidePauses = (found: DeploymentConfiguration): number => (found.lifecycleHooks ?? []).length - hooksKept(found).length;

function alarmsOf(stage: Stage, found: DeploymentConfiguration, leftOut: readonly string[]): Pick<DeploymentConfiguration, 'alarms'> {
  if (stage.alarms.length === 0) return found.alarms ? { alarms: found.alarms } : {};
  const alarmNames = stage.alarms.filter((name) => !leftOut.includes(name));
  return { alarms: { alarmNames, enable: alarmNames.length > 0, rollback: alarmNames.length > 0 } };
}

/** ROLLING has no pause after which the old tasks are still there, so the bake is ECS's own, in whole minutes. */
function rollingBake(stage: Stage, found: DeploymentConfiguration): Pick<DeploymentConfiguration, 'bakeTimeInMinutes'> {
  const bakeAfterMs = stage.strategy.bakeAfterMs;
  if (bakeAfterMs > 0) return { bakeTimeInMinutes: Math.ceil(bakeAfterMs / MINUTE_MS) };
  return found.bakeTimeInMinutes === undefined ? {} : { bakeTimeInMinutes: found.bakeTimeInMinutes };
}

function pausesOf(stage: Stage): LifecycleHook[] {
  const rungs = rungsOf(stage.strategy);
  const last = rungs.at(-1);
  const before = rungs.slice(0, -1);
  const pause = (lifecycleStage: string, longestMs: number): LifecycleHook => ({
    targetType: 'PAUSE',
    lifecycleStages: [lifecycleStage],
    timeoutConfiguration: { timeoutInMinutes: Math.min(PAUSE_LIMIT_MINUTES, Math.ceil((longestMs + PAUSE_MARGIN_MS) / MINUTE_MS)), action: 'ROLLBACK' },
  });
  const hooks = [pause('PRE_PRODUCTION_TRAFFIC_SHIFT', Math.max(0, ...before.map((rung) => longestStayMs(rung, stage))))];
  if (last && last.bake.forMs > 0) hooks.push(pause('POST_PRODUCTION_TRAFFIC_SHIFT', longestStayMs(last, stage)));
  return hooks;
}

/** The longest a rung may wait: its bake, the wait for data and the questions that follow it, and its approval. */
export function longestStayMs(rung: Rung, stage: Stage): number {
  const forPeopleMs = rung.approval?.withinMs ?? 0;
  // Silent alarms and scarce requests are two questions, asked one after the other; their limit is the same moment.
  const questions = (stage.alarms.length > 0 ? 1 : 0) + (rung.bake.requests === undefined ? 0 : 1);
  const { policy, limitMs } = stage.missingData;
  const asksMs = policy === 'wait' ? questions * (rung.approval?.withinMs ?? SCARCITY_ASK_MS) : 0;
  const forDataMs = questions > 0 && policy !== 'pass' ? limitMs + asksMs : 0;
  return rung.bake.forMs + forDataMs + forPeopleMs;
}
