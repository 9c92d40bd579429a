import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse as parseYaml } from 'yaml';
import { parseSpecification, type Specification } from '../core/pipeline/index.ts';
import { EXIT } from './exit.ts';
import { pipelinesOf, seenSpecification, templateSpecification } from './init/write-specification.ts';
import type { SeenService } from './init/see-services.ts';
import { type FakeControl, fakeControl, type Ran, type Received, type Reply, runCli } from './testing.ts';

const containing = (text: string): string => expect.stringContaining(text) as string;

let folder: string;
let cloud: FakeControl | undefined;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'slipway-init-'));
});
afterEach(async () => {
  await cloud?.close();
  await rm(folder, { recursive: true });
});

const read = (): Promise<string> => readFile(join(folder, 'slipway.yml'), 'utf8');

function meaningOf(text: string): Specification {
  const parsed = parseSpecification(parseYaml(text));
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.faults));
  return parsed.specification;
}

interface FakeService {
  cluster: string;
  name: string;
  image: string;
  more?: Record<string, unknown>;
}

const REGISTRY = '123456789012.dkr.ecr.eu-west-1.amazonaws.com';
const shifting = { loadBalancers: [{ targetGroupArn: 'a', advancedConfiguration: { alternateTargetGroupArn: 'b', productionListenerRule: 'r', roleArn: 'x' } }] };

/** ECS as far as `init` asks it, in pages of one. */
function ecs(services: readonly FakeService[], { headers, body }: Received): Reply {
  const input = body as { cluster?: string; services?: string[]; taskDefinition?: string; nextToken?: string };
  const inCluster = services.filter((service) => service.cluster === input.cluster);
  switch (String(headers['x-amz-target']).split('.').at(-1)) {
    case 'ListServices': {
      if (inCluster.length === 0) return { status: 400, body: { __type: 'ClusterNotFoundException', message: 'Cluster not found.' } };
      const at = Number(input.nextToken ?? 0);
      return { body: { serviceArns: inCluster.slice(at, at + 1).map(({ name }) => name), ...(at + 1 < inCluster.length && { nextToken: String(at + 1) }) } };
    }
    case 'ListClusters':
      return { body: { clusterArns: [...new Set(services.map(({ cluster }) => `arn:aws:ecs:eu-west-1:123456789012:cluster/${cluster}`))] } };
    case 'DescribeServices':
      return { body: { services: inCluster.filter(({ name }) => input.services?.includes(name)).map(({ name, cluster, more }) => ({ serviceName: name, status: 'ACTIVE', taskDefinition: `${cluster}/${name}`, ...more })) } };
    case 'DescribeTaskDefinition': {
      const service = services.find(({ cluster, name }) => `${cluster}/${name}` === input.taskDefinition);
      return { body: { taskDefinition: { containerDefinitions: [{ name: 'log', image: 'public.ecr.aws/fluent-bit:2' }, { name: 'app', image: service?.image, portMappings: [{ containerPort: 80 }] }] } } };
    }
    default:
      throw new Error(`nobody expected ${JSON.stringify(headers)}`);
  }
}

async function init(services: readonly FakeService[], words: string[]): Promise<Ran> {
  cloud = await fakeControl({ 'POST /': (request) => ecs(services, request) });
  return runCli(['init', '--local', ...words], { env: { SLIPWAY_LOCAL_ENDPOINT: cloud.url }, workingFolder: folder });
}

const SHOP: FakeService[] = [
  { cluster: 'staging', name: 'checkout', image: `${REGISTRY}/shop/checkout:1.2.3` },
  { cluster: 'prod', name: 'checkout', image: `${REGISTRY}/shop/checkout@sha256:${'0'.repeat(64)}`, more: { ...shifting, deploymentConfiguration: { alarms: { alarmNames: ['checkout-5xx'], enable: true, rollback: true } } } },
  { cluster: 'prod', name: 'billing', image: `${REGISTRY}/shop/billing:latest` },
  { cluster: 'prod', name: 'legacy', image: `${REGISTRY}/shop/legacy:1`, more: { deploymentController: { type: 'CODE_DEPLOY' } } },
  { cluster: 'prod', name: 'proxy', image: 'docker.io/library/nginx:1' },
];

describe('from an account', () => {
  test('makes a pipeline of every repository, its stages in the order of the clusters', async () => {
    const ran = await init(SHOP, ['--cluster', 'staging', '--cluster', 'prod']);
    expect(ran.exit).toBe(0);
    const { pipelines } = meaningOf(await read());
    expect(pipelines.map(({ name, image, stages }) => [name, image.repository, stages.map((stage) => `${stage.name} ${stage.service.cluster}/${stage.service.name}/${stage.service.container} ${stage.strategy.kind} ${stage.alarms.join()}`)])).toEqual([
      ['checkout', 'shop/checkout', ['staging staging/checkout/app rolling ', 'prod prod/checkout/app canary checkout-5xx']],
      ['billing', 'shop/billing', ['prod prod/billing/app rolling ']],
    ]);
  });

  test('says what it left out and why, on the screen and in the file', async () => {
    const { stderr } = await init(SHOP, ['--cluster', 'prod']);
    for (const text of [stderr, await read()]) {
      expect(text).toContain('prod/legacy: its deploymentController is CODE_DEPLOY, and Slipway needs ECS');
      expect(text).toContain('prod/proxy: none of its containers runs an image of ECR');
    }
  });

  test('goes by the tag that runs now', async () => {
    await init(SHOP, ['--cluster', 'prod', '--service', 'billing']);
    expect(meaningOf(await read()).pipelines[0]!.image.tags).toEqual({ kind: 'exact', tags: ['latest'] });
  });

  test('--json says what was written', async () => {
    const { stdout } = await init(SHOP, ['--cluster', 'prod', '--service', 'billing', '--json']);
    expect(JSON.parse(stdout)).toEqual({ file: 'slipway.yml', leftOut: [], pipelines: [{ name: 'billing', repository: 'shop/billing', stages: [{ name: 'prod', cluster: 'prod', service: 'billing' }] }] });
  });

  test.each([
    { words: ['--cluster', 'production'], says: 'There are staging, prod.' },
    { words: ['--cluster', 'prod', '--service', 'proxy'], says: 'none of its containers runs an image of ECR' },
  ])('$words finds nothing, helps, and writes nothing', async ({ words, says }) => {
    expect(await init(SHOP, words)).toMatchObject({ exit: EXIT.notFound, stderr: containing(says) });
    await expect(read()).rejects.toThrow('ENOENT');
  });
});

describe('the file', () => {
  test('is a valid template without a cluster', async () => {
    expect(await runCli(['init'], { workingFolder: folder })).toMatchObject({ exit: 0, stderr: containing('written: slipway.yml, a template') });
    expect(await read()).toBe(templateSpecification());
    expect(await runCli(['validate'], { workingFolder: folder })).toMatchObject({ exit: 0 });
  });

  test('is never written over, unless forced', async () => {
    await writeFile(join(folder, 'slipway.yml'), 'mine');
    expect(await runCli(['init'], { workingFolder: folder })).toMatchObject({ exit: EXIT.notAllowed, stderr: containing('--force') });
    expect(await read()).toBe('mine');
    expect(await runCli(['init', '--force'], { workingFolder: folder })).toMatchObject({ exit: 0 });
    expect(await read()).toBe(templateSpecification());
  });

  test('goes to standard output for -, and nowhere else', async () => {
    expect(await runCli(['init', '--file', '-'], { workingFolder: folder })).toEqual({ exit: 0, stdout: templateSpecification(), stderr: '' });
    await expect(read()).rejects.toThrow('ENOENT');
  });

  test.each([['null'], ['a: b'], ["it's"], ['1.0'], ['#deploys'], ['x'.repeat(255)]])('quotes the name %s so that it means itself', (name) => {
    const service: SeenService = { cluster: name, name, container: name, repository: 'shop/x', tag: '1.0.0', shiftsTraffic: true, alarms: [name] };
    const value = parseYaml(seenSpecification({ services: [service], leftOut: [{ name: `${name}\npipelines: {}`, reason: 'no' }], missing: [] }, [name], 'eu-west-1')) as { pipelines: Record<string, { stages: unknown[] }> };
    expect(value.pipelines['x']!.stages).toEqual([expect.objectContaining({ service: { cluster: name, name, container: name }, alarms: [name] })]);
  });

  test('gives pipelines and stages names that are allowed and differ', () => {
    const long = 'y'.repeat(60);
    const service = (repository: string, cluster: string, name: string): SeenService => ({ cluster, name, container: 'app', repository, tag: undefined, shiftsTraffic: false, alarms: [] });
    const pipelines = pipelinesOf([service(`a/${long}`, 'c', 'one'), service(`b/${long}`, 'c', 'one'), service('a/web', 'c', 'one'), service('a/web', 'c', 'two'), service('a/web', 'c!', 'one')]);
    const names = [pipelines.map(({ name }) => name), ...pipelines.map(({ stages }) => stages.map(({ name }) => name))];
    for (const group of names) expect(new Set(group).size).toBe(group.length);
    for (const name of names.flat()) expect(name).toMatch(/^[A-Za-z0-9_-]{1,40}$/);
  });
});
