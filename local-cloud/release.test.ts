// The whole cloud doing its main job over HTTP, for real: an image is pushed, a service of real processes runs behind a real load
// balancer, and a blue/green deployment moves traffic, with every role held to its policies.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CloudWatchLogsClient, CreateLogGroupCommand, FilterLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { CreateRepositoryCommand, ECRClient } from '@aws-sdk/client-ecr';
import {
  CreateClusterCommand,
  CreateServiceCommand,
  DescribeServiceDeploymentsCommand,
  DescribeServicesCommand,
  ECSClient,
  ListServiceDeploymentsCommand,
  RegisterTaskDefinitionCommand,
  UpdateServiceCommand,
} from '@aws-sdk/client-ecs';
import { CreateListenerCommand, CreateLoadBalancerCommand, CreateRuleCommand, CreateTargetGroupCommand, ElasticLoadBalancingV2Client } from '@aws-sdk/client-elastic-load-balancing-v2';
import { AttachRolePolicyCommand, CreateRoleCommand, IAMClient } from '@aws-sdk/client-iam';
import { pushImageFolder } from './ecr/push.ts';
import { startLocalCloud } from './serve.ts';
import type { LocalCloud } from './serve.ts';
import { operatorAt } from './wire/testing.ts';

const ACCOUNT = '123456789012';
const SERVER = `
  import http from 'node:http';
  import { readFileSync } from 'node:fs';
  const version = readFileSync('version.txt', 'utf8');
  http.createServer((request, response) => response.end(version)).listen(Number(process.env.PORT ?? 8080), () => console.log('serving ' + version));
  process.on('SIGTERM', () => process.exit(0));
`;

let local: LocalCloud;
let folder: string;
let ecs: ECSClient;

beforeAll(async () => {
  local = await startLocalCloud({ port: 0, endOnSignals: false, seed: 2 });
  folder = await mkdtemp(join(tmpdir(), 'image-'));
  ecs = new ECSClient(operatorAt(local.url));
});
afterAll(async () => {
  await local.close();
  await rm(folder, { recursive: true });
});

async function pushVersion(version: string): Promise<string> {
  await writeFile(join(folder, 'image.json'), JSON.stringify({ cmd: ['node', 'server.mjs'], exposedPorts: [8080] }));
  await writeFile(join(folder, 'server.mjs'), SERVER);
  await writeFile(join(folder, 'version.txt'), version);
  const { digest } = await pushImageFolder(new ECRClient(operatorAt(local.url)), { folder, repositoryName: 'web', tag: version });
  const image = `${ACCOUNT}.dkr.ecr.eu-west-1.amazonaws.com/web@${digest}`;
  const { taskDefinition } = await ecs.send(
    new RegisterTaskDefinitionCommand({
      family: 'web',
      executionRoleArn: `arn:aws:iam::${ACCOUNT}:role/execution`,
      containerDefinitions: [
        {
          name: 'app',
          image,
          portMappings: [{ containerPort: 8080 }],
          logConfiguration: { logDriver: 'awslogs', options: { 'awslogs-group': '/web', 'awslogs-region': 'eu-west-1', 'awslogs-stream-prefix': 'web' } },
        },
      ],
    }),
  );
  return taskDefinition!.taskDefinitionArn!;
}

async function role(RoleName: string, service: string, policyArn: string): Promise<string> {
  const iam = new IAMClient(operatorAt(local.url));
  const trust = { Statement: { Effect: 'Allow', Principal: { Service: service }, Action: 'sts:AssumeRole' } };
  const { Role } = await iam.send(new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument: JSON.stringify(trust) }));
  await iam.send(new AttachRolePolicyCommand({ RoleName, PolicyArn: policyArn }));
  return Role!.Arn!;
}

async function balancer() {
  const elb = new ElasticLoadBalancingV2Client(operatorAt(local.url));
  const { LoadBalancers } = await elb.send(new CreateLoadBalancerCommand({ Name: 'web', Subnets: ['subnet-1', 'subnet-2'] }));
  const group = async (Name: string) => {
    const { TargetGroups } = await elb.send(new CreateTargetGroupCommand({ Name, Protocol: 'HTTP', Port: 8080, VpcId: 'vpc-1', TargetType: 'ip', HealthCheckPath: '/', HealthCheckIntervalSeconds: 5, HealthCheckTimeoutSeconds: 2, HealthyThresholdCount: 2 }));
    return TargetGroups![0]!.TargetGroupArn!;
  };
  const [blue, green] = [await group('blue'), await group('green')];
  const forward = [{ Type: 'forward' as const, ForwardConfig: { TargetGroups: [{ TargetGroupArn: blue, Weight: 1 }, { TargetGroupArn: green, Weight: 0 }] } }];
  const { Listeners } = await elb.send(
    new CreateListenerCommand({ LoadBalancerArn: LoadBalancers![0]!.LoadBalancerArn, Protocol: 'HTTP', Port: 80, DefaultActions: [{ Type: 'fixed-response', FixedResponseConfig: { StatusCode: '404' } }] }),
  );
  const { Rules } = await elb.send(new CreateRuleCommand({ ListenerArn: Listeners![0]!.ListenerArn, Priority: 1, Conditions: [{ Field: 'path-pattern', Values: ['/*'] }], Actions: forward }));
  return { blue, green, ruleArn: Rules![0]!.RuleArn! };
}

/** Waits in real time, as a program watching AWS would. */
async function eventually<Value>(what: string, look: () => Promise<Value | undefined>): Promise<Value> {
  for (let attempt = 0; attempt < 300; attempt++) {
    const found = await look();
    if (found !== undefined) return found;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`${what} did not come to be`);
}

async function finished(): Promise<string> {
  return eventually('the end of the deployment', async () => {
    const { serviceDeployments: briefs } = await ecs.send(new ListServiceDeploymentsCommand({ cluster: 'prod', service: 'web' }));
    const { serviceDeployments } = await ecs.send(new DescribeServiceDeploymentsCommand({ serviceDeploymentArns: [briefs![0]!.serviceDeploymentArn!] }));
    const status = serviceDeployments![0]!.status!;
    return ['PENDING', 'IN_PROGRESS', 'ROLLBACK_IN_PROGRESS'].includes(status) ? undefined : status;
  });
}

const ask = async (): Promise<string> => (await fetch(local.cloud.endpoints().listeners[0]!.url)).text();

test('a pushed image reaches users by a blue/green deployment, and closing leaves no door open', async () => {
  const infrastructure = await role('infrastructure', 'ecs.amazonaws.com', 'arn:aws:iam::aws:policy/AmazonECSInfrastructureRolePolicyForLoadBalancers');
  await role('execution', 'ecs-tasks.amazonaws.com', 'arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy');
  await new ECRClient(operatorAt(local.url)).send(new CreateRepositoryCommand({ repositoryName: 'web' }));
  await new CloudWatchLogsClient(operatorAt(local.url)).send(new CreateLogGroupCommand({ logGroupName: '/web' }));
  const { blue, green, ruleArn } = await balancer();
  await ecs.send(new CreateClusterCommand({ clusterName: 'prod' }));
  await ecs.send(
    new CreateServiceCommand({
      cluster: 'prod',
      serviceName: 'web',
      taskDefinition: await pushVersion('one'),
      desiredCount: 2,
      deploymentConfiguration: { strategy: 'BLUE_GREEN', bakeTimeInMinutes: 0 },
      loadBalancers: [
        { targetGroupArn: blue, containerName: 'app', containerPort: 8080, advancedConfiguration: { alternateTargetGroupArn: green, productionListenerRule: ruleArn, roleArn: infrastructure } },
      ],
    }),
  );
  expect(await finished()).toBe('SUCCESSFUL');
  expect(await ask()).toBe('one');

  await ecs.send(new UpdateServiceCommand({ cluster: 'prod', service: 'web', taskDefinition: await pushVersion('two') }));
  expect(await finished()).toBe('SUCCESSFUL');
  expect(await ask()).toBe('two');

  const { services } = await ecs.send(new DescribeServicesCommand({ cluster: 'prod', services: ['web'] }));
  expect(services).toMatchObject([{ runningCount: 2, desiredCount: 2 }]);
  const { events } = await new CloudWatchLogsClient(operatorAt(local.url)).send(new FilterLogEventsCommand({ logGroupName: '/web' }));
  expect(events!.map((event) => event.message).sort()).toEqual(['serving one', 'serving one', 'serving two', 'serving two']);

  const { grants, denials, notModelled } = local.cloud.ledger.report();
  expect(denials).toEqual([]);
  expect(notModelled).toEqual([]);
  const used = new Set(grants.filter((grant) => grant.roleArn === infrastructure && grant.used > 0).map((grant) => grant.action));
  expect(used).toContain('elasticloadbalancing:ModifyRule');
  expect(local.cloud.kernel.crashes).toEqual([]);

  const [listener] = local.cloud.endpoints().listeners;
  await local.close();
  await expect(fetch(listener!.url)).rejects.toThrow();
  await expect(fetch(`${local.url}/_local/health`)).rejects.toThrow();
}, 60_000);
