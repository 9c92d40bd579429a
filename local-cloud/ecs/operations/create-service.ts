// CreateService: the record, and its first deployment.
import type { CreateServiceCommandInput, CreateServiceCommandOutput } from '@aws-sdk/client-ecs';
import { copyOf } from '../../kernel/copy-of.ts';
import { NotModelled, refuseUnknown } from '../../kernel/errors.ts';
import type { Operation } from '../../kernel/service.ts';
import { clusterName, serviceArn } from '../arns.ts';
import { startDeployment } from '../deployment/new-deployment.ts';
import { invalidParameter } from '../faults.ts';
import type { ServiceRecord } from '../state.ts';
import { serviceView } from '../views/service-view.ts';
import type { World } from '../world.ts';
import { nowMs } from '../world.ts';
import { checkDeploymentConfiguration, checkLoadBalancers } from './check-service.ts';
import { operation } from './define.ts';
import { findCluster, findTaskDefinition, lookUpTaskDefinition } from './find.ts';
import { inCluster, passRole, passTaskRoles, requestTags, serviceRoles } from './permissions.ts';

const KNOWN = [
  'cluster', 'serviceName', 'taskDefinition', 'availabilityZoneRebalancing', 'loadBalancers', 'desiredCount', 'clientToken', 'launchType', 'capacityProviderStrategy',
  'platformVersion', 'role', 'deploymentConfiguration', 'placementConstraints', 'placementStrategy', 'networkConfiguration', 'healthCheckGracePeriodSeconds',
  'schedulingStrategy', 'deploymentController', 'tags', 'enableECSManagedTags', 'propagateTags', 'enableExecuteCommand', 'serviceRegistries',
] as const;

export function createService(world: World): Operation {
  return operation<CreateServiceCommandInput, CreateServiceCommandOutput>({
    permissions: (input) => {
      const arn = serviceArn(world.kernel, clusterName(input.cluster), input.serviceName ?? '');
      const definition = input.taskDefinition === undefined ? undefined : lookUpTaskDefinition(world, input.taskDefinition);
      return [
        inCluster(world, 'CreateService', arn, input.cluster, { ...requestTags(input.tags), ...(definition ? { 'ecs:task-definition': definition.arn } : {}) }),
        ...(input.tags?.length ? [inCluster(world, 'TagResource', arn, input.cluster, { 'ecs:CreateAction': 'CreateService', ...requestTags(input.tags) })] : []),
        ...passTaskRoles(definition),
        ...serviceRoles(input).map((role) => passRole(role, 'ecs.amazonaws.com')),
      ];
    },
    handle: (input, { caller }) => {
      refuseUnknown('CreateService', { ...input, serviceRegistries: input.serviceRegistries?.length ? input.serviceRegistries : undefined }, KNOWN.filter((name) => name !== 'serviceRegistries'));
      if (input.schedulingStrategy === 'DAEMON') throw new NotModelled('CreateService: schedulingStrategy DAEMON');
      const cluster = findCluster(world, input.cluster);
      const name = input.serviceName ?? '';
      if (!/^[a-zA-Z0-9_-]{1,255}$/.test(name)) throw invalidParameter('Invalid service name.');
      const existing = cluster.services.get(name);
      if (existing && existing.status !== 'INACTIVE') {
        if (input.clientToken !== undefined && existing.clientToken === input.clientToken) return { service: serviceView(existing) };
        if (existing.status === 'DRAINING') throw invalidParameter('Unable to Start a service that is still Draining.');
        throw invalidParameter('Creation of service was not idempotent.');
      }
      if (input.taskDefinition === undefined) throw invalidParameter('TaskDefinition can not be blank.');
      const taskDefinition = findTaskDefinition(world, input.taskDefinition);
      const ecsDriven = (input.deploymentController?.type ?? 'ECS') === 'ECS';
      const deploymentConfiguration = input.deploymentConfiguration ?? {};
      checkDeploymentConfiguration(deploymentConfiguration);
      if (!ecsDriven && (deploymentConfiguration.strategy ?? 'ROLLING') !== 'ROLLING') throw invalidParameter('Deployment strategy is only supported with the ECS deployment controller.');
      checkLoadBalancers(world, input.loadBalancers ?? [], deploymentConfiguration, taskDefinition);

      const service: ServiceRecord = {
        name,
        arn: serviceArn(world.kernel, cluster.name, name),
        cluster,
        status: 'ACTIVE',
        createdAtMs: nowMs(world),
        createdBy: caller.kind === 'service' ? caller.principal : caller.arn,
        clientToken: input.clientToken,
        tags: [...(input.tags ?? [])],
        settings: {
          desiredCount: input.desiredCount ?? 0,
          deploymentConfiguration: copyOf(deploymentConfiguration),
          deploymentController: input.deploymentController,
          role: input.role,
          healthCheckGracePeriodSeconds: input.healthCheckGracePeriodSeconds,
          enableECSManagedTags: input.enableECSManagedTags,
          propagateTags: input.propagateTags,
          enableExecuteCommand: input.enableExecuteCommand,
          availabilityZoneRebalancing: input.availabilityZoneRebalancing,
          placementConstraints: input.placementConstraints,
          placementStrategy: input.placementStrategy,
        },
        workload: copyOf({
          loadBalancers: input.loadBalancers ?? [],
          launchType: input.launchType,
          capacityProviderStrategy: input.capacityProviderStrategy,
          platformVersion: input.platformVersion,
          networkConfiguration: input.networkConfiguration,
        }),
        taskDefinition,
        revisions: [],
        deployments: [],
        events: [],
        primary: undefined,
        stable: undefined,
        swap: undefined,
        scheduling: {
          timer: undefined, urgent: false, waiting: new Set(), consecutiveFailures: 0, noStartBeforeMs: 0, impaired: false,
          lastPlacementFailureMs: undefined, lastStuckNoticeMs: undefined, steady: false, runningCountSeen: 0,
        },
        snapshots: [],
      };
      cluster.services.set(name, service);
      if (ecsDriven) startDeployment(world, service);
      return { service: serviceView(service) };
    },
  });
}
