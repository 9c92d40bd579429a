// What is told about the outcome: elsewhere green when it was red.
import { canary } from './plan.ts';
import { story } from './story.ts';
import { CRASHES, NEVER_HEALTHY, PRODUCTION } from './when.ts';

describe('when ECS rolls back by itself and the service is stable again', () => {
  test('the release was rolled back, and says what ECS gave as the reason', story(
    { of: ['https://github.com/aws-actions/amazon-ecs-deploy-task-definition/issues/191', 'https://github.com/aws-actions/amazon-ecs-deploy-task-definition/issues/494', 'https://github.com/aws/containers-roadmap/issues/328'], given: { strategy: 'rolling' } },
    async ({ when, then, world }) => {
      const release = await when.pushed('1.1.0', CRASHES);
      const { timeline } = await then.itEnds(release, 'rolledBack', /ECS rolled back by itself: .*circuit breaker/);
      // To DescribeServices all is well: one deployment, COMPLETED.
      const service = world.serviceRecord(world.service(PRODUCTION));
      expect([service.primary?.rolloutState, service.deployments.at(-1)?.status]).toEqual(['COMPLETED', 'ROLLBACK_SUCCESSFUL']);
      expect(timeline.map((entry) => entry.text).join('\n')).not.toMatch(/succeeded/);
      await then.onlyServes('1.0.0');
    },
  ));

  test('the revision that serves stays registered', story(
    { of: ['https://github.com/fabfuel/ecs-deploy/issues/185', 'https://github.com/kayac/ecspresso/issues/673'], given: { strategy: 'rolling' } },
    async ({ when, then, world }) => {
      const release = await when.pushed('1.1.0', CRASHES);
      await then.itEnds(release, 'rolledBack');
      await when.passes('1h');
      const { taskDefinition } = world.serviceRecord(world.service(PRODUCTION));
      const described = await world.operate<{ taskDefinition: { status: string } }>('ecs', 'DescribeTaskDefinition', { taskDefinition: taskDefinition.arn });
      expect(described.taskDefinition.status).toBe('ACTIVE');
      await then.onlyServes('1.0.0');
    },
  ));

  test('four bad images in a row are four failures, and the old image is known to serve', story(
    { of: 'https://github.com/AI-Shipping-Labs/website/issues/335', given: { strategy: canary([20]) } },
    async ({ when, then, ledger }) => {
      for (const [tag, character] of [['1.1.0', CRASHES], ['1.2.0', NEVER_HEALTHY], ['1.3.0', CRASHES], ['1.4.0', CRASHES]] as const) {
        await then.itEnds(await when.pushed(tag, character), 'rolledBack');
      }
      expect(ledger.announced.filter(({ outcome }) => outcome === 'succeeded')).toEqual([]);
      await then.onlyServes('1.0.0');
      await then.itEnds(await when.pushed('1.5.0'), 'succeeded');
      await then.onlyServes('1.5.0');
    },
  ));
});

describe('green is told only of what was seen to run', () => {
  test('another deployment that lands meanwhile and succeeds is not ours', story(
    { of: 'https://github.com/aws-actions/amazon-ecs-deploy-task-definition/issues/191', given: { strategy: 'rolling' } },
    async ({ when, then, world }) => {
      const release = await when.pushed('1.1.0');
      await when.until(() => then.tasks().some(({ tag }) => tag === '1.1.0'), 'the first new task starts');
      await when.somebodysTerraformUpdates();
      await then.itEnds(release, 'failed', /somebody else's deployment replaced this one/);
      await then.everythingComesToRest();
      expect(world.serviceRecord(world.service(PRODUCTION)).deployments.at(-1)?.status).toBe('SUCCESSFUL');
    },
  ));

  test('a service that wants no task has proved nothing, and the release says so', story(
    { of: 'https://github.com/aws-actions/amazon-ecs-deploy-task-definition/issues/191', given: { strategy: 'rolling', desiredCount: 0 } },
    async ({ when, then }) => {
      await then.itEnds(await when.pushed('1.1.0', CRASHES), 'succeeded', /wants no tasks, so nothing of the new revision has run yet/);
    },
  ));

  test('a service that wants no task has no traffic to give to a canary', story(
    { of: 'https://github.com/aws-actions/amazon-ecs-deploy-task-definition/issues/191', given: { strategy: canary([20]), desiredCount: 0 } },
    async ({ when, then, ledger }) => {
      await then.itEnds(await when.pushed('1.1.0'), 'refused', /prod\/checkout wants no tasks.*(desiredCount|strategy: rolling)/);
      expect(ledger.rollouts).toEqual([]);
    },
  ));
});
