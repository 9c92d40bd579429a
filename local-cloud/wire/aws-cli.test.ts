// An independent judge: the AWS CLI has its own (Python) implementation of every protocol. Where it is not installed, these
// claims are left to the SDK's conformance tests.
import { listen } from './http-door.ts';
import type { HttpDoor } from './http-door.ts';
import { AwsError } from '../kernel/errors.ts';
import { hasAwsCli, startAwsCli, type AwsCli } from '../testing/aws-cli.ts';
import { tinyCloud } from './testing.ts';
import type { TinyCloud } from './testing.ts';

if (!hasAwsCli) process.stderr.write('The AWS CLI is not installed: its conformance tests are left out.\n');

let cloud: TinyCloud;
let door: HttpDoor;
const seen: unknown[] = [];

beforeEach(async () => {
  cloud = tinyCloud();
  seen.length = 0;
  door = await listen(cloud.dispatch, { port: 0 });
});
afterEach(() => door.close());

let aws: AwsCli;
beforeAll(() => {
  if (hasAwsCli) aws = startAwsCli();
});
afterAll(() => aws?.close());

const cli = (...args: string[]) => aws.run(...args, '--endpoint-url', door.url);

const NOON = new Date('2026-01-15T12:00:00.000Z');

(hasAwsCli ? describe : describe.skip)('the AWS CLI', () => {
  test.each([
    {
      name: 'JSON (ECS)',
      serve: ['ecs', 'DescribeServices', { services: [{ serviceName: 'web', desiredCount: 2, createdAt: NOON }], failures: [] }] as const,
      args: ['ecs', 'describe-services', '--cluster', 'prod', '--services', 'web'],
      input: { cluster: 'prod', services: ['web'] },
      says: '"desiredCount": 2',
    },
    {
      name: 'query (ELB)',
      serve: ['elasticloadbalancing', 'DescribeRules', { Rules: [{ RuleArn: 'arn', Priority: '5', Conditions: [{ Field: 'path-pattern', Values: ['/a&b'] }] }] }] as const,
      args: ['elbv2', 'describe-rules', '--rule-arns', 'r1', 'r2'],
      input: { RuleArns: ['r1', 'r2'] },
      says: '"/a&b"',
    },
    {
      name: 'JSON (SQS)',
      serve: ['sqs', 'GetQueueAttributes', { Attributes: { ApproximateNumberOfMessages: '3' } }] as const,
      args: ['sqs', 'get-queue-attributes', '--queue-url', 'http://local.test/1/q', '--attribute-names', 'All'],
      input: { QueueUrl: 'http://local.test/1/q', AttributeNames: ['All'] },
      says: '"ApproximateNumberOfMessages": "3"',
    },
    {
      name: 'CloudWatch',
      serve: ['monitoring', 'DescribeAlarms', { MetricAlarms: [{ AlarmName: 'hot', StateValue: 'ALARM', StateUpdatedTimestamp: NOON }] }] as const,
      args: ['cloudwatch', 'describe-alarms', '--alarm-names', 'hot'],
      input: { AlarmNames: ['hot'] },
      says: '"StateValue": "ALARM"',
    },
    {
      name: 'REST (Lambda)',
      serve: ['lambda', 'GetFunctionConfiguration', { FunctionName: 'f', Timeout: 3 }] as const,
      args: ['lambda', 'get-function-configuration', '--function-name', 'f', '--qualifier', 'live'],
      input: { FunctionName: 'f', Qualifier: 'live' },
      says: '"Timeout": 3',
    },
  ])('speaks $name', async ({ serve: [signingName, operation, output], args, input, says }) => {
    cloud.serve(signingName, { [operation]: (given) => (seen.push(given), output) });
    const { out, error } = await cli(...args);
    expect(error).toBe('');
    expect(seen).toEqual([input]);
    expect(out).toContain(says);
  });

  test('shows who it is', async () => {
    expect(JSON.parse((await cli('sts', 'get-caller-identity')).out)).toMatchObject({ Arn: 'arn:aws:iam::123456789012:user/operator' });
  });

  test('shows a refusal with its code and message', async () => {
    cloud.serve('sns', {
      Publish: () => {
        throw new AwsError('NotFoundException', 'Topic does not exist');
      },
    });
    expect((await cli('sns', 'publish', '--topic-arn', 'arn:aws:sns:eu-west-1:1:t', '--message', 'm')).error).toContain('An error occurred (NotFound) when calling the Publish operation: Topic does not exist');
  });
});
