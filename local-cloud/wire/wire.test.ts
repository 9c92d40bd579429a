// Conformance: the SDK's own clients, over both doors, in every protocol. What they send arrives as the model's input, what
// the model answers arrives as the client's output, and errors arrive as the right class.
import { CloudWatchClient, DescribeAlarmsCommand, PutMetricDataCommand, ResourceNotFoundException as AlarmNotFound, DescribeAlarmContributorsCommand } from '@aws-sdk/client-cloudwatch';
import { AwsQueryProtocol, AwsSmithyRpcV2CborProtocol } from '@aws-sdk/core/protocols';
import { DynamoDBClient, GetItemCommand, PutItemCommand, TransactionCanceledException, TransactWriteItemsCommand } from '@aws-sdk/client-dynamodb';
import { ClusterNotFoundException, DescribeServicesCommand, ECSClient } from '@aws-sdk/client-ecs';
import { CreateRuleCommand, DescribeRulesCommand, ElasticLoadBalancingV2Client, RuleNotFoundException } from '@aws-sdk/client-elastic-load-balancing-v2';
import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { GetFunctionConfigurationCommand, InvokeCommand, LambdaClient, ListFunctionsCommand, ResourceNotFoundException as FunctionNotFound } from '@aws-sdk/client-lambda';
import { CreateSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { NotFoundException, PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import { QueueDoesNotExist, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { AwsError } from '../kernel/errors.ts';
import { connectDirectly } from './direct-door.ts';
import { listen } from './http-door.ts';
import type { HttpDoor } from './http-door.ts';
import { inProcessRequestHandler } from './in-process-door.ts';
import { operatorAt, tinyCloud } from './testing.ts';
import type { TinyCloud } from './testing.ts';

const NOON = new Date('2026-01-15T12:00:00.250Z');
const refuse = (code: string, message: string, members = {}) => (): never => {
  throw new AwsError(code, message, { members });
};

describe.each(['http', 'in process', 'direct'])('over the %s door', (doorName) => {
  let cloud: TinyCloud;
  let door: HttpDoor | undefined;
  const seen: unknown[] = [];
  const settings = () => ({ ...operatorAt(door?.url ?? 'http://local.test'), ...(door ? {} : { requestHandler: inProcessRequestHandler(cloud.dispatch) as never }) });
  const operator = { kind: 'operator', arn: 'arn:aws:iam::123456789012:user/operator' } as const;
  const at = <Client extends object>(client: Client): Client => (doorName === 'direct' ? connectDirectly(client, { kernel: cloud.kernel, caller: operator }) : client);
  /** Serves one operation that keeps its input and answers `output`. */
  const answering = (signingName: string, operation: string, output: unknown) =>
    cloud.serve(signingName, {
      [operation]: (input) => {
        seen.push(input);
        return output;
      },
    });

  beforeEach(async () => {
    cloud = tinyCloud();
    seen.length = 0;
    door = doorName === 'http' ? await listen(cloud.dispatch, { port: 0 }) : undefined;
  });
  afterEach(async () => {
    await door?.close();
    expect(cloud.kernel.crashes).toEqual([]);
  });

  test('awsJson 1.1 carries nested structures and timestamps', async () => {
    answering('ecs', 'DescribeServices', { services: [{ serviceName: 'web', createdAt: NOON, deployments: [{ id: 'ecs-svc/1', rolloutState: 'COMPLETED' }] }], failures: [] });
    const { services } = await at(new ECSClient(settings())).send(new DescribeServicesCommand({ cluster: 'prod', services: ['web'] }));
    expect(seen).toEqual([{ cluster: 'prod', services: ['web'] }]);
    expect(services).toEqual([{ serviceName: 'web', createdAt: NOON, deployments: [{ id: 'ecs-svc/1', rolloutState: 'COMPLETED' }] }]);
  });

  test('awsJson 1.0 carries blobs, sets and nulls of DynamoDB', async () => {
    const item = { pk: { S: 'a' }, raw: { B: new Uint8Array([0, 255]) }, list: { L: [{ N: '1' }, { NULL: true }] }, set: { BS: [new Uint8Array([1])] } };
    cloud.serve('dynamodb', { PutItem: (input) => (seen.push(input), {}), GetItem: () => ({ Item: item }) });
    const client = at(new DynamoDBClient(settings()));
    await client.send(new PutItemCommand({ TableName: 't', Item: item }));
    expect(seen).toEqual([{ TableName: 't', Item: item }]);
    expect((await client.send(new GetItemCommand({ TableName: 't', Key: { pk: { S: 'a' } } }))).Item).toEqual(item);
  });

  test('query carries lists, maps and characters that XML must escape', async () => {
    const rules = [{ RuleArn: 'arn', Priority: '10', IsDefault: false, Conditions: [{ Field: 'path-pattern', PathPatternConfig: { Values: ['/a&b/*', '<\r\n>'] } }] }];
    cloud.serve('elasticloadbalancing', { DescribeRules: (input) => (seen.push(input), { Rules: rules }), CreateRule: (input) => (seen.push(input), { Rules: [] }) });
    const client = at(new ElasticLoadBalancingV2Client(settings()));
    const create = { ListenerArn: 'l', Priority: 5, Conditions: [{ Field: 'path-pattern', Values: ['/a b?c=d&e'] }], Actions: [{ Type: 'forward' as const, ForwardConfig: { TargetGroups: [{ TargetGroupArn: 't', Weight: 3 }] } }] };
    await client.send(new CreateRuleCommand(create));
    expect((await client.send(new DescribeRulesCommand({ RuleArns: ['r'] }))).Rules).toEqual(rules);
    expect(seen).toEqual([create, { RuleArns: ['r'] }]);
  });

  test('query carries the map of message attributes', async () => {
    answering('sns', 'Publish', { MessageId: 'm-1' });
    const input = { TopicArn: 'arn:aws:sns:eu-west-1:123456789012:t', Message: 'hej & <då>', MessageAttributes: { kind: { DataType: 'String', StringValue: 'x' }, raw: { DataType: 'Binary', BinaryValue: new Uint8Array([7]) } } };
    expect((await at(new SNSClient(settings())).send(new PublishCommand(input))).MessageId).toBe('m-1');
    expect(seen).toEqual([input]);
  });

  test.each([
    ['awsJson 1.0', {}],
    ['CBOR', { protocol: AwsSmithyRpcV2CborProtocol }],
    ['query', { protocol: AwsQueryProtocol }],
  ])('CloudWatch speaks %s', async (_name, protocol) => {
    const alarm = { AlarmName: 'hot', StateValue: 'ALARM' as const, StateUpdatedTimestamp: NOON, Threshold: 1.5, ActionsEnabled: true, Dimensions: [{ Name: 'a', Value: 'b' }] };
    cloud.serve('monitoring', { DescribeAlarms: () => ({ MetricAlarms: [alarm] }), PutMetricData: (input) => (seen.push(input), {}) });
    const client = new CloudWatchClient({ ...settings(), ...(protocol) });
    expect((await client.send(new DescribeAlarmsCommand({ AlarmNames: ['hot'] }))).MetricAlarms).toEqual([alarm]);
    const data = { Namespace: 'n', MetricData: [{ MetricName: 'm', Timestamp: NOON, Value: 2.5, Unit: 'Count' as const }] };
    await client.send(new PutMetricDataCommand(data));
    expect(seen).toEqual([data]);
  });

  test('a body over ten kilobytes arrives although the SDK compresses it', async () => {
    answering('monitoring', 'PutMetricData', {});
    const data = { Namespace: 'n', MetricData: Array.from({ length: 400 }, (_each, index) => ({ MetricName: `metric-${index}`, Value: index })) };
    await at(new CloudWatchClient(settings())).send(new PutMetricDataCommand(data));
    expect(seen).toEqual([data]);
  });

  test('restJson carries labels, query, headers, payload and status', async () => {
    cloud.serve('lambda', {
      Invoke: (input) => (seen.push(input), { StatusCode: 202, ExecutedVersion: '$LATEST', Payload: Buffer.from('{"echo":1}') }),
      ListFunctions: (input) => (seen.push(input), { Functions: [{ FunctionName: 'f', Timeout: 3 }] }),
    });
    const client = at(new LambdaClient(settings()));
    const arn = 'arn:aws:lambda:eu-west-1:123456789012:function:a b';
    const invoked = await client.send(new InvokeCommand({ FunctionName: arn, Qualifier: 'live', InvocationType: 'Event', Payload: Buffer.from('{"a":1}') }));
    expect(invoked).toMatchObject({ StatusCode: 202, ExecutedVersion: '$LATEST' });
    expect(invoked.Payload?.transformToString()).toBe('{"echo":1}');
    expect((await client.send(new ListFunctionsCommand({ MaxItems: 5 }))).Functions).toEqual([{ FunctionName: 'f', Timeout: 3 }]);
    expect(seen).toEqual([
      { FunctionName: arn, Qualifier: 'live', InvocationType: 'Event', Payload: new Uint8Array(Buffer.from('{"a":1}')) },
      { MaxItems: 5 },
    ]);
  });

  test('exceptions arrive as their class, with their members, in every protocol', async () => {
    cloud.serve('ecs', { DescribeServices: refuse('ClusterNotFoundException', 'Cluster not found.') });
    cloud.serve('elasticloadbalancing', { DescribeRules: refuse('RuleNotFoundException', 'One or more rules not found') });
    cloud.serve('lambda', { GetFunctionConfiguration: refuse('ResourceNotFoundException', 'Function not found: f', { Type: 'User' }) });
    cloud.serve('sns', { Publish: refuse('NotFoundException', 'Topic does not exist') });
    cloud.serve('sqs', { SendMessage: refuse('QueueDoesNotExist', 'The specified queue does not exist.') });
    cloud.serve('monitoring', { DescribeAlarmContributors: refuse('ResourceNotFoundException', 'no') });
    cloud.serve('dynamodb', { TransactWriteItems: refuse('TransactionCanceledException', 'cancelled', { CancellationReasons: [{ Code: 'ConditionalCheckFailed', Item: { raw: { B: new Uint8Array([5]) } } }] }) });
    const caught = (call: Promise<unknown>): Promise<unknown> => call.then(() => 'no error', (error: unknown) => error);

    const ecs = await caught(at(new ECSClient(settings())).send(new DescribeServicesCommand({ services: ['a'] })));
    expect(ecs).toBeInstanceOf(ClusterNotFoundException);
    expect(ecs).toMatchObject({ name: 'ClusterNotFoundException', message: 'Cluster not found.', $fault: 'client' });
    expect(await caught(at(new ElasticLoadBalancingV2Client(settings())).send(new DescribeRulesCommand({ RuleArns: ['a'] })))).toBeInstanceOf(RuleNotFoundException);
    const lambda = await caught(at(new LambdaClient(settings())).send(new GetFunctionConfigurationCommand({ FunctionName: 'f' })));
    expect(lambda).toBeInstanceOf(FunctionNotFound);
    expect(lambda).toMatchObject({ Type: 'User', $metadata: { httpStatusCode: 404 } });
    expect(await caught(at(new SNSClient(settings())).send(new PublishCommand({ TopicArn: 't', Message: 'm' })))).toBeInstanceOf(NotFoundException);
    expect(await caught(at(new SQSClient(settings())).send(new SendMessageCommand({ QueueUrl: `${door?.url ?? 'http://local.test'}/1/q`, MessageBody: 'm' })))).toBeInstanceOf(QueueDoesNotExist);
    expect(await caught(at(new CloudWatchClient(settings())).send(new DescribeAlarmContributorsCommand({ AlarmName: 'a' })))).toBeInstanceOf(AlarmNotFound);
    const cancelled = await caught(at(new DynamoDBClient(settings())).send(new TransactWriteItemsCommand({ TransactItems: [] })));
    expect(cancelled).toBeInstanceOf(TransactionCanceledException);
    expect((cancelled as TransactionCanceledException).CancellationReasons).toEqual([{ Code: 'ConditionalCheckFailed', Item: { raw: { B: new Uint8Array([5]) } } }]);
  });

  test('an operation without a model is refused by name and counted once', async () => {
    await expect(at(new EventBridgeClient(settings())).send(new PutEventsCommand({ Entries: [{ Source: 's', DetailType: 'd', Detail: '{}' }] }))).rejects.toMatchObject({
      name: 'NotImplemented',
      message: 'The local cloud does not model the operation events:PutEvents.',
      $metadata: { httpStatusCode: 501 },
    });
    expect(cloud.kernel.ledger.report().notModelled).toEqual([{ what: 'The local cloud does not model the operation events:PutEvents.', count: 1 }]);
  });

  test('the operator is who signs with the well-known key', async () => {
    expect((await at(new STSClient(settings())).send(new GetCallerIdentityCommand({}))).Arn).toBe('arn:aws:iam::123456789012:user/operator');
  });

  test('nothing is shared between caller and model', async () => {
    const kept: { services?: string[] }[] = [];
    const answer = { services: [{ serviceName: 'web' }], failures: [] };
    cloud.serve('ecs', { DescribeServices: (input) => (kept.push(input), answer) });
    const asked = ['web'];
    const { services } = await at(new ECSClient(settings())).send(new DescribeServicesCommand({ services: asked }));
    services![0]!.serviceName = 'changed';
    asked.push('late');
    expect(kept).toEqual([{ services: ['web'] }]);
    expect(answer.services).toEqual([{ serviceName: 'web' }]);
  });

  test('a required member that is absent is refused before the model is asked', async () => {
    answering('ecs', 'DescribeServices', {});
    const call = at(new ECSClient(settings())).send(new DescribeServicesCommand({} as never));
    await expect(call).rejects.toMatchObject({ name: 'ValidationException', message: expect.stringContaining("'services'") as string });
    expect(seen).toEqual([]);
  });

  test('an idempotency token arrives although the caller gave none', async () => {
    answering('secretsmanager', 'CreateSecret', { Name: 's' });
    await at(new SecretsManagerClient(settings())).send(new CreateSecretCommand({ Name: 's' }));
    expect(seen).toEqual([{ Name: 's', ClientRequestToken: expect.stringMatching(/^[0-9a-f-]{36}$/) as string }]);
  });
});

describe.each(['http', 'in process'])('signatures at the %s door', (doorName) => {
  let cloud: TinyCloud;
  let door: HttpDoor | undefined;
  const settings = () => ({ ...operatorAt(door?.url ?? 'http://local.test'), ...(door ? {} : { requestHandler: inProcessRequestHandler(cloud.dispatch) as never }) });

  beforeEach(async () => {
    cloud = tinyCloud();
    door = doorName === 'http' ? await listen(cloud.dispatch, { port: 0 }) : undefined;
  });
  afterEach(() => door?.close());

  test.each([
    ['json', () => new ECSClient({ ...settings(), credentials: { accessKeyId: 'AKIAWRONG', secretAccessKey: 'x' } }).send(new DescribeServicesCommand({ services: ['a'] })), 'UnrecognizedClientException'],
    ['query', () => new STSClient({ ...settings(), credentials: { accessKeyId: 'AKIAWRONG', secretAccessKey: 'x' } }).send(new GetCallerIdentityCommand({})), 'InvalidClientTokenId'],
  ])('an unknown key is refused in %s, and the refusal says which key works', async (_protocol, send, name) => {
    await expect(send()).rejects.toMatchObject({ name, message: expect.stringContaining('access key "local" (secret "local")') as string });
  });

  test('a wrong secret is refused', async () => {
    const client = new ECSClient({ ...settings(), credentials: { accessKeyId: 'local', secretAccessKey: 'wrong' } });
    await expect(client.send(new DescribeServicesCommand({ services: ['a'] }))).rejects.toMatchObject({ name: 'InvalidSignatureException' });
  });
});
