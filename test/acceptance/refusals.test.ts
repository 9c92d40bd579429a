// What Slipway says no to, and how: one clear word per fault, and nothing changed.
import { execFile } from 'node:child_process';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { CloudWatchClient, PutMetricAlarmCommand, SetAlarmStateCommand } from '@aws-sdk/client-cloudwatch';
import { CloudWatchLogsClient, FilterLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { DynamoDBClient, ScanCommand } from '@aws-sdk/client-dynamodb';
import { CreateRepositoryCommand, ECRClient } from '@aws-sdk/client-ecr';
import { CreateServiceCommand, DeleteServiceCommand, DescribeServicesCommand, UpdateServiceCommand } from '@aws-sdk/client-ecs';
import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import type { LocatedFault } from '../../cli/specification-file.ts';
import { pushImageFolder } from '../../local-cloud/ecr/push.ts';
import { clientOptions } from '../../rehearsal/world.ts';
import { ACCEPTANCE_LIMIT_MS, ended, eventually, release, releaseOf, startQuickWorld, type QuickWorld } from './quick-world.ts';

jest.setTimeout(ACCEPTANCE_LIMIT_MS);

const ROOT = join(import.meta.dirname, '..', '..');

const good = (stage = 'service: { cluster: prod, name: checkout, container: app }, strategy: { canary: { steps: [{ weight: 5, bake: 1s }] } }, alarms: [quiet]') => `
people:
  alice: { aws: "*:assumed-role/slipway-people/alice" }
pipelines:
  checkout:
    image: { repository: shop/checkout, tags: { semver: ">=1.0.0" } }
    stages:
      - { name: production, ${stage} }
`;

/** Every class of mistake that can be seen without asking AWS, each on a line of its own. */
const FAULTY = `people:
  alice: { aws: "*:assumed-role/slipway-people/alice" }
pipelines:
  checkout:
    image: { repository: shop/checkout, tags: { semver: ">=1.0.0", glob: "v*" } }
    notfy: { slack: "#deploys" }
    stages:
      - name: production
        service: { cluster: prod, name: checkout }
        before:
          - approval: { from: [alice, eve] }
        strategy:
          canary:
            steps:
              - { weight: 5, bake: 10 minutes }
              - { weight: 120, bake: 10m }
        onAlarmAtStart: panic
  search:
    image: { repository: shop/search, tags: { regex: "(?<=v)1" } }
    stages:
      - name: production
        service: { cluster: prod, name: search, container: app }
        strategy: { canary: { steps: [{ weight: 1, bake: 1m }, { weight: 10, bake: 1m }, { weight: 50, bake: 1m }] } }
      - name: late
        service: { cluster: prod, name: other, container: app }
        strategy: sideways
  empty:
    image: { repository: shop/empty, tags: { exact: latest } }
    stages: []
`;

const EVERY_FAULT: [line: number, message: string, hint: string | undefined][] = [
  [5, 'one filter at a time, here are 2: glob, semver', 'Write one regex, or two pipelines.'],
  [6, 'unknown key "notfy" in a pipeline', 'Did you mean notify?'],
  [9, 'service has no container', 'The name of the container that gets the image.'],
  [11, '"eve" is not one of the people of this file', 'Add the name under the top-level key people.'],
  [15, 'bake must be a duration, not "10 minutes"', 'Did you mean 10m? Durations are written 90s, 10m, 4h or 2d.'],
  // Where the message says all that may be written, there is no hint besides.
  [16, 'weight must be a number above 0 and below 100, not 120', undefined],
  [17, 'onAlarmAtStart must be refuse, ignore or proceed, not "panic"', undefined],
  [19, 'look-around and named groups are not supported; use ( ) or (?: )', undefined],
  [23, 'no ECS strategy carries these weights', 'Ladders that work: 5, 10, 50; or 3, 9, 51; or 10, 50.'],
  [26, 'strategy must be rolling or blueGreen, not "sideways"', undefined],
  [29, 'stages is empty', 'A pipeline has at least one stage.'],
];

describe('with a pipeline applied', () => {
  let world: QuickWorld;

  beforeAll(async () => {
    world = await startQuickWorld({ specification: good().replace('[quiet]', '[checkout-5xx]') });
    await alarm('quiet', 'OK');
    const applied = await apply(good());
    if (applied.code !== 0) throw new Error(applied.stderr);
  });
  afterAll(() => world.close());

  const options = () => clientOptions(world.local.url, world.region);
  const apply = async (text: string, ...more: string[]) => world.cli('alice', 'apply', '--file', await world.file('slipway.yml', text), ...more);
  const alarm = async (AlarmName: string, StateValue: 'OK' | 'ALARM') => {
    const client = new CloudWatchClient(options());
    await client.send(
      new PutMetricAlarmCommand({ AlarmName, Namespace: 'Acceptance', MetricName: 'Nothing', Statistic: 'Sum', Period: 60, EvaluationPeriods: 1, Threshold: 1, ComparisonOperator: 'GreaterThanThreshold', TreatMissingData: 'ignore' }),
    );
    await client.send(new SetAlarmStateCommand({ AlarmName, StateValue, StateReason: 'the test says so' }));
  };
  const records = async () => {
    const { Items = [] } = await new DynamoDBClient(options()).send(new ScanCommand({ TableName: world.tableName, ConsistentRead: true }));
    return Items.map((item) => JSON.stringify(item)).sort();
  };
  /** Applies what must be refused: answers its faults, after making sure that nothing was applied. */
  const refused = async (text: string): Promise<LocatedFault[]> => {
    const before = await records();
    const { code, stdout, stderr } = await apply(text, '--json');
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringMatching(/; nothing was applied\.$/m) as string });
    expect(await records()).toEqual(before);
    return (JSON.parse(stdout) as { faults: LocatedFault[] }).faults.sort((a, b) => a.line - b.line);
  };
  const refusedRelease = async (version: string) => {
    await world.push({ version });
    return release(world, await releaseOf(world, version), 'to end', ended);
  };
  const createService = async (serviceName: string, type: 'ECS' | 'CODE_DEPLOY') => {
    const { services: [production] = [] } = await world.ecs.send(new DescribeServicesCommand({ cluster: 'prod', services: ['checkout'] }));
    await world.ecs.send(
      new CreateServiceCommand({ cluster: 'prod', serviceName, taskDefinition: production?.taskDefinition, desiredCount: 0, launchType: 'FARGATE', deploymentController: { type }, networkConfiguration: production?.networkConfiguration }),
    );
  };

  test('every fault of a file is told at once, with its line and what to do, and nothing is applied', async () => {
    const faults = await refused(FAULTY);
    expect(faults.map(({ line, message, hint }) => [line, message, hint])).toEqual(EVERY_FAULT.map(([line, message, hint]) => [line, expect.stringContaining(message) as string, hint]));
    expect(faults.every((fault) => fault.file.endsWith('slipway.yml') && fault.column > 0)).toBe(true);
  });

  test('for people, each fault is one block that shows the line', async () => {
    const { stderr, stdout } = await apply(good().replace('bake: 1s', 'bake: soon'));
    expect(stdout).toBe('');
    expect(stderr).toMatch(/slipway\.yml:8:\d+ {2}bake must be a duration, not "soon"\n +8 \| .*bake: soon.*\n +\| +\^\n/);
    expect(stderr).toContain('1 fault in ');
  });

  test.each([
    ['a file that is no YAML', 'pipelines:\n\t- checkout\n', 2, 'Tabs are not allowed as indentation', 'YAML is indented with spaces.'],
    ['an empty file', '', 1, 'a specification is a mapping with the key pipelines', expect.any(String) as string],
  ])('%s is refused', async (_what, text, line, message, hint) => {
    expect((await refused(text))[0]).toMatchObject({ line, message: expect.stringContaining(message) as string, hint });
  });

  test('what AWS does not have, or not as it is needed, is refused where it is written', async () => {
    await createService('legacy', 'CODE_DEPLOY');
    const canary = 'strategy: { canary: { steps: [{ weight: 5, bake: 1s }] } }';
    const stages = [
      `{ name: nowhere, service: { cluster: prod, name: nobody, container: app }, strategy: rolling }`,
      `{ name: empty, service: { cluster: prod, name: checkout, container: sidecar }, ${canary}, alarms: [nothing-5xx] }`,
      `{ name: legacy, service: { cluster: prod, name: legacy, container: app }, strategy: rolling }`,
      `{ name: plain, service: { cluster: staging, name: checkout, container: app }, ${canary} }`,
    ];
    const text = `pipelines:\n  checkout:\n    image: { repository: shop/checkout, tags: { semver: ">=1.0.0" } }\n    stages:\n${stages.map((stage) => `      - ${stage}\n`).join('')}`;
    expect((await refused(text)).map(({ line, message, hint }) => [line, message, hint])).toEqual([
      [5, 'no service prod/nobody', 'Check cluster and service name, and that this account and Region are the right ones.'],
      [6, expect.stringContaining('no container "sidecar"'), 'Its containers: app.'],
      [6, expect.stringContaining('no alarm "nothing-5xx"'), 'Create it, or correct the name.'],
      [7, 'prod/legacy has deploymentController.type CODE_DEPLOY; Slipway needs ECS', expect.stringContaining('set deploymentController.type to ECS')],
      [8, 'staging/checkout lacks loadBalancers[0].advancedConfiguration, which CANARY needs', 'Give it alternateTargetGroupArn, productionListenerRule and roleArn.'],
    ]);
  });

  test('an alarm that is red already refuses a release, by name', async () => {
    await alarm('quiet', 'ALARM');
    const { outcome, reason } = await refusedRelease('1.1.0');
    expect({ outcome, reason }).toEqual({ outcome: 'refused', reason: expect.stringContaining('alarm quiet is already in ALARM') as string });
    await alarm('quiet', 'OK');
  });

  describe('an event that is none of its business', () => {
    const logOf = async (functionName: string): Promise<string[]> => {
      const { events = [] } = await new CloudWatchLogsClient(options()).send(new FilterLogEventsCommand({ logGroupName: `/aws/lambda/slipway-prod-${functionName}` }));
      return events.map((event) => event.message ?? '');
    };
    const runs = (log: string[]) => log.filter((line) => line.startsWith('REPORT RequestId')).length;
    const said = (log: string[]) => log.filter((line) => line.startsWith('{"level"'));
    const idle = () => eventually('every event to be done', async () => (world.local.cloud.models.lambda.queuedEvents === 0 ? true : undefined));
    const send = async (functionName: string, event: unknown) =>
      new LambdaClient(options()).send(new InvokeCommand({ FunctionName: `slipway-prod-${functionName}`, InvocationType: 'Event', Payload: Buffer.from(JSON.stringify(event)) }));

    const aws = { region: 'eu-west-1', account: '123456789012', resources: [] };
    test.each([
      ['image-pushed', 'a push without a digest', { id: 'e', time: '2026-01-01T00:00:00Z', source: 'aws.ecr', 'detail-type': 'ECR Image Action', ...aws, detail: { 'action-type': 'PUSH', result: 'SUCCESS', 'repository-name': 'shop/checkout' } }, 'detail.image-digest'],
      ['image-pushed', 'nothing', null, 'event not understood, dropped'],
      ['signal', 'a hook without a service', { source: 'aws.ecs', 'detail-type': 'ECS Hook State Change', ...aws, detail: {} }, 'no detail.serviceArn'],
      ['signal', 'a text', 'hello', 'event not understood, dropped'],
      ['rescue', 'an execution without a name', { 'detail-type': 'Step Functions Execution Status Change', detail: { status: 'FAILED' } }, 'event not understood, dropped'],
    ])('malformed for %s (%s): is logged once, not tried again, and changes nothing', async (functionName, _what, event, words) => {
      await idle();
      const [before, recordsBefore] = [await logOf(functionName), await records()];
      await send(functionName, event);
      const after = await eventually('its run to be logged', async () => {
        const log = await logOf(functionName);
        return runs(log) > runs(before) ? log : undefined;
      });
      await idle();
      const lines = said(after).slice(said(before).length);
      expect(lines).toHaveLength(1);
      expect(lines[0]).toMatch(/^\{"level":"warn","message":"event not understood, dropped"/);
      expect(lines[0]).toContain(words);
      expect(runs(await logOf(functionName))).toBe(runs(before) + 1);
      expect(await records()).toEqual(recordsBefore);
    });

    test('foreign, from another source or about what Slipway does not know, changes nothing and says nothing', async () => {
      await idle();
      const [before, recordsBefore] = [await logOf('signal'), await records()];
      await new EventBridgeClient(options()).send(new PutEventsCommand({ Entries: [{ Source: 'shop.warehouse', DetailType: 'ECS Hook State Change', Detail: '{"eventName":"HOOK_FAILED"}' }] }));
      await alarm('somebody-elses', 'ALARM');
      const after = await eventually('the alarm to be heard', async () => {
        const log = await logOf('signal');
        return runs(log) > runs(before) ? log : undefined;
      });
      await idle();
      expect(said(after)).toEqual(said(before));
      expect(await records()).toEqual(recordsBefore);
    });

    test('a push to a repository that nobody wants starts nothing and warns nobody', async () => {
      await idle();
      const [before, recordsBefore] = [await logOf('image-pushed'), await records()];
      const ecr = new ECRClient(options());
      await ecr.send(new CreateRepositoryCommand({ repositoryName: 'shop/other' }));
      const folder = join(await world.file('image.json', '{ "cmd": ["node", "-v"] }'), '..');
      await pushImageFolder(ecr, { folder, repositoryName: 'shop/other', tag: '1.0.0' });
      const after = await eventually('the push to be heard', async () => {
        const log = await logOf('image-pushed');
        return runs(log) > runs(before) ? log : undefined;
      });
      await idle();
      expect(said(after).filter((line) => !line.startsWith('{"level":"info"'))).toEqual(said(before).filter((line) => !line.startsWith('{"level":"info"')));
      expect(await records()).toEqual(recordsBefore);
    });
  });

  describe('a service that was changed after its pipeline was applied', () => {
    test('is refused when it has gone over to CodeDeploy', async () => {
      await createService('later', 'ECS');
      expect((await apply(good('service: { cluster: prod, name: later, container: app }, strategy: rolling').replace('checkout:\n', 'later:\n').replace('>=1.0.0', '2.x'))).stderr).not.toContain('fault');
      await world.ecs.send(new DeleteServiceCommand({ cluster: 'prod', service: 'later', force: true }));
      await eventually('the service to be gone', async () => {
        const { services = [] } = await world.ecs.send(new DescribeServicesCommand({ cluster: 'prod', services: ['later'] }));
        return services.every((service) => service.status === 'INACTIVE') || undefined;
      });
      await createService('later', 'CODE_DEPLOY');
      expect((await apply(good().replace('>=1.0.0', '1.x'))).code).toBe(0);
      const { outcome, reason } = await refusedRelease('2.0.0');
      expect({ outcome, reason }).toEqual({ outcome: 'refused', reason: expect.stringContaining('prod/later has deploymentController.type CODE_DEPLOY; Slipway needs ECS') as string });
    });

    test('is refused when it has lost what a canary needs, and the field is named', async () => {
      const { services: [service] = [] } = await world.ecs.send(new DescribeServicesCommand({ cluster: 'prod', services: ['checkout'] }));
      const loadBalancers = (service?.loadBalancers ?? []).map(({ advancedConfiguration: _lost, ...rest }) => rest);
      await world.ecs.send(new UpdateServiceCommand({ cluster: 'prod', service: 'checkout', loadBalancers, deploymentConfiguration: { strategy: 'ROLLING' } }));
      const { outcome, reason } = await refusedRelease('1.2.0');
      expect({ outcome, reason }).toEqual({ outcome: 'refused', reason: expect.stringContaining('prod/checkout lacks loadBalancers[0].advancedConfiguration, which CANARY needs') as string });
    });
  });
});

describe('at the command line, one line says', () => {
  const run = (file: string, args: string[], env: Record<string, string> = {}) =>
    new Promise<{ code: number; stdout: string; stderr: string }>((resolve) => {
      execFile(process.execPath, [join(ROOT, file), ...args], { cwd: ROOT, env: { ...process.env, NO_COLOR: '1', ...env } }, (error, stdout, stderr) => resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr }));
    });

  const OLD_NODE = `--import=data:text/javascript,${encodeURIComponent(`Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '18.20.4' } })`)}`;

  test.each([['cli/slipway.mjs', ['status']], ['scripts/run.mjs', ['rehearsal/demo/main.ts']]])('that Node is too old (%s)', async (file, args) => {
    const { code, stdout, stderr } = await run(file, args, { NODE_OPTIONS: OLD_NODE });
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/^\S+ needs Node\.js 20\.19 or later, this is 18\.20\.4: install a newer one from \S+, then run the command again\.\n$/);
  });

  test('that the port is taken, and what to do', async () => {
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
    const port = String((taken.address() as AddressInfo).port);
    try {
      const { code, stdout, stderr } = await run('cli/slipway.mjs', ['local', '--port', port]);
      expect(code).not.toBe(0);
      expect(stdout).toBe('');
      expect(stderr.split('\n').filter((line) => line.includes('is taken'))).toEqual([expect.stringMatching(new RegExp(`Port ${port} on 127\\.0\\.0\\.1 is taken: stop what listens there, or choose another with --port\\.$`))]);
      expect(stderr).not.toMatch(/^\s+at /m);
    } finally {
      taken.close();
    }
  });
});
