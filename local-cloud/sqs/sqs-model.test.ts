import type * as sqs from '@aws-sdk/client-sqs';
import { testKernel } from '../testing/kernel.ts';
import type { TestKernel } from '../testing/kernel.ts';
import { SqsModel } from './index.ts';
import { md5OfAttributes } from './checksum.ts';

const ARN = 'arn:aws:sqs:eu-west-1:123456789012:';
const URL_OF = 'http://127.0.0.1:4577/123456789012/';

interface World extends Omit<TestKernel, 'call' | 'register'> {
  call: TestKernel['call'];
  model: SqsModel;
  recorded: { metricName: string; dimensions: Record<string, string>; value: number }[];
  send: (queue: string, body: string, more?: object) => Promise<sqs.SendMessageCommandOutput>;
  receive: (queue: string, more?: object) => Promise<sqs.Message[]>;
  counts: (queue: string) => Promise<[visible: string | undefined, inFlight: string | undefined, delayed: string | undefined]>;
}

async function world(attributes: Record<string, string> = {}): Promise<World> {
  const test = testKernel();
  const recorded: World['recorded'] = [];
  const model = new SqsModel(test.kernel, { metrics: { record: (datum) => void recorded.push(datum) } });
  test.register(model);
  await test.call('sqs', 'CreateQueue', { QueueName: 'work', Attributes: attributes });
  await test.call('sqs', 'CreateQueue', { QueueName: 'dead' });
  return {
    ...test,
    model,
    recorded,
    send: async (queue, MessageBody, more) => (await test.call('sqs', 'SendMessage', { QueueUrl: URL_OF + queue, MessageBody, ...more })) as sqs.SendMessageCommandOutput,
    receive: async (queue, more) => ((await test.call('sqs', 'ReceiveMessage', { QueueUrl: URL_OF + queue, MaxNumberOfMessages: 10, ...more })) as sqs.ReceiveMessageCommandOutput).Messages ?? [],
    counts: async (queue) => {
      const { Attributes } = (await test.call('sqs', 'GetQueueAttributes', { QueueUrl: URL_OF + queue, AttributeNames: ['All'] })) as sqs.GetQueueAttributesCommandOutput;
      return [Attributes?.ApproximateNumberOfMessages, Attributes?.ApproximateNumberOfMessagesNotVisible, Attributes?.ApproximateNumberOfMessagesDelayed];
    },
  };
}

const REDRIVE = { RedrivePolicy: JSON.stringify({ deadLetterTargetArn: `${ARN}dead`, maxReceiveCount: 2 }) };

describe('visibility', () => {
  test('a received message is hidden for the visibility timeout and then comes back with a higher count', async () => {
    const { send, receive, clock } = await world({ VisibilityTimeout: '5' });
    await send('work', 'one');
    expect((await receive('work'))[0]?.Body).toBe('one');
    await clock.advance(4_999);
    expect(await receive('work')).toEqual([]);
    await clock.advance(1);
    expect((await receive('work', { MessageSystemAttributeNames: ['ApproximateReceiveCount'] }))[0]?.Attributes).toEqual({ ApproximateReceiveCount: '2' });
  });

  test('a deleted message never comes back', async () => {
    const { send, receive, call, clock, counts } = await world();
    await send('work', 'one');
    const [message] = await receive('work');
    await call('sqs', 'DeleteMessage', { QueueUrl: `${URL_OF}work`, ReceiptHandle: message?.ReceiptHandle });
    await clock.advance(60_000);
    expect(await counts('work')).toEqual(['0', '0', '0']);
  });

  test('ChangeMessageVisibility to 0 gives the message back at once', async () => {
    const { send, receive, call } = await world();
    await send('work', 'one');
    const [message] = await receive('work');
    await call('sqs', 'ChangeMessageVisibility', { QueueUrl: `${URL_OF}work`, ReceiptHandle: message?.ReceiptHandle, VisibilityTimeout: 0 });
    expect(await receive('work')).toHaveLength(1);
  });

  test('delayed, visible and in-flight messages are counted apart', async () => {
    const { send, receive, counts, clock } = await world();
    await send('work', 'a');
    await send('work', 'b');
    await send('work', 'c', { DelaySeconds: 10 });
    await receive('work', { MaxNumberOfMessages: 1 });
    expect(await counts('work')).toEqual(['1', '1', '1']);
    await clock.advance(10_000);
    expect(await counts('work')).toEqual(['2', '1', '0']);
  });

  test('a message older than the retention period is gone', async () => {
    const { send, counts, clock } = await world({ MessageRetentionPeriod: '60' });
    await send('work', 'old');
    await clock.advance(60_001);
    expect(await counts('work')).toEqual(['0', '0', '0']);
  });
});

describe('long polling', () => {
  test('answers as soon as a message arrives', async () => {
    const { receive, send, clock, kernel } = await world();
    const startMs = kernel.clock.nowMs();
    const received = receive('work', { WaitTimeSeconds: 20 });
    clock.after(7_000, () => void send('work', 'late'));
    await clock.advance(7_000);
    expect((await received)[0]?.Body).toBe('late');
    expect(kernel.clock.nowMs() - startMs).toBe(7_000);
  });

  test('answers empty when the wait is over', async () => {
    const { receive, clock } = await world();
    const received = receive('work', { WaitTimeSeconds: 3 });
    await clock.advance(3_000);
    expect(await received).toEqual([]);
  });
});

describe('dead letters', () => {
  test('a message received maxReceiveCount times goes to the dead-letter queue at the next receive, with its id', async () => {
    const { send, receive, clock } = await world({ VisibilityTimeout: '1', ...REDRIVE });
    const sent = await send('work', 'poison');
    for (let attempt = 0; attempt < 2; attempt++) {
      expect(await receive('work')).toHaveLength(1);
      await clock.advance(1_000);
    }
    expect(await receive('work')).toEqual([]);
    const [dead] = await receive('dead', { MessageSystemAttributeNames: ['DeadLetterQueueSourceArn', 'ApproximateReceiveCount'] });
    expect(dead).toMatchObject({ Body: 'poison', MessageId: sent.MessageId, Attributes: { DeadLetterQueueSourceArn: `${ARN}work`, ApproximateReceiveCount: '1' } });
  });

  test('a move task brings dead letters back to their source', async () => {
    const { send, receive, clock, call, counts } = await world({ VisibilityTimeout: '1', ...REDRIVE });
    await send('work', 'poison');
    for (let attempt = 0; attempt < 3; attempt++) {
      await receive('work');
      await clock.advance(1_000);
    }
    expect(await counts('dead')).toEqual(['1', '0', '0']);
    await call('sqs', 'StartMessageMoveTask', { SourceArn: `${ARN}dead` });
    await clock.advance(1_000);
    expect(await counts('work')).toEqual(['1', '0', '0']);
    expect(await call('sqs', 'ListMessageMoveTasks', { SourceArn: `${ARN}dead` })).toMatchObject({ Results: [{ Status: 'COMPLETED', ApproximateNumberOfMessagesMoved: 1 }] });
  });

  test('a queue that is nobody\'s dead-letter queue cannot be redriven', async () => {
    const { call } = await world();
    await expect(call('sqs', 'StartMessageMoveTask', { SourceArn: `${ARN}dead` })).rejects.toMatchObject({ code: 'InvalidParameterValueException' });
  });
});

describe('permissions', () => {
  test('sending to a queue with a customer key needs the key too, receiving only to decrypt', async () => {
    const { send, receive, calls } = await world({ KmsMasterKeyId: '0f3b1c9e-0000-4000-8000-000000000001' });
    await send('work', 'secret');
    await receive('work');
    const keyArn = 'arn:aws:kms:eu-west-1:123456789012:key/0f3b1c9e-0000-4000-8000-000000000001';
    const wanted = (operation: string) => calls.find((call) => call.operation === operation)?.permissions.map(({ action, resource }) => `${action} ${resource}`);
    expect(wanted('SendMessage')).toEqual([`sqs:SendMessage ${ARN}work`, `kms:GenerateDataKey ${keyArn}`, `kms:Decrypt ${keyArn}`]);
    expect(wanted('ReceiveMessage')).toEqual([`sqs:ReceiveMessage ${ARN}work`, `kms:Decrypt ${keyArn}`]);
    expect(calls.find((call) => call.operation === 'SendMessage')?.permissions[1]?.context).toMatchObject({ 'kms:ViaService': 'sqs.eu-west-1.amazonaws.com' });
  });

  test('the Policy attribute is the resource policy of the queue', async () => {
    const { model, call } = await world();
    const policy = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Principal: { Service: 'events.amazonaws.com' }, Action: 'sqs:SendMessage', Resource: `${ARN}work` }] };
    await call('sqs', 'SetQueueAttributes', { QueueUrl: `${URL_OF}work`, Attributes: { Policy: JSON.stringify(policy) } });
    expect(model.resourcePolicy(`${ARN}work`)).toEqual(policy);
    expect(model.resourcePolicy(`${ARN}dead`)).toBeUndefined();
  });
});

describe('what is refused', () => {
  test.each([
    { name: 'an unknown queue', operation: 'SendMessage', input: { QueueUrl: `${URL_OF}nowhere`, MessageBody: 'x' }, code: 'QueueDoesNotExist' },
    { name: 'a message without a body', operation: 'SendMessage', input: { QueueUrl: `${URL_OF}work` }, code: 'MissingRequiredParameterException' },
    { name: 'a message over 1 MiB', operation: 'SendMessage', input: { QueueUrl: `${URL_OF}work`, MessageBody: 'x'.repeat(1_048_577) }, code: 'InvalidParameterValueException' },
    { name: 'eleven messages at once', operation: 'SendMessageBatch', input: { QueueUrl: `${URL_OF}work`, Entries: Array.from({ length: 11 }, (_, index) => ({ Id: `${index}`, MessageBody: 'x' })) }, code: 'TooManyEntriesInBatchRequest' },
    { name: 'a receipt handle that is not one', operation: 'ChangeMessageVisibility', input: { QueueUrl: `${URL_OF}work`, ReceiptHandle: 'x', VisibilityTimeout: 1 }, code: 'ReceiptHandleIsInvalid' },
    { name: 'an attribute out of range', operation: 'CreateQueue', input: { QueueName: 'new', Attributes: { VisibilityTimeout: '43201' } }, code: 'InvalidAttributeValue' },
    { name: 'a second queue of the name with other attributes', operation: 'CreateQueue', input: { QueueName: 'work', Attributes: { DelaySeconds: '7' } }, code: 'QueueNameExists' },
    { name: 'a FIFO queue', operation: 'CreateQueue', input: { QueueName: 'work.fifo' }, code: 'NotImplemented' },
    { name: 'a field that is not modelled', operation: 'SendMessage', input: { QueueUrl: `${URL_OF}work`, MessageBody: 'x', MessageGroupId: 'g' }, code: 'NotImplemented' },
  ])('$name', async ({ operation, input, code }) => {
    const { call } = await world();
    await expect(call('sqs', operation, input)).rejects.toMatchObject({ code });
  });
});

test('the depth metric is recorded on every change and every minute', async () => {
  const { send, clock, recorded } = await world();
  const depths = () => recorded.filter((datum) => datum.metricName === 'ApproximateNumberOfMessagesVisible' && datum.dimensions.QueueName === 'work').map((datum) => datum.value);
  await send('work', 'one');
  await send('work', 'two');
  expect(depths()).toEqual([1, 2]);
  await clock.advance(120_000);
  expect(depths()).toEqual([1, 2, 2, 2]);
});

test.each([
  { type: 'Number', digest: '235c5c510d26fb653d073faed50ae77c' },
  { type: 'Number.java.lang.Long', digest: '2e2e4876d8e0bd6b8c2c8f556831c349' },
])('the digest of a $type attribute is the one SQS documents', ({ type, digest }) => {
  expect(md5OfAttributes({ timestamp: { DataType: type, StringValue: '1493147359900' } })).toBe(digest);
});
