// Everything together: each service answers through the HTTP door, roles are held to their policies there, services reach each
// other, and the server leaves nothing behind.
import { spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { Sha256 } from '@aws-crypto/sha256-js';
import { CloudFormationClient, ListStacksCommand } from '@aws-sdk/client-cloudformation';
import { CloudWatchClient, DescribeAlarmsCommand, PutMetricAlarmCommand } from '@aws-sdk/client-cloudwatch';
import { CloudWatchLogsClient, CreateLogGroupCommand, DescribeLogGroupsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { CreateTableCommand, DynamoDBClient, GetItemCommand, PutItemCommand, waitUntilTableExists } from '@aws-sdk/client-dynamodb';
import { CreateRepositoryCommand, DescribeRepositoriesCommand, ECRClient } from '@aws-sdk/client-ecr';
import { CreateClusterCommand, DescribeClustersCommand, ECSClient, RegisterTaskDefinitionCommand } from '@aws-sdk/client-ecs';
import { DescribeTargetGroupsCommand, ElasticLoadBalancingV2Client } from '@aws-sdk/client-elastic-load-balancing-v2';
import { EventBridgeClient, PutEventsCommand, PutRuleCommand, PutTargetsCommand } from '@aws-sdk/client-eventbridge';
import { CreateRoleCommand, IAMClient, PutRolePolicyCommand } from '@aws-sdk/client-iam';
import { CreateKeyCommand, DecryptCommand, EncryptCommand, KMSClient } from '@aws-sdk/client-kms';
import { CreateFunctionCommand, CreateFunctionUrlConfigCommand, InvokeCommand, LambdaClient, ListFunctionsCommand } from '@aws-sdk/client-lambda';
import { CreateSecretCommand, GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { ListStateMachinesCommand, SFNClient } from '@aws-sdk/client-sfn';
import { CreateTopicCommand, ListTopicsCommand, SNSClient } from '@aws-sdk/client-sns';
import { CreateQueueCommand, ReceiveMessageCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { GetParameterCommand, PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { SignatureV4 } from '@smithy/signature-v4';
import { zipSync } from 'fflate';
import { OPERATOR_KEY } from './iam/index.ts';
import { createCloud } from './cloud.ts';
import type { Cloud } from './cloud.ts';
import { VirtualClock } from './kernel/clock.ts';
import { seededRandom } from './kernel/random.ts';
import { modelledPlanes } from './planes.ts';
import { startLocalCloud } from './serve.ts';
import type { LocalCloud } from './serve.ts';
import { operatorAt } from './wire/testing.ts';

const ACCOUNT = '123456789012';

let local: LocalCloud;
const settings = () => operatorAt(local.url);

beforeAll(async () => {
  local = await startLocalCloud({ port: 0, endOnSignals: false, seed: 1, runtimeModulesFolder: join(__dirname, '..', 'node_modules') });
});
afterAll(async () => {
  await local.close();
  expect(local.cloud.kernel.crashes).toEqual([]);
});

describe('over HTTP', () => {
  test('ECS keeps clusters', async () => {
    const ecs = new ECSClient(settings());
    await ecs.send(new CreateClusterCommand({ clusterName: 'prod' }));
    expect((await ecs.send(new DescribeClustersCommand({ clusters: ['prod'] }))).clusters).toMatchObject([{ clusterName: 'prod', status: 'ACTIVE' }]);
  });

  test('ELB answers', async () => {
    expect((await new ElasticLoadBalancingV2Client(settings()).send(new DescribeTargetGroupsCommand({}))).TargetGroups).toEqual([]);
  });

  test('ECR keeps repositories', async () => {
    const ecr = new ECRClient(settings());
    await ecr.send(new CreateRepositoryCommand({ repositoryName: 'shop/checkout' }));
    expect((await ecr.send(new DescribeRepositoriesCommand({}))).repositories).toMatchObject([{ repositoryName: 'shop/checkout' }]);
  });

  test('CloudWatch keeps alarms', async () => {
    const cloudWatch = new CloudWatchClient(settings());
    await cloudWatch.send(
      new PutMetricAlarmCommand({ AlarmName: 'hot', Namespace: 'n', MetricName: 'm', Statistic: 'Sum', Period: 60, EvaluationPeriods: 1, Threshold: 1, ComparisonOperator: 'GreaterThanThreshold' }),
    );
    expect((await cloudWatch.send(new DescribeAlarmsCommand({ AlarmNames: ['hot'] }))).MetricAlarms).toMatchObject([{ AlarmName: 'hot', Threshold: 1 }]);
  });

  test('Logs keeps groups', async () => {
    const logs = new CloudWatchLogsClient(settings());
    await logs.send(new CreateLogGroupCommand({ logGroupName: '/a' }));
    expect((await logs.send(new DescribeLogGroupsCommand({ logGroupNamePrefix: '/a' }))).logGroups).toMatchObject([{ logGroupName: '/a' }]);
  });

  test('SNS keeps topics', async () => {
    const sns = new SNSClient(settings());
    const { TopicArn } = await sns.send(new CreateTopicCommand({ Name: 'news' }));
    expect((await sns.send(new ListTopicsCommand({}))).Topics).toEqual([{ TopicArn }]);
  });

  test('Step Functions and Lambda answer', async () => {
    expect((await new SFNClient(settings()).send(new ListStateMachinesCommand({}))).stateMachines).toEqual([]);
    expect((await new LambdaClient(settings()).send(new ListFunctionsCommand({}))).Functions).toEqual([]);
  });

  test('DynamoDB keeps items', async () => {
    const dynamoDb = new DynamoDBClient(settings());
    await dynamoDb.send(
      new CreateTableCommand({ TableName: 'things', BillingMode: 'PAY_PER_REQUEST', KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }], AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }] }),
    );
    await waitUntilTableExists({ client: dynamoDb, minDelay: 1, maxWaitTime: 10 }, { TableName: 'things' });
    const item = { pk: { S: 'a' }, raw: { B: new Uint8Array([1, 2]) } };
    await dynamoDb.send(new PutItemCommand({ TableName: 'things', Item: item }));
    expect((await dynamoDb.send(new GetItemCommand({ TableName: 'things', Key: { pk: { S: 'a' } } }))).Item).toEqual(item);
  });

  test('CloudFormation answers', async () => {
    expect((await new CloudFormationClient(settings()).send(new ListStacksCommand({}))).StackSummaries ?? []).toEqual([]);
  });

  test('KMS decrypts what it encrypted', async () => {
    const kms = new KMSClient(settings());
    const { KeyMetadata } = await kms.send(new CreateKeyCommand({}));
    const { CiphertextBlob } = await kms.send(new EncryptCommand({ KeyId: KeyMetadata?.KeyId, Plaintext: Buffer.from('hush') }));
    expect(Buffer.from((await kms.send(new DecryptCommand({ CiphertextBlob }))).Plaintext!).toString()).toBe('hush');
  });

  test('Secrets Manager and Parameter Store keep values', async () => {
    const secrets = new SecretsManagerClient(settings());
    await secrets.send(new CreateSecretCommand({ Name: 's', SecretString: 'hush' }));
    expect((await secrets.send(new GetSecretValueCommand({ SecretId: 's' }))).SecretString).toBe('hush');
    const ssm = new SSMClient(settings());
    await ssm.send(new PutParameterCommand({ Name: '/p', Value: 'v', Type: 'String' }));
    expect((await ssm.send(new GetParameterCommand({ Name: '/p' }))).Parameter).toMatchObject({ Name: '/p', Value: 'v' });
  });

  test('STS knows the operator', async () => {
    expect(await new STSClient(settings()).send(new GetCallerIdentityCommand({}))).toMatchObject({ Account: ACCOUNT, Arn: `arn:aws:iam::${ACCOUNT}:user/operator` });
  });
});

test('an event reaches a queue whose policy lets EventBridge in', async () => {
  const sqs = new SQSClient(settings());
  const events = new EventBridgeClient(settings());
  const { RuleArn } = await events.send(new PutRuleCommand({ Name: 'r', EventPattern: JSON.stringify({ source: ['shop'] }) }));
  const queueArn = `arn:aws:sqs:eu-west-1:${ACCOUNT}:jobs`;
  const Policy = JSON.stringify({
    Statement: { Effect: 'Allow', Principal: { Service: 'events.amazonaws.com' }, Action: 'sqs:SendMessage', Resource: queueArn, Condition: { ArnEquals: { 'aws:SourceArn': RuleArn } } },
  });
  const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: 'jobs', Attributes: { Policy } }));
  await events.send(new PutTargetsCommand({ Rule: 'r', Targets: [{ Id: '1', Arn: queueArn }] }));
  await events.send(new PutEventsCommand({ Entries: [{ Source: 'shop', DetailType: 'sold', Detail: '{"n":1}' }] }));
  const { Messages } = await sqs.send(new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 5 }));
  expect(JSON.parse(Messages?.[0]?.Body ?? '{}')).toMatchObject({ source: 'shop', detail: { n: 1 } });
});

test('a role may do over HTTP what its policy says, and the ledger shows both sides', async () => {
  const iam = new IAMClient(settings());
  const trust = { Statement: { Effect: 'Allow', Principal: { Service: 'lambda.amazonaws.com' }, Action: 'sts:AssumeRole' } };
  const { Role } = await iam.send(new CreateRoleCommand({ RoleName: 'reader', AssumeRolePolicyDocument: JSON.stringify(trust) }));
  const policy = { Statement: { Effect: 'Allow', Action: 'ecs:DescribeClusters', Resource: `arn:aws:ecs:eu-west-1:${ACCOUNT}:cluster/mine` } };
  await iam.send(new PutRolePolicyCommand({ RoleName: 'reader', PolicyName: 'read', PolicyDocument: JSON.stringify(policy) }));
  const { accessKeyId, secretAccessKey, sessionToken } = local.cloud.credentialsFor(Role!.Arn!, 'me');
  const asReader = new ECSClient({ ...settings(), credentials: { accessKeyId, secretAccessKey, sessionToken } });
  await asReader.send(new DescribeClustersCommand({ clusters: ['mine'] }));
  const wanted = new RegisterTaskDefinitionCommand({ family: 'f', containerDefinitions: [{ name: 'app', image: 'i' }] });
  await expect(asReader.send(wanted)).rejects.toMatchObject({ name: 'AccessDeniedException', message: expect.stringContaining('ecs:RegisterTaskDefinition') as string });

  const report = (await (await fetch(`${local.url}/_local/ledger`)).json()) as ReturnType<typeof local.cloud.ledger.report>;
  expect(report.grants).toContainEqual(expect.objectContaining({ roleArn: Role!.Arn, action: 'ecs:DescribeClusters', used: 1 }));
  expect(report.denials).toContainEqual(expect.objectContaining({ principal: `arn:aws:sts::${ACCOUNT}:assumed-role/reader/me`, action: 'ecs:RegisterTaskDefinition' }));
});

describe('a function', () => {
  const SOURCE = `
    import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
    import { DescribeClustersCommand, ECSClient } from '@aws-sdk/client-ecs';
    export const handler = async (event) => ({
      who: (await new STSClient().send(new GetCallerIdentityCommand())).Arn,
      refused: await new ECSClient({ maxAttempts: 1 }).send(new DescribeClustersCommand({ clusters: ['a'] })).catch((error) => error.name),
      path: event.rawPath,
    });`;

  beforeAll(async () => {
    const iam = new IAMClient(settings());
    const trust = { Statement: { Effect: 'Allow', Principal: { Service: 'lambda.amazonaws.com' }, Action: 'sts:AssumeRole' } };
    const { Role } = await iam.send(new CreateRoleCommand({ RoleName: 'function', AssumeRolePolicyDocument: JSON.stringify(trust) }));
    await new LambdaClient(settings()).send(
      new CreateFunctionCommand({ FunctionName: 'f', Role: Role!.Arn, Runtime: 'nodejs24.x', Handler: 'index.handler', Timeout: 10, Code: { ZipFile: zipSync({ 'index.mjs': Buffer.from(SOURCE) }) } }),
    );
  });

  const WHO = `arn:aws:sts::${ACCOUNT}:assumed-role/function/f`;

  test('calls the cloud as its role, and no more than its role may', async () => {
    const { Payload } = await new LambdaClient(settings()).send(new InvokeCommand({ FunctionName: 'f', Payload: '{}' }));
    expect(JSON.parse(Payload!.transformToString())).toEqual({ who: WHO, refused: 'AccessDeniedException' });
  });

  test('answers at its URL only who may invoke it', async () => {
    const { FunctionUrl } = await new LambdaClient(settings()).send(new CreateFunctionUrlConfigCommand({ FunctionName: 'f', AuthType: 'AWS_IAM' }));
    expect(FunctionUrl).toMatch(`${local.url}/lambda-url/`);
    expect((await fetch(`${FunctionUrl!}releases`)).status).toBe(403);
    const signer = new SignatureV4({ service: 'lambda', region: 'eu-west-1', credentials: OPERATOR_KEY, sha256: Sha256 });
    const { hostname, port, pathname } = new URL('releases', FunctionUrl);
    const { headers } = await signer.sign({ method: 'GET', protocol: 'http:', hostname, port: Number(port), path: pathname, headers: { host: `${hostname}:${port}` } });
    const answer = await fetch(`${FunctionUrl!}releases`, { headers });
    expect(await answer.json()).toMatchObject({ who: WHO, path: '/releases' });
  });
});

test('in virtual time a simulation reaches the same models, and hours take no time', async () => {
  const clock = new VirtualClock(Date.UTC(2026, 0, 15, 12), (error) => cloud.kernel.crash(error));
  const cloud: Cloud = createCloud({
    clock,
    random: seededRandom(1),
    planes: modelledPlanes({ taskBehaviour: () => ({ pullMs: 0, startMs: 0, stopMs: 0 }), healthOf: () => true, handlers: {} }),
  });
  await cloud.warmUp();
  const sqs = cloud.connect(new SQSClient(operatorAt('http://local.test')));
  const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: 'later', Attributes: { DelaySeconds: '900' } }));
  await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: 'm' }));
  const receive = async () => (await sqs.send(new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 0 }))).Messages?.length ?? 0;
  expect(await receive()).toBe(0);
  await clock.advance(900_000);
  expect(await receive()).toBe(1);
  await cloud.close();
  expect(cloud.kernel.crashes).toEqual([]);
});

test('the facts name every service, and no crash', async () => {
  const health = (await (await fetch(`${local.url}/_local/health`)).json());
  expect(health).toMatchObject({ status: 'ok', accountId: ACCOUNT, region: 'eu-west-1' });
  expect((health as { services: string[] }).services).toEqual(
    ['cloudformation', 'dynamodb', 'ecr', 'ecs', 'elasticloadbalancing', 'events', 'iam', 'kms', 'lambda', 'logs', 'monitoring', 'secretsmanager', 'sns', 'sqs', 'ssm', 'states', 'sts'],
  );
  expect(await (await fetch(`${local.url}/_local/endpoints`)).json()).toEqual({ api: local.url, listeners: [] });
});

test('a file put on the shelf is there for deployments', async () => {
  const answer = await fetch(`${local.url}/_local/artefacts/bucket/some/key.zip`, { method: 'POST', body: 'zip' });
  expect(await answer.json()).toEqual({ bucket: 'bucket', key: 'some/key.zip', bytes: 3 });
  expect(Buffer.from(local.cloud.artefacts.get('bucket', 'some/key.zip') ?? []).toString()).toBe('zip');
});

test('a taken port is refused in one line, and nothing stays open', async () => {
  await expect(startLocalCloud({ port: local.port, endOnSignals: false })).rejects.toThrow(/^Port \d+ on 127\.0\.0\.1 is taken: .*$/);
});

test.each(['SIGTERM', 'SIGINT'] as const)('as a server of its own, it ends on %s with 0 and frees its port', async (signal) => {
  const program = `import('${join(__dirname, 'serve.ts')}').then(async (m) => console.log((await m.startLocalCloud({ port: 0 })).port))`;
  const server = spawn(process.execPath, ['--import', 'tsx', '-e', program], { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, NODE_NO_WARNINGS: '1' } });
  const ended = new Promise((resolve) => server.once('exit', (code, by) => resolve({ code, by })));
  const line = await Promise.race([new Promise((resolve) => server.stdout.once('data', resolve)), ended]);
  const port = Number(String(line));
  server.kill(signal);
  expect(await ended).toEqual({ code: 0, by: null });
  await expect(bind(port)).resolves.toBeUndefined();
}, 30_000);

/** Takes the port for a moment, which works only when it is free. */
const bind = (port: number) =>
  new Promise<void>((resolve, reject) => {
    const probe = createServer().once('error', reject);
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve()));
  });
