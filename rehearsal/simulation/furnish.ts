// Furnishes a simulated account: Slipway's own stack from its packaged template, and services for it to roll out.
import type { Cloud } from '../../local-cloud/cloud.ts';
import type { VirtualClock } from '../../local-cloud/kernel/clock.ts';
import { AUTHOR_ANNOTATION } from '../../adapters/images.ts';
import type { Artefact } from '../package.ts';

const STACK = 'slipway-prod';
export const FUNCTION_PREFIX = 'slipway-prod-';
const STACK_LIMIT_MS = 3_600_000;
/** As often as `serverless deploy` asks. */
const STACK_POLL_MS = 5_000;

export interface SlipwayStack {
  tableName: string;
  topicArn: string;
  stateMachineArn: string;
  controlUrlId: string;
  peopleRoleArn: string;
  slackUrlId: string;
}

/** Calls an operation as the operator, with nothing in between. */
export type Operate = <Answer = unknown>(signingName: string, operation: string, input: object) => Promise<Answer>;

export const operatorOf = (cloud: Cloud): Operate => {
  const caller = cloud.kernel.credentials.operatorCaller();
  return async <Answer>(signingName: string, operation: string, input: object) => (await cloud.kernel.call(caller, signingName, operation, input)) as Answer;
};

interface StackView {
  StackStatus?: string;
  Outputs?: { OutputKey?: string; OutputValue?: string }[];
}

/** As `serverless deploy` does it: a stack with a bucket, the packages into it, then the whole stack. */
export async function deploySlipway(cloud: Cloud, clock: VirtualClock, artefact: Artefact, slack?: SlackApp): Promise<SlipwayStack> {
  const operate = operatorOf(cloud);
  const capabilities = { Capabilities: ['CAPABILITY_IAM', 'CAPABILITY_NAMED_IAM'] };
  await operate('cloudformation', 'CreateStack', { StackName: STACK, TemplateBody: artefact.createTemplate, ...capabilities });
  await settled(operate, clock);
  const bucket = await operate<{ StackResourceDetail?: { PhysicalResourceId?: string } }>('cloudformation', 'DescribeStackResource', { StackName: STACK, LogicalResourceId: 'ServerlessDeploymentBucket' });
  for (const [key, content] of artefact.packages) cloud.artefacts.put(bucket.StackResourceDetail?.PhysicalResourceId ?? '', key, content);
  await operate('cloudformation', 'UpdateStack', { StackName: STACK, TemplateBody: artefact.template, ...(slack ? await slackParameters(operate, slack) : {}), ...capabilities });
  const stack = await settled(operate, clock);
  const output = (key: string) => stack.Outputs?.find((one) => one.OutputKey === key)?.OutputValue ?? '';
  return {
    tableName: output('TableName'),
    topicArn: output('TopicArn'),
    stateMachineArn: output('StateMachineArn'),
    controlUrlId: /\/lambda-url\/([^/]+)/.exec(output('ControlUrl'))?.[1] ?? '',
    peopleRoleArn: output('PeopleRoleArn'),
    slackUrlId: /\/lambda-url\/([^/]+)/.exec(output('SlackUrl'))?.[1] ?? '',
  };
}

/** What somebody holds who has installed the app. */
export interface SlackApp {
  apiUrl: string;
  botToken: string;
  signingSecret: string;
}

async function slackParameters(operate: Operate, { apiUrl, botToken, signingSecret }: SlackApp): Promise<object> {
  const { ARN } = await operate<{ ARN: string }>('secretsmanager', 'CreateSecret', { Name: 'slipway/slack', SecretString: JSON.stringify({ botToken, signingSecret }) });
  return { Parameters: [{ ParameterKey: 'SlackSecretArn', ParameterValue: ARN }, { ParameterKey: 'SlackApiUrl', ParameterValue: apiUrl }] };
}

async function settled(operate: Operate, clock: VirtualClock): Promise<StackView> {
  const untilMs = clock.nowMs() + STACK_LIMIT_MS;
  for (;;) {
    const { Stacks: [stack] = [] } = await operate<{ Stacks?: StackView[] }>('cloudformation', 'DescribeStacks', { StackName: STACK });
    const status = stack?.StackStatus ?? '';
    if (stack && (status === 'CREATE_COMPLETE' || status === 'UPDATE_COMPLETE')) return stack;
    if (!status.endsWith('_IN_PROGRESS') || clock.nowMs() > untilMs) throw new Error(`the stack ${STACK} is ${status}`);
    await clock.advance(STACK_POLL_MS);
  }
}

// ---- services -------------------------------------------------------------------------------------------------------------------

export interface ServiceWish {
  cluster: string;
  name: string;
  /** `app` if left out. */
  container?: string;
  /** What is made for it is called so; cluster and name if left out, where those are short enough for a load balancer. */
  label?: string;
  desiredCount: number;
  /** What the team itself deploys with. */
  deploymentConfiguration: object;
  repository: string;
  firstTag: string;
  alarms: readonly string[];
}

export interface FurnishedService {
  cluster: string;
  name: string;
  arn: string;
  desiredCount: number;
  blueArn: string;
  greenArn: string;
  productionRuleArn: string;
  deploymentConfiguration: object;
  alarms: readonly string[];
}

const REGISTRY_SUFFIX = 'dkr.ecr.eu-west-1.amazonaws.com';

/** What every service of an account shares. */
export async function furnishAccount(operate: Operate): Promise<void> {
  const trust = (service: string) => JSON.stringify({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', Principal: { Service: service }, Action: 'sts:AssumeRole' }] });
  await operate('iam', 'CreateRole', { RoleName: 'service-tasks', AssumeRolePolicyDocument: trust('ecs-tasks.amazonaws.com') });
  await operate('iam', 'AttachRolePolicy', { RoleName: 'service-tasks', PolicyArn: 'arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy' });
  await operate('iam', 'CreateRole', { RoleName: 'service-traffic', AssumeRolePolicyDocument: trust('ecs.amazonaws.com') });
  await operate('iam', 'AttachRolePolicy', { RoleName: 'service-traffic', PolicyArn: 'arn:aws:iam::aws:policy/AmazonECSInfrastructureRolePolicyForLoadBalancers' });
}

/** A service behind a load balancer with a blue and a green target group, ready for every strategy. */
export async function furnishService(operate: Operate, accountId: string, wish: ServiceWish): Promise<FurnishedService> {
  const { container = 'app', label: short = `${wish.cluster}-${wish.name}` } = wish;
  await operate('ecs', 'CreateCluster', { clusterName: wish.cluster });
  const { LoadBalancers: [balancer] } = await operate<{ LoadBalancers: { LoadBalancerArn: string }[] }>('elasticloadbalancing', 'CreateLoadBalancer', {
    Name: short, Type: 'application', Scheme: 'internet-facing', Subnets: ['subnet-0a0a0a0a0a0a0a0a0', 'subnet-0b0b0b0b0b0b0b0b0'], SecurityGroups: ['sg-0a0a0a0a0a0a0a0a0'],
  });
  const group = async (colour: string) => {
    const { TargetGroups: [made] } = await operate<{ TargetGroups: { TargetGroupArn: string }[] }>('elasticloadbalancing', 'CreateTargetGroup', {
      Name: `${short}-${colour}`, VpcId: 'vpc-0a0a0a0a0a0a0a0a0', TargetType: 'ip', Protocol: 'HTTP', Port: 8080, HealthCheckPath: '/health',
      HealthCheckIntervalSeconds: 10, HealthCheckTimeoutSeconds: 5, HealthyThresholdCount: 2, UnhealthyThresholdCount: 2,
    });
    const TargetGroupArn = made?.TargetGroupArn ?? '';
    await operate('elasticloadbalancing', 'ModifyTargetGroupAttributes', { TargetGroupArn, Attributes: [{ Key: 'deregistration_delay.timeout_seconds', Value: '15' }] });
    return TargetGroupArn;
  };
  const [blueArn, greenArn] = [await group('blue'), await group('green')];
  const rule = async (port: number) => {
    const { Listeners: [listener] } = await operate<{ Listeners: { ListenerArn: string }[] }>('elasticloadbalancing', 'CreateListener', {
      LoadBalancerArn: balancer?.LoadBalancerArn, Protocol: 'HTTP', Port: port, DefaultActions: [{ Type: 'fixed-response', FixedResponseConfig: { StatusCode: '404' } }],
    });
    const { Rules: [made] } = await operate<{ Rules: { RuleArn: string }[] }>('elasticloadbalancing', 'CreateRule', {
      ListenerArn: listener?.ListenerArn, Priority: 1, Conditions: [{ Field: 'path-pattern', PathPatternConfig: { Values: ['/*'] } }],
      Actions: [{ Type: 'forward', ForwardConfig: { TargetGroups: [{ TargetGroupArn: blueArn, Weight: 100 }, { TargetGroupArn: greenArn, Weight: 0 }] } }],
    });
    return made?.RuleArn ?? '';
  };
  const [productionRuleArn, testRuleArn] = [await rule(80), await rule(8080)];
  const { taskDefinition } = await operate<{ taskDefinition: { taskDefinitionArn: string } }>('ecs', 'RegisterTaskDefinition', {
    family: short, cpu: '256', memory: '512', networkMode: 'awsvpc', requiresCompatibilities: ['FARGATE'],
    executionRoleArn: `arn:aws:iam::${accountId}:role/service-tasks`,
    containerDefinitions: [{ name: container, image: `${accountId}.${REGISTRY_SUFFIX}/${wish.repository}:${wish.firstTag}`, essential: true, portMappings: [{ containerPort: 8080, protocol: 'tcp' }], stopTimeout: 20 }],
    tags: [{ key: 'team', value: 'shop' }],
  });
  const { service } = await operate<{ service: { serviceArn: string } }>('ecs', 'CreateService', {
    cluster: wish.cluster, serviceName: wish.name, taskDefinition: taskDefinition.taskDefinitionArn, desiredCount: wish.desiredCount, launchType: 'FARGATE',
    networkConfiguration: { awsvpcConfiguration: { subnets: ['subnet-0a0a0a0a0a0a0a0a0'], securityGroups: ['sg-0b0b0b0b0b0b0b0b0'], assignPublicIp: 'DISABLED' } },
    loadBalancers: [{
      containerName: container, containerPort: 8080, targetGroupArn: blueArn,
      advancedConfiguration: { alternateTargetGroupArn: greenArn, productionListenerRule: productionRuleArn, testListenerRule: testRuleArn, roleArn: `arn:aws:iam::${accountId}:role/service-traffic` },
    }],
    deploymentConfiguration: wish.deploymentConfiguration,
  });
  for (const AlarmName of wish.alarms) {
    // Its state is what the scenario says: it reads a metric that nobody writes, and missing data leaves it as it is.
    await operate('monitoring', 'PutMetricAlarm', {
      AlarmName, Namespace: 'Simulated', MetricName: AlarmName, Statistic: 'Maximum', Period: 86_400, EvaluationPeriods: 1, Threshold: 1, ComparisonOperator: 'GreaterThanThreshold', TreatMissingData: 'ignore',
    });
    await operate('monitoring', 'SetAlarmState', { AlarmName, StateValue: 'OK', StateReason: 'quiet' });
  }
  return { cluster: wish.cluster, name: wish.name, arn: service.serviceArn, desiredCount: wish.desiredCount, blueArn, greenArn, productionRuleArn, deploymentConfiguration: wish.deploymentConfiguration, alarms: wish.alarms };
}

export const imageManifest = (version: string, configDigest: string, author?: string): string =>
  JSON.stringify({
    schemaVersion: 2, mediaType: 'application/vnd.oci.image.manifest.v1+json',
    config: { mediaType: 'application/vnd.oci.image.config.v1+json', digest: configDigest, size: 2 }, layers: [], annotations: { version, ...(author === undefined ? {} : { [AUTHOR_ANNOTATION]: author }) },
  });
