// From a folder to an answer: push it over the ECR API, run it, register it, ask through the load balancer, replace it.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ECRClient } from '@aws-sdk/client-ecr';
import { EcrModel, pushImageFolder } from '../ecr/index.ts';
import { ElbModel, HttpDataPlane } from '../elb/index.ts';
import { createScene } from '../elb/testing.ts';
import { RealClock } from '../kernel/clock.ts';
import type { Target } from '../kernel/ports.ts';
import { testKernel } from '../testing/kernel.ts';
import { ProcessTaskRunner } from './process-runner.ts';

jest.setTimeout(30_000);

const SERVER = `
import { createServer } from 'node:http';
const server = createServer((_, response) => response.end(process.env.VERSION)).listen(process.env.PORT, '127.0.0.1');
process.on('SIGTERM', () => server.close());
`;

test('a pushed folder serves behind the load balancer, and its successor takes over without a failed request', async () => {
  const faults: unknown[] = [];
  const clock = new RealClock((error) => faults.push(error));
  const cloud = testKernel({ physics: { healthCheckTimeScale: 1 / 100 } });
  const kernel = { ...cloud.kernel, clock };
  const ecr = new EcrModel(kernel, { events: { emit: () => undefined } });
  cloud.register(ecr);
  const client = { send: (command: { constructor: { name: string }; input: object }) => cloud.call('ecr', command.constructor.name.replace(/Command$/, ''), command.input) } as unknown as ECRClient;
  const elb = new ElbModel(kernel, { metrics: { record: () => undefined }, dataPlane: new HttpDataPlane({ clock, random: kernel.random, crash: (error) => faults.push(error) }) });
  const runner = new ProcessTaskRunner({ images: ecr, logs: { append: () => undefined }, random: kernel.random });
  const folder = await mkdtemp(join(tmpdir(), 'pushed-image-'));
  try {
    await cloud.call('ecr', 'CreateRepository', { repositoryName: 'web' });
    const { blue } = await createScene(elb, { HealthyThresholdCount: 2 });
    const [{ url } = { url: '' }] = elb.endpoints();

    /** Pushes and starts one version; resolves when the load balancer finds it healthy. */
    const rollOut = async (version: string) => {
      await writeFile(join(folder, 'image.json'), JSON.stringify({ cmd: ['node', 'server.mjs'], env: { VERSION: version }, exposedPorts: [8080] }));
      await writeFile(join(folder, 'server.mjs'), SERVER);
      const { digest } = await pushImageFolder(client, { folder, repositoryName: 'web', tag: version });
      let ended: () => void = () => undefined;
      const stopped = new Promise<void>((resolve) => (ended = resolve));
      const target = await new Promise<Target & { stop(): Promise<void> }>((resolve) => {
        const container = {
          name: 'app', image: `web:${version}`, imageDigest: digest, essential: true, environment: {}, command: undefined,
          containerPorts: [8080], healthCheck: undefined, stopTimeoutSeconds: 30, log: undefined,
        };
        const task = runner.start({ taskArn: 'arn', family: 'web', group: 'service:web', startedBy: undefined, containers: [container] }, {
          pulled: () => undefined, containerHealth: () => undefined, exited: () => undefined, failedToStart: (reason) => faults.push(reason), stopped: () => ended(),
          running: ({ ip, ports }) => resolve({ id: ip, port: ports[8080]!, stop: async () => { task.stop(); await stopped; } }),
        });
      });
      elb.registerTarget(blue, target);
      while (elb.targetState(blue, target) !== 'healthy') await new Promise((resolve) => setTimeout(resolve, 5));
      return target;
    };

    const first = await rollOut('1.0.0');
    const answers: string[] = [];
    let asking = true;
    const load = (async () => {
      while (asking) {
        const response = await fetch(url);
        answers.push(`${response.status} ${await response.text()}`);
      }
    })();
    await rollOut('1.1.0');
    await new Promise<void>((drained) => elb.deregisterTarget(blue, first, drained));
    await first.stop();
    const answersBefore = answers.length;
    while (answers.length < answersBefore + 20) await new Promise((resolve) => setTimeout(resolve, 5));
    asking = false;
    await load;
    expect(new Set(answers)).toEqual(new Set(['200 1.0.0', '200 1.1.0']));
    expect(new Set(answers.slice(answersBefore + 1))).toEqual(new Set(['200 1.1.0']));
    expect(faults).toEqual([]);
  } finally {
    await runner.close();
    await elb.close();
    clock.close();
    await rm(folder, { recursive: true });
  }
});
