// The chain of services under the real IAM: what has to be allowed for an event, a notice or a dead letter to arrive.
import { VirtualClock } from '../kernel/clock.ts';
import { seededRandom } from '../kernel/random.ts';
import { createCloud } from '../cloud.ts';
import type { Cloud } from '../cloud.ts';
import { zipOf } from '../lambda/testing.ts';
import { modelledPlanes } from '../planes.ts';

const ACCOUNT = '123456789012';
const arn = (service: string, rest: string) => `arn:aws:${service}:eu-west-1:${ACCOUNT}:${rest}`;
const RULE = arn('events', 'rule/r');
const TOPIC = arn('sns', 'news');
const FUNCTION = arn('lambda', 'function:f');
const INBOX = arn('sqs', 'inbox');
const DEAD = arn('sqs', 'dead');

interface World {
  cloud: Cloud;
  clock: VirtualClock;
  invoked: unknown[];
  call: (service: string, operation: string, input: object) => Promise<Record<string, unknown>>;
  admit: (queueArn: string, service: string, sourceArn: string) => Promise<unknown>;
  bodies: (queue: string) => string[];
}

async function world(handler: () => Promise<unknown> = async () => 1): Promise<World> {
  const invoked: unknown[] = [];
  const clock = new VirtualClock(Date.UTC(2026, 0, 15, 12), (error) => cloud.kernel.crash(error));
  const cloud: Cloud = createCloud({
    clock,
    random: seededRandom(1),
    planes: modelledPlanes({
      taskBehaviour: () => ({ pullMs: 0, startMs: 0, stopMs: 0 }),
      healthOf: () => true,
      handlers: {
        f: (event) => {
          invoked.push(event);
          return handler();
        },
      },
    }),
  });
  const operator = cloud.kernel.credentials.operatorCaller();
  const call: World['call'] = async (service, operation, input) => (await cloud.kernel.call(operator, service, operation, input)) as Record<string, unknown>;
  const trust = { Statement: { Effect: 'Allow', Principal: { Service: 'lambda.amazonaws.com' }, Action: 'sts:AssumeRole' } };
  await call('iam', 'CreateRole', { RoleName: 'fn', AssumeRolePolicyDocument: JSON.stringify(trust) });
  await call('lambda', 'CreateFunction', { FunctionName: 'f', Role: `arn:aws:iam::${ACCOUNT}:role/fn`, Runtime: 'nodejs20.x', Handler: 'index.handler', Code: { ZipFile: zipOf({ 'index.js': '' }) } });
  for (const QueueName of ['inbox', 'dead']) await call('sqs', 'CreateQueue', { QueueName });
  await call('sns', 'CreateTopic', { Name: 'news' });
  await call('events', 'PutRule', { Name: 'r', EventPattern: '{"source":["test"]}' });
  return {
    cloud,
    clock,
    invoked,
    call,
    admit: (queueArn, service, sourceArn) => {
      const statement = { Effect: 'Allow', Principal: { Service: service }, Action: 'sqs:SendMessage', Resource: queueArn, Condition: { ArnEquals: { 'aws:SourceArn': sourceArn } } };
      return call('sqs', 'SetQueueAttributes', { QueueUrl: `http://x/${ACCOUNT}/${queueArn.split(':')[5]}`, Attributes: { Policy: JSON.stringify({ Version: '2012-10-17', Statement: [statement] }) } });
    },
    bodies: (queue) => cloud.models.sqs.peek(queue).map((message) => message.body),
  };
}

const target = (w: World, Arn: string) => w.call('events', 'PutTargets', { Rule: 'r', Targets: [{ Id: 't', Arn, DeadLetterConfig: { Arn: DEAD } }] });
const emit = (w: World) => w.cloud.models.events.emit({ source: 'test', detailType: 'x', resources: [], detail: {} });

afterEach(async () => {
  const { cloud } = current ?? {};
  await cloud?.close();
  expect(cloud?.kernel.crashes ?? []).toEqual([]);
});
let current: World | undefined;
const start = async (...args: Parameters<typeof world>): Promise<World> => (current = await world(...args));

test('EventBridge invokes a function only when its policy names that rule', async () => {
  const w = await start();
  await target(w, FUNCTION);
  await w.admit(DEAD, 'events.amazonaws.com', RULE);
  emit(w);
  await w.clock.advance(1_000);
  expect(w.invoked).toEqual([]);
  expect(w.cloud.models.sqs.peek('dead')[0]?.attributes).toMatchObject({ ERROR_CODE: 'NO_PERMISSIONS', TARGET_ARN: FUNCTION });

  await w.call('lambda', 'AddPermission', { FunctionName: 'f', StatementId: 's', Action: 'lambda:InvokeFunction', Principal: 'events.amazonaws.com', SourceArn: RULE });
  emit(w);
  await w.clock.advance(1_000);
  expect(w.invoked).toHaveLength(1);
});

test('a dead-letter queue that admits another rule gets nothing', async () => {
  const w = await start();
  await target(w, FUNCTION);
  await w.admit(DEAD, 'events.amazonaws.com', arn('events', 'rule/other'));
  emit(w);
  await w.clock.advance(1_000);
  expect(w.bodies('dead')).toEqual([]);
});

test('a rule publishes to a topic whose policy admits EventBridge, and the topic reaches a queue that admits the topic', async () => {
  const w = await start();
  await target(w, TOPIC);
  await w.call('sns', 'Subscribe', { TopicArn: TOPIC, Protocol: 'sqs', Endpoint: INBOX, Attributes: { RawMessageDelivery: 'true' } });
  emit(w);
  await w.clock.advance(1_000);
  expect(w.bodies('inbox')).toEqual([]);

  const statement = { Effect: 'Allow', Principal: { Service: 'events.amazonaws.com' }, Action: 'sns:Publish', Resource: TOPIC };
  await w.call('sns', 'SetTopicAttributes', { TopicArn: TOPIC, AttributeName: 'Policy', AttributeValue: JSON.stringify({ Version: '2012-10-17', Statement: [statement] }) });
  await w.admit(INBOX, 'sns.amazonaws.com', TOPIC);
  emit(w);
  await w.clock.advance(1_000);
  expect(w.bodies('inbox').map((body) => (JSON.parse(body) as { source: string }).source)).toEqual(['test']);
});

test('a failed function\'s event reaches its destination only with the role\'s permission, which is checked when it is configured', async () => {
  const w = await start(async () => {
    throw new Error('no');
  });
  const configure = () => w.call('lambda', 'PutFunctionEventInvokeConfig', { FunctionName: 'f', MaximumRetryAttempts: 0, DestinationConfig: { OnFailure: { Destination: DEAD } } });
  await expect(configure()).rejects.toMatchObject({ code: 'InvalidParameterValueException' });
  const policy = { Version: '2012-10-17', Statement: { Effect: 'Allow', Action: 'sqs:SendMessage', Resource: DEAD } };
  await w.call('iam', 'PutRolePolicy', { RoleName: 'fn', PolicyName: 'dead', PolicyDocument: JSON.stringify(policy) });
  await configure();
  await w.call('lambda', 'Invoke', { FunctionName: 'f', InvocationType: 'Event', Payload: Buffer.from('{"n":1}') });
  await w.clock.advance(1_000);
  expect(w.bodies('dead').map((body) => (JSON.parse(body) as { requestPayload: unknown }).requestPayload)).toEqual([{ n: 1 }]);
});

test('a function logs only when its role may', async () => {
  const w = await start();
  const run = () => w.call('lambda', 'Invoke', { FunctionName: 'f' });
  await run();
  expect(w.cloud.models.lambda.deniedDeliveries.map((denied) => denied.action)).toEqual(['logs:CreateLogStream', 'logs:PutLogEvents']);
  const policy = { Version: '2012-10-17', Statement: { Effect: 'Allow', Action: ['logs:CreateLogStream', 'logs:PutLogEvents'], Resource: arn('logs', 'log-group:/aws/lambda/f:*') } };
  await w.call('iam', 'PutRolePolicy', { RoleName: 'fn', PolicyName: 'logs', PolicyDocument: JSON.stringify(policy) });
  await run();
  const { events } = await w.call('logs', 'FilterLogEvents', { logGroupName: '/aws/lambda/f' });
  expect((events as { message: string }[]).map((event) => event.message.split(' ')[0])).toEqual(['START', 'END', 'REPORT']);
});
