// What `slipway init` sees of an account: the ECS services of some clusters, with the caller's own credentials.

import { DescribeServicesCommand, DescribeTaskDefinitionCommand, type ECSClient, ListServicesCommand, type Service } from '@aws-sdk/client-ecs';
import { nameOf } from '../exit.ts';

/** A service that a pipeline can roll out to. */
export interface SeenService {
  cluster: string;
  name: string;
  container: string;
  /** The name in ECR, without the registry. */
  repository: string;
  /** Of the image that runs now; undefined when it runs by digest. */
  tag: string | undefined;
  /** Whether the service can move traffic by weight. */
  shiftsTraffic: boolean;
  /** Those that the service itself rolls back on. */
  alarms: string[];
}

export interface Seen {
  services: SeenService[];
  /** Services that were found and cannot be used, with the reason. */
  leftOut: { name: string; reason: string }[];
  /** Clusters that are not there. */
  missing: string[];
}

/** DescribeServices takes no more. */
const DESCRIBED_AT_ONCE = 10;
const ECR_IMAGE = /^\d{12}\.dkr\.ecr(?:-fips)?\.[a-z0-9-]+\.(?:amazonaws\.com(?:\.cn)?|on\.aws)\/([^@:]+)(?::([^@]+))?(?:@.+)?$/;

export async function seeServices(ecs: Pick<ECSClient, 'send'>, clusters: readonly string[], only: readonly string[]): Promise<Seen> {
  const seen: Seen = { services: [], leftOut: [], missing: [] };
  for (const cluster of clusters) {
    const found = await servicesOf(ecs, cluster);
    if (found === undefined) seen.missing.push(cluster);
    for (const service of found ?? []) {
      const name = service.serviceName ?? '';
      if (only.length > 0 && !only.includes(name)) continue;
      const judged = await judge(ecs, cluster, name, service);
      if ('reason' in judged) seen.leftOut.push({ name: `${cluster}/${name}`, reason: judged.reason });
      else seen.services.push(judged);
    }
  }
  return seen;
}

async function servicesOf(ecs: Pick<ECSClient, 'send'>, cluster: string): Promise<Service[] | undefined> {
  const arns: string[] = [];
  try {
    let nextToken: string | undefined;
    do {
      const page = await ecs.send(new ListServicesCommand({ cluster, maxResults: 100, ...(nextToken !== undefined && { nextToken }) }));
      arns.push(...(page.serviceArns ?? []));
      nextToken = page.nextToken;
    } while (nextToken !== undefined);
  } catch (error) {
    if (nameOf(error) === 'ClusterNotFoundException') return undefined;
    throw error;
  }
  const services: Service[] = [];
  for (let from = 0; from < arns.length; from += DESCRIBED_AT_ONCE) {
    const answer = await ecs.send(new DescribeServicesCommand({ cluster, services: arns.slice(from, from + DESCRIBED_AT_ONCE) }));
    services.push(...(answer.services ?? []));
  }
  return services.sort((left, right) => ((left.serviceName ?? '') < (right.serviceName ?? '') ? -1 : 1));
}

async function judge(ecs: Pick<ECSClient, 'send'>, cluster: string, name: string, service: Service): Promise<SeenService | { reason: string }> {
  if (service.status !== 'ACTIVE') return { reason: `it is ${service.status ?? 'in no state'}` };
  const controller = service.deploymentController?.type ?? 'ECS';
  if (controller !== 'ECS') return { reason: `its deploymentController is ${controller}, and Slipway needs ECS` };
  if (service.taskDefinition === undefined) return { reason: 'it has no task definition' };
  const { taskDefinition } = await ecs.send(new DescribeTaskDefinitionCommand({ taskDefinition: service.taskDefinition }));
  const fromEcr = (taskDefinition?.containerDefinitions ?? []).flatMap((container) => {
    const [, repository, tag] = ECR_IMAGE.exec(container.image ?? '') ?? [];
    return repository === undefined ? [] : [{ container, repository, tag }];
  });
  // Next to a sidecar, the container that serves is the one with a port.
  const chosen = fromEcr.find(({ container }) => (container.portMappings ?? []).length > 0) ?? fromEcr[0];
  if (chosen === undefined) return { reason: 'none of its containers runs an image of ECR' };
  const balancers = service.loadBalancers ?? [];
  return {
    cluster,
    name,
    container: chosen.container.name ?? '',
    repository: chosen.repository,
    tag: chosen.tag,
    shiftsTraffic: balancers.length > 0 && balancers.every(({ advancedConfiguration: advanced }) => advanced?.alternateTargetGroupArn !== undefined && advanced.productionListenerRule !== undefined && advanced.roleArn !== undefined),
    alarms: service.deploymentConfiguration?.alarms?.alarmNames ?? [],
  };
}
