// Other people's hands on the service while a release is under way: stop, say what they did, and never fight.
import { canary } from './plan.ts';
import { story } from './story.ts';
import { PRODUCTION } from './when.ts';

const CDK = { strategy: 'BLUE_GREEN', bakeTimeInMinutes: 7 };
const TERRAFORM = /somebody else's deployment replaced this one: \S+ \(started \d{4}-\d\d-\d\d \d\d:\d\d UTC, task definition prod-checkout:\d+, registered by arn:aws:\S+\)/;

describe('somebody deploys in the middle of a canary', () => {
  test('the release ends and says whose deployment it is, which is let through the pauses it inherited', story(
    { of: ['https://github.com/aws/aws-cdk/issues/36649', 'https://github.com/hashicorp/terraform-provider-aws/issues/45678'], given: { strategy: canary([5, 50]), foreignDeployments: 'continue' } },
    async ({ when, then, world, ledger }) => {
      const release = await when.pushed('1.1.0');
      await when.itServes(5);
      await when.somebodysTerraformUpdates();
      await then.itEnds(release, 'failed', TERRAFORM);
      const theirs = world.serviceRecord(world.service(PRODUCTION)).deployments.at(-1);
      expect(theirs).toMatchObject({ status: 'SUCCESSFUL' });
      expect(theirs?.target.taskDefinition.definition.containerDefinitions?.[0]?.environment).toEqual([{ name: 'BY', value: 'terraform' }]);
      expect((await then.timeline(release)).join('\n')).toMatch(/Somebody else's deployment replaced this one: .* Slipway lets it through/);
      expect(ledger.rollouts).toHaveLength(1);
      expect(then.configuration()).toMatchObject({ strategy: 'ROLLING', lifecycleHooks: [] });
    },
  ));

  test('with `leave` it is not touched: its pause is nobody\'s, and ECS rolls it back when that has timed out', story(
    { of: 'https://github.com/aws/aws-cdk/issues/36649', given: { strategy: canary([5, 50]), foreignDeployments: 'leave' } },
    async ({ when, then, world }) => {
      const release = await when.pushed('1.1.0');
      await when.itServes(5);
      await when.somebodysTerraformUpdates();
      await then.itEnds(release, 'failed', TERRAFORM, '10m');
      await then.everythingComesToRest();
      expect(world.serviceRecord(world.service(PRODUCTION)).deployments.at(-1)).toMatchObject({ status: 'ROLLBACK_SUCCESSFUL', statusReason: expect.stringMatching(/pause hook timed out/) as string });
      expect(then.configuration()).toMatchObject({ strategy: 'ROLLING', lifecycleHooks: [] });
      await then.onlyServes('1.0.0');
    },
  ));

  test('what they configured for the service stands; only what is still the release\'s is put back', story(
    { of: 'https://github.com/aws/aws-cdk/issues/36649', given: { strategy: canary([5, 50]) } },
    async ({ when, then }) => {
      const release = await when.pushed('1.1.0');
      await when.itServes(5);
      await when.somebodySets({ deploymentConfiguration: CDK });
      const { timeline } = await then.itEnds(release, 'succeeded');
      await then.onlyServes('1.1.0');
      expect(then.configuration()).toMatchObject({ ...CDK, lifecycleHooks: [] });
      expect(timeline.map(({ text }) => text).join('\n')).toMatch(/Somebody changed .*bakeTimeInMinutes.*strategy.* during this release; Slipway leaves (that|those) as it is/);
    },
  ));
});

describe('somebody stops the deployment', () => {
  test('the release is rolled back, and says that it was somebody and not ECS by itself', story(
    { of: 'https://docs.aws.amazon.com/AmazonECS/latest/developerguide/stop-service-deployment.html', given: { strategy: canary([20]) } },
    async ({ when, then, ledger }) => {
      const release = await when.pushed('1.1.0');
      await when.itServes(20);
      await when.somebodyStopsTheDeployment();
      await then.itEnds(release, 'rolledBack', /somebody told ECS to roll back: .*StopServiceDeployment/, '10m');
      expect(ledger.rollouts).toHaveLength(1);
      await then.onlyServes('1.0.0');
    },
  ));
});

describe('somebody was first', () => {
  test('a deployment that is under way already is neither replaced nor waited for in the dark', story(
    { of: 'https://github.com/aws/containers-roadmap/issues/2853', given: { strategy: canary([20]) } },
    async ({ when, then, ledger, world }) => {
      await when.somebodysTerraformUpdates();
      await then.itEnds(await when.pushed('1.1.0'), 'refused', /another deployment of prod\/checkout is running: arn:\S+.*Slipway did not start it/);
      await then.everythingComesToRest();
      expect(ledger.rollouts).toEqual([]);
      expect(world.serviceRecord(world.service(PRODUCTION)).deployments.at(-1)?.status).toBe('SUCCESSFUL');
    },
  ));

  test('also when it begins between the look and the start', story(
    { of: 'https://github.com/aws/containers-roadmap/issues/2853', given: { strategy: canary([20]) } },
    async ({ when, then, ledger, world }) => {
      let once = false;
      world.watchers.push({ called: (call, environment) => {
        if (once || environment?.functionName !== 'register' || call.operation !== 'RegisterTaskDefinition') return;
        once = true;
        void when.somebodysTerraformUpdates();
      } });
      await then.itEnds(await when.pushed('1.1.0'), 'refused', /another deployment of prod\/checkout is running/);
      await then.everythingComesToRest();
      expect(ledger.rollouts).toEqual([]);
      expect(world.serviceRecord(world.service(PRODUCTION)).deployments.at(-1)?.status).toBe('SUCCESSFUL');
    },
  ));
});

test('somebody deletes the service: the release ends and says so', story(
  { given: { strategy: canary([20]) } },
  async ({ when, then, world, ledger }) => {
    const release = await when.pushed('1.1.0');
    await when.itServes(20);
    const { cluster, name, arn } = world.service(PRODUCTION);
    ledger.foreignTouched.add(arn);
    await world.operate('ecs', 'DeleteService', { cluster, service: name, force: true });
    when.note('somebody deletes the service');
    await then.itEnds(release, 'failed', /prod\/checkout is (gone|INACTIVE|DRAINING): somebody has deleted the service/, '30m');
    expect(then.told(release)).not.toContain('rescued');
  },
));
