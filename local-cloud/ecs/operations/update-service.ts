// UpdateService: some members start a deployment, the others only change how the service is kept.
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_UpdateService.html
import type { UpdateServiceCommandInput, UpdateServiceCommandOutput } from '@aws-sdk/client-ecs';
import { copyOf } from '../../kernel/copy-of.ts';
import { refuseUnknown } from '../../kernel/errors.ts';
import type { Operation, Permission } from '../../kernel/service.ts';
import { serviceNames } from '../arns.ts';
import { startDeployment } from '../deployment/new-deployment.ts';
import { invalidParameter } from '../faults.ts';
import type { ServiceRecord } from '../state.ts';
import { runningDeployment } from '../state.ts';
import { serviceView } from '../views/service-view.ts';
import type { World } from '../world.ts';
import { checkDeploymentConfiguration, checkLoadBalancers } from './check-service.ts';
import { operation } from './define.ts';
import { findActiveService, findTaskDefinition, lookUpTaskDefinition } from './find.ts';
import { onService, passRole, passTaskRoles, serviceRoles } from './permissions.ts';

const WORKLOAD = ['networkConfiguration', 'platformVersion', 'loadBalancers', 'capacityProviderStrategy'] as const;
const SETTINGS = [
  'availabilityZoneRebalancing', 'placementConstraints', 'placementStrategy', 'healthCheckGracePeriodSeconds', 'deploymentController', 'enableExecuteCommand',
  'enableECSManagedTags', 'propagateTags',
] as const;
const KNOWN = ['cluster', 'service', 'desiredCount', 'taskDefinition', 'deploymentConfiguration', 'forceNewDeployment', ...WORKLOAD, ...SETTINGS];

export function updateService(world: World): Operation {
  return operation<UpdateServiceCommandInput, UpdateServiceCommandOutput>({
    permissions: (input) => permissions(world, input),
    handle: (input) => {
      refuseUnknown('UpdateService', { ...input, serviceRegistries: input.serviceRegistries?.length ? input.serviceRegistries : undefined }, KNOWN);
      const service = findActiveService(world, { service: input.service ?? '', cluster: input.cluster });
      const deploys = startsDeployment(input);
      refuseForeignController(service, input);
      const running = runningDeployment(service);
      const rollingBack = running?.status === 'ROLLBACK_REQUESTED' || running?.status === 'ROLLBACK_IN_PROGRESS';
      if (deploys && rollingBack && world.kernel.switches.updateDuringRollback === 'refused') {
        throw invalidParameter('The service cannot be updated while a rollback is in progress.'); // UpdateService declares no ConflictException
      }
      const taskDefinition = input.taskDefinition === undefined ? service.taskDefinition : findTaskDefinition(world, input.taskDefinition);
      const configuration = merge(service.settings.deploymentConfiguration, input.deploymentConfiguration);
      checkDeploymentConfiguration(configuration);
      const balancers = input.loadBalancers ?? service.workload.loadBalancers;
      if (deploys || input.deploymentConfiguration) checkLoadBalancers(world, balancers, configuration, taskDefinition);

      service.settings.deploymentConfiguration = configuration;
      service.taskDefinition = taskDefinition;
      Object.assign(service.workload, copyOf(given(input, WORKLOAD)));
      if (input.capacityProviderStrategy?.length) service.workload.launchType = undefined;
      Object.assign(service.settings, copyOf(given(input, SETTINGS)));
      if (input.desiredCount !== undefined) changeDesiredCount(service, input.desiredCount);
      if (deploys) startDeployment(world, service);
      world.changed(service);
      return { service: serviceView(service) };
    },
  });
}

const startsDeployment = (input: UpdateServiceCommandInput): boolean =>
  input.taskDefinition !== undefined || input.forceNewDeployment === true || input.networkConfiguration !== undefined || input.platformVersion !== undefined || input.loadBalancers !== undefined;

/** Members that are not given keep their value, member by member; an empty list takes a list away. */
function merge<Whole extends object>(whole: Whole, change: Whole | undefined): Whole {
  const set = Object.fromEntries(Object.entries(change ?? {}).filter(([, value]) => value !== undefined));
  return { ...whole, ...copyOf(set) };
}

const given = (input: UpdateServiceCommandInput, names: readonly (keyof UpdateServiceCommandInput)[]) =>
  Object.fromEntries(names.flatMap((name) => (input[name] === undefined ? [] : [[name, input[name]]])));

/** During a rolling deployment a change of the desired count applies to both sides. */
function changeDesiredCount(service: ServiceRecord, desiredCount: number): void {
  if (!Number.isInteger(desiredCount) || desiredCount < 0) throw invalidParameter('desiredCount must not be negative.');
  const difference = desiredCount - service.settings.desiredCount;
  for (const revision of service.swap?.retiring ?? []) {
    if (revision.scale !== 'all' && revision.scale > 0) revision.scale = Math.max(0, Math.min(desiredCount, revision.scale + difference));
  }
  service.settings.desiredCount = desiredCount;
}

function refuseForeignController(service: ServiceRecord, input: UpdateServiceCommandInput): void {
  const type = service.settings.deploymentController?.type ?? 'ECS';
  if (type === 'ECS' || !startsDeployment(input)) return;
  if (type === 'CODE_DEPLOY') {
    throw invalidParameter('Unable to update task definition on services with a CODE_DEPLOY deployment controller. Use AWS CodeDeploy to trigger a new deployment.');
  }
  throw invalidParameter('Unable to update task definition on services with an EXTERNAL deployment controller. Use CreateTaskSet instead.');
}

function permissions(world: World, input: UpdateServiceCommandInput): Permission[] {
  const names = serviceNames(input.service ?? '', input.cluster);
  const service = world.clusters.get(names.cluster)?.services.get(names.service);
  const definition = input.taskDefinition === undefined ? undefined : lookUpTaskDefinition(world, input.taskDefinition);
  const update = onService(world, 'UpdateService', { service: input.service ?? '', cluster: input.cluster }, {
    ...(definition ? { 'ecs:task-definition': definition.arn } : {}),
    ...(input.enableExecuteCommand === undefined ? {} : { 'ecs:enable-execute-command': String(input.enableExecuteCommand) }),
    ...(input.propagateTags === undefined ? {} : { 'ecs:propagate-tags': input.propagateTags }),
  });
  const before = service ? new Set([...serviceRoles({ ...service.workload, ...service.settings }), ...passTaskRoles(service.taskDefinition).map(({ resource }) => resource)]) : new Set<string>();
  const deploys = startsDeployment(input);
  const resulting = serviceRoles({
    loadBalancers: input.loadBalancers ?? (deploys ? service?.workload.loadBalancers : undefined),
    deploymentConfiguration: input.deploymentConfiguration ?? (deploys ? service?.settings.deploymentConfiguration : undefined),
  });
  const passed = [
    ...(deploys ? passTaskRoles(definition ?? service?.taskDefinition) : []),
    ...resulting.map((role) => passRole(role, 'ecs.amazonaws.com')),
  ];
  const onlyNew = world.kernel.switches.passRoleOnUpdate === 'onlyNewRoles';
  return [update, ...passed.filter(({ resource }) => !onlyNew || !before.has(resource))];
}
