// A service revision as DescribeServiceRevisions shows it. `resolvedConfiguration` tells which target group its tasks are really in.
import type { ServiceRevision } from '@aws-sdk/client-ecs';
import { copyOf } from '../../kernel/copy-of.ts';
import type { RevisionRecord } from '../state.ts';
import { dateOf } from '../world.ts';

export function revisionView(revision: RevisionRecord): ServiceRevision {
  const { workload } = revision;
  return {
    serviceRevisionArn: revision.arn,
    serviceArn: revision.service.arn,
    clusterArn: revision.service.cluster.arn,
    taskDefinition: revision.taskDefinition.arn,
    launchType: workload.launchType ?? (workload.capacityProviderStrategy?.length ? undefined : 'FARGATE'),
    capacityProviderStrategy: workload.capacityProviderStrategy,
    platformVersion: workload.platformVersion ?? '1.4.0',
    platformFamily: 'Linux',
    loadBalancers: copyOf(workload.loadBalancers),
    networkConfiguration: copyOf(workload.networkConfiguration),
    containerImages: (revision.taskDefinition.definition.containerDefinitions ?? []).map((container) => ({
      containerName: container.name,
      image: container.image,
      imageDigest: revision.imageDigests.get(container.name ?? ''),
    })),
    guardDutyEnabled: false,
    createdAt: dateOf(revision.createdAtMs),
    resolvedConfiguration: {
      loadBalancers: workload.loadBalancers.map((balancer, index) => ({
        targetGroupArn: revision.targetGroupArns[index],
        productionListenerRule: balancer.advancedConfiguration?.productionListenerRule,
      })),
    },
  };
}
