import { AwsError } from '../../kernel/errors.ts';
import { FunctionFault, invoking, testCloud } from '../test-cloud.ts';
import type { TestCloud } from '../test-cloud.ts';
import type { Json } from '../language/json.ts';

let cloud: TestCloud;
afterEach(() => {
  cloud.model.close();
  expect(cloud.crashes).toEqual([]);
});

const single = (resource: string, args: Json, more: object = {}) => ({ StartAt: 'Call', States: { Call: { Type: 'Task', Resource: resource, Arguments: args, End: true, ...more } } });
const refusing = (code: string, message: string) => () => {
  throw new AwsError(code, message);
};

describe('lambda:invoke', () => {
  it('answers with the members of the API and the payload as JSON', async () => {
    cloud = testCloud({ functions: { f: () => ({ a: 1 }) } });
    const { output } = await cloud.run(single('arn:aws:states:::lambda:invoke', { FunctionName: 'f' }));
    expect(output).toEqual({ ExecutedVersion: '$LATEST', Payload: { a: 1 }, StatusCode: 200 });
  });

  it.each<[string, () => Json, string, RegExp]>([
    ['what the function throws by its class', () => { throw new FunctionFault('MyError', 'boom'); }, 'MyError', /^\{"errorType":"MyError","errorMessage":"boom"\}$/],
    ['an error without a class as Lambda.Unknown', () => { throw new FunctionFault('', 'gone'); }, 'Lambda.Unknown', /gone/],
    ['throttling', refusing('TooManyRequestsException', 'Rate Exceeded.'), 'Lambda.TooManyRequestsException', /^Rate Exceeded\. \(Service: AWSLambda; /],
    ['faults of Lambda', refusing('ServiceException', 'An error occurred.'), 'Lambda.ServiceException', /An error occurred/],
    ['a missing permission', refusing('AccessDeniedException', 'User: x is not authorized'), 'Lambda.AWSLambdaException', /not authorized.*Status Code: 403; Error Code: AccessDeniedException/],
  ])('reports %s', async (_what, run, error, cause) => {
    cloud = testCloud({ functions: { f: run } });
    const outcome = await cloud.run({ StartAt: 'Call', States: { Call: invoking('f', { End: true }) } });
    expect(outcome).toMatchObject({ status: 'FAILED', error, cause: expect.stringMatching(cause) as string });
    expect(outcome.types).toContain('TaskFailed');
  });

  it('runs as the role of the machine', async () => {
    cloud = testCloud({ functions: { f: () => null } });
    await cloud.run(single('arn:aws:states:::lambda:invoke', { FunctionName: 'f' }));
    expect(cloud.calls.find(({ signingName }) => signingName === 'lambda')?.caller).toMatchObject({ kind: 'role', roleArn: 'arn:aws:iam::123456789012:role/machine' });
  });
});

describe("a function's own ARN as the resource", () => {
  const arn = 'arn:aws:lambda:eu-west-1:123456789012:function:f';

  it('takes the arguments as payload, answers with the payload, and has events of its own', async () => {
    cloud = testCloud({ functions: { f: (payload) => ({ got: payload }) } });
    const { output, types } = await cloud.run(single(arn, { n: 1 }));
    expect(output).toEqual({ got: { n: 1 } });
    expect(types).toEqual(['ExecutionStarted', 'TaskStateEntered', 'LambdaFunctionScheduled', 'LambdaFunctionStarted', 'LambdaFunctionSucceeded', 'TaskStateExited', 'ExecutionSucceeded']);
  });

  it.each<[string, () => Json | Promise<Json>, string, string]>([
    ['fails with the error of the function', () => { throw new FunctionFault('MyError', 'boom'); }, 'LambdaFunctionFailed', 'MyError'],
    ['times out', () => new Promise<Json>(() => undefined), 'LambdaFunctionTimedOut', 'States.Timeout'],
  ])('%s', async (_claim, run, type, error) => {
    cloud = testCloud({ functions: { f: run } });
    const outcome = await cloud.run(single(arn, {}, { TimeoutSeconds: 60 }));
    expect(outcome).toMatchObject({ status: 'FAILED', error });
    expect(outcome.types).toContain(type);
  });
});

describe('optimized integrations', () => {
  it('turn JSON into text where the API wants text', async () => {
    const inputs: object[] = [];
    const keep = (input: object) => {
      inputs.push(input);
      return { MessageId: 'm', $metadata: {} };
    };
    cloud = testCloud({ services: { sns: { Publish: keep }, sqs: { SendMessage: keep } } });
    const published = await cloud.run(single('arn:aws:states:::sns:publish', { TopicArn: 't', Message: { a: 1 }, Subject: 's' }));
    await cloud.run(single('arn:aws:states:::sqs:sendMessage', { QueueUrl: 'q', MessageBody: { b: 2 } }));
    expect(published.output).toEqual({ MessageId: 'm' });
    expect(inputs).toEqual([{ TopicArn: 't', Message: '{"a":1}', Subject: 's' }, { QueueUrl: 'q', MessageBody: '{"b":2}' }]);
  });

  it('add the execution to the resources of an event', async () => {
    let entry: { Detail?: string; Resources?: string[] } | undefined;
    const putEvents = (input: object) => {
      entry = (input as { Entries: (typeof entry)[] }).Entries[0];
      return { FailedEntryCount: 0, Entries: [{ EventId: 'e' }] };
    };
    cloud = testCloud({ services: { events: { PutEvents: putEvents } } });
    const { executionArn } = await cloud.run(single('arn:aws:states:::events:putEvents', { Entries: [{ Source: 's', DetailType: 'd', Detail: { a: 1 } }] }));
    expect(entry).toMatchObject({ Detail: '{"a":1}', Resources: [executionArn, expect.stringContaining(':stateMachine:') as string] });
  });

  it('fail a putEvents of which an entry is refused', async () => {
    cloud = testCloud({ services: { events: { PutEvents: () => ({ FailedEntryCount: 1, Entries: [{ ErrorCode: 'InternalFailure' }] }) } } });
    expect(await cloud.run(single('arn:aws:states:::events:putEvents', { Entries: [{}] }))).toMatchObject({ status: 'FAILED', error: 'EventBridge.FailedEntry' });
  });

  it.each<[string, string, string, string, string]>([
    ['dynamodb:putItem', 'dynamodb', 'PutItem', 'ConditionalCheckFailedException', 'DynamoDB.ConditionalCheckFailedException'],
    ['dynamodb:putItem', 'dynamodb', 'PutItem', 'AccessDeniedException', 'DynamoDB.AmazonDynamoDBException'],
    ['sns:publish', 'sns', 'Publish', 'AuthorizationError', 'SNS.AmazonSNSException'],
    ['sns:publish', 'sns', 'Publish', 'NotFoundException', 'SNS.NotFoundException'],
  ])('%s: %s %s refusing with %s is reported as %s', async (resource, signingName, operation, code, error) => {
    cloud = testCloud({ services: { [signingName]: { [operation]: refusing(code, 'no') } } });
    expect(await cloud.run(single(`arn:aws:states:::${resource}`, {}))).toMatchObject({ status: 'FAILED', error });
  });
});

describe('SDK integrations', () => {
  it("spell members as the API does, leave map keys alone, and answer in PascalCase", async () => {
    let given: object | undefined;
    const describeServices = (input: object) => {
      given = input;
      return { services: [{ serviceArn: 'arn', createdAt: new Date(0), deployments: [{ id: 'd', desiredCount: 2 }] }], failures: undefined };
    };
    cloud = testCloud({ services: { ecs: { DescribeServices: describeServices } } });
    const { output } = await cloud.run(single('arn:aws:states:::aws-sdk:ecs:describeServices', { Cluster: 'c', Services: ['s'], Include: ['TAGS'] }));
    expect(given).toEqual({ cluster: 'c', services: ['s'], include: ['TAGS'] });
    expect(output).toEqual({ Services: [{ ServiceArn: 'arn', CreatedAt: '1970-01-01T00:00:00.000Z', Deployments: [{ Id: 'd', DesiredCount: 2 }] }] });
  });

  it('leave the keys of maps as they are', async () => {
    let given: object | undefined;
    const put = (input: object) => void (given = input);
    cloud = testCloud({ services: { dynamodb: { PutItem: put } } });
    await cloud.run(single('arn:aws:states:::aws-sdk:dynamodb:putItem', { TableName: 't', Item: { pk: { S: 'a' }, nested: { M: { key: { N: '1' } } } } }));
    expect(given).toEqual({ TableName: 't', Item: { pk: { S: 'a' }, nested: { M: { key: { N: '1' } } } } });
  });

  it.each<[string, string, string]>([
    ['ClusterNotFoundException', 'Ecs.ClusterNotFoundException', 'gone (Service: Ecs, Status Code: 400)'],
    ['AccessDeniedException', 'Ecs.AccessDeniedException', 'gone (Service: Ecs, Status Code: 400)'],
  ])('report %s as %s', async (code, error, cause) => {
    cloud = testCloud({ services: { ecs: { UpdateService: refusing(code, 'gone') } } });
    expect(await cloud.run(single('arn:aws:states:::aws-sdk:ecs:updateService', { Service: 's' }))).toMatchObject({ status: 'FAILED', error, cause });
  });

  it('fail over a member the API does not have', async () => {
    cloud = testCloud({ services: { ecs: { UpdateService: () => ({}) } } });
    const outcome = await cloud.run(single('arn:aws:states:::aws-sdk:ecs:updateService', { Sevice: 's' }));
    expect(outcome).toMatchObject({ status: 'FAILED', error: 'States.Runtime', cause: "An error occurred while executing the state 'Call' (entered at the event id #2). The field \"Sevice\" is not supported by Step Functions." });
  });

  it('are refused at creation when the API has no such operation', async () => {
    cloud = testCloud();
    await expect(cloud.createMachine(single('arn:aws:states:::aws-sdk:ecs:describeServicez', {}))).rejects.toMatchObject({ code: 'InvalidDefinition', message: expect.stringContaining('aws-sdk:ecs:describeServicez is not recognized') as string });
  });
});

describe('startExecution.sync:2', () => {
  const parent = (childArn: string) => single('arn:aws:states:::states:startExecution.sync:2', { StateMachineArn: childArn, Input: { n: 1 } });

  it('answers when the execution it started has ended, with its output as JSON', async () => {
    cloud = testCloud();
    const childArn = await cloud.createMachine({ StartAt: 'Wait', States: { Wait: { Type: 'Wait', Seconds: 30, Output: { out: '{% $states.input.n + 1 %}' }, End: true } } });
    const { status, output, tookMs, types } = await cloud.run(parent(childArn));
    expect({ status, tookMs }).toEqual({ status: 'SUCCEEDED', tookMs: 30_000 });
    expect(output).toMatchObject({ Status: 'SUCCEEDED', Input: { n: 1 }, Output: { out: 2 }, StateMachineArn: childArn });
    expect(types).toContain('TaskSubmitted');
  });

  it('fails when the execution it started fails', async () => {
    cloud = testCloud();
    const childArn = await cloud.createMachine({ StartAt: 'No', States: { No: { Type: 'Fail', Error: 'Inner' } } });
    expect(await cloud.run(parent(childArn))).toMatchObject({ status: 'FAILED', error: 'States.TaskFailed', cause: expect.stringContaining('"Error":"Inner"') as string });
  });

  it('stops the execution it started when it is stopped itself', async () => {
    cloud = testCloud();
    const childArn = await cloud.createMachine({ StartAt: 'Wait', States: { Wait: { Type: 'Wait', Seconds: 30, End: true } } });
    const executionArn = await cloud.start(parent(childArn));
    await cloud.clock.advance(1000);
    await cloud.states('StopExecution', { executionArn });
    await cloud.clock.advance(1000);
    expect(await cloud.states('ListExecutions', { stateMachineArn: childArn })).toMatchObject({ executions: [{ status: 'ABORTED' }] });
  });
});
