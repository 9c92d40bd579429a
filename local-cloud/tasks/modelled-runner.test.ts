// The scripted task runner keeps the promises of the TaskRunner port.
import { VirtualClock } from '../kernel/clock.ts';
import type { TaskSpec } from '../kernel/ports.ts';
import type { TaskBehaviour } from './modelled-runner.ts';
import { ModelledTaskRunner } from './modelled-runner.ts';

const good: TaskBehaviour = { pullMs: 10, startMs: 5, stopMs: 7 };
const spec: TaskSpec = {
  taskArn: 'task', family: 'web', group: 'service:web', startedBy: undefined,
  containers: [{ name: 'app', image: 'web', imageDigest: 'sha256:1', essential: true, environment: {}, command: undefined, containerPorts: [80], healthCheck: { command: [], intervalSeconds: 1, timeoutSeconds: 1, retries: 1, startPeriodSeconds: 0 }, stopTimeoutSeconds: 30, log: undefined }],
};

function play(behaviour: TaskBehaviour) {
  const clock = new VirtualClock(0, (error) => { throw error; });
  const runner = new ModelledTaskRunner({ clock }, { behaviourOf: () => behaviour });
  const log: unknown[][] = [];
  const say = (...what: unknown[]) => void log.push([clock.nowMs(), ...what]);
  const start = () =>
    runner.start(spec, {
      pulled: () => say('pulled'),
      running: (address) => say('running', address.ip, address.ports),
      containerHealth: (name, status) => say('health', name, status),
      exited: (name, exit) => say('exited', name, exit.exitCode),
      failedToStart: (reason) => say('failed', reason.split(':')[0]),
      stopped: () => say('stopped'),
    });
  return { clock, runner, log, task: start(), start };
}

describe('the modelled task runner', () => {
  it('pulls, runs, gets healthy and heeds a stop, which may come twice', async () => {
    const { clock, log, task } = play({ ...good, healthAfterMs: 20, unhealthyAfterMs: 40 });
    await clock.advance(100);
    task.stop();
    task.stop();
    await clock.advance(100);
    expect(log).toEqual([
      [10, 'pulled'], [15, 'running', '10.0.0.1', { 80: 80 }], [35, 'health', 'app', 'HEALTHY'], [55, 'health', 'app', 'UNHEALTHY'], [107, 'exited', 'app', 0], [107, 'stopped'],
    ]);
  });

  it('crashes with its exit code and then stops, once', async () => {
    const { clock, log, task } = play({ ...good, crashAfterMs: 3, exitCode: 42 });
    await clock.advance(100);
    task.stop();
    await clock.advance(100);
    expect(log.slice(2)).toEqual([[18, 'exited', 'app', 42], [18, 'stopped']]);
  });

  it('fails to start, and can be stopped while it still pulls', async () => {
    const never = play({ ...good, neverStarts: true });
    await never.clock.advance(100);
    expect(never.log).toEqual([[10, 'pulled'], [10, 'failed', 'CannotStartContainerError'], [10, 'exited', 'app', undefined], [10, 'stopped']]);

    const early = play(good);
    early.task.stop();
    await early.clock.advance(100);
    expect(early.log).toEqual([[0, 'exited', 'app', undefined], [0, 'stopped']]);
  });

  it('gives every task an address of its own, and is silent once closed', async () => {
    const { clock, log, runner, start } = play(good);
    start();
    start();
    await clock.advance(20);
    const addresses = log.filter(([, what]) => what === 'running').map(([, , ip]) => ip);
    expect(new Set(addresses).size).toBe(3);
    await runner.close();
    const before = log.length;
    await clock.advance(1000);
    expect(log).toHaveLength(before);
    expect(clock.nextDueMs()).toBeUndefined();
  });
});
