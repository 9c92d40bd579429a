// A service deployment as DescribeServiceDeployments and ListServiceDeployments show it.
import type { DeploymentConfiguration, ServiceDeployment, ServiceDeploymentBrief } from '@aws-sdk/client-ecs';
import { copyOf } from '../../kernel/copy-of.ts';
import { breakerThreshold } from '../deployment/breaker-threshold.ts';
import type { DeploymentRecord } from '../state.ts';
import { strategyOf } from '../state.ts';
import type { World } from '../world.ts';
import { dateOf } from '../world.ts';
import { revisionSummary } from './revision-summary.ts';

/** What the service reports for members that were never given. */
export const withDefaults = (configuration: DeploymentConfiguration): DeploymentConfiguration => ({
  deploymentCircuitBreaker: { enable: false, rollback: false },
  maximumPercent: 200,
  minimumHealthyPercent: 100,
  strategy: 'ROLLING',
  bakeTimeInMinutes: 0,
  ...copyOf(configuration),
});

export function deploymentView(world: World, deployment: DeploymentRecord): ServiceDeployment {
  const withWeights = strategyOf(deployment.configuration) !== 'ROLLING';
  const started = deployment.startedAtMs !== undefined;
  return {
    serviceDeploymentArn: deployment.arn,
    serviceArn: deployment.service.arn,
    clusterArn: deployment.service.cluster.arn,
    createdAt: dateOf(deployment.createdAtMs),
    startedAt: dateOf(deployment.startedAtMs),
    finishedAt: dateOf(deployment.finishedAtMs),
    stoppedAt: dateOf(deployment.stoppedAtMs),
    updatedAt: dateOf(deployment.updatedAtMs),
    sourceServiceRevisions: deployment.frozen?.sources ?? deployment.sources.map((source) => revisionSummary(source, withWeights)),
    targetServiceRevision: deployment.frozen?.target ?? revisionSummary(deployment.target, withWeights),
    status: deployment.status,
    statusReason: deployment.statusReason,
    lifecycleStage: started ? stageShown(world, deployment) : undefined,
    lifecycleHookDetails: deployment.hooks.map((hook) => ({
      hookId: hook.id,
      targetType: hook.type,
      targetArn: hook.hook.hookTargetArn,
      status: hook.status,
      expiresAt: dateOf(hook.expiresAtMs),
      timeoutAction: hook.timeoutAction,
    })),
    deploymentConfiguration: withDefaults(deployment.configuration),
    rollback: deployment.rollback && {
      reason: deployment.rollback.reason,
      startedAt: dateOf(deployment.rollback.startedAtMs),
      serviceRevisionArn: deployment.rollback.revision.arn,
    },
    deploymentCircuitBreaker: {
      status: deployment.breaker.status,
      failureCount: deployment.breaker.failureCount,
      threshold: breakerThreshold(deployment.configuration.deploymentCircuitBreaker, deployment.service.settings.desiredCount),
    },
    alarms: {
      status: deployment.alarms.status,
      alarmNames: deployment.configuration.alarms?.alarmNames ?? [],
      triggeredAlarmNames: [...deployment.alarms.triggered],
    },
  };
}

/** The SDK's response enum lacks PRE_PRODUCTION_TRAFFIC_SHIFT; what AWS shows there is not known (a switch), so the type is widened. */
function stageShown(world: World, deployment: DeploymentRecord): ServiceDeployment['lifecycleStage'] {
  const { switches } = world.kernel;
  if (strategyOf(deployment.configuration) === 'ROLLING' && switches.rollingLifecycleStages === 'absent') return undefined;
  const stage = deployment.stage === 'PRE_PRODUCTION_TRAFFIC_SHIFT' ? switches.lifecycleStageWhilePausedBeforeShift : deployment.stage;
  return stage as ServiceDeployment['lifecycleStage'];
}

export const deploymentBrief = (view: ServiceDeployment): ServiceDeploymentBrief => ({
  serviceDeploymentArn: view.serviceDeploymentArn,
  serviceArn: view.serviceArn,
  clusterArn: view.clusterArn,
  startedAt: view.startedAt,
  createdAt: view.createdAt,
  finishedAt: view.finishedAt,
  targetServiceRevisionArn: view.targetServiceRevision?.arn,
  status: view.status,
  statusReason: view.statusReason,
});
