// What CreateService and UpdateService refuse at once about deployment configuration and load balancers.
// Literal messages where known: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/troubleshooting-blue-green.html
import type { DeploymentConfiguration, DeploymentLifecycleHook, LoadBalancer } from '@aws-sdk/client-ecs';
import { NotModelled } from '../../kernel/errors.ts';
import { invalidParameter } from '../faults.ts';
import { strategyOf } from '../state.ts';
import type { TaskDefinitionRecord } from '../state.ts';
import type { World } from '../world.ts';

const PAUSE_STAGES = ['RECONCILE_SERVICE', 'PRE_SCALE_UP', 'POST_SCALE_UP', 'POST_TEST_TRAFFIC_SHIFT', 'PRE_PRODUCTION_TRAFFIC_SHIFT', 'POST_PRODUCTION_TRAFFIC_SHIFT'];
const HOOK_LIMIT = 10;
const HOOK_MINUTES_MAX = 20_160;
const BAKE_MINUTES_MAX = 1440;

export function checkDeploymentConfiguration(configuration: DeploymentConfiguration): void {
  if (configuration.earlySuccessCriteria?.enable) throw new NotModelled('deploymentConfiguration: the field earlySuccessCriteria');
  const { canaryConfiguration: canary, linearConfiguration: linear, alarms, deploymentCircuitBreaker: breaker } = configuration;
  inRange('canaryPercent', canary?.canaryPercent, { min: 0.1, max: 100, tenths: true });
  inRange('canaryBakeTimeInMinutes', canary?.canaryBakeTimeInMinutes, { min: 0, max: BAKE_MINUTES_MAX });
  inRange('stepPercent', linear?.stepPercent, { min: 3, max: 100, tenths: true });
  inRange('stepBakeTimeInMinutes', linear?.stepBakeTimeInMinutes, { min: 0, max: BAKE_MINUTES_MAX });
  inRange('bakeTimeInMinutes', configuration.bakeTimeInMinutes, { min: 0, max: BAKE_MINUTES_MAX });
  inRange('minimumHealthyPercent', configuration.minimumHealthyPercent, { min: 0, max: 100 });
  inRange('maximumPercent', configuration.maximumPercent, { min: 1, max: 1000 });
  if ((configuration.maximumPercent ?? 200) <= 100 && (configuration.minimumHealthyPercent ?? 100) >= 100) {
    throw invalidParameter('maximumPercent and minimumHealthyPercent cannot both be 100 as this will block deployments.');
  }
  if (alarms && (alarms.alarmNames === undefined || alarms.enable === undefined || alarms.rollback === undefined)) {
    throw invalidParameter('alarms requires alarmNames, enable and rollback.');
  }
  const threshold = breaker?.thresholdConfiguration;
  if (threshold) inRange('thresholdConfiguration.value', threshold.value, { min: 1, max: threshold.type === 'COUNT' ? Number.MAX_SAFE_INTEGER : 100 });
  checkHooks(configuration.lifecycleHooks ?? []);
}

function checkHooks(hooks: DeploymentLifecycleHook[]): void {
  for (const hook of hooks) {
    const pause = hook.targetType === 'PAUSE';
    if (!hook.lifecycleStages?.length) throw invalidParameter('lifecycleStages is required for a lifecycle hook.');
    if (pause && hook.lifecycleStages.some((stage) => !PAUSE_STAGES.includes(stage))) throw invalidParameter('Invalid lifecycle stage provided for Pause Hook');
    if (pause && (hook.hookTargetArn ?? hook.roleArn) !== undefined) throw invalidParameter('hookTargetArn and roleArn are not supported for Pause Hook');
    if (!pause && (!hook.hookTargetArn || !hook.roleArn)) throw invalidParameter('hookTargetArn and roleArn are required for a lifecycle hook of type AWS_LAMBDA.');
    inRange('timeoutInMinutes', hook.timeoutConfiguration?.timeoutInMinutes, { min: 1, max: HOOK_MINUTES_MAX });
  }
  const pauses = hooks.filter((hook) => hook.targetType === 'PAUSE').length;
  if (pauses > HOOK_LIMIT || hooks.length - pauses > HOOK_LIMIT) throw invalidParameter(`A service can have at most ${HOOK_LIMIT} lifecycle hooks of each type.`);
}

function inRange(name: string, value: number | undefined, range: { min: number; max: number; tenths?: boolean }): void {
  if (value === undefined) return;
  const stepsOk = range.tenths ? Math.abs(value * 10 - Math.round(value * 10)) < 1e-9 : Number.isInteger(value);
  if (!stepsOk || value < range.min || value > range.max) {
    throw invalidParameter(`${name} must be ${range.tenths ? 'a multiple of 0.1' : 'a whole number'} between ${range.min} and ${range.max}. Got: ${value}`);
  }
}

export function checkLoadBalancers(world: World, balancers: LoadBalancer[], configuration: DeploymentConfiguration, definition: TaskDefinitionRecord): void {
  const advanced = balancers.filter((balancer) => balancer.advancedConfiguration);
  if (advanced.length > 0 && advanced.length < balancers.length) throw invalidParameter('Either all or none of the provided loadBalancers must have advancedConfiguration defined');
  if (strategyOf(configuration) !== 'ROLLING' && advanced.length < balancers.length) {
    throw invalidParameter('advancedConfiguration field is required for all loadBalancers when using a non-ROLLING deployment strategy');
  }
  const groups = balancers.flatMap((balancer) => [balancer.targetGroupArn, balancer.advancedConfiguration?.alternateTargetGroupArn]).filter((arn) => arn !== undefined);
  if (advanced.length > 0 && new Set(groups).size !== groups.length) throw invalidParameter('Duplicate targetGroupArn found');
  for (const balancer of balancers) {
    if (balancer.loadBalancerName) throw new NotModelled('loadBalancers: Classic Load Balancers');
    checkContainerPort(balancer, definition);
    if (balancer.advancedConfiguration) checkAdvanced(world, balancer, balancer.advancedConfiguration);
    else checkAssociated(world, balancer.targetGroupArn ?? '');
  }
}

function checkContainerPort(balancer: LoadBalancer, { definition }: TaskDefinitionRecord): void {
  const container = definition.containerDefinitions?.find((candidate) => candidate.name === balancer.containerName);
  if (!container) throw invalidParameter(`The container ${balancer.containerName} does not exist in the task definition.`);
  if (!container.portMappings?.some((mapping) => mapping.containerPort === balancer.containerPort)) {
    throw invalidParameter(`The container ${balancer.containerName} did not have a container port ${balancer.containerPort} defined.`);
  }
}

function checkAssociated(world: World, targetGroupArn: string): void {
  if (!world.ports.loadBalancing.targetGroup(targetGroupArn)) throw invalidParameter('The specified target group does not exist.');
  if (!world.ports.loadBalancing.targetGroup(targetGroupArn)?.associated) {
    throw invalidParameter(`The target group with targetGroupArn ${targetGroupArn} does not have an associated load balancer.`);
  }
}

function checkAdvanced(world: World, balancer: LoadBalancer, advanced: NonNullable<LoadBalancer['advancedConfiguration']>): void {
  const { productionListenerRule, testListenerRule, alternateTargetGroupArn, roleArn } = advanced;
  if (!productionListenerRule || !alternateTargetGroupArn || !roleArn) {
    throw invalidParameter('advancedConfiguration requires alternateTargetGroupArn, productionListenerRule and roleArn.');
  }
  checkRuleArn('productionListenerRule', productionListenerRule);
  if (testListenerRule !== undefined) checkRuleArn('testListenerRule', testListenerRule);
  if (productionListenerRule === testListenerRule) throw invalidParameter(`The following rules cannot be used as both production and test listener rules: ${productionListenerRule}`);
  if (testListenerRule !== undefined || !productionListenerRule.includes(':listener-rule/app/')) return;
  const weights = world.ports.loadBalancing.rule(productionListenerRule)?.weights ?? {};
  if (!(balancer.targetGroupArn !== undefined && balancer.targetGroupArn in weights && alternateTargetGroupArn in weights)) {
    throw invalidParameter('testListenerRule is required when productionListenerRule is not associated with both targetGroup and alternateTargetGroup');
  }
}

function checkRuleArn(field: string, arn: string): void {
  if (!/^arn:[^:]+:elasticloadbalancing:[^:]*:[^:]*:(listener-rule\/app\/|listener\/net\/)/.test(arn)) {
    throw invalidParameter(`${field} has an invalid ARN format. Must be RuleArn for ALB or ListenerArn for NLB. Got: ${arn}`);
  }
}
