// What a runner is told about a container.
import type { TaskRecord } from '../state.ts';
import { containerSpec } from './container-spec.ts';

const task = (overrides: object = {}) => ({ id: 'abc', containers: [{ name: 'app', imageDigest: 'sha256:1' }], overrides }) as unknown as TaskRecord;

describe('a container spec', () => {
  it('has the defaults of ECS and the resolved digest', () => {
    expect(containerSpec(task(), { name: 'app', image: 'web:1', healthCheck: { command: ['CMD', 'x'] } })).toEqual({
      name: 'app', image: 'web:1', imageDigest: 'sha256:1', essential: true, environment: {}, command: undefined, containerPorts: [],
      healthCheck: { command: ['CMD', 'x'], intervalSeconds: 30, timeoutSeconds: 5, retries: 3, startPeriodSeconds: 0 }, stopTimeoutSeconds: 30, log: undefined,
    });
  });

  it('lets an override replace the command and add to the environment', () => {
    const spec = containerSpec(task({ containerOverrides: [{ name: 'app', command: ['migrate'], environment: [{ name: 'B', value: '3' }] }] }), {
      name: 'app', command: ['serve'], environment: [{ name: 'A', value: '1' }, { name: 'B', value: '2' }],
    });
    expect(spec.command).toEqual(['migrate']);
    expect(spec.environment).toEqual({ A: '1', B: '3' });
  });

  it('names its log stream prefix/container/task', () => {
    const options = { 'awslogs-group': '/web', 'awslogs-stream-prefix': 'ecs' };
    expect(containerSpec(task(), { name: 'app', logConfiguration: { logDriver: 'awslogs', options } }).log).toEqual({ logGroupName: '/web', logStreamName: 'ecs/app/abc' });
  });
});
