// AWS::ECS::Cluster, TaskDefinition and Service; AWS::ECR::Repository.
import { sleep } from '../../kernel/clock.ts';
import { AwsError } from '../../kernel/errors.ts';
import { coerce, lowerFirst, lowerTags, plainText } from '../properties.ts';
import type { Properties } from '../properties.ts';
import type { Made, ProviderContext, ResourceProvider } from '../provider.ts';
import { isRecord } from '../template.ts';

const NUMBERS = new Set([
  'DesiredCount', 'ContainerPort', 'HostPort', 'MaximumPercent', 'MinimumHealthyPercent', 'BakeTimeInMinutes', 'HealthCheckGracePeriodSeconds', 'Weight', 'Base',
  'Interval', 'Timeout', 'Retries', 'StartPeriod', 'StartTimeout', 'StopTimeout', 'MemoryReservation', 'SizeInGiB', 'SoftLimit', 'HardLimit',
  'CanaryPercent', 'CanaryBakeTimeInMinutes', 'StepPercent', 'StepBakeTimeInMinutes', 'TimeoutInMinutes',
]);
const FLAGS = new Set(['Essential', 'Enable', 'Rollback', 'EnableECSManagedTags', 'EnableExecuteCommand', 'ReadonlyRootFilesystem', 'Privileged', 'InitProcessEnabled', 'ScanOnPush']);
/** Maps whose keys are the user's. */
const OPAQUE = new Set(['DockerLabels', 'Options', 'DriverOpts', 'Labels', 'HookDetails']);

const shaped = (properties: Properties, names: string[]): Record<string, unknown> =>
  lowerFirst(coerce(properties.pick(...names), NUMBERS, FLAGS), OPAQUE) as Record<string, unknown>;

const CLUSTER_FIELDS = ['ClusterSettings', 'Configuration', 'CapacityProviders', 'DefaultCapacityProviderStrategy', 'ServiceConnectDefaults'];

/** The API calls a cluster's settings `settings`. */
const clusterFields = (properties: Properties): Record<string, unknown> => {
  const { clusterSettings: settings, ...rest } = shaped(properties, CLUSTER_FIELDS);
  return { ...rest, ...(settings === undefined ? {} : { settings }) };
};

const cluster: ResourceProvider = {
  type: 'AWS::ECS::Cluster',
  properties: ['ClusterName', 'Tags', ...CLUSTER_FIELDS],
  nameProperty: 'ClusterName',
  async create(properties, context) {
    const clusterName = properties.optionalText('ClusterName') ?? context.generatedName(255);
    const tags = context.tags(properties.raw('Tags'));
    const answer = await context.call('ecs', 'CreateCluster', { clusterName, ...clusterFields(properties), ...(tags.length > 0 ? { tags: lowerTags(tags) } : {}) });
    return { physicalId: clusterName, attributes: { Arn: (answer['cluster'] as { clusterArn?: string } | undefined)?.clusterArn } };
  },
  async update(properties, _old, made, context) {
    await context.call('ecs', 'UpdateCluster', { cluster: made.physicalId, ...clusterFields(properties) });
    return made;
  },
  async remove(made, _properties, context) {
    await context.call('ecs', 'DeleteCluster', { cluster: made.physicalId });
  },
};

const TASK_FIELDS = [
  'TaskRoleArn', 'ExecutionRoleArn', 'NetworkMode', 'ContainerDefinitions', 'Volumes', 'PlacementConstraints', 'RequiresCompatibilities', 'Cpu', 'Memory',
  'RuntimePlatform', 'EphemeralStorage', 'PidMode', 'IpcMode',
];

const taskDefinition: ResourceProvider = {
  type: 'AWS::ECS::TaskDefinition',
  properties: ['Family', 'Tags', ...TASK_FIELDS],
  async create(properties, context) {
    const tags = context.tags(properties.raw('Tags'));
    const fields = shaped(properties, TASK_FIELDS);
    const answer = await context.call('ecs', 'RegisterTaskDefinition', {
      ...fields,
      family: properties.optionalText('Family') ?? context.generatedName(255),
      ...taskSizes(fields),
      containerDefinitions: containersOf(fields),
      ...(tags.length > 0 ? { tags: lowerTags(tags) } : {}),
    });
    const arn = String((answer['taskDefinition'] as { taskDefinitionArn?: string } | undefined)?.taskDefinitionArn);
    return { physicalId: arn, attributes: { TaskDefinitionArn: arn } };
  },
  async remove(made, _properties, context) {
    await context.call('ecs', 'DeregisterTaskDefinition', { taskDefinition: made.physicalId });
  },
};

/** The task's own sizes are text in the API, its containers' are numbers. */
const taskSizes = (fields: Record<string, unknown>): Record<string, string> =>
  Object.fromEntries(['cpu', 'memory'].flatMap((name) => (fields[name] === undefined ? [] : [[name, String(fields[name] as string | number)]])));

const containersOf = (fields: Record<string, unknown>): unknown[] =>
  (Array.isArray(fields['containerDefinitions']) ? fields['containerDefinitions'].filter(isRecord) : []).map((container) => ({
    ...container,
    ...Object.fromEntries(['cpu', 'memory'].flatMap((name) => (container[name] === undefined ? [] : [[name, Number(container[name])]]))),
  }));

const SERVICE_UPDATABLE = [
  'TaskDefinition', 'DesiredCount', 'DeploymentConfiguration', 'LoadBalancers', 'NetworkConfiguration', 'HealthCheckGracePeriodSeconds', 'CapacityProviderStrategy',
  'PlatformVersion', 'PropagateTags', 'EnableECSManagedTags', 'EnableExecuteCommand', 'AvailabilityZoneRebalancing', 'ServiceRegistries', 'PlacementConstraints', 'PlacementStrategies',
];
const SERVICE_FIXED = ['LaunchType', 'SchedulingStrategy', 'DeploymentController', 'Role'];
/** How long CloudFormation waits for a service to become steady. */
const STEADY_WITHIN_MINUTES = 180;

/** Waits until the service's latest deployment has succeeded; a failed or rolled back one fails the resource. */
async function untilSteady(serviceArn: string, clusterName: string | undefined, context: ProviderContext): Promise<void> {
  const { clock, physics } = context.kernel;
  const giveUpAtMs = clock.nowMs() + STEADY_WITHIN_MINUTES * physics.ecsMinuteMs;
  const target = { services: [serviceArn], ...(clusterName === undefined ? {} : { cluster: clusterName }) };
  const where = { service: serviceArn, ...(clusterName === undefined ? {} : { cluster: clusterName }) };
  for (;;) {
    const latest = await latestDeployment(where, context);
    const status = latest?.['status'];
    if (status === 'SUCCESSFUL') return;
    if (status !== undefined && ['STOPPED', 'ROLLBACK_SUCCESSFUL', 'ROLLBACK_FAILED'].includes(plainText(status))) {
      throw notStable(`Deployment ${String(latest?.['serviceDeploymentArn'])} ended as ${plainText(status)}: ${plainText(latest?.['statusReason'] ?? 'no reason given')}`);
    }
    if (status === undefined && (await rolledOut(target, context))) return;
    if (clock.nowMs() >= giveUpAtMs) throw notStable(`Service ${serviceArn} did not stabilize`);
    await sleep(clock, physics.schedulerTickMs);
  }
}

async function latestDeployment(where: object, context: ProviderContext): Promise<Record<string, unknown> | undefined> {
  const { serviceDeployments: deployments } = await context.call('ecs', 'ListServiceDeployments', { ...where, maxResults: 1 });
  const [latest] = Array.isArray(deployments) ? deployments.filter(isRecord) : [];
  return latest;
}

/** A service without service deployments (none was ever needed) is steady when its only deployment is complete. */
async function rolledOut(target: object, context: ProviderContext): Promise<boolean> {
  const { services } = await context.call('ecs', 'DescribeServices', target);
  const [service] = Array.isArray(services) ? services.filter(isRecord) : [];
  const deployments = Array.isArray(service?.['deployments']) ? service['deployments'].filter(isRecord) : [];
  return deployments.length === 1 && deployments[0]?.['rolloutState'] === 'COMPLETED';
}

const notStable = (message: string): AwsError => new AwsError('NotStabilized', message);

const service: ResourceProvider = {
  type: 'AWS::ECS::Service',
  properties: ['ServiceName', 'Cluster', 'Tags', ...SERVICE_UPDATABLE, ...SERVICE_FIXED],
  nameProperty: 'ServiceName',
  replacedBy: ['Cluster', ...SERVICE_FIXED],
  async create(properties, context) {
    const serviceName = properties.optionalText('ServiceName') ?? context.generatedName(255);
    const tags = context.tags(properties.raw('Tags'));
    const clusterName = properties.optionalText('Cluster');
    const { placementStrategies: placementStrategy, ...fields } = shaped(properties, [...SERVICE_UPDATABLE, ...SERVICE_FIXED]);
    const answer = await context.call('ecs', 'CreateService', {
      serviceName,
      ...(clusterName === undefined ? {} : { cluster: clusterName }),
      desiredCount: 1,
      ...fields,
      ...(placementStrategy === undefined ? {} : { placementStrategy }),
      ...(tags.length > 0 ? { tags: lowerTags(tags) } : {}),
    });
    const arn = String((answer['service'] as { serviceArn?: string } | undefined)?.serviceArn);
    await untilSteady(arn, clusterName, context);
    return { physicalId: arn, attributes: { ServiceArn: arn, Name: serviceName } };
  },
  async update(properties, old, made, context): Promise<Made> {
    const clusterName = properties.optionalText('Cluster');
    const changed = SERVICE_UPDATABLE.filter((name) => JSON.stringify(properties.raw(name)) !== JSON.stringify(old.raw(name)));
    const where = clusterName === undefined ? {} : { cluster: clusterName };
    await context.call('ecs', 'UpdateService', { service: made.physicalId, ...where, ...shaped(properties, changed) });
    await untilSteady(made.physicalId, clusterName, context);
    return made;
  },
  async remove(made, properties, context) {
    await context.call('ecs', 'DeleteService', { service: made.physicalId, force: true, ...(properties.has('Cluster') ? { cluster: properties.text('Cluster') } : {}) });
  },
};

const repository: ResourceProvider = {
  type: 'AWS::ECR::Repository',
  properties: ['RepositoryName', 'ImageTagMutability', 'ImageScanningConfiguration', 'EncryptionConfiguration', 'RepositoryPolicyText', 'LifecyclePolicy', 'EmptyOnDelete', 'Tags'],
  nameProperty: 'RepositoryName',
  replacedBy: ['EncryptionConfiguration'],
  async create(properties, context) {
    const repositoryName = properties.optionalText('RepositoryName') ?? context.generatedName(256).toLowerCase();
    const tags = context.tags(properties.raw('Tags'));
    const answer = await context.call('ecr', 'CreateRepository', {
      repositoryName,
      ...shaped(properties, ['ImageTagMutability', 'ImageScanningConfiguration', 'EncryptionConfiguration']),
      ...(tags.length > 0 ? { tags } : {}),
    });
    if (properties.has('RepositoryPolicyText')) await context.call('ecr', 'SetRepositoryPolicy', { repositoryName, policyText: properties.json('RepositoryPolicyText') });
    const lifecycle = properties.record('LifecyclePolicy');
    if (lifecycle) await context.call('ecr', 'PutLifecyclePolicy', { repositoryName, lifecyclePolicyText: lifecycle['LifecyclePolicyText'] });
    const made = answer['repository'] as { repositoryArn?: string; repositoryUri?: string } | undefined;
    return { physicalId: repositoryName, attributes: { Arn: made?.repositoryArn, RepositoryUri: made?.repositoryUri } };
  },
  async update(properties, old, made, context) {
    const repositoryName = made.physicalId;
    if (properties.raw('ImageTagMutability') !== old.raw('ImageTagMutability')) {
      await context.call('ecr', 'PutImageTagMutability', { repositoryName, imageTagMutability: properties.optionalText('ImageTagMutability') ?? 'MUTABLE' });
    }
    if (properties.json('RepositoryPolicyText') !== old.json('RepositoryPolicyText')) {
      await context.call('ecr', 'SetRepositoryPolicy', { repositoryName, policyText: properties.json('RepositoryPolicyText') });
    }
    return made;
  },
  async remove(made, properties, context) {
    await context.call('ecr', 'DeleteRepository', { repositoryName: made.physicalId, force: properties.flag('EmptyOnDelete') ?? false });
  },
};

export const containerProviders: ResourceProvider[] = [cluster, taskDefinition, service, repository];
