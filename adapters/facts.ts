// Reads what preflight looks at: the service, what it runs, its deployments, the alarms.
import type { Stage } from '../core/pipeline/model.ts';
import type { PreflightFacts } from '../core/preflight/check.ts';
import type { Alarms } from './alarms.ts';
import { isFinished, revisionIdOf, type DescribedService, type Services } from './ecs/services.ts';
import type { TaskDefinitions } from './ecs/task-definitions.ts';

export interface FactSources {
  services: Pick<Services, 'describe' | 'deployments'>;
  taskDefinitions: Pick<TaskDefinitions, 'describe'>;
  alarms: Pick<Alarms, 'states'>;
}

export interface Facts {
  facts: PreflightFacts;
  described: DescribedService | undefined;
  newestDeploymentAtMs: number | undefined;
}

/** The digest that ECS resolved for a container of the revision that serves: tasks that it starts later run the same. */
export async function digestThatRuns(services: Pick<Services, 'revision'>, { service }: DescribedService, container: string): Promise<string | undefined> {
  const primary = service.deployments?.find(({ status }) => status === 'PRIMARY')?.id;
  if (primary === undefined || service.serviceArn === undefined) return undefined;
  const revision = await services.revision(`${service.serviceArn.replace(':service/', ':service-revision/')}/${revisionIdOf(primary)}`);
  return revision?.containerImages?.find(({ containerName }) => containerName === container)?.imageDigest;
}

export async function readFacts({ services, taskDefinitions, alarms }: FactSources, stage: Stage): Promise<Facts> {
  const [described, states] = await Promise.all([services.describe(stage.service), alarms.states(stage.alarms)]);
  if (!described) return { facts: { service: undefined, containers: [], alarms: states }, described, newestDeploymentAtMs: undefined };
  const { service } = described;
  const controller = service.deploymentController?.type ?? 'ECS';
  const taskDefinitionArn = service.taskDefinition ?? '';
  const [running, containers] = await Promise.all([
    // Only services under the ECS controller have service deployments.
    controller === 'ECS' ? services.deployments(stage.service) : Promise.resolve([]),
    taskDefinitionArn ? taskDefinitions.describe(taskDefinitionArn) : Promise.resolve(undefined),
  ]);
  const facts: PreflightFacts = {
    service: {
      status: service.status ?? '',
      deploymentController: controller,
      schedulingStrategy: service.schedulingStrategy ?? 'REPLICA',
      desiredCount: service.desiredCount ?? 0,
      taskDefinitionArn,
      loadBalancers: (service.loadBalancers ?? []).map((balancer) => ({
        targetGroupArn: balancer.targetGroupArn,
        advanced: balancer.advancedConfiguration && {
          alternateTargetGroupArn: balancer.advancedConfiguration.alternateTargetGroupArn,
          productionListenerRule: balancer.advancedConfiguration.productionListenerRule,
          roleArn: balancer.advancedConfiguration.roleArn,
        },
      })),
      serviceConnect: service.deployments?.some((deployment) => deployment.serviceConnectConfiguration?.enabled) ?? false,
      runningDeploymentArn: running.find((deployment) => !isFinished(deployment.status))?.arn,
    },
    containers: (containers?.taskDefinition.containerDefinitions ?? []).map((container) => ({ name: container.name ?? '', image: container.image ?? '' })),
    alarms: states,
  };
  return { facts, described, newestDeploymentAtMs: running[0]?.createdAtMs };
}
