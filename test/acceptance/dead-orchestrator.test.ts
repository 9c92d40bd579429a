// Promise 1: a dead orchestrator is a safe orchestrator.
import { DynamoDBClient, QueryCommand } from '@aws-sdk/client-dynamodb';
import { DescribeServicesCommand, ListServiceDeploymentsCommand, type DeploymentConfiguration } from '@aws-sdk/client-ecs';
import { DescribeRulesCommand, ElasticLoadBalancingV2Client } from '@aws-sdk/client-elastic-load-balancing-v2';
import { clientOptions } from '../../rehearsal/world.ts';
import { ACCEPTANCE_LIMIT_MS, ended, eventually, release, releaseOf, startQuickWorld, waitsFor, type QuickWorld } from './quick-world.ts';

const SPECIFICATION = `
people:
  alice: { aws: "*:assumed-role/slipway-people/alice" }
pipelines:
  checkout:
    image: { repository: shop/checkout, tags: { semver: ">=1.0.0" } }
    stages:
      - name: production
        service: { cluster: prod, name: checkout, container: app }
        strategy:
          canary:
            steps:
              - { weight: 5, bake: 1h }
`;
/** The pause of that ladder lasts 75 minutes: seven and a half seconds here, in which a release has to get to 5 % and lose its orchestrator. */
const ECS_MINUTE_MS = 100;

/** UpdateService cannot take a member away again, only say "none" in it: what is off, or of another strategy, has no effect. */
function inEffect({ alarms, lifecycleHooks = [], canaryConfiguration, linearConfiguration, ...rest }: DeploymentConfiguration = {}): DeploymentConfiguration {
  return {
    ...rest,
    ...(alarms?.enable && { alarms }),
    ...(lifecycleHooks.length > 0 && { lifecycleHooks }),
    ...(rest.strategy === 'CANARY' && { canaryConfiguration }),
    ...(rest.strategy === 'LINEAR' && { linearConfiguration }),
  };
}

describe('when every Lambda of Slipway is dead while a canary stands at 5 %', () => {
  let world: QuickWorld;
  let found: DeploymentConfiguration | undefined;

  beforeAll(async () => {
    world = await startQuickWorld({ specification: SPECIFICATION, physics: { ecsMinuteMs: ECS_MINUTE_MS } });
    found = await configuration();
  }, ACCEPTANCE_LIMIT_MS);
  afterAll(() => world.close());

  const service = async () => (await world.ecs.send(new DescribeServicesCommand({ cluster: 'prod', services: ['checkout'] }))).services?.[0];
  const configuration = async () => inEffect((await service())?.deploymentConfiguration);
  const productionWeights = async (): Promise<Record<string, number>> => {
    const elb = new ElasticLoadBalancingV2Client(clientOptions(world.local.url, world.region));
    const { Rules } = await elb.send(new DescribeRulesCommand({ RuleArns: [world.productionRuleArn] }));
    return Object.fromEntries((Rules?.[0]?.Actions?.[0]?.ForwardConfig?.TargetGroups ?? []).map((group) => [group.TargetGroupArn ?? '', group.Weight ?? 0]));
  };
  const leaseHolder = async () => {
    const dynamo = new DynamoDBClient(clientOptions(world.local.url, world.region));
    const pk = `SERVICE#${(await service())?.serviceArn ?? ''}`;
    const { Items } = await dynamo.send(new QueryCommand({ TableName: world.tableName, KeyConditionExpression: 'pk = :pk AND sk = :sk', ExpressionAttributeValues: { ':pk': { S: pk }, ':sk': { S: 'LEASE' } } }));
    return Items?.[0];
  };
  const servedVersions = async () => {
    const answers = await Promise.all(Array.from({ length: 40 }, () => fetch(world.urls.production)));
    await Promise.all(answers.map((answer) => answer.text()));
    return [...new Set(answers.map((answer) => answer.headers.get('x-version')))];
  };

  test('ECS alone rolls back, and once the Lambdas are back the record tells the truth and the next release goes through', async () => {
    const { lambda } = world.local.cloud.models;
    const weightsBefore = await productionWeights();
    expect(Object.values(weightsBefore).sort()).toEqual([0, 100]);
    const taskDefinitionBefore = (await service())?.taskDefinition;
    await world.push({ version: '1.1.0' });
    const id = await releaseOf(world, '1.1.0');
    await release(world, id, 'to bake at 5 %', waitsFor('bake'));
    expect(Object.values(await productionWeights()).sort()).toEqual([5, 95]);
    expect(await leaseHolder()).toBeDefined();

    lambda.kill();

    const deployment = await eventually('ECS to roll back by itself', async () => {
      const { serviceDeployments = [] } = await world.ecs.send(new ListServiceDeploymentsCommand({ cluster: 'prod', service: 'checkout' }));
      return serviceDeployments.find((candidate) => candidate.status === 'ROLLBACK_SUCCESSFUL');
    });
    expect(deployment.statusReason).toContain('pause hook timed out');
    expect(await productionWeights()).toEqual(weightsBefore);
    expect((await service())?.taskDefinition).toBe(taskDefinitionBefore);
    expect(await servedVersions()).toEqual(['1.0.0']);

    lambda.revive();

    const told = await release(world, id, 'to end', ended);
    expect(told.outcome).toBe('rolledBack');
    expect(told.reason).toContain('PRE_PRODUCTION_TRAFFIC_SHIFT pause hook timed out');
    expect(told.timeline.map((entry) => entry.text).join('\n')).toContain('pause hook timed out');
    expect(await leaseHolder()).toBeUndefined();
    expect(await configuration()).toEqual(found);

    await world.push({ version: '1.2.0' });
    const next = await releaseOf(world, '1.2.0');
    await release(world, next, 'to bake at 5 %', waitsFor('bake'));
    await world.as('alice').decide(next, { kind: 'promote' });
    expect((await release(world, next, 'to end', ended)).outcome).toBe('succeeded');
    expect(await servedVersions()).toEqual(['1.2.0']);
    expect(await configuration()).toEqual(found);
    expect(world.local.cloud.kernel.crashes).toEqual([]);
  }, ACCEPTANCE_LIMIT_MS);
});
