// DescribeServices, ListServices, DeleteService.
import type {
  DeleteServiceCommandInput, DeleteServiceCommandOutput, DescribeServicesCommandInput, DescribeServicesCommandOutput, ListServicesCommandInput, ListServicesCommandOutput,
} from '@aws-sdk/client-ecs';
import { refuseUnknown } from '../../kernel/errors.ts';
import { clusterName, serviceArn, serviceNames } from '../arns.ts';
import { invalidParameter } from '../faults.ts';
import { seenService } from '../read-lag.ts';
import { activeRevisions, liveTasksOf, runningDeployment } from '../state.ts';
import { serviceView } from '../views/service-view.ts';
import type { World } from '../world.ts';
import type { Operations } from './define.ts';
import { operation, page } from './define.ts';
import { findActiveService, findCluster } from './find.ts';
import { inCluster, onService } from './permissions.ts';

const SERVICES_PER_CALL = 10;

export function serviceOperations(world: World): Operations {
  return {
    DescribeServices: operation<DescribeServicesCommandInput, DescribeServicesCommandOutput>({
      permissions: ({ services = [], cluster }) => services.map((service) => onService(world, 'DescribeServices', { service, cluster })),
      handle: ({ services = [], cluster, include = [] }) => {
        if (services.length === 0) throw invalidParameter('Services cannot be empty.');
        if (services.length > SERVICES_PER_CALL) throw invalidParameter(`Services can have at most ${SERVICES_PER_CALL} items.`);
        findCluster(world, serviceNames(services[0] ?? '', cluster).cluster);
        const found = services.map((name) => {
          const names = serviceNames(name, cluster);
          const service = world.clusters.get(names.cluster)?.services.get(names.service);
          return { arn: serviceArn(world.kernel, names.cluster, names.service), service, view: service && seenService(world, service) };
        });
        return {
          services: found.flatMap(({ service, view }) => (view ? [{ ...view, ...(include.includes('TAGS') ? { tags: [...(service?.tags ?? [])] } : {}) }] : [])),
          failures: found.flatMap(({ arn, view }) => (view ? [] : [{ arn, reason: 'MISSING' }])),
        };
      },
    }),

    ListServices: operation<ListServicesCommandInput, ListServicesCommandOutput>({
      permissions: ({ cluster }) => [inCluster(world, 'ListServices', '*', cluster)],
      handle: (input) => {
        refuseUnknown('ListServices', input, ['cluster', 'nextToken', 'maxResults', 'launchType', 'schedulingStrategy']);
        const services = [...findCluster(world, input.cluster).services.values()].filter(
          (service) => service.status !== 'INACTIVE' && (input.launchType === undefined || (service.workload.launchType ?? 'FARGATE') === input.launchType) && input.schedulingStrategy !== 'DAEMON',
        );
        const { items, nextToken } = page(services, input, 10);
        return { serviceArns: items.map((service) => service.arn), nextToken };
      },
    }),

    DeleteService: operation<DeleteServiceCommandInput, DeleteServiceCommandOutput>({
      permissions: (input) => [onService(world, 'DeleteService', { service: input.service ?? '', cluster: input.cluster })],
      handle: (input) => {
        const service = findActiveService(world, { service: input.service ?? '', cluster: clusterName(input.cluster) });
        const running = activeRevisions(service).some((revision) => liveTasksOf(revision).length > 0);
        if (!input.force && (service.settings.desiredCount > 0 || running)) throw invalidParameter('The service cannot be stopped while it is scaled above 0.');
        service.status = 'DRAINING';
        service.settings.desiredCount = 0;
        service.swap = undefined;
        for (const revision of activeRevisions(service)) revision.scale = 0;
        runningDeployment(service)?.course.interrupt({ kind: 'deleted' });
        if (activeRevisions(service).length === 0) service.status = 'INACTIVE';
        world.changed(service);
        return { service: serviceView(service) };
      },
    }),
  };
}
