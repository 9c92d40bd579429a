import { stageSpec } from '../testing/samples.ts';
import { deploymentConfigurationFor, putBackConfiguration, type DeploymentConfiguration } from './deployment-configuration.ts';
import { putBack } from './put-back.ts';

const teamHook = { hookTargetArn: 'arn:aws:lambda:eu-west-1:123456789012:function:check', lifecycleStages: ['POST_SCALE_UP'] };
const teamPause = { targetType: 'PAUSE', lifecycleStages: ['POST_TEST_TRAFFIC_SHIFT'], timeoutConfiguration: { timeoutInMinutes: 60, action: 'ROLLBACK' } };
const found: DeploymentConfiguration = { strategy: 'BLUE_GREEN', maximumPercent: 200, minimumHealthyPercent: 100, bakeTimeInMinutes: 5, lifecycleHooks: [teamHook, teamPause] };
const set = deploymentConfigurationFor(stageSpec(), found, []);

it('puts everything back when nobody touched anything', () => {
  expect(putBack(found, set, set)).toEqual({ configuration: putBackConfiguration(found), changedByOthers: [] });
});

it('also when ECS answers with more than it was given, in another order', () => {
  const now = { ...set, lifecycleHooks: [...(set.lifecycleHooks ?? [])].reverse().map((hook) => ({ targetType: 'AWS_LAMBDA', ...hook })), deploymentCircuitBreaker: { enable: true, rollback: true, resetOnHealthyTask: true } };
  expect(putBack(found, set, now as DeploymentConfiguration)).toEqual({ configuration: putBackConfiguration(found), changedByOthers: [] });
});

it('also when ECS still shows what was there before', () => {
  expect(putBack(found, set, found)).toEqual({ configuration: putBackConfiguration(found), changedByOthers: [] });
});

it('leaves what somebody else has set meanwhile, and names it', () => {
  const { configuration, changedByOthers } = putBack(found, set, { ...set, strategy: 'ROLLING', maximumPercent: 150 });
  expect(changedByOthers).toEqual(['maximumPercent', 'strategy']);
  expect(configuration).not.toHaveProperty('strategy');
  expect(configuration).not.toHaveProperty('maximumPercent');
  expect(configuration).toMatchObject({ lifecycleHooks: found.lifecycleHooks, bakeTimeInMinutes: 5 });
});

it('takes its own pauses away, also from among hooks that somebody has changed', () => {
  const other = { hookTargetArn: 'arn:aws:lambda:eu-west-1:123456789012:function:other', lifecycleStages: ['PRE_SCALE_UP'] };
  expect(putBack(found, set, { ...set, lifecycleHooks: [...(set.lifecycleHooks ?? []), other] })).toMatchObject({ configuration: { lifecycleHooks: [teamHook, other] }, changedByOthers: ['lifecycleHooks'] });
});

it('does not touch hooks that are all somebody else\'s', () => {
  const { configuration, changedByOthers } = putBack(found, set, { ...set, lifecycleHooks: [] });
  expect(changedByOthers).toEqual(['lifecycleHooks']);
  expect(configuration).not.toHaveProperty('lifecycleHooks');
});
