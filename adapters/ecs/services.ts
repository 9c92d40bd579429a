// ECS services and their deployments, as the rules want to see them.
import {
  ContinueServiceDeploymentCommand,
  DescribeServiceDeploymentsCommand,
  DescribeServiceRevisionsCommand,
  DescribeServicesCommand,
  DescribeTaskDefinitionCommand,
  ListServiceDeploymentsCommand,
  StopServiceDeploymentCommand,
  UpdateServiceCommand,
  type ECSClient,
  type Service,
  type ServiceDeployment,
  type ServiceDeploymentBrief,
  type ServiceRevision,
} from '@aws-sdk/client-ecs';
import type { DeploymentView } from '../../core/assess/verdict.ts';
import type { DeploymentConfiguration } from '../../core/plan/deployment-configuration.ts';
import { isAwsError } from '../aws.ts';
import { sendVerbatim } from './verbatim.ts';

export interface ServiceName {
  cluster: string;
  name: string;
}

export interface DescribedService {
  service: Service;
  /** `deploymentConfiguration` with every member ECS has, known to this SDK or not. */
  deploymentConfiguration: DeploymentConfiguration;
}

export interface ListedDeployment {
  arn: string;
  targetRevisionArn: string;
  status: string;
  createdAtMs: number;
}

export type Services = ReturnType<typeof servicesIn>;

const FINISHED = ['SUCCESSFUL', 'STOPPED', 'ROLLBACK_SUCCESSFUL', 'ROLLBACK_FAILED'];
export const isFinished = (status: string): boolean => FINISHED.includes(status);

/** `ecs-svc/N` and `.../service-revision/C/S/N` carry the same N. */
export const revisionIdOf = (deploymentIdOrRevisionArn: string): string => deploymentIdOrRevisionArn.split('/').at(-1) ?? '';

export function servicesIn(client: ECSClient) {
  return {
    async describe({ cluster, name }: ServiceName): Promise<DescribedService | undefined> {
      let raw: Record<string, unknown>;
      try {
        raw = await sendVerbatim(new DescribeServicesCommand({ cluster, services: [name] }), (command) => client.send(command));
      } catch (error) {
        if (isAwsError(error, 'ClusterNotFoundException')) return undefined;
        throw error;
      }
      const service = (raw['services'] as (Service & Record<string, unknown>)[] | undefined)?.[0];
      if (!service) return undefined;
      return { service, deploymentConfiguration: (service.deploymentConfiguration ?? {}) as DeploymentConfiguration };
    },

    /** Newest first. */
    async deployments({ cluster, name }: ServiceName): Promise<ListedDeployment[]> {
      // In which order ECS lists them is not documented, so the newest may stand on any page.
      const briefs: ServiceDeploymentBrief[] = [];
      let nextToken: string | undefined;
      try {
        do {
          const page = await client.send(new ListServiceDeploymentsCommand({ cluster, service: name, maxResults: 100, nextToken }));
          briefs.push(...(page.serviceDeployments ?? []));
          nextToken = page.nextToken;
        } while (nextToken);
      } catch (error) {
        // A service that is gone has none.
        if (!isAwsError(error, 'ServiceNotFoundException', 'ServiceNotActiveException', 'ClusterNotFoundException')) throw error;
      }
      return briefs
        .map((brief) => ({
          arn: brief.serviceDeploymentArn ?? '',
          targetRevisionArn: brief.targetServiceRevisionArn ?? '',
          status: brief.status ?? '',
          createdAtMs: brief.createdAt?.getTime() ?? 0,
        }))
        .sort((a, b) => b.createdAtMs - a.createdAtMs);
    },

    async deployment(arn: string): Promise<ServiceDeployment | undefined> {
      const { serviceDeployments = [] } = await client.send(new DescribeServiceDeploymentsCommand({ serviceDeploymentArns: [arn] }));
      return serviceDeployments[0];
    },

    /** Who registered a task definition, as far as ECS tells. */
    async registrar(taskDefinitionArn: string): Promise<string | undefined> {
      return (await client.send(new DescribeTaskDefinitionCommand({ taskDefinition: taskDefinitionArn }))).taskDefinition?.registeredBy;
    },

    async revision(arn: string): Promise<ServiceRevision | undefined> {
      const { serviceRevisions = [] } = await client.send(new DescribeServiceRevisionsCommand({ serviceRevisionArns: [arn] }));
      return serviceRevisions[0];
    },

    /** Starts a deployment of `taskDefinitionArn`; answers the N of its `ecs-svc/N`, if the answer shows it. The desired count is never sent. */
    async deploy({ cluster, name }: ServiceName, taskDefinitionArn: string, configuration: DeploymentConfiguration): Promise<string | undefined> {
      const answer = await sendVerbatim(new UpdateServiceCommand({ cluster, service: name, taskDefinition: taskDefinitionArn }), (command) => client.send(command), (body) => ({ ...body, deploymentConfiguration: configuration }));
      const primary = (answer['service'] as Service | undefined)?.deployments?.find((deployment) => deployment.status === 'PRIMARY');
      return primary?.id && primary.taskDefinition === taskDefinitionArn ? revisionIdOf(primary.id) : undefined;
    },

    /** Puts the configuration back; by itself this starts no deployment. */
    async configure({ cluster, name }: ServiceName, configuration: DeploymentConfiguration): Promise<void> {
      await sendVerbatim(new UpdateServiceCommand({ cluster, service: name }), (command) => client.send(command), (body) => ({ ...body, deploymentConfiguration: configuration }));
    },

    /** `gone`: the hook was answered before, or belongs to a deployment that is over; look again. */
    async answerPause(deploymentArn: string, hookId: string, action: 'CONTINUE' | 'ROLLBACK'): Promise<'done' | 'gone'> {
      try {
        await client.send(new ContinueServiceDeploymentCommand({ serviceDeploymentArn: deploymentArn, hookId, action }));
        return 'done';
      } catch (error) {
        // The class of these errors is not documented, their text is:
        // https://docs.aws.amazon.com/AmazonECS/latest/developerguide/troubleshooting-blue-green.html
        if (error instanceof Error && /completed, unavailable|not allowed for service deployment in terminal/i.test(error.message)) return 'gone';
        throw error;
      }
    },

    async stopWithRollback(deploymentArn: string): Promise<'done' | 'gone'> {
      try {
        await client.send(new StopServiceDeploymentCommand({ serviceDeploymentArn: deploymentArn, stopType: 'ROLLBACK' }));
        return 'done';
      } catch (error) {
        if (isAwsError(error, 'ConflictException')) return 'gone';
        throw error;
      }
    },
  };
}

export function viewOf(deployment: ServiceDeployment): DeploymentView {
  return {
    arn: deployment.serviceDeploymentArn ?? '',
    status: deployment.status ?? '',
    statusReason: deployment.statusReason,
    lifecycleStage: deployment.lifecycleStage,
    weightPercent: deployment.targetServiceRevision?.requestedProductionTrafficWeight ?? 0,
    tasks: tasksOf(deployment.targetServiceRevision),
    pauses: (deployment.lifecycleHookDetails ?? [])
      .filter((hook) => hook.status === 'AWAITING_ACTION')
      .flatMap((hook) => (hook.hookId ? [{ hookId: hook.hookId, expiresAtMs: hook.expiresAt?.getTime() }] : [])),
    rollbackReason: deployment.rollback?.reason,
    createdAtMs: deployment.createdAt?.getTime() ?? 0,
  };
}

const tasksOf = (revision: ServiceDeployment['targetServiceRevision']): DeploymentView['tasks'] =>
  revision?.runningTaskCount === undefined || revision.requestedTaskCount === undefined ? undefined : { running: revision.runningTaskCount, requested: revision.requestedTaskCount };
