// CreateCluster, DescribeClusters, ListClusters, DeleteCluster.
import type {
  Cluster, CreateClusterCommandInput, CreateClusterCommandOutput, DeleteClusterCommandInput, DeleteClusterCommandOutput, DescribeClustersCommandInput,
  DescribeClustersCommandOutput, ListClustersCommandInput, ListClustersCommandOutput,
} from '@aws-sdk/client-ecs';
import { AwsError } from '../../kernel/errors.ts';
import { clusterArn, clusterName } from '../arns.ts';
import type { ClusterRecord } from '../state.ts';
import type { World } from '../world.ts';
import type { Operations } from './define.ts';
import { operation, page } from './define.ts';
import { findCluster } from './find.ts';
import { inCluster, requestTags, resourceTags } from './permissions.ts';

export function clusterOperations(world: World): Operations {
  return {
    CreateCluster: operation<CreateClusterCommandInput, CreateClusterCommandOutput>({
      permissions: ({ clusterName: name = 'default', tags }) => [
        { action: 'ecs:CreateCluster', resource: '*', context: requestTags(tags) },
        ...(tags?.length ? [{ action: 'ecs:TagResource', resource: clusterArn(world.kernel, name), context: { 'ecs:CreateAction': 'CreateCluster', ...requestTags(tags) } }] : []),
      ],
      handle: ({ clusterName: name = 'default', tags = [], ...settings }) => {
        const existing = world.clusters.get(name);
        if (existing?.status === 'ACTIVE') return { cluster: clusterView(existing) };
        const cluster: ClusterRecord = {
          name, arn: clusterArn(world.kernel, name), status: 'ACTIVE', settings, tags, taskLimit: Infinity, services: new Map(), tasks: new Map(),
        };
        world.clusters.set(name, cluster);
        return { cluster: clusterView(cluster) };
      },
    }),

    DescribeClusters: operation<DescribeClustersCommandInput, DescribeClustersCommandOutput>({
      permissions: ({ clusters = ['default'] }) => clusters.map((name) => onCluster(world, 'DescribeClusters', name)),
      handle: ({ clusters = ['default'], include = [] }) => {
        const found = clusters.map((name) => ({ name, cluster: world.clusters.get(clusterName(name)) }));
        return {
          clusters: found.flatMap(({ cluster }) => (cluster ? [{ ...clusterView(cluster), tags: include.includes('TAGS') ? cluster.tags : [] }] : [])),
          failures: found.flatMap(({ name, cluster }) => (cluster ? [] : [{ arn: clusterArn(world.kernel, clusterName(name)), reason: 'MISSING' }])),
        };
      },
    }),

    ListClusters: operation<ListClustersCommandInput, ListClustersCommandOutput>({
      permissions: () => [{ action: 'ecs:ListClusters', resource: '*' }],
      handle: (input) => {
        const active = [...world.clusters.values()].filter((cluster) => cluster.status === 'ACTIVE');
        const { items, nextToken } = page(active, input, 100);
        return { clusterArns: items.map((cluster) => cluster.arn), nextToken };
      },
    }),

    DeleteCluster: operation<DeleteClusterCommandInput, DeleteClusterCommandOutput>({
      permissions: ({ cluster = 'default' }) => [onCluster(world, 'DeleteCluster', cluster)],
      handle: (input) => {
        const cluster = findCluster(world, input.cluster);
        if ([...cluster.services.values()].some((service) => service.status === 'ACTIVE')) {
          throw new AwsError('ClusterContainsServicesException', 'The Cluster cannot be deleted while Services are active.');
        }
        if ([...cluster.tasks.values()].some((task) => task.lastStatus !== 'STOPPED')) {
          throw new AwsError('ClusterContainsTasksException', 'The Cluster cannot be deleted while Tasks are active.');
        }
        cluster.status = 'INACTIVE';
        return { cluster: clusterView(cluster) };
      },
    }),
  };
}

function onCluster(world: World, action: string, nameOrArn: string) {
  const name = clusterName(nameOrArn);
  return inCluster(world, action, clusterArn(world.kernel, name), name, resourceTags(world.clusters.get(name)?.tags ?? []));
}

function clusterView(cluster: ClusterRecord): Cluster {
  const tasks = [...cluster.tasks.values()];
  return {
    ...cluster.settings,
    clusterArn: cluster.arn,
    clusterName: cluster.name,
    status: cluster.status,
    registeredContainerInstancesCount: 0,
    runningTasksCount: tasks.filter((task) => task.lastStatus === 'RUNNING').length,
    pendingTasksCount: tasks.filter((task) => ['PROVISIONING', 'PENDING', 'ACTIVATING'].includes(task.lastStatus)).length,
    activeServicesCount: [...cluster.services.values()].filter((service) => service.status === 'ACTIVE').length,
    statistics: [],
    tags: cluster.tags,
    settings: cluster.settings.settings ?? [],
    capacityProviders: cluster.settings.capacityProviders ?? [],
    defaultCapacityProviderStrategy: cluster.settings.defaultCapacityProviderStrategy ?? [],
  };
}
