// Pauses and Lambda hooks: what lets a stage go on, and what rolls back.
import { Scene, blueGroup, greenGroup, hookRole, hookTarget, lambdaHook, pause, productionRule } from '../testing/scene.ts';

const blueGreen = { strategy: 'BLUE_GREEN' as const };
const used = 'Provided hookId is either completed, unavailable, or not associated with the given Resource ARN';

async function paused(hooks: never[], options: ConstructorParameters<typeof Scene>[0] = {}): Promise<Scene> {
  const scene = new Scene(options);
  await scene.settled({ deploymentConfiguration: blueGreen });
  await scene.deploy('two', { deploymentConfiguration: { lifecycleHooks: hooks } });
  return scene;
}

const hookEvents = (scene: Scene) => scene.events.filter((event) => event.detailType === 'ECS Hook State Change').map(({ detail }) => detail.eventName);

describe('a PAUSE hook', () => {
  it('waits with its id, deadline and timeout action on show, and says so in an event', async () => {
    const scene = await paused([pause(['POST_TEST_TRAFFIC_SHIFT'], { timeoutInMinutes: 10 })]);
    const hookId = await scene.untilPaused();
    const deployment = await scene.deployment();
    expect(deployment.status).toBe('IN_PROGRESS');
    expect(deployment.lifecycleHookDetails).toEqual([
      { hookId, targetType: 'PAUSE', targetArn: undefined, status: 'AWAITING_ACTION', expiresAt: new Date(scene.t.clock.nowMs() + 600_000), timeoutAction: 'ROLLBACK' },
    ]);
    const event = scene.events.find((candidate) => candidate.detailType === 'ECS Hook State Change')!;
    expect(event.resources).toEqual([deployment.serviceDeploymentArn]);
    expect(event.detail).toMatchObject({ eventName: 'HOOK_AWAITING_ACTION', hookId, hookType: 'PAUSE', lifecycleStage: 'POST_TEST_TRAFFIC_SHIFT', serviceDeploymentArn: deployment.serviceDeploymentArn });
  });

  it('goes on after CONTINUE and rolls back after ROLLBACK', async () => {
    const going = await paused([pause(['PRE_SCALE_UP'])]);
    await going.answer(await going.untilPaused());
    await going.untilStatus('SUCCESSFUL');
    expect(hookEvents(going)).toEqual(['HOOK_AWAITING_ACTION', 'HOOK_SUCCEEDED']);

    const back = await paused([pause(['POST_PRODUCTION_TRAFFIC_SHIFT'])]);
    await back.answer(await back.untilPaused(), 'ROLLBACK');
    expect((await back.deployment()).status).toBe('ROLLBACK_REQUESTED');
    const ended = await back.untilStatus('ROLLBACK_SUCCESSFUL');
    expect(ended.rollback?.serviceRevisionArn).toBe(ended.sourceServiceRevisions?.[0]?.arn);
    expect(back.weightsOf(greenGroup)).toEqual([100, 0]);
    expect(back.elb.rules.get(productionRule)?.[blueGroup]).toBe(100);
    expect(hookEvents(back)).toEqual(['HOOK_AWAITING_ACTION', 'HOOK_FAILED']);
    expect((await back.service()).taskDefinition).toMatch(/web:1$/);
  });

  it('rolls back at its deadline, or goes on when that is its timeout action', async () => {
    const back = await paused([pause(['POST_SCALE_UP'], { timeoutInMinutes: 30 })]);
    const fromMs = back.t.clock.nowMs();
    const ended = await back.untilStatus('ROLLBACK_SUCCESSFUL');
    expect(ended.statusReason).toBe('Service deployment rolled back because POST_SCALE_UP pause hook timed out.');
    expect(back.t.clock.nowMs() - fromMs).toBeGreaterThan(30 * 60_000);
    expect(hookEvents(back)).toEqual(['HOOK_AWAITING_ACTION', 'HOOK_TIMED_OUT']);

    const going = await paused([pause(['POST_SCALE_UP'], { timeoutInMinutes: 30, action: 'CONTINUE' })]);
    await going.untilStatus('SUCCESSFUL');
    expect(hookEvents(going)).toEqual(['HOOK_AWAITING_ACTION', 'HOOK_TIMED_OUT']);
  });

  it('has siblings that must all be answered, and one ROLLBACK decides for all', async () => {
    const scene = await paused([pause(['PRE_SCALE_UP']), pause(['PRE_SCALE_UP'])]);
    await scene.untilPaused();
    const ids = (await scene.deployment()).lifecycleHookDetails!.map((hook) => hook.hookId!);
    expect(ids).toHaveLength(2);
    await scene.answer(ids[0]!);
    await scene.t.clock.advance(60_000);
    expect((await scene.deployment()).lifecycleStage).toBe('PRE_SCALE_UP');
    await scene.answer(ids[1]!, 'ROLLBACK');
    await scene.untilStatus('ROLLBACK_SUCCESSFUL');
  });

  it('refuses answers that come twice, to another deployment, malformed, or too late', async () => {
    const scene = await paused([pause(['PRE_SCALE_UP', 'POST_SCALE_UP'])]);
    const hookId = await scene.untilPaused('PRE_SCALE_UP');
    const [now, before] = await scene.deployments();
    const say = (input: object) => scene.call('ContinueServiceDeployment', { serviceDeploymentArn: now!.serviceDeploymentArn, hookId, ...input });
    await expect(say({ hookId: 'nonsense' })).rejects.toThrow('Invalid hookId: hookId must follow the format: ecs-{hookType}-{id}');
    await expect(say({ hookId: 'ecs-pause-unknown' })).rejects.toMatchObject({ code: 'InvalidParameterException', message: used });
    await expect(say({ serviceDeploymentArn: `${now!.serviceDeploymentArn}x` })).rejects.toMatchObject({ code: 'ServiceDeploymentNotFoundException' });
    await expect(say({ serviceDeploymentArn: before!.serviceDeploymentArn })).rejects.toThrow('Continuing a service deployment is not allowed for service deployment in terminal states.');
    await say({});
    await expect(say({})).rejects.toThrow(used);
  });

  it('answers a used id with the exception the switch names', async () => {
    const scene = await paused([pause(['PRE_SCALE_UP'])], { switches: { usedHookIdError: 'ClientException' } });
    await scene.untilPaused();
    const { serviceDeploymentArn } = await scene.deployment();
    await expect(scene.call('ContinueServiceDeployment', { serviceDeploymentArn, hookId: 'ecs-pause-unknown' })).rejects.toMatchObject({ code: 'ClientException' });
  });

  it.each([['kept', ['SUCCEEDED']], ['removed', []]] as const)('is %s in the details once it is over', async (finishedHooks, statuses) => {
    const scene = await paused([pause(['PRE_SCALE_UP'])], { switches: { finishedHooks } });
    await scene.answer(await scene.untilPaused());
    const ended = await scene.untilStatus('SUCCESSFUL');
    expect(ended.lifecycleHookDetails?.map((hook) => hook.status)).toEqual(statuses);
  });
});

describe('a Lambda hook', () => {
  it('is invoked as its role with the weights of its stage, and lets the stage go on', async () => {
    const scene = await paused([lambdaHook(['POST_SCALE_UP', 'TEST_TRAFFIC_SHIFT', 'PRE_PRODUCTION_TRAFFIC_SHIFT', 'PRODUCTION_TRAFFIC_SHIFT'], { hookDetails: { any: 1 } })]);
    const { targetServiceRevision, sourceServiceRevisions, serviceDeploymentArn } = await scene.untilStatus('SUCCESSFUL');
    const green = targetServiceRevision!.arn!;
    const blue = sourceServiceRevisions![0]!.arn!;
    const details = scene.hookPayloads.map((payload) => [payload.lifecycleStage, (payload.executionDetails as Record<string, unknown>).testTrafficWeights, (payload.executionDetails as Record<string, unknown>).productionTrafficWeights]);
    expect(details).toEqual([
      ['POST_SCALE_UP', {}, {}],
      ['TEST_TRAFFIC_SHIFT', { [green]: 100, [blue]: 0 }, {}],
      ['PRE_PRODUCTION_TRAFFIC_SHIFT', {}, { [green]: 0, [blue]: 100 }],
      ['PRODUCTION_TRAFFIC_SHIFT', {}, { [green]: 100, [blue]: 0 }],
    ]);
    expect(scene.hookPayloads[0]).toMatchObject({ resourceArn: serviceDeploymentArn, hookDetails: { any: 1 }, executionDetails: { targetServiceRevisionArn: green } });
    const invoke = scene.t.calls.find((call) => call.operation === 'Invoke')!;
    expect(invoke.caller).toMatchObject({ kind: 'role', roleArn: hookRole });
    expect(invoke.input).toMatchObject({ FunctionName: hookTarget });
  });

  it('is asked again after its delay while IN_PROGRESS, with the details it answered', async () => {
    const scene = await paused([lambdaHook(['PRE_SCALE_UP'])]);
    scene.hookAnswer = (payload) => {
      const round = ((payload.hookDetails as { round?: number } | undefined)?.round ?? 0) + 1;
      return round < 3 ? { hookStatus: 'IN_PROGRESS', callBackDelay: 60, hookDetails: { round } } : { hookStatus: 'SUCCEEDED' };
    };
    const fromMs = scene.t.clock.nowMs();
    await scene.until((deployment) => deployment.lifecycleStage === 'SCALE_UP');
    expect(scene.hookPayloads.map((payload) => payload.hookDetails)).toEqual([undefined, { round: 1 }, { round: 2 }]);
    expect(new Set(scene.hookPayloads.map((payload) => payload.executionId)).size).toBe(1);
    expect(scene.t.clock.nowMs() - fromMs).toBeGreaterThanOrEqual(120_000);
  });

  it.each([
    ['FAILED', () => ({ hookStatus: 'FAILED' }), `Lifecycle hook target ${hookTarget} returned FAILED status.`],
    ['nothing', () => null, 'HookStatus must not be null'],
    ['nonsense', () => ({ hookStatus: 'MAYBE' }), 'unable to parse the response'],
    ['an error', () => { throw new Error('boom'); }, `ECS was unable to invoke hook target ${hookTarget} due to boom`],
  ])('rolls back when it answers %s', async (_name, answer, reason) => {
    const scene = await paused([lambdaHook(['POST_TEST_TRAFFIC_SHIFT'])]);
    scene.hookAnswer = answer;
    const ended = await scene.untilStatus('ROLLBACK_SUCCESSFUL');
    expect(ended.statusReason).toMatch(/^Service deployment rolled back because POST_TEST_TRAFFIC_SHIFT lifecycle hook\(s\) failed\./);
    expect(ended.statusReason).toContain(reason);
  });

  it('times out while it keeps saying IN_PROGRESS', async () => {
    const scene = await paused([lambdaHook(['PRE_SCALE_UP'], { timeoutConfiguration: { timeoutInMinutes: 5, action: 'CONTINUE' } })]);
    scene.hookAnswer = () => ({ hookStatus: 'IN_PROGRESS' });
    await scene.untilStatus('SUCCESSFUL');
    expect(hookEvents(scene)).toEqual(['HOOK_IN_PROGRESS', 'HOOK_TIMED_OUT']);
  });

  it('of a traffic stage is invoked again on rollback with the weights turned round; pauses and other stages are not', async () => {
    const scene = await paused([lambdaHook(['PRE_SCALE_UP', 'TEST_TRAFFIC_SHIFT', 'PRODUCTION_TRAFFIC_SHIFT']), pause(['POST_PRODUCTION_TRAFFIC_SHIFT', 'PRE_SCALE_UP'], { action: 'CONTINUE', timeoutInMinutes: 1 })]);
    await scene.answer(await scene.untilPaused('PRE_SCALE_UP'));
    await scene.answer(await scene.untilPaused('POST_PRODUCTION_TRAFFIC_SHIFT'), 'ROLLBACK');
    scene.hookPayloads.length = 0;
    const ended = await scene.untilStatus('ROLLBACK_SUCCESSFUL');
    const green = ended.targetServiceRevision!.arn!;
    const blue = ended.sourceServiceRevisions![0]!.arn!;
    expect(scene.hookPayloads.map(({ lifecycleStage }) => lifecycleStage)).toEqual(['PRODUCTION_TRAFFIC_SHIFT', 'TEST_TRAFFIC_SHIFT']);
    expect(scene.hookPayloads[0]).toMatchObject({ executionDetails: { targetServiceRevisionArn: green, productionTrafficWeights: { [green]: 0, [blue]: 100 } } });
  });

  it('that fails during a rollback makes it ROLLBACK_FAILED', async () => {
    const scene = await paused([lambdaHook(['PRODUCTION_TRAFFIC_SHIFT']), pause(['POST_PRODUCTION_TRAFFIC_SHIFT'])]);
    const hookId = await scene.untilPaused();
    scene.hookAnswer = () => ({ hookStatus: 'FAILED' });
    await scene.answer(hookId, 'ROLLBACK');
    const ended = await scene.untilStatus('ROLLBACK_FAILED');
    expect(ended.statusReason).toContain('The rollback failed');
  });
});
