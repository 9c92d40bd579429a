// What an operator types. The AWS CLI is an independent judge: it has its own (Python) implementation of every protocol, and it
// sees nothing but the HTTP door. Where it is not installed there is nothing to try.
import { execFile, spawnSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { hasAwsCli, operatorEnvironment, startAwsCli, type AwsCli } from '../../local-cloud/testing/aws-cli.ts';
import { ACCEPTANCE_LIMIT_MS, ended, eventually, release, releaseOf, startQuickWorld, waitsFor, type QuickWorld } from './quick-world.ts';

// The script from the documents runs the programs themselves.
const installed = hasAwsCli && spawnSync('bash', ['-c', 'command -v aws && command -v jq']).status === 0;

const SPECIFICATION = `
pipelines:
  checkout:
    image: { repository: shop/checkout, tags: { semver: ">=1.0.0" } }
    stages:
      - name: production
        service: { cluster: prod, name: checkout, container: app }
        strategy: { canary: { steps: [{ weight: 5, approval: {} }] } }
        alarms: [checkout-5xx]
`;

/** Map, Choice and Wait, in JSONata: waits as often as each item says. */
const OPERATORS_MACHINE = {
  QueryLanguage: 'JSONata',
  StartAt: 'Each',
  States: {
    Each: {
      Type: 'Map',
      Items: '{% $states.input.waits %}',
      ItemProcessor: {
        StartAt: 'Long?',
        States: {
          'Long?': { Type: 'Choice', Choices: [{ Condition: '{% $states.input > 0 %}', Next: 'Rest' }], Default: 'At once' },
          Rest: { Type: 'Wait', Seconds: '{% $states.input %}', Output: { rested: '{% $states.input %}' }, Next: 'Done' },
          'At once': { Type: 'Pass', Output: { rested: 0 }, End: true },
          Done: { Type: 'Succeed' },
        },
      },
      Output: '{% { "rested": $sum($states.result.rested) } %}',
      End: true,
    },
  },
};

let world: QuickWorld;
let cli: AwsCli;
/** What the commands are about, found out before. */
const about: Record<'id' | 'execution' | 'deployment' | 'taskDefinition' | 'task' | 'targetGroup' | 'loadBalancer' | 'payload', string> = { id: '', execution: '', deployment: '', taskDefinition: '', task: '', targetGroup: '', loadBalancer: '', payload: '' };

async function aws(...args: string[]): Promise<unknown> {
  const { code, out, error } = await cli.run(...args, '--endpoint-url', world.local.url);
  if (code !== 0) throw new Error(`aws ${args.join(' ')}: ${error.trim()}`);
  return out.trim() === '' ? undefined : JSON.parse(out);
}

/** Runs a script of the operator's, whose `aws` talks to the local cloud. */
async function script(text: string): Promise<string> {
  const { stdout } = await promisify(execFile)('bash', ['-euc', `aws() { command aws "$@" --endpoint-url ${world.local.url}; }\n${text}`], { env: operatorEnvironment(world.region) });
  return stdout;
}

/** Looks until AWS shows what is written down shortly after it happened: metrics, logs, ends of executions. */
const eventuallyShows = async (args: string[], done: (answer: never) => boolean): Promise<unknown> =>
  eventually(`aws ${args.slice(0, 2).join(' ')} shows what is expected`, async () => {
    const answer = await aws(...args);
    return done(answer as never) ? answer : undefined;
  });

const containing = (members: object): unknown => expect.objectContaining(members) as unknown;
const holding = (...members: unknown[]): unknown => expect.arrayContaining(members) as unknown;
const some = { text: expect.any(String) as unknown, number: expect.any(Number) as unknown };

async function releaseSomething(): Promise<void> {
  world = await startQuickWorld({ specification: SPECIFICATION });
  await world.push({ version: '1.1.0' });
  about.id = await releaseOf(world, '1.1.0');
  await release(world, about.id, 'to ask', waitsFor('approval'));
  await Promise.all(Array.from({ length: 40 }, async () => (await fetch(world.urls.production)).text()));
  await world.control.decide(about.id, { kind: 'approve' });
  await release(world, about.id, 'to end', ended);
  about.execution = `${world.stateMachineArn.replace(':stateMachine:', ':execution:')}:${about.id}`;
}

interface Command {
  args: () => string[];
  shows: () => unknown;
}

const COMMANDS: Record<string, Command> = {
  'ecs list-clusters': { args: () => [], shows: () => ({ clusterArns: holding(expect.stringContaining('cluster/prod'), expect.stringContaining('cluster/staging')) }) },
  'ecs describe-services': {
    args: () => ['--cluster', 'prod', '--services', 'checkout'],
    shows: () => ({ failures: [], services: [containing({ serviceName: 'checkout', status: 'ACTIVE', desiredCount: 2, runningCount: 2, taskDefinition: about.taskDefinition, deployments: [containing({ status: 'PRIMARY', rolloutState: 'COMPLETED' })] })] }),
  },
  'ecs list-service-deployments': {
    args: () => ['--cluster', 'prod', '--service', 'checkout'],
    shows: () => ({ serviceDeployments: holding(containing({ serviceDeploymentArn: about.deployment, status: 'SUCCESSFUL' })) }),
  },
  'ecs describe-service-deployments': {
    args: () => ['--service-deployment-arns', about.deployment],
    shows: () => ({ failures: [], serviceDeployments: [containing({ status: 'SUCCESSFUL', deploymentConfiguration: containing({ strategy: 'CANARY' }), targetServiceRevision: containing({ requestedProductionTrafficWeight: 100 }) })] }),
  },
  'ecs describe-task-definition': {
    args: () => ['--task-definition', about.taskDefinition, '--include', 'TAGS'],
    shows: () => containing({ taskDefinition: containing({ family: 'checkout-production', status: 'ACTIVE', containerDefinitions: [containing({ name: 'app', image: expect.stringContaining('@sha256:') })] }), tags: holding(containing({ value: expect.stringContaining(about.id) })) }),
  },
  'ecs list-tasks': { args: () => ['--cluster', 'prod', '--service-name', 'checkout'], shows: () => ({ taskArns: [some.text, some.text] }) },
  'ecs describe-tasks': {
    args: () => ['--cluster', 'prod', '--tasks', about.task],
    shows: () => ({ failures: [], tasks: [containing({ lastStatus: 'RUNNING', taskDefinitionArn: about.taskDefinition, containers: [containing({ name: 'app', lastStatus: 'RUNNING' })] })] }),
  },
  'elbv2 describe-rules': { args: () => ['--rule-arns', world.productionRuleArn], shows: () => ({ Rules: [containing({ RuleArn: world.productionRuleArn, Actions: [containing({ ForwardConfig: containing({ TargetGroups: holding(containing({ Weight: 100 }), containing({ Weight: 0 })) }) })] })] }) },
  'elbv2 describe-target-health': {
    args: () => ['--target-group-arn', about.targetGroup],
    shows: () => ({ TargetHealthDescriptions: [containing({ TargetHealth: containing({ State: 'healthy' }) }), containing({ TargetHealth: containing({ State: 'healthy' }) })] }),
  },
  'cloudwatch describe-alarms': { args: () => ['--alarm-names', 'checkout-5xx'], shows: () => containing({ MetricAlarms: [containing({ AlarmName: 'checkout-5xx', StateValue: 'OK', Threshold: 5 })] }) },
  'cloudwatch get-metric-data': {
    args: () => [
      '--start-time', new Date(Date.now() - 3_600_000).toISOString(), '--end-time', new Date(Date.now() + 60_000).toISOString(), '--metric-data-queries',
      JSON.stringify([{ Id: 'requests', MetricStat: { Metric: { Namespace: 'AWS/ApplicationELB', MetricName: 'RequestCount', Dimensions: [{ Name: 'LoadBalancer', Value: about.loadBalancer }] }, Period: 60, Stat: 'Sum' } }]),
    ],
    shows: () => containing({ MetricDataResults: [containing({ Id: 'requests', StatusCode: 'Complete', Values: holding(some.number) })] }),
  },
  'stepfunctions list-executions': { args: () => ['--state-machine-arn', world.stateMachineArn], shows: () => ({ executions: [containing({ name: about.id, status: 'SUCCEEDED' })] }) },
  'stepfunctions describe-execution': { args: () => ['--execution-arn', about.execution], shows: () => containing({ status: 'SUCCEEDED', input: JSON.stringify({ releaseId: about.id }) }) },
  'stepfunctions get-execution-history': {
    args: () => ['--execution-arn', about.execution],
    shows: () => containing({ events: holding(containing({ type: 'ExecutionStarted', id: 1 }), containing({ type: 'TaskStateEntered', stateEnteredEventDetails: containing({ name: 'Wait for people' }) }), containing({ type: 'ExecutionSucceeded' })) }),
  },
  'dynamodb scan': { args: () => ['--table-name', world.tableName], shows: () => containing({ Items: holding(containing({ pk: { S: `RELEASE#${about.id}` }, sk: { S: 'RELEASE' } })), Count: some.number }) },
  'sns list-topics': { args: () => [], shows: () => ({ Topics: holding({ TopicArn: expect.stringContaining('slipway-prod-events') }) }) },
  'ecr describe-images': { args: () => ['--repository-name', 'shop/checkout'], shows: () => ({ imageDetails: holding(containing({ imageTags: ['1.1.0'], imageDigest: expect.stringMatching(/^sha256:/), imageSizeInBytes: some.number })) }) },
  'logs get-log-events': {
    args: () => ['--log-group-name', '/checkout/production', '--log-stream-name', `app/app/${about.task.split('/').at(-1) ?? ''}`],
    shows: () => containing({ events: holding(containing({ message: expect.stringContaining('"event":"started","version":"1.1.0"') })) }),
  },
  'lambda list-functions': { args: () => [], shows: () => ({ Functions: holding(containing({ FunctionName: 'slipway-prod-assess', Runtime: 'nodejs24.x', Handler: some.text })) }) },
  'lambda invoke': {
    // From a file, because the two major versions of the CLI differ in how they take it from the command line.
    args: () => ['--function-name', 'slipway-prod-prepare', '--payload', `fileb://${about.payload}`, '/dev/null'],
    shows: () => ({ StatusCode: 200, ExecutedVersion: '$LATEST' }),
  },
  'events list-rules': { args: () => [], shows: () => ({ Rules: holding(containing({ Name: 'slipway-prod-image-pushed', State: 'ENABLED' })) }) },
  'events put-events': { args: () => ['--entries', JSON.stringify([{ Source: 'shop.warehouse', DetailType: 'Stock taken', Detail: '{}' }])], shows: () => ({ FailedEntryCount: 0, Entries: [{ EventId: some.text }] }) },
  'cloudformation describe-stacks': { args: () => ['--stack-name', 'slipway-prod'], shows: () => ({ Stacks: [containing({ StackStatus: 'UPDATE_COMPLETE', Outputs: holding(containing({ OutputKey: 'ControlUrl', OutputValue: world.controlUrl })) })] }) },
};

async function findOut(): Promise<void> {
  const listed = (await aws('ecs', 'list-service-deployments', '--cluster', 'prod', '--service', 'checkout')) as { serviceDeployments: { serviceDeploymentArn: string; createdAt: number }[] };
  about.deployment = listed.serviceDeployments.sort((a, b) => b.createdAt - a.createdAt)[0]?.serviceDeploymentArn ?? '';
  const described = (await aws('ecs', 'describe-services', '--cluster', 'prod', '--services', 'checkout')) as { services: { taskDefinition: string }[] };
  about.taskDefinition = described.services[0]?.taskDefinition ?? '';
  const { taskArns } = (await aws('ecs', 'list-tasks', '--cluster', 'prod', '--service-name', 'checkout')) as { taskArns: string[] };
  about.task = taskArns[0] ?? '';
  const { Rules } = (await aws('elbv2', 'describe-rules', '--rule-arns', world.productionRuleArn)) as { Rules: { Actions: { ForwardConfig: { TargetGroups: { TargetGroupArn: string; Weight: number }[] } }[] }[] };
  about.targetGroup = Rules[0]?.Actions[0]?.ForwardConfig.TargetGroups.find((group) => group.Weight === 100)?.TargetGroupArn ?? '';
  about.payload = await world.file('payload.json', JSON.stringify({ releaseId: about.id }));
  about.loadBalancer = /listener-rule\/(app\/[^/]+\/[^/]+)/.exec(world.productionRuleArn)?.[1] ?? '';
}

if (!installed) {
  test('the AWS CLI or jq is not installed here, so none of their commands is tried', () => expect(installed).toBe(false));
} else {
  describe('after a release, an operator with the AWS CLI', () => {
    beforeAll(async () => {
      cli = startAwsCli();
      await releaseSomething();
      await findOut();
    }, ACCEPTANCE_LIMIT_MS);
    afterAll(async () => {
      await cli.close();
      await world.close();
    });

    test.each(Object.entries(COMMANDS))('sees it with aws %s', async (command, { args, shows }) => {
      const [service = '', operation = ''] = command.split(' ');
      expect(await aws(service, operation, ...args())).toEqual(shows());
    }, 30_000);

    test('sends dead letters again as docs/operating.md says', async () => {
      const [, commands = ''] = /```sh\n(# redrive QUEUE[\s\S]*?)```/.exec(await readFile('docs/operating.md', 'utf8')) ?? [];
      // A function that may not run at all: what it is handed becomes a letter at once.
      await aws('lambda', 'put-function-concurrency', '--function-name', 'slipway-prod-image-pushed', '--reserved-concurrent-executions', '0');
      await world.push({ version: '1.2.0' });
      const { QueueUrl } = (await aws('sqs', 'get-queue-url', '--queue-name', 'slipway-prod-function-failures')) as { QueueUrl: string };
      await eventuallyShows(['sqs', 'get-queue-attributes', '--queue-url', QueueUrl, '--attribute-names', 'ApproximateNumberOfMessages'], ({ Attributes }: { Attributes: Record<string, string> }) => Number(Attributes['ApproximateNumberOfMessages']) > 0);
      await aws('lambda', 'delete-function-concurrency', '--function-name', 'slipway-prod-image-pushed');
      expect(await script(commands)).toMatch(/^sent again: arn:aws:lambda:\S+:function:slipway-prod-image-pushed:\$LATEST$/m);
      await releaseOf(world, '1.2.0');
      expect(await aws('sqs', 'receive-message', '--queue-url', QueueUrl)).toBeUndefined();
    }, ACCEPTANCE_LIMIT_MS);

    test('runs a copy of the release machine, and one of their own with Map, Choice and Wait', async () => {
      const { definition, roleArn } = (await aws('stepfunctions', 'describe-state-machine', '--state-machine-arn', world.stateMachineArn)) as { definition: string; roleArn: string };
      const run = async (name: string, text: string, input: object) => {
        const { stateMachineArn } = (await aws('stepfunctions', 'create-state-machine', '--name', name, '--role-arn', roleArn, '--definition', text)) as { stateMachineArn: string };
        const { executionArn } = (await aws('stepfunctions', 'start-execution', '--state-machine-arn', stateMachineArn, '--name', 'once', '--input', JSON.stringify(input))) as { executionArn: string };
        return eventuallyShows(['stepfunctions', 'describe-execution', '--execution-arn', executionArn], (answer: { status: string }) => answer.status !== 'RUNNING');
      };
      const [copy, own] = await Promise.all([run('copy', definition, { releaseId: about.id }), run('rests', JSON.stringify(OPERATORS_MACHINE), { waits: [1, 0, 1] })]);
      expect(copy).toMatchObject({ status: 'SUCCEEDED' });
      expect(own).toMatchObject({ status: 'SUCCEEDED', output: '{"rested":2}' });
    }, 60_000);
  });
}
