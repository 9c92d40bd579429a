import type * as sns from '@aws-sdk/client-sns';
import { InProcessFunctionRunner, LambdaModel } from '../lambda/index.ts';
import { zipOf } from '../lambda/testing.ts';
import { AwsError } from '../kernel/errors.ts';
import type { Caller, Permission } from '../kernel/service.ts';
import { SqsModel } from '../sqs/index.ts';
import { testKernel } from '../testing/kernel.ts';
import type { TestKernel } from '../testing/kernel.ts';
import { waitBeforeMs } from './delivery.ts';
import { SnsModel } from './index.ts';

const TOPIC = 'arn:aws:sns:eu-west-1:123456789012:news';
const QUEUE = 'arn:aws:sqs:eu-west-1:123456789012:';
const FUNCTION = 'arn:aws:lambda:eu-west-1:123456789012:function:listener';

interface World {
  test: TestKernel;
  model: SnsModel;
  queues: SqsModel;
  lambda: LambdaModel;
  invoked: unknown[];
  call: (operation: string, input: object) => Promise<unknown>;
  subscribe: (protocol: string, endpoint: string, attributes?: Record<string, string>) => Promise<string>;
  publish: (message: string, more?: object) => Promise<sns.PublishCommandOutput>;
  settle: () => Promise<void>;
}

async function world(options: { attributes?: Record<string, string>; authorize?: (caller: Caller, permissions: Permission[]) => void } = {}): Promise<World> {
  const test = testKernel({ ...(options.authorize ? { authorize: options.authorize } : {}) });
  const invoked: unknown[] = [];
  const queues = new SqsModel(test.kernel);
  const lambda = new LambdaModel(test.kernel, { queues, runner: new InProcessFunctionRunner({ listener: async (event) => void invoked.push(event) }, () => test.clock.nowMs()) });
  const model = new SnsModel(test.kernel);
  for (const registered of [lambda, queues, model]) test.register(registered);
  const call = (operation: string, input: object) => test.call('sns', operation, input);
  await call('CreateTopic', { Name: 'news', Attributes: options.attributes });
  for (const QueueName of ['inbox', 'dead']) await test.call('sqs', 'CreateQueue', { QueueName });
  await test.call('lambda', 'CreateFunction', {
    FunctionName: 'listener', Role: 'arn:aws:iam::123456789012:role/fn', Runtime: 'nodejs20.x', Handler: 'index.handler', Code: { ZipFile: zipOf({ 'index.js': '' }) },
  });
  return {
    test,
    model,
    queues,
    lambda,
    invoked,
    call,
    subscribe: async (Protocol, Endpoint, Attributes) => ((await call('Subscribe', { TopicArn: TOPIC, Protocol, Endpoint, Attributes })) as sns.SubscribeCommandOutput).SubscriptionArn ?? '',
    publish: async (Message, more) => (await call('Publish', { TopicArn: TOPIC, Message, ...more })) as sns.PublishCommandOutput,
    settle: () => test.clock.advance(1_000),
  };
}

const inbox = (w: World) => w.queues.peek('inbox');
const firstBody = (w: World) => JSON.parse(inbox(w)[0]?.body ?? 'null') as Record<string, unknown>;

describe('what subscribers get', () => {
  test('a queue gets the notification as JSON with its attributes', async () => {
    const w = await world();
    await w.subscribe('sqs', `${QUEUE}inbox`);
    const { MessageId } = await w.publish('hello', { Subject: 'Hi', MessageAttributes: { kind: { DataType: 'String', StringValue: 'a' } } });
    await w.settle();
    expect(firstBody(w)).toMatchObject({ Type: 'Notification', MessageId, TopicArn: TOPIC, Subject: 'Hi', Message: 'hello', MessageAttributes: { kind: { Type: 'String', Value: 'a' } } });
    expect(w.test.calls.find((call) => call.operation === 'SendMessage')?.caller).toEqual({ kind: 'service', principal: 'sns.amazonaws.com', sourceArn: TOPIC });
  });

  test('with raw delivery a queue gets the message alone, the attributes beside it', async () => {
    const w = await world();
    await w.subscribe('sqs', `${QUEUE}inbox`, { RawMessageDelivery: 'true' });
    await w.publish('hello', { MessageAttributes: { kind: { DataType: 'String', StringValue: 'a' } } });
    await w.settle();
    expect(inbox(w)).toEqual([{ body: 'hello', attributes: { kind: 'a' } }]);
  });

  test('a function is invoked with a record', async () => {
    const w = await world();
    const arn = await w.subscribe('lambda', FUNCTION);
    await w.publish('hello');
    await w.settle();
    expect(w.invoked).toMatchObject([{ Records: [{ EventSource: 'aws:sns', EventSubscriptionArn: arn, Sns: { Message: 'hello', Subject: null, TopicArn: TOPIC } }] }]);
  });

  test('e-mail lands in the outbox', async () => {
    const w = await world();
    await w.subscribe('email', 'ops@example.com');
    await w.publish('hello', { Subject: 'Hi' });
    await w.settle();
    expect(w.model.outbox()).toMatchObject([{ to: 'ops@example.com', subject: 'Hi', body: 'hello', topicArn: TOPIC }]);
  });

  test('MessageStructure json gives each protocol its own text', async () => {
    const w = await world();
    await w.subscribe('email', 'ops@example.com');
    await w.subscribe('sqs', `${QUEUE}inbox`, { RawMessageDelivery: 'true' });
    await w.publish(JSON.stringify({ default: 'all', email: 'for people' }), { MessageStructure: 'json' });
    await w.settle();
    expect([w.model.outbox()[0]?.body, inbox(w)[0]?.body]).toEqual(['for people', 'all']);
  });

  test('nothing arrives after unsubscribing', async () => {
    const w = await world();
    await w.call('Unsubscribe', { SubscriptionArn: await w.subscribe('sqs', `${QUEUE}inbox`) });
    await w.publish('hello');
    await w.settle();
    expect(inbox(w)).toEqual([]);
  });
});

describe('filter policies', () => {
  test.each<{ name: string; policy: object; attributes: Record<string, string>; passes: boolean }>([
    { name: 'an equal attribute', policy: { kind: ['a'] }, attributes: { kind: 'a' }, passes: true },
    { name: 'another value', policy: { kind: ['a'] }, attributes: { kind: 'b' }, passes: false },
    { name: 'a missing attribute', policy: { kind: ['a'] }, attributes: {}, passes: false },
    { name: 'anything-but', policy: { kind: [{ 'anything-but': ['a'] }] }, attributes: { kind: 'b' }, passes: true },
    { name: 'a prefix', policy: { kind: [{ prefix: 'al' }] }, attributes: { kind: 'alarm' }, passes: true },
  ])('on attributes: $name -> $passes', async ({ policy, attributes, passes }) => {
    const w = await world();
    await w.subscribe('sqs', `${QUEUE}inbox`, { FilterPolicy: JSON.stringify(policy) });
    await w.publish('x', { MessageAttributes: Object.fromEntries(Object.entries(attributes).map(([name, StringValue]) => [name, { DataType: 'String', StringValue }])) });
    await w.settle();
    expect(inbox(w).length === 1).toBe(passes);
  });

  test('numbers and lists in attributes are compared as such', async () => {
    const w = await world();
    await w.subscribe('sqs', `${QUEUE}inbox`, { FilterPolicy: JSON.stringify({ size: [{ numeric: ['>', 5] }], tags: ['red'] }) });
    const publish = (size: string) => w.publish('x', { MessageAttributes: { size: { DataType: 'Number', StringValue: size }, tags: { DataType: 'String.Array', StringValue: '["blue","red"]' } } });
    await publish('5');
    await publish('6');
    await w.settle();
    expect(inbox(w)).toHaveLength(1);
  });

  test('on the body', async () => {
    const w = await world();
    await w.subscribe('sqs', `${QUEUE}inbox`, { FilterPolicyScope: 'MessageBody', FilterPolicy: JSON.stringify({ release: { outcome: ['failed'] } }), RawMessageDelivery: 'true' });
    for (const message of ['{"release":{"outcome":"failed"}}', '{"release":{"outcome":"fine"}}', 'no json']) await w.publish(message);
    await w.settle();
    expect(inbox(w).map((message) => message.body)).toEqual(['{"release":{"outcome":"failed"}}']);
  });

  test('an invalid policy is refused', async () => {
    const w = await world();
    await expect(w.subscribe('sqs', `${QUEUE}inbox`, { FilterPolicy: '{"kind":"a"}' })).rejects.toMatchObject({ code: 'InvalidParameterException' });
  });
});

describe('failure', () => {
  test('a function out of service is tried again until it is back', async () => {
    const w = await world();
    await w.subscribe('lambda', FUNCTION);
    w.lambda.kill();
    await w.publish('hello');
    await w.test.clock.advance(30_000);
    expect(w.invoked).toEqual([]);
    w.lambda.revive();
    await w.test.clock.advance(30_000);
    expect(w.invoked).toHaveLength(1);
  });

  test.each([
    [1, 0],
    [3, 0],
    [4, 1_000],
    [5, 1_000],
    [6, 1_000],
    [8, 4_000],
    [11, 20_000],
    [90_000, 20_000],
  ])('attempt %d waits %d ms', (attempt, waitMs) => expect(waitBeforeMs(attempt)).toBe(waitMs));

  test('an endpoint that is gone sends the message to the dead-letter queue at once', async () => {
    const w = await world();
    await w.subscribe('sqs', `${QUEUE}gone`, { RedrivePolicy: JSON.stringify({ deadLetterTargetArn: `${QUEUE}dead` }), RawMessageDelivery: 'true' });
    await w.publish('hello');
    await w.settle();
    expect(w.queues.peek('dead').map((message) => message.body)).toEqual(['hello']);
  });

  test('a queue policy that does not admit SNS loses the message', async () => {
    const w = await world({
      authorize: (caller) => {
        if (caller.kind === 'service') throw new AwsError('AccessDeniedException', 'no');
      },
    });
    await w.subscribe('sqs', `${QUEUE}inbox`);
    await w.publish('hello');
    await w.settle();
    expect(inbox(w)).toEqual([]);
    expect(w.test.crashes).toEqual([]);
  });
});

describe('permissions', () => {
  const KEY = '0f3b1c9e-0000-4000-8000-000000000001';

  test('publishing to a topic with a customer key needs the key', async () => {
    const w = await world({ attributes: { KmsMasterKeyId: KEY } });
    await w.publish('x');
    const permissions = w.test.calls.find((call) => call.operation === 'Publish')?.permissions ?? [];
    const keyArn = `arn:aws:kms:eu-west-1:123456789012:key/${KEY}`;
    expect(permissions.map(({ action, resource }) => [action, resource])).toEqual([
      ['sns:Publish', TOPIC],
      ['kms:GenerateDataKey', keyArn],
      ['kms:Decrypt', keyArn],
    ]);
    expect(permissions[1]?.context).toMatchObject({ 'kms:ViaService': 'sns.eu-west-1.amazonaws.com' });
  });

  test('the AWS managed key needs none', async () => {
    const w = await world({ attributes: { KmsMasterKeyId: 'alias/aws/sns' } });
    await w.publish('x');
    expect(w.test.calls.find((call) => call.operation === 'Publish')?.permissions).toHaveLength(1);
  });

  test('the Policy attribute is the resource policy', async () => {
    const w = await world();
    const policy = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Principal: { Service: 'events.amazonaws.com' }, Action: 'sns:Publish', Resource: TOPIC }] };
    await w.call('SetTopicAttributes', { TopicArn: TOPIC, AttributeName: 'Policy', AttributeValue: JSON.stringify(policy) });
    expect(w.model.resourcePolicy(TOPIC)).toEqual(policy);
  });
});

test.each([
  { name: 'an unknown topic', operation: 'Publish', input: { TopicArn: `${TOPIC}2`, Message: 'x' }, code: 'NotFoundException' },
  { name: 'an empty message', operation: 'Publish', input: { TopicArn: TOPIC, Message: '' }, code: 'InvalidParameterException' },
  { name: 'a message over 256 KiB', operation: 'Publish', input: { TopicArn: TOPIC, Message: 'x'.repeat(262_145) }, code: 'InvalidParameterException' },
  { name: 'a subject with a line break', operation: 'Publish', input: { TopicArn: TOPIC, Message: 'x', Subject: 'a\nb' }, code: 'InvalidParameterException' },
  { name: 'a text message', operation: 'Publish', input: { PhoneNumber: '+15550100', Message: 'x' }, code: 'NotImplemented' },
  { name: 'an HTTPS subscription', operation: 'Subscribe', input: { TopicArn: TOPIC, Protocol: 'https', Endpoint: 'https://example.com' }, code: 'NotImplemented' },
  { name: 'a FIFO topic', operation: 'CreateTopic', input: { Name: 'news.fifo' }, code: 'NotImplemented' },
])('$name is refused with $code', async ({ operation, input, code }) => {
  const w = await world();
  await expect(w.call(operation, input)).rejects.toMatchObject({ code });
});

test('a batch answers entry by entry', async () => {
  const w = await world();
  const answer = (await w.call('PublishBatch', { TopicArn: TOPIC, PublishBatchRequestEntries: [{ Id: '1', Message: 'a' }, { Id: '2', Message: '' }] })) as sns.PublishBatchCommandOutput;
  expect([answer.Successful?.map((entry) => entry.Id), answer.Failed?.map((entry) => entry.Id)]).toEqual([['1'], ['2']]);
});
