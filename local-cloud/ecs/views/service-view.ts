// A service as DescribeServices shows it: the classic `deployments[]` beside the newer revisions and deployment ARN.
import type { Deployment, Service } from '@aws-sdk/client-ecs';
import { copyOf } from '../../kernel/copy-of.ts';
import type { RevisionRecord, ServiceRecord } from '../state.ts';
import { activeRevisions } from '../state.ts';
import { dateOf } from '../world.ts';
import { withDefaults } from './deployment-view.ts';
import { countsOf } from './revision-summary.ts';

export function serviceView(service: ServiceRecord): Service {
  const { settings, workload } = service;
  const revisions = shownRevisions(service);
  const counts = revisions.map(countsOf);
  const ecsDriven = (settings.deploymentController?.type ?? 'ECS') === 'ECS';
  const { desiredCount, deploymentConfiguration, role, deploymentController, ...rest } = settings;
  return {
    ...copyOf(rest),
    serviceArn: service.arn,
    serviceName: service.name,
    clusterArn: service.cluster.arn,
    status: service.status,
    desiredCount,
    runningCount: counts.reduce((sum, count) => sum + count.runningTaskCount, 0),
    pendingCount: counts.reduce((sum, count) => sum + count.pendingTaskCount, 0),
    launchType: workload.launchType ?? (workload.capacityProviderStrategy?.length ? undefined : 'FARGATE'),
    capacityProviderStrategy: workload.capacityProviderStrategy,
    platformVersion: workload.platformVersion ?? 'LATEST',
    platformFamily: 'Linux',
    loadBalancers: copyOf(workload.loadBalancers),
    networkConfiguration: copyOf(workload.networkConfiguration),
    serviceRegistries: [],
    taskDefinition: service.taskDefinition.arn,
    deploymentConfiguration: withDefaults(deploymentConfiguration),
    deploymentController: deploymentController ?? { type: 'ECS' },
    deployments: ecsDriven ? revisions.map((revision) => classicView(service, revision)) : [],
    ...(ecsDriven
      ? {
          currentServiceRevisions: revisions.map((revision) => ({ arn: revision.arn, ...countsOf(revision) })),
          currentServiceDeployment: currentDeployment(service),
        }
      : { taskSets: [] }),
    roleArn: role,
    events: [...service.events],
    createdAt: dateOf(service.createdAtMs),
    createdBy: service.createdBy,
    schedulingStrategy: 'REPLICA',
    enableECSManagedTags: settings.enableECSManagedTags ?? false,
    enableExecuteCommand: settings.enableExecuteCommand ?? false,
    propagateTags: settings.propagateTags ?? 'NONE',
    placementConstraints: settings.placementConstraints ?? [],
    placementStrategy: settings.placementStrategy ?? [],
    availabilityZoneRebalancing: settings.availabilityZoneRebalancing ?? 'DISABLED',
  };
}

/** Absent until the deployment has left PENDING: a published UpdateService answer names the new revision but not yet its deployment. */
function currentDeployment(service: ServiceRecord): string | undefined {
  const newest = service.deployments.at(-1);
  return newest?.status === 'PENDING' ? undefined : newest?.arn;
}

/** PRIMARY first, then what is still being replaced. */
function shownRevisions(service: ServiceRecord): RevisionRecord[] {
  const active = activeRevisions(service).filter((revision) => revision !== service.primary);
  return service.primary && service.status !== 'INACTIVE' ? [service.primary, ...active.reverse()] : active;
}

function classicView(service: ServiceRecord, revision: RevisionRecord): Deployment {
  const counts = countsOf(revision);
  return {
    id: revision.classicId,
    status: revision === service.primary ? 'PRIMARY' : 'ACTIVE',
    taskDefinition: revision.taskDefinition.arn,
    desiredCount: revision === service.primary && revision.rolloutState === 'IN_PROGRESS' ? service.settings.desiredCount : counts.requestedTaskCount,
    pendingCount: counts.pendingTaskCount,
    runningCount: counts.runningTaskCount,
    failedTasks: revision.failedTasks,
    createdAt: dateOf(revision.createdAtMs),
    updatedAt: dateOf(revision.updatedAtMs),
    launchType: revision.workload.launchType ?? (revision.workload.capacityProviderStrategy?.length ? undefined : 'FARGATE'),
    capacityProviderStrategy: revision.workload.capacityProviderStrategy,
    platformVersion: revision.workload.platformVersion ?? '1.4.0',
    platformFamily: 'Linux',
    networkConfiguration: copyOf(revision.workload.networkConfiguration),
    rolloutState: revision.rolloutState,
    rolloutStateReason: revision.rolloutStateReason,
  };
}
