// Rollbacks that do not come off: the old tasks cannot be started, or the way back fails half-way. What is told is what is, it is told
// to people before they wonder, the service is free again, and the command that repairs it does.
import { canary } from './plan.ts';
import { story, type Given, type Telling } from './story.ts';
import { BLUE_GREEN, TEAM_HOOK } from './when.ts';

/** The old tasks are gone by the time ECS bakes, so that the way back has to start some. */
const ROLLED: Given = { strategy: { rolling: { bakeAfter: '30m' } }, physics: { schedulerTickMs: 60_000, ecsAlarmPollMs: 3_600_000 } };

async function bakesAlone({ when, then }: Telling): Promise<string> {
  const release = await when.pushed('1.1.0');
  await when.until(() => then.tasks().length === 2 && then.tasks().every(({ tag, lastStatus }) => tag === '1.1.0' && lastStatus === 'RUNNING'), 'only the new tasks are left');
  return release;
}

describe('when the old tasks cannot be started', () => {
  test('because their image is gone: people are told where to look, and once somebody has pushed it again it is rolled back', story(
    { of: ['https://github.com/METR/hawk/issues/916', 'https://github.com/aws/containers-roadmap/issues/1078'], given: ROLLED },
    async (telling) => {
      const { when, then } = telling;
      const release = await bakesAlone(telling);
      const pushAgain = await when.theImageIsDeleted('1.0.0');
      await when.theAlarmIs('ALARM');
      await when.until(() => then.told(release).includes('rollbackSlow'), 'people are told that it takes long', '30m');
      expect((await then.release(release)).stages[0]).toMatchObject({ status: 'running', waitingFor: { kind: 'rollback' } });
      // Nothing is taken away before there is something in its place.
      expect(then.serving()).toEqual({ '1.1.0': 100 });
      await pushAgain();
      await then.itEnds(release, 'rolledBack', /alarm production-5xx fired/, '1h');
      expect(then.told(release)).toEqual(['releaseStarted', 'stageStarted', 'rollbackStarted', 'rollbackSlow', 'stageEnded', 'releaseEnded']);
      await then.onlyServes('1.0.0');
    },
  ));

  test('for want of capacity: people are told, and once there is room it is rolled back', story(
    { of: 'https://github.com/aws/containers-roadmap/issues/1273', given: ROLLED },
    async (telling) => {
      const { when, then, world } = telling;
      const release = await bakesAlone(telling);
      world.cloud.models.ecs.setTaskLimit('prod', 2);
      await when.theAlarmIs('ALARM');
      await when.until(() => then.told(release).includes('rollbackSlow'), 'people are told that it takes long', '30m');
      world.cloud.models.ecs.setTaskLimit('prod', 100);
      await then.itEnds(release, 'rolledBack', /alarm production-5xx fired/, '30m');
      await then.onlyServes('1.0.0');
    },
  ));
});

test('when a hook of the team fails on the way back, the release has FAILED, and the command it names repairs the service', story(
  { of: 'https://docs.aws.amazon.com/AmazonECS/latest/developerguide/lambda-lifecycle-hooks.html', given: { strategy: canary([50]), deploymentConfiguration: BLUE_GREEN, teamHook: (payload) => (goesBack(payload) ? 'FAILED' : 'SUCCEEDED') } },
  async ({ when, then }) => {
    await when.somebodySets({ deploymentConfiguration: { lifecycleHooks: [TEAM_HOOK] } });
    const release = await when.pushed('1.1.0');
    await when.itServes(50);
    await when.theAlarmIs('ALARM');
    const { reason } = await then.itEnds(release, 'failed', /ECS could not roll back/, '30m');
    expect(then.serving()).toEqual({ '1.0.0': 100 });
    expect(then.tasks().map(({ tag }) => tag)).toContain('1.1.0');
    expect(await when.undoes('alice', release)).toMatchObject({ status: 409, body: { error: { hint: expect.stringMatching(/slipway status/) as string } } });

    await when.somebodyRuns(reason);
    await then.everythingComesToRest();
    await then.onlyServes('1.0.0');

    // The image is held like any that was rolled back, and the service is free.
    await when.theAlarmIs('OK');
    const { releaseId } = await when.deploys('alice', '1.1.0');
    await then.itEnds(releaseId, 'refused', /this image is held/);
    const retry = await when.retries('alice', release);
    await then.itEnds(retry.releaseId, 'succeeded');
    await then.onlyServes('1.1.0');
  },
));

test('a hook of the team is asked about the way there and the way back, knows one from the other, and is the team\'s again afterwards', async () => {
  const ways: string[] = [];
  await story(
    {
      of: 'https://docs.aws.amazon.com/AmazonECS/latest/developerguide/lambda-lifecycle-hooks.html',
      given: { strategy: canary([50]), deploymentConfiguration: BLUE_GREEN, teamHook: (payload) => (ways.push(goesBack(payload) ? 'back' : 'there'), 'SUCCEEDED') },
    },
    async ({ when, then }) => {
      await when.somebodySets({ deploymentConfiguration: { lifecycleHooks: [TEAM_HOOK] } });
      const before = then.configuration();
      const release = await when.pushed('1.1.0');
      await when.itServes(50);
      await when.theAlarmIs('ALARM');
      await then.itEnds(release, 'rolledBack', /alarm production-5xx fired/, '30m');
      expect(ways).toEqual(['there', 'back']);
      expect(then.configuration()).toMatchObject(before);
      await then.onlyServes('1.0.0');
    },
  )();
});

type Payload = Parameters<NonNullable<Given['teamHook']>>[0];
const goesBack = ({ executionDetails }: Payload): boolean => executionDetails.productionTrafficWeights[executionDetails.targetServiceRevisionArn] === 0;
