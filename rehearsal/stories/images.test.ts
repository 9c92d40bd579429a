// Images and what ran before: gone from the registry, pinned, undone.
import { canary } from './plan.ts';
import { story } from './story.ts';
import { PRODUCTION } from './when.ts';

describe('when a lifecycle policy of ECR has deleted the image that ran before', () => {
  test('a rollback needs no pull: the old tasks are still there', story(
    { of: ['https://github.com/aws/containers-roadmap/issues/1078', 'https://github.com/aws/containers-roadmap/issues/1036'], given: { strategy: canary([50]) } },
    async ({ when, then }) => {
      const release = await when.pushed('1.1.0');
      await when.itServes(50);
      await when.theImageIsDeleted('1.0.0');
      await when.theAlarmIs('ALARM');
      await then.itEnds(release, 'rolledBack', /alarm/, '10m');
      await then.onlyServes('1.0.0');
    },
  ));

  test('an undo is refused at once, and nothing is deployed that could not start', story(
    { of: ['https://github.com/METR/hawk/issues/916', 'https://github.com/aws/amazon-ecs-agent/issues/4226'], given: { strategy: 'rolling' } },
    async ({ when, then, ledger }) => {
      await then.itEnds(await when.pushed('1.1.0'), 'succeeded');
      const second = await when.pushed('1.2.0');
      await then.itEnds(second, 'succeeded');
      await when.theImageIsDeleted('1.1.0');
      const undo = await when.undoes('alice', second);
      expect(undo).toMatchObject({ status: 409, body: { error: { code: 'Refused', message: expect.stringMatching(/the image that ran before is gone: shop\/checkout@sha256:/) as string } } });
      await when.passes('1h');
      expect(ledger.rollouts).toHaveLength(2);
      await then.onlyServes('1.2.0');
    },
  ));
});

test('what is deployed is the digest that was pushed, in the task definition and in every task', story(
  { of: 'https://github.com/aws/amazon-ecs-agent/issues/189', given: { strategy: canary([20]) } },
  async ({ when, then, world }) => {
    await then.itEnds(await when.pushed('1.1.0'), 'succeeded');
    const { taskDefinition } = world.serviceRecord(world.service(PRODUCTION));
    expect(taskDefinition.definition.containerDefinitions?.[0]?.image).toMatch(new RegExp(`@${when.digestOf('1.1.0')}$`));
    await then.onlyServes('1.1.0');
  },
));

test('an undo goes back to exactly what ran before, the quickest way, and can itself be undone', story(
  { of: 'https://argo-rollouts.readthedocs.io/en/stable/features/rollback/', given: { strategy: canary([{ weight: 50, bake: '1m' }], { bakeAfter: '15m' }) } },
  async ({ when, then, world }) => {
    const serving = () => world.serviceRecord(world.service(PRODUCTION)).taskDefinition.arn;
    await then.itEnds(await when.pushed('1.1.0'), 'succeeded');
    const before = serving();
    const release = await when.pushed('1.2.0');
    await then.itEnds(release, 'succeeded');
    const after = serving();

    // An alarm that is red by now is what it is to put out.
    await when.theAlarmIs('ALARM');
    const undo = await when.undoes('alice', release);
    await then.itEnds(undo.releaseId, 'succeeded', undefined, '10m');
    expect(when.rollout().deployment.configuration).toMatchObject({ strategy: 'BLUE_GREEN' });
    expect(serving()).toBe(before);
    await then.onlyServes('1.1.0');

    const second = await when.undoes('bob', release);
    await then.itEnds(second.releaseId, 'refused', /which is not what checkout-1.2.0-\w+ rolled out/);

    const redo = await when.undoes('bob', undo.releaseId);
    await then.itEnds(redo.releaseId, 'succeeded', undefined, '10m');
    expect(serving()).toBe(after);
    await then.onlyServes('1.2.0');
  },
));

test('an undo goes back to the image that ran before, not to what its tag means by now', story(
  { of: 'https://github.com/METR/hawk/issues/916', given: { strategy: 'rolling' } },
  async ({ when, then }) => {
    const release = await when.pushed('1.1.0');
    await then.itEnds(release, 'succeeded');
    await when.theTagMoves('1.0.0');
    const undo = await when.undoes('alice', release);
    await then.itEnds(undo.releaseId, 'succeeded');
    await then.onlyServes('1.0.0');
  },
));

test('two undos in a row, as fast as one can, are two deployments', story(
  { of: 'https://github.com/aws-actions/amazon-ecs-deploy-task-definition/issues/191', given: { strategy: 'rolling', desiredCount: 0, alarms: false } },
  async ({ when, then, ledger, world }) => {
    const before = world.serviceRecord(world.service(PRODUCTION));
    const release = await when.pushed('1.1.0');
    await then.itEnds(release, 'succeeded');
    const undo = await when.undoes('alice', release);
    await then.itEnds(undo.releaseId, 'succeeded');
    const redo = await when.undoes('alice', undo.releaseId);
    await then.itEnds(redo.releaseId, 'succeeded');
    const [first, , third] = ledger.rollouts;
    expect(ledger.rollouts.map(({ releaseId }) => releaseId)).toEqual([release, undo.releaseId, redo.releaseId]);
    expect((third?.deployment.createdAtMs ?? Infinity) - (first?.deployment.createdAtMs ?? 0)).toBeLessThan(120_000);
    expect(before.taskDefinition.arn).toBe(first?.deployment.target.taskDefinition.arn);
  },
));

describe('before the first write', () => {
  test('everything that a way back needs is on the record', story(
    { of: 'https://github.com/pipe-cd/pipecd/issues/5280', given: { strategy: canary([20]) } },
    async ({ when, then, world }) => {
      const service = world.service(PRODUCTION);
      const { arn } = world.serviceRecord(service).taskDefinition;
      const configuration = then.configuration();
      const records: string[] = [];
      const known: boolean[] = [];
      world.watchers.push({
        calling: (call, environment) => {
          if (['PutItem', 'TransactWriteItems'].includes(call.operation)) records.push(JSON.stringify(call.input));
          if (call.operation === 'UpdateService' && environment.functionName === 'start') known.push(records.some((one) => one.includes('STAGE#') && one.includes(arn) && one.includes(String(configuration['strategy'])) && one.includes('intendedAtMs')));
        },
      });
      const release = await when.pushed('1.1.0');
      await then.itEnds(release, 'succeeded');
      expect(known).toEqual([true]);
    },
  ));
});
