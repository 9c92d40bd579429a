// What nobody waits for: events, and messages in queues. They are tried again, and what cannot be handed over goes somewhere.
import { sleep } from '../kernel/clock.ts';
import { ARN, denying, lambdaWorld, QUEUE, ROLE, total } from './testing.ts';
import type { LambdaWorld } from './testing.ts';

afterEach(() => expect(current?.crashes ?? []).toEqual([]));
let current: LambdaWorld | undefined;
const world = (...args: Parameters<typeof lambdaWorld>): LambdaWorld => (current = lambdaWorld(...args));

describe('asynchronous invocations', () => {
  const failing = (times: number[]) => async (_event: unknown): Promise<string> => {
    times.push(current?.kernel.clock.nowMs() ?? 0);
    throw new Error('no');
  };
  const sinceFirst = (times: number[]) => times.map((ms) => ms - (times[0] ?? 0));

  test('a failing function is run again after one and then two minutes, and then the event goes to the failure destination', async () => {
    const times: number[] = [];
    const w = world({ work: failing(times) });
    await w.call('sqs', 'CreateQueue', { QueueName: 'failed' });
    await w.create('work');
    await w.call('lambda', 'PutFunctionEventInvokeConfig', { FunctionName: 'work', DestinationConfig: { OnFailure: { Destination: `${QUEUE}failed` } } });
    await w.invokeLater('work', { job: 7 });
    await w.clock.advance(10 * 60_000);
    expect(sinceFirst(times)).toEqual([0, 60_000, 180_000]);
    const [record] = w.queues.peek('failed');
    expect(JSON.parse(record?.body ?? 'null')).toMatchObject({
      version: '1.0',
      requestContext: { functionArn: `${ARN}work:$LATEST`, condition: 'RetriesExhausted', approximateInvokeCount: 3 },
      requestPayload: { job: 7 },
      responseContext: { statusCode: 200, functionError: 'Unhandled' },
      responsePayload: { errorMessage: 'no' },
    });
    expect(w.calls.find((call) => call.operation === 'SendMessage')?.caller).toMatchObject({ kind: 'role', roleArn: ROLE });
    expect(w.model.queuedEvents).toBe(0);
  });

  test('the waits follow asyncRetryTimeScale', async () => {
    const times: number[] = [];
    const w = world({ work: failing(times) }, { physics: { asyncRetryTimeScale: 1 / 60 } });
    await w.create('work');
    await w.invokeLater('work');
    await w.clock.advance(60_000);
    expect(sinceFirst(times)).toEqual([0, 1_000, 3_000]);
  });

  test('MaximumRetryAttempts 0 runs once, and the dead letter is the event with the error in its attributes', async () => {
    const times: number[] = [];
    const w = world({ work: failing(times) });
    await w.call('sqs', 'CreateQueue', { QueueName: 'dead' });
    await w.create('work', { DeadLetterConfig: { TargetArn: `${QUEUE}dead` } });
    await w.call('lambda', 'PutFunctionEventInvokeConfig', { FunctionName: 'work', MaximumRetryAttempts: 0 });
    await w.invokeLater('work', { job: 8 });
    await w.clock.advance(10 * 60_000);
    expect(times).toHaveLength(1);
    expect(w.queues.peek('dead')).toEqual([{ body: '{"job":8}', attributes: { RequestID: expect.any(String) as string, ErrorCode: '200', ErrorMessage: 'no' } }]);
  });

  test('a role that may not send to the dead-letter queue loses the event; it is counted', async () => {
    const times: number[] = [];
    let denied = false;
    const w = world({ work: failing(times) }, { authorize: (caller, permissions) => denied && denying('sqs:SendMessage')(caller, permissions) });
    await w.call('sqs', 'CreateQueue', { QueueName: 'dead' });
    await w.create('work', { DeadLetterConfig: { TargetArn: `${QUEUE}dead` } });
    denied = true;
    await w.invokeLater('work');
    await w.clock.advance(10 * 60_000);
    expect(w.queues.peek('dead')).toEqual([]);
    expect(total(w, 'DeadLetterErrors')).toBe(1);
  });

  test('a target the role may not reach is refused when it is configured', async () => {
    const w = world({ work: async () => 1 }, { authorize: denying('sqs:SendMessage') });
    await expect(w.create('work', { DeadLetterConfig: { TargetArn: `${QUEUE}dead` } })).rejects.toMatchObject({
      code: 'InvalidParameterValueException',
      message: 'The provided execution role does not have permissions to call SendMessage on SQS',
    });
  });

  test('events queued when Lambda dies are run after it is back', async () => {
    const seen: unknown[] = [];
    const w = world({ work: async (event) => void seen.push(event) });
    await w.create('work');
    await w.invokeLater('work', 1);
    w.model.kill();
    await w.clock.advance(60_000);
    expect(seen).toEqual([]);
    await expect(w.invoke('work')).rejects.toMatchObject({ code: 'ServiceException', httpStatus: 503 });
    w.model.revive();
    await w.clock.advance(10 * 60_000);
    expect(seen).toEqual([1]);
  });

  test('an outage longer than the age limit ends the event', async () => {
    const w = world({ work: async () => 1 });
    await w.call('sqs', 'CreateQueue', { QueueName: 'failed' });
    await w.create('work');
    await w.call('lambda', 'PutFunctionEventInvokeConfig', { FunctionName: 'work', MaximumEventAgeInSeconds: 60, DestinationConfig: { OnFailure: { Destination: `${QUEUE}failed` } } });
    await w.invokeLater('work');
    w.model.kill();
    await w.clock.advance(5 * 60_000);
    expect(JSON.parse(w.queues.peek('failed')[0]?.body ?? 'null')).toMatchObject({ requestContext: { condition: 'EventAgeExceeded', approximateInvokeCount: 0 } });
  });

  test('an invocation running when its function dies breaks off and is run again', async () => {
    let runs = 0;
    const w = world({
      work: async () => {
        runs += 1;
        await sleep(w.kernel.clock, 1_000);
      },
    });
    await w.create('work', { Timeout: 30 });
    await w.invokeLater('work');
    await w.clock.advance(500);
    w.model.setDead('work', true);
    w.model.setDead('work', false);
    await w.clock.advance(60_000);
    expect([runs, w.model.queuedEvents]).toEqual([2, 0]);
  });
});

describe('queues as event sources', () => {
  const mapped = async (handler: Parameters<typeof lambdaWorld>[0], more: object = {}): Promise<LambdaWorld> => {
    const w = world(handler);
    await w.call('sqs', 'CreateQueue', { QueueName: 'work', Attributes: { VisibilityTimeout: '30' } });
    await w.create('worker');
    await w.call('lambda', 'CreateEventSourceMapping', { EventSourceArn: `${QUEUE}work`, FunctionName: 'worker', ...more });
    await w.clock.advance(1);
    return w;
  };
  const send = (w: LambdaWorld, body: string) => w.call('sqs', 'SendMessage', { QueueUrl: 'http://127.0.0.1:4577/123456789012/work', MessageBody: body });
  const bodies = (event: unknown) => (event as { Records: { body: string }[] }).Records.map((record) => record.body);

  test('a message is handed to the function and deleted', async () => {
    const seen: string[] = [];
    const w = await mapped({ worker: async (event) => void seen.push(...bodies(event)) });
    await send(w, 'one');
    await w.clock.advance(100);
    expect(seen).toEqual(['one']);
    expect(w.queues.peek('work')).toEqual([]);
  });

  test('a failing function gets the batch again after the visibility timeout', async () => {
    let runs = 0;
    const w = await mapped({
      worker: async () => {
        runs += 1;
        if (runs === 1) throw new Error('not yet');
      },
    });
    await send(w, 'one');
    await w.clock.advance(29_999);
    expect(runs).toBe(1);
    await w.clock.advance(1_000);
    expect(runs).toBe(2);
    expect(w.queues.peek('work')).toEqual([]);
  });

  test('with ReportBatchItemFailures only the reported messages come back', async () => {
    const batches: string[][] = [];
    const w = await mapped(
      {
        worker: async (event) => {
          batches.push(bodies(event));
          const bad = (event as { Records: { body: string; messageId: string }[] }).Records.filter((record) => record.body === 'bad' && batches.length < 3);
          return { batchItemFailures: bad.map((record) => ({ itemIdentifier: record.messageId })) };
        },
      },
      { FunctionResponseTypes: ['ReportBatchItemFailures'] },
    );
    await send(w, 'bad');
    await send(w, 'good');
    await w.clock.advance(100_000);
    expect(batches.flat().filter((body) => body === 'good')).toHaveLength(1);
    expect(batches.flat().filter((body) => body === 'bad').length).toBeGreaterThan(1);
    expect(w.queues.peek('work')).toEqual([]);
  });
});
