// The life of tasks: their ladder of states, health, placement, and the tasks people start.
import type { Task } from '@aws-sdk/client-ecs';
import { Scene, blueGroup } from '../testing/scene.ts';

const describeTasks = async (scene: Scene, desiredStatus = 'RUNNING'): Promise<Task[]> => {
  const { taskArns } = await scene.call<{ taskArns: string[] }>('ListTasks', { cluster: 'prod', desiredStatus });
  return taskArns.length === 0 ? [] : (await scene.call<{ tasks: Task[] }>('DescribeTasks', { cluster: 'prod', tasks: taskArns })).tasks;
};
const statesOf = (scene: Scene, taskArn: unknown) =>
  scene.events.filter((event) => event.detailType === 'ECS Task State Change' && event.resources[0] === taskArn).map(({ detail }) => [detail.version, detail.lastStatus, detail.desiredStatus]);

describe('a task of a service', () => {
  it('climbs to RUNNING and, when its time is over, drains before it stops', async () => {
    const scene = new Scene();
    await scene.create({ desiredCount: 1 });
    await scene.untilSteady();
    const [task] = await describeTasks(scene);
    await scene.update({ desiredCount: 0 });
    await scene.t.clock.advance(120_000);
    expect(statesOf(scene, task?.taskArn)).toEqual([
      [1, 'PROVISIONING', 'RUNNING'], [2, 'PENDING', 'RUNNING'], [3, 'ACTIVATING', 'RUNNING'], [4, 'RUNNING', 'RUNNING'],
      [5, 'DEACTIVATING', 'STOPPED'], [6, 'STOPPING', 'STOPPED'], [7, 'DEPROVISIONING', 'STOPPED'], [8, 'STOPPED', 'STOPPED'],
    ]);
    const [stopped] = await describeTasks(scene, 'STOPPED');
    expect(stopped).toMatchObject({ stopCode: 'ServiceSchedulerInitiated', group: 'service:web', containers: [{ exitCode: 0, lastStatus: 'STOPPED', imageDigest: 'sha256:one' }] });
    expect(stopped!.stoppedAt!.getTime() - stopped!.stoppingAt!.getTime()).toBeGreaterThanOrEqual(scene.elb.drainMs);
  });

  it('carries its revision in startedBy and no health in its events', async () => {
    const scene = new Scene();
    await scene.settled();
    const [task] = await describeTasks(scene);
    expect(task?.startedBy).toBe((await scene.service()).deployments?.[0]?.id);
    const scene2 = new Scene();
    await scene2.create();
    await scene2.untilSteady();
    const event = scene2.events.find((candidate) => candidate.detail.lastStatus === 'RUNNING')!;
    expect(event.detail).not.toHaveProperty('healthStatus');
    expect(event.detail).toMatchObject({ launchType: 'FARGATE', clusterArn: 'arn:aws:ecs:eu-west-1:123456789012:cluster/prod', group: 'service:web' });
  });

  it('that crashes is replaced by its own revision', async () => {
    const scene = new Scene();
    scene.behaviours.set('one', { pullMs: 1000, startMs: 1000, stopMs: 1000, crashAfterMs: 600_000, exitCode: 137 });
    await scene.create({ desiredCount: 1, balanced: false });
    await scene.untilSteady();
    const [first] = await describeTasks(scene);
    await scene.t.clock.advance(700_000);
    const [second] = await describeTasks(scene);
    expect(second?.taskArn).not.toBe(first?.taskArn);
    const [stopped] = await describeTasks(scene, 'STOPPED');
    expect(stopped).toMatchObject({ stopCode: 'EssentialContainerExited', stoppedReason: 'Essential container in task exited', containers: [{ exitCode: 137 }] });
  });

  it('of the old revision that dies in a failing rolling deployment comes back as the old revision', async () => {
    const scene = new Scene();
    scene.behaviours.set('two', { pullMs: 1000, startMs: 1000, stopMs: 1000, crashAfterMs: 500 });
    await scene.settled({ balanced: false });
    await scene.deploy('two');
    await scene.t.clock.advance(60_000);
    const old = (await describeTasks(scene)).find((task) => task.taskDefinitionArn?.endsWith('web:1'))!;
    await scene.call('StopTask', { cluster: 'prod', task: old.taskArn, reason: 'test' });
    await scene.t.clock.advance(120_000);
    const tasks = await describeTasks(scene);
    expect(tasks.filter((task) => task.taskDefinitionArn?.endsWith('web:1') && task.lastStatus === 'RUNNING')).toHaveLength(2);
    expect(tasks.map((task) => task.taskArn)).not.toContain(old.taskArn);
  });

  it('whose target fails its health checks is replaced, but not within the grace period', async () => {
    const scene = new Scene();
    await scene.settled({ service: { healthCheckGracePeriodSeconds: 600 } });
    const before = (await describeTasks(scene)).map((task) => task.taskArn);
    scene.elb.sick = () => true;
    await scene.t.clock.advance(300_000);
    expect((await describeTasks(scene)).map((task) => task.taskArn)).toEqual(before);
    await scene.t.clock.advance(400_000);
    const stopped = await describeTasks(scene, 'STOPPED');
    expect(stopped.map((task) => task.stoppedReason)).toContain(`Task failed ELB health checks in (target-group ${blueGroup})`);
  });

  it('waits for its container health check, and is replaced when that fails', async () => {
    const scene = new Scene();
    const healthCheck = { command: ['CMD', 'true'] };
    scene.behaviours.set('two', { pullMs: 1000, startMs: 1000, stopMs: 1000, healthAfterMs: 90_000, unhealthyAfterMs: 900_000 });
    await scene.settled({ balanced: false });
    await scene.deploy('two', { container: { healthCheck } });
    const fromMs = scene.t.clock.nowMs();
    await scene.untilStatus('SUCCESSFUL');
    expect(scene.t.clock.nowMs() - fromMs).toBeGreaterThan(90_000);
    expect((await describeTasks(scene)).map((task) => task.healthStatus)).toEqual(['HEALTHY', 'HEALTHY']);
    await scene.t.clock.advance(960_000);
    expect((await describeTasks(scene, 'STOPPED')).map((task) => task.stoppedReason)).toContain('Task failed container health checks');
  });

  it('pins its image to a digest once per revision', async () => {
    const scene = new Scene();
    await scene.settled({ balanced: false });
    scene.missingImages.add('one');
    await scene.update({ desiredCount: 4 });
    await scene.t.clock.advance(60_000);
    expect((await scene.service()).runningCount).toBe(4);
  });

  it('is forgotten an hour after it stopped', async () => {
    const scene = new Scene();
    await scene.settled({ balanced: false });
    await scene.update({ desiredCount: 1 });
    await scene.t.clock.advance(3_000_000);
    expect(await describeTasks(scene, 'STOPPED')).toHaveLength(1);
    await scene.t.clock.advance(1_000_000);
    expect(await describeTasks(scene, 'STOPPED')).toHaveLength(0);
  });
});

describe('capacity', () => {
  it('that is short leaves a deployment waiting with a placement failure, and ends when there is room again', async () => {
    const scene = new Scene();
    await scene.settled({ deploymentConfiguration: { strategy: 'BLUE_GREEN' } });
    scene.ecs.setTaskLimit('prod', 3);
    await scene.deploy('two');
    await scene.t.clock.advance(300_000);
    const waiting = await scene.deployment();
    expect([waiting.status, waiting.lifecycleStage, waiting.targetServiceRevision?.runningTaskCount]).toEqual(['IN_PROGRESS', 'SCALE_UP', 1]);
    expect(scene.events.filter((event) => event.detail.eventName === 'SERVICE_TASK_PLACEMENT_FAILURE')[0]).toMatchObject({
      detailType: 'ECS Service Action',
      detail: { eventType: 'ERROR', reason: 'RESOURCE:FARGATE' },
    });
    scene.ecs.setTaskLimit('prod', Infinity);
    await scene.untilStatus('SUCCESSFUL');
  });

  it('that is short refuses what RunTask asks for beyond it', async () => {
    const scene = new Scene();
    await scene.settled({ balanced: false });
    scene.ecs.setTaskLimit('prod', 3);
    const output = await scene.call<{ tasks: Task[]; failures: object[] }>('RunTask', { cluster: 'prod', taskDefinition: 'web:1', count: 2 });
    expect(output.tasks).toHaveLength(1);
    expect(output.failures).toEqual([{ reason: 'RESOURCE:FARGATE' }]);
  });
});

describe('RunTask', () => {
  it('runs a task of its own with overrides, once per client token', async () => {
    const scene = new Scene();
    await scene.settled({ balanced: false });
    const overrides = { containerOverrides: [{ name: 'app', command: ['migrate'], environment: [{ name: 'A', value: 'B' }] }] };
    const run = () => scene.call<{ tasks: Task[] }>('RunTask', { cluster: 'prod', taskDefinition: 'web', overrides, startedBy: 'me', clientToken: 'once' });
    const { tasks } = await run();
    expect((await run()).tasks[0]?.taskArn).toBe(tasks[0]?.taskArn);
    expect(tasks[0]).toMatchObject({ group: 'family:web', startedBy: 'me', lastStatus: 'PROVISIONING', overrides });
    await scene.t.clock.advance(60_000);
    const described = await scene.call<{ tasks: Task[] }>('DescribeTasks', { cluster: 'prod', tasks: [tasks[0]?.taskArn] });
    expect(described.tasks[0]?.lastStatus).toBe('RUNNING');
    await scene.call('StopTask', { cluster: 'prod', task: tasks[0]?.taskArn, reason: 'enough' });
    await scene.t.clock.advance(60_000);
    expect((await describeTasks(scene, 'STOPPED'))[0]).toMatchObject({ stopCode: 'UserInitiated', stoppedReason: 'enough', lastStatus: 'STOPPED' });
  });

  it('refuses overrides of containers that are not there', async () => {
    const scene = new Scene();
    await scene.settled({ balanced: false });
    await expect(scene.call('RunTask', { cluster: 'prod', taskDefinition: 'web', overrides: { containerOverrides: [{ name: 'none' }] } })).rejects.toMatchObject({ code: 'InvalidParameterException' });
  });
});
