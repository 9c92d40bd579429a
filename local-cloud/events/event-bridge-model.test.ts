import type * as events from '@aws-sdk/client-eventbridge';
import { AwsError } from '../kernel/errors.ts';
import type { Caller, Permission } from '../kernel/service.ts';
import { SqsModel } from '../sqs/index.ts';
import { testKernel } from '../testing/kernel.ts';
import type { TestKernel } from '../testing/kernel.ts';
import type { DeliveryFaults } from './index.ts';
import { EventBridgeModel } from './index.ts';

const QUEUE = 'arn:aws:sqs:eu-west-1:123456789012:';
const RULE = 'arn:aws:events:eu-west-1:123456789012:rule/r';
const FUNCTION = 'arn:aws:lambda:eu-west-1:123456789012:function:f';

interface World {
  test: TestKernel;
  model: EventBridgeModel;
  queues: SqsModel;
  invoked: string[];
  /** What the stand-in for Lambda throws, if anything. */
  fail: (error: AwsError | undefined) => void;
  call: (operation: string, input: object) => Promise<unknown>;
  rule: (target: Partial<events.Target>, pattern?: object) => Promise<void>;
  emit: (detail?: Record<string, unknown>) => void;
  inbox: () => unknown[];
}

async function world(options: { faults?: DeliveryFaults; authorize?: (caller: Caller, permissions: Permission[]) => void } = {}): Promise<World> {
  const test = testKernel(options.authorize ? { authorize: options.authorize } : {});
  const model = new EventBridgeModel(test.kernel, options.faults ? { faults: options.faults } : {});
  const queues = new SqsModel(test.kernel);
  const invoked: string[] = [];
  let failure: AwsError | undefined;
  const started: object[] = [];
  test.register(model);
  test.register(queues);
  test.register({
    signingName: 'lambda',
    operations: {
      Invoke: {
        permissions: () => [{ action: 'lambda:InvokeFunction', resource: FUNCTION }],
        handle: (input) => {
          if (failure) throw failure;
          invoked.push(Buffer.from((input as { Payload: Uint8Array }).Payload).toString('utf8'));
        },
      },
    },
  });
  test.register({ signingName: 'states', operations: { StartExecution: { permissions: () => [], handle: (input) => void started.push(input as object) } } });
  for (const QueueName of ['inbox', 'dead']) await test.call('sqs', 'CreateQueue', { QueueName });
  const call = (operation: string, input: object) => test.call('events', operation, input);
  return {
    test,
    model,
    queues,
    invoked,
    fail: (error) => {
      failure = error;
    },
    call,
    rule: async (target, pattern = { source: ['test'] }) => {
      await call('PutRule', { Name: 'r', EventPattern: JSON.stringify(pattern) });
      await call('PutTargets', { Rule: 'r', Targets: [{ Id: 't', Arn: `${QUEUE}inbox`, ...target }] });
    },
    emit: (detail = {}) => model.emit({ source: 'test', detailType: 'Thing Happened', resources: ['arn:x'], detail }),
    inbox: () => queues.peek('inbox').map((message) => JSON.parse(message.body) as unknown),
  };
}

const deadLetters = (w: World) => w.queues.peek('dead');
const DLQ = { DeadLetterConfig: { Arn: `${QUEUE}dead` } };
const outage = new AwsError('ServiceException', 'out', { httpStatus: 503 });

describe('delivery', () => {
  test('a matching event reaches the target after the delivery delay, as the events service of that rule', async () => {
    const w = await world();
    await w.rule({});
    w.emit({ n: 1 });
    await w.test.clock.advance(499);
    expect(w.inbox()).toEqual([]);
    await w.test.clock.advance(1);
    expect(w.inbox()).toEqual([
      { version: '0', id: expect.any(String) as string, 'detail-type': 'Thing Happened', source: 'test', account: '123456789012', time: '2026-01-15T12:00:00Z', region: 'eu-west-1', resources: ['arn:x'], detail: { n: 1 } },
    ]);
    expect(w.test.calls.find((call) => call.operation === 'SendMessage')?.caller).toEqual({ kind: 'service', principal: 'events.amazonaws.com', sourceArn: RULE });
  });

  test('what the emitter changes afterwards does not reach the target', async () => {
    const w = await world();
    await w.rule({});
    const detail = { state: 'before' };
    w.emit(detail);
    detail.state = 'after';
    await w.test.clock.advance(500);
    expect(w.inbox()).toMatchObject([{ detail: { state: 'before' } }]);
  });

  test.each([
    { name: 'a disabled rule', change: (w: World) => w.call('DisableRule', { Name: 'r' }) },
    { name: 'a rule without the target', change: (w: World) => w.call('RemoveTargets', { Rule: 'r', Ids: ['t'] }) },
    { name: 'another pattern', change: (w: World) => w.call('PutRule', { Name: 'r', EventPattern: '{"source":["other"]}' }) },
  ])('$name delivers nothing', async ({ change }) => {
    const w = await world();
    await w.rule({});
    await change(w);
    w.emit();
    await w.test.clock.advance(1_000);
    expect(w.inbox()).toEqual([]);
  });

  test.each<{ name: string; target: Partial<events.Target>; body: unknown }>([
    { name: 'Input', target: { Input: '{"fixed":1}' }, body: { fixed: 1 } },
    { name: 'InputPath', target: { InputPath: '$.detail.list[1]' }, body: 'b' },
    { name: 'a template outside quotes keeps JSON', target: { InputTransformer: { InputPathsMap: { l: '$.detail.list', n: '$.detail.n' }, InputTemplate: '{"list": <l>, "n": <n>}' } }, body: { list: ['a', 'b'], n: 7 } },
    { name: 'a template inside quotes makes text', target: { InputTransformer: { InputPathsMap: { s: '$.detail.quote', n: '$.detail.n' }, InputTemplate: '"<s> is <n>, <nothing>"' } }, body: 'say "hi" is 7, <nothing>' },
    { name: 'a template with a value that is not there', target: { InputTransformer: { InputPathsMap: { x: '$.detail.absent' }, InputTemplate: '{"in": "<x>", "out": <x>}' } }, body: { in: '', out: null } },
    { name: 'a template with what EventBridge knows', target: { InputTransformer: { InputTemplate: '{"rule": "<aws.events.rule-name>", "arn": <aws.events.rule-arn>}' } }, body: { rule: 'r', arn: RULE } },
  ])('$name shapes what the target gets', async ({ target, body }) => {
    const w = await world();
    await w.rule(target);
    w.emit({ list: ['a', 'b'], n: 7, quote: 'say "hi"' });
    await w.test.clock.advance(500);
    expect(w.inbox()).toEqual([body]);
  });

  test('a state machine is started with the role of the target', async () => {
    const w = await world();
    const roleArn = 'arn:aws:iam::123456789012:role/start';
    const machine = 'arn:aws:states:eu-west-1:123456789012:stateMachine:m';
    await w.rule({ Arn: machine, RoleArn: roleArn });
    w.emit({ n: 1 });
    await w.test.clock.advance(500);
    const call = w.test.calls.find((made) => made.operation === 'StartExecution');
    expect(call?.caller).toMatchObject({ kind: 'role', roleArn });
    expect(call?.input).toMatchObject({ stateMachineArn: machine });
  });

  test('events of programs arrive by PutEvents, on their own bus', async () => {
    const w = await world();
    await w.call('CreateEventBus', { Name: 'own' });
    await w.call('PutRule', { Name: 'r', EventBusName: 'own', EventPattern: '{"source":["test"]}' });
    await w.call('PutTargets', { Rule: 'r', EventBusName: 'own', Targets: [{ Id: 't', Arn: `${QUEUE}inbox` }] });
    const entry = { Source: 'test', DetailType: 'x', Detail: '{"n":1}' };
    expect(await w.call('PutEvents', { Entries: [{ ...entry, EventBusName: 'own' }, entry, { ...entry, Detail: '[' }, { ...entry, Source: 'aws.ecs' }] })).toMatchObject({
      FailedEntryCount: 2,
      Entries: [{ EventId: expect.any(String) as string }, { EventId: expect.any(String) as string }, { ErrorCode: 'MalformedDetail' }, { ErrorCode: 'NotAuthorizedForSourceException' }],
    });
    await w.test.clock.advance(500);
    expect(w.inbox()).toMatchObject([{ detail: { n: 1 } }]);
  });
});

describe('schedules', () => {
  test('a rate fires again and again until the rule is disabled', async () => {
    const w = await world();
    await w.call('PutRule', { Name: 'r', ScheduleExpression: 'rate(5 minutes)' });
    await w.call('PutTargets', { Rule: 'r', Targets: [{ Id: 't', Arn: `${QUEUE}inbox` }] });
    await w.test.clock.advance(11 * 60_000);
    expect(w.inbox()).toMatchObject([{ 'detail-type': 'Scheduled Event', source: 'aws.events', resources: [RULE], time: '2026-01-15T12:05:00Z' }, { time: '2026-01-15T12:10:00Z' }]);
    await w.call('DisableRule', { Name: 'r' });
    await w.test.clock.advance(11 * 60_000);
    expect(w.inbox()).toHaveLength(2);
  });

  test('cron is read in UTC', async () => {
    const w = await world();
    await w.call('PutRule', { Name: 'r', ScheduleExpression: 'cron(30 13 * * ? *)' });
    await w.call('PutTargets', { Rule: 'r', Targets: [{ Id: 't', Arn: `${QUEUE}inbox`, Input: '"now"' }] });
    await w.test.clock.advance(90 * 60_000);
    expect(w.inbox()).toEqual([]);
    await w.test.clock.advance(500);
    expect(w.inbox()).toEqual(['now']);
  });
});

describe('retries', () => {
  test('a service that fails is tried again until it is back', async () => {
    const w = await world();
    await w.rule({ Arn: FUNCTION });
    w.fail(outage);
    w.emit();
    await w.test.clock.advance(60_000);
    expect(w.invoked).toEqual([]);
    w.fail(undefined);
    await w.test.clock.advance(10 * 60_000);
    expect(w.invoked).toHaveLength(1);
    expect(w.model.pendingDeliveries).toBe(0);
  });

  test.each([
    { name: 'the number of attempts', policy: { MaximumRetryAttempts: 2 }, condition: 'MaximumRetryAttempts', attempts: '2' },
    { name: 'the age of the event', policy: { MaximumEventAgeInSeconds: 60 }, condition: 'MaximumEventAgeInSeconds', attempts: expect.stringMatching(/^[56]$/) as string },
  ])('$name ends them, and the event goes to the dead-letter queue', async ({ policy, condition, attempts }) => {
    const w = await world();
    await w.rule({ Arn: FUNCTION, RetryPolicy: policy, ...DLQ });
    w.fail(outage);
    w.emit({ n: 1 });
    await w.test.clock.advance(3_600_000);
    const [letter] = deadLetters(w);
    expect(letter?.attributes).toEqual({ RULE_ARN: RULE, TARGET_ARN: FUNCTION, ERROR_CODE: 'SERVICE_ERROR', ERROR_MESSAGE: 'out', EXHAUSTED_RETRY_CONDITION: condition, RETRY_ATTEMPTS: attempts });
    expect(JSON.parse(letter?.body ?? 'null')).toMatchObject({ source: 'test', detail: { n: 1 } });
  });

  test.each([
    { name: 'a missing permission', error: new AwsError('AccessDeniedException', 'no'), code: 'NO_PERMISSIONS' },
    { name: 'a missing function', error: new AwsError('ResourceNotFoundException', 'gone'), code: 'NO_RESOURCE' },
    { name: 'a refused request', error: new AwsError('InvalidRequestContentException', 'bad', { httpStatus: 400 }), code: 'SDK_CLIENT_ERROR' },
  ])('$name is not tried again', async ({ error, code }) => {
    const w = await world();
    await w.rule({ Arn: FUNCTION, ...DLQ });
    w.fail(error);
    w.emit();
    await w.test.clock.advance(500);
    expect(deadLetters(w)[0]?.attributes).toMatchObject({ ERROR_CODE: code });
    expect(deadLetters(w)[0]?.attributes.RETRY_ATTEMPTS).toBeUndefined();
    expect(w.test.calls.filter((call) => call.operation === 'Invoke')).toHaveLength(1);
  });

  test('without a dead-letter queue the event is dropped', async () => {
    const w = await world();
    await w.rule({ Arn: FUNCTION });
    w.fail(new AwsError('AccessDeniedException', 'no'));
    w.emit();
    await w.test.clock.advance(1_000);
    expect([w.model.pendingDeliveries, w.test.crashes]).toEqual([0, []]);
  });
});

describe('faults of a simulation', () => {
  test.each<{ name: string; fates: ReturnType<DeliveryFaults['deliver']>[]; order: number[] }>([
    { name: 'lost', fates: ['drop', 'deliver'], order: [2] },
    { name: 'doubled', fates: ['duplicate', 'deliver'], order: [1, 1, 2] },
    { name: 'late, and so out of order', fates: [{ delayMs: 5_000 }, 'deliver'], order: [2, 1] },
  ])('an event can be $name', async ({ fates, order }) => {
    const w = await world({ faults: { deliver: () => fates.shift() ?? 'deliver' } });
    await w.rule({});
    w.emit({ n: 1 });
    w.emit({ n: 2 });
    await w.test.clock.advance(10_000);
    expect((w.inbox() as { detail: { n: number } }[]).map((event) => event.detail.n)).toEqual(order);
  });
});

describe('rules', () => {
  test('PutTargets needs to pass the roles of its targets', async () => {
    const w = await world();
    await w.rule({ Arn: 'arn:aws:states:eu-west-1:123456789012:stateMachine:m', RoleArn: 'arn:aws:iam::123456789012:role/start' });
    expect(w.test.calls.find((call) => call.operation === 'PutTargets')?.permissions).toEqual([
      { action: 'events:PutTargets', resource: RULE, context: { 'events:TargetArn': ['arn:aws:states:eu-west-1:123456789012:stateMachine:m'] } },
      { action: 'iam:PassRole', resource: 'arn:aws:iam::123456789012:role/start', context: { 'iam:PassedToService': 'events.amazonaws.com' } },
    ]);
  });

  test('putting a rule again keeps its targets', async () => {
    const w = await world();
    await w.rule({});
    await w.call('PutRule', { Name: 'r', EventPattern: '{"source":["test"]}', Description: 'new' });
    expect(await w.call('ListTargetsByRule', { Rule: 'r' })).toMatchObject({ Targets: [{ Id: 't' }] });
    expect(await w.call('ListRuleNamesByTarget', { TargetArn: `${QUEUE}inbox` })).toEqual({ RuleNames: ['r'] });
  });

  test('a rule with targets cannot be deleted', async () => {
    const w = await world();
    await w.rule({});
    await expect(w.call('DeleteRule', { Name: 'r' })).rejects.toMatchObject({ code: 'ValidationException' });
    await w.call('RemoveTargets', { Rule: 'r', Ids: ['t'] });
    await w.call('DeleteRule', { Name: 'r' });
    await expect(w.call('DescribeRule', { Name: 'r' })).rejects.toMatchObject({ code: 'ResourceNotFoundException', message: 'Rule r does not exist on EventBus default.' });
  });

  test.each([
    { name: 'an invalid pattern', operation: 'PutRule', input: { Name: 'x', EventPattern: '{"source":"a"}' }, code: 'InvalidEventPatternException' },
    { name: 'an invalid schedule', operation: 'PutRule', input: { Name: 'x', ScheduleExpression: 'rate(1 minutes)' }, code: 'ValidationException' },
    { name: 'neither pattern nor schedule', operation: 'PutRule', input: { Name: 'x' }, code: 'ValidationException' },
    { name: 'an unknown bus', operation: 'PutRule', input: { Name: 'x', EventPattern: '{"source":["a"]}', EventBusName: 'nowhere' }, code: 'ResourceNotFoundException' },
    { name: 'a state machine without a role', operation: 'PutTargets', input: { Rule: 'r', Targets: [{ Id: 's', Arn: 'arn:aws:states:eu-west-1:123456789012:stateMachine:m' }] }, code: 'ValidationException' },
    { name: 'an unmodelled target', operation: 'PutTargets', input: { Rule: 'r', Targets: [{ Id: 's', Arn: 'arn:aws:kinesis:eu-west-1:123456789012:stream/s' }] }, code: 'NotImplemented' },
    { name: 'two ways of shaping the input', operation: 'PutTargets', input: { Rule: 'r', Targets: [{ Id: 's', Arn: `${QUEUE}inbox`, Input: '1', InputPath: '$' }] }, code: 'ValidationException' },
    { name: 'a sixth target', operation: 'PutTargets', input: { Rule: 'r', Targets: Array.from({ length: 5 }, (_, index) => ({ Id: `s${index}`, Arn: `${QUEUE}inbox` })) }, code: 'LimitExceededException' },
  ])('$name is refused with $code', async ({ operation, input, code }) => {
    const w = await world();
    await w.rule({});
    await expect(w.call(operation, input)).rejects.toMatchObject({ code });
  });

  test('TestEventPattern says whether an event would match', async () => {
    const w = await world();
    const event = JSON.stringify({ id: '1', account: '1', source: 'a', time: 't', region: 'r', resources: [], 'detail-type': 'd', detail: {} });
    expect(await w.call('TestEventPattern', { EventPattern: '{"source":["a"]}', Event: event })).toEqual({ Result: true });
    expect(await w.call('TestEventPattern', { EventPattern: '{"source":["b"]}', Event: event })).toEqual({ Result: false });
  });
});
