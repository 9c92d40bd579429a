import { nativeOf, rungsOf } from '../ladder/index.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../duration.ts';
import type { Stage, Strategy } from '../pipeline/model.ts';
import { canary, rule, stageSpec } from '../testing/samples.ts';
import { deploymentConfigurationFor, longestStayMs, putBackConfiguration, setAsidePauses, type DeploymentConfiguration } from './deployment-configuration.ts';

const plain: DeploymentConfiguration = { strategy: 'ROLLING', minimumHealthyPercent: 100, maximumPercent: 200, bakeTimeInMinutes: 0 };
const plan = (stage: Partial<Stage>, found = plain, leftOut: string[] = []) => deploymentConfigurationFor(stageSpec(stage), found, leftOut);
const breaker = { enable: true, rollback: true };
const alarms = { alarmNames: ['checkout-5xx', 'checkout-p99'], enable: true, rollback: true };
const pause = (stage: string, timeoutInMinutes: number) => ({ targetType: 'PAUSE', lifecycleStages: [stage], timeoutConfiguration: { timeoutInMinutes, action: 'ROLLBACK' } });
const lambdaHook = { hookTargetArn: 'arn:aws:lambda:eu-west-1:123456789012:function:check', roleArn: 'role', lifecycleStages: ['POST_SCALE_UP'], hookDetails: { deep: [1] } };

describe('each strategy, whole', () => {
  const quiet = { policy: 'pass', limitMs: 0 } as const;

  it('rolling', () => {
    const strategy: Strategy = { kind: 'rolling', minimumHealthyPercent: 50, maximumPercent: 150, bakeAfterMs: 90_000 };
    expect(plan({ strategy })).toEqual({ strategy: 'ROLLING', minimumHealthyPercent: 50, maximumPercent: 150, bakeTimeInMinutes: 2, deploymentCircuitBreaker: breaker, alarms, lifecycleHooks: [] });
  });

  it('rolling that says nothing leaves percents and bake as the service has them', () => {
    const strategy: Strategy = { kind: 'rolling', minimumHealthyPercent: undefined, maximumPercent: undefined, bakeAfterMs: 0 };
    expect(plan({ strategy }, { ...plain, minimumHealthyPercent: 80, bakeTimeInMinutes: 7 })).toMatchObject({ minimumHealthyPercent: 80, maximumPercent: 200, bakeTimeInMinutes: 7 });
  });

  it('blueGreen', () => {
    expect(plan({ strategy: { kind: 'blueGreen', approval: rule(), bakeAfterMs: 10 * MINUTE_MS }, missingData: quiet })).toEqual({
      ...plain,
      strategy: 'BLUE_GREEN',
      deploymentCircuitBreaker: breaker,
      alarms,
      lifecycleHooks: [pause('PRE_PRODUCTION_TRAFFIC_SHIFT', 4 * 60 + 15), pause('POST_PRODUCTION_TRAFFIC_SHIFT', 25)],
    });
  });

  it('canary with one step', () => {
    const strategy: Strategy = { kind: 'canary', steps: [{ weightPercent: 12.5, bake: { forMs: 30 * MINUTE_MS, requests: undefined }, approval: undefined }], bakeAfterMs: 0 };
    expect(plan({ strategy, missingData: quiet })).toEqual({
      ...plain,
      strategy: 'CANARY',
      canaryConfiguration: { canaryPercent: 12.5, canaryBakeTimeInMinutes: 0 },
      deploymentCircuitBreaker: breaker,
      alarms,
      lifecycleHooks: [pause('PRE_PRODUCTION_TRAFFIC_SHIFT', 45)],
    });
  });

  it('canary with several steps', () => {
    expect(plan({ missingData: quiet })).toEqual({
      ...plain,
      strategy: 'LINEAR',
      linearConfiguration: { stepPercent: 5, stepBakeTimeInMinutes: 0 },
      deploymentCircuitBreaker: breaker,
      alarms,
      lifecycleHooks: [pause('PRE_PRODUCTION_TRAFFIC_SHIFT', 10 + 240 + 15), pause('POST_PRODUCTION_TRAFFIC_SHIFT', 30)],
    });
  });

  it('linear', () => {
    const strategy: Strategy = { kind: 'linear', stepPercent: 20, bake: { forMs: HOUR_MS, requests: undefined }, bakeAfterMs: 0 };
    expect(plan({ strategy, missingData: quiet })).toMatchObject({ strategy: 'LINEAR', linearConfiguration: { stepPercent: 20, stepBakeTimeInMinutes: 0 }, lifecycleHooks: [pause('PRE_PRODUCTION_TRAFFIC_SHIFT', 75)] });
  });
});

describe('what the team set up', () => {
  const found: DeploymentConfiguration = {
    ...plain,
    strategy: 'CANARY',
    canaryConfiguration: { canaryPercent: 7 },
    lifecycleHooks: [lambdaHook, { targetType: 'AWS_LAMBDA', ...lambdaHook }, { targetType: 'PAUSE', lifecycleStages: ['PRE_SCALE_UP'] }],
    alarms: { alarmNames: ['their-own'], enable: true, rollback: false },
    deploymentCircuitBreaker: { enable: false, rollback: false, thresholdConfiguration: { type: 'COUNT', value: 9 } } as never,
    somethingNewer: { kept: true },
  };

  it('keeps its Lambda hooks and sets other pauses aside', () => {
    expect(plan({}, found).lifecycleHooks?.slice(0, 2)).toEqual([lambdaHook, { targetType: 'AWS_LAMBDA', ...lambdaHook }]);
    expect(plan({}, found).lifecycleHooks?.filter((hook) => hook.lifecycleStages?.includes('PRE_SCALE_UP'))).toEqual([]);
    expect(setAsidePauses(found)).toBe(1);
  });

  it('keeps its own alarms only when the stage names none', () => {
    expect(plan({ alarms: [] }, found).alarms).toEqual(found.alarms);
    expect(plan({}, found).alarms).toEqual(alarms);
    expect(plan({ alarms: [] }).alarms).toBeUndefined();
  });

  it('loses the strategy that does not apply, and nothing that this version does not know', () => {
    const planned = plan({}, found);
    expect(planned).not.toHaveProperty('canaryConfiguration');
    expect(planned).toMatchObject({ somethingNewer: { kept: true }, deploymentCircuitBreaker: { ...breaker, thresholdConfiguration: { type: 'COUNT', value: 9 } } });
  });

  it('is not changed in place', () => {
    const before = structuredClone(found);
    plan({}, found);
    expect(found).toEqual(before);
  });
});

describe('alarms that were left out', () => {
  it('do not go along, because ECS would then ignore all of them', () => {
    expect(plan({}, plain, ['checkout-5xx']).alarms).toEqual({ alarmNames: ['checkout-p99'], enable: true, rollback: true });
    expect(plan({}, plain, ['checkout-5xx', 'checkout-p99']).alarms).toEqual({ alarmNames: [], enable: false, rollback: false });
  });
});

describe('a pause outlasts everything that may be waited for', () => {
  it.each<[string, Partial<Stage>, number, number | undefined, number]>([
    ['bake and approval', { missingData: { policy: 'pass', limitMs: HOUR_MS } }, 10 * MINUTE_MS, undefined, 10 + 240],
    ['the wait for data, which `fail` ends without a question', { missingData: { policy: 'fail', limitMs: HOUR_MS } }, 10 * MINUTE_MS, undefined, 10 + 240 + 60],
    ['the wait for data and its question', { missingData: { policy: 'wait', limitMs: HOUR_MS } }, 10 * MINUTE_MS, undefined, 10 + 240 + 60 + 240],
    ['both questions, one after the other', { missingData: { policy: 'wait', limitMs: HOUR_MS } }, 10 * MINUTE_MS, 500, 10 + 240 + 60 + 2 * 240],
    ['no question about requests that are not counted, nor alarms that are not watched', { alarms: [], missingData: { policy: 'wait', limitMs: HOUR_MS } }, 10 * MINUTE_MS, undefined, 10 + 240],
  ])('%s', (_, stage, forMs, requests, minutes) => {
    expect(longestStayMs({ weightPercent: 25, bake: { forMs, requests }, approval: rule() }, stageSpec(stage))).toBe(minutes * MINUTE_MS);
  });

  it('as far as ECS allows: 14 days', () => {
    const strategy: Strategy = { kind: 'canary', steps: [{ weightPercent: 10, bake: { forMs: 13 * DAY_MS, requests: undefined }, approval: rule({ withinMs: 2 * DAY_MS }) }], bakeAfterMs: 0 };
    expect(plan({ strategy }).lifecycleHooks).toEqual([pause('PRE_PRODUCTION_TRAFFIC_SHIFT', 20_160)]);
  });

  it('and always rolls back when it runs out', () => {
    for (const strategy of [canary, { kind: 'blueGreen', approval: undefined, bakeAfterMs: HOUR_MS }] as Strategy[]) {
      const hooks = plan({ strategy }).lifecycleHooks ?? [];
      expect(hooks).toHaveLength(2);
      for (const hook of hooks) expect(hook).toMatchObject({ targetType: 'PAUSE', timeoutConfiguration: { action: 'ROLLBACK' } });
    }
  });

  it('there is a pause before every shift, and after the last one only to bake', () => {
    expect(rungsOf(canary).at(-1)?.weightPercent).toBe(100);
    expect(nativeOf(canary)).toEqual({ strategy: 'LINEAR', stepPercent: 5 });
    expect(plan({ strategy: { ...canary, bakeAfterMs: 0 } }).lifecycleHooks).toHaveLength(1);
  });
});

describe('putting back', () => {
  it('names everything a release may have set, since UpdateService keeps what is not given', () => {
    expect(putBackConfiguration({})).toEqual({ strategy: 'ROLLING', bakeTimeInMinutes: 0, lifecycleHooks: [], alarms: { alarmNames: [], enable: false, rollback: false }, deploymentCircuitBreaker: { enable: false, rollback: false } });
  });

  it('lets what was found speak', () => {
    const found: DeploymentConfiguration = { strategy: 'CANARY', canaryConfiguration: { canaryPercent: 7 }, lifecycleHooks: [lambdaHook], bakeTimeInMinutes: 3, alarms, deploymentCircuitBreaker: breaker, newer: 1 };
    expect(putBackConfiguration(found)).toEqual(found);
  });

  it('whatever is planned, it is named again', () => {
    for (const strategy of [canary, { kind: 'blueGreen', approval: undefined, bakeAfterMs: 0 }] as Strategy[]) {
      const set = Object.keys(plan({ strategy }, {})).filter((member) => member !== 'linearConfiguration' && member !== 'canaryConfiguration');
      expect(Object.keys(putBackConfiguration({}))).toEqual(expect.arrayContaining(set));
    }
  });
});
