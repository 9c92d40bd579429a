import type { DescribeExecutionOutput, GetExecutionHistoryOutput, ListExecutionsOutput, StartExecutionOutput } from '@aws-sdk/client-sfn';
import { AwsError } from '../../kernel/errors.ts';
import { ROLE_ARN, invoking, testCloud } from '../test-cloud.ts';
import type { TestCloud } from '../test-cloud.ts';

let cloud: TestCloud;
beforeEach(() => (cloud = testCloud()));
afterEach(() => {
  cloud.model.close();
  expect(cloud.crashes).toEqual([]);
});

const DONE = { StartAt: 'Done', States: { Done: { Type: 'Succeed' } } };
const WAITING = { StartAt: 'Wait', States: { Wait: { Type: 'Wait', Seconds: 3600, End: true } } };
const text = (definition: object) => JSON.stringify({ QueryLanguage: 'JSONata', ...definition });
const denying = (action: string) => ({
  authorize: (_caller: unknown, permissions: { action: string; resource: string }[]) => {
    const denied = permissions.find((permission) => permission.action === action);
    if (denied) throw new AwsError('AccessDeniedException', `not authorized to perform: ${action} on resource: ${denied.resource}`);
  },
});

describe('CreateStateMachine', () => {
  it('answers the same machine to the same request, and refuses another one of that name', async () => {
    const request = { name: 'm', definition: text(DONE), roleArn: ROLE_ARN };
    const first = await cloud.states('CreateStateMachine', request);
    expect(first).toMatchObject({ stateMachineArn: 'arn:aws:states:eu-west-1:123456789012:stateMachine:m' });
    expect(await cloud.states('CreateStateMachine', request)).toEqual(first);
    await expect(cloud.states('CreateStateMachine', { ...request, definition: text(WAITING) })).rejects.toMatchObject({ code: 'StateMachineAlreadyExists' });
  });

  it('names all faults of a definition in one message', async () => {
    const definition = text({ StartAt: 'A', States: { A: { Type: 'Pass', Next: 'B' }, C: { Type: 'Succeed' } } });
    await expect(cloud.states('CreateStateMachine', { name: 'm', definition, roleArn: ROLE_ARN })).rejects.toMatchObject({
      code: 'InvalidDefinition',
      message: "Invalid State Machine Definition: 'MISSING_TRANSITION_TARGET: there is no state 'B' at /States/A/Next, MISSING_TRANSITION_TARGET: the state 'C' cannot be reached at /States/C'",
    });
  });

  it.each<[string, object, string]>([
    ['a name with a space', { name: 'a b' }, 'InvalidName'],
    ['an Express machine', { type: 'EXPRESS' }, 'NotImplemented'],
    ['a version', { publish: true }, 'NotImplemented'],
    ['JSONPath', { definition: JSON.stringify(DONE) }, 'NotImplemented'],
    ['a role that is none', { roleArn: 'me' }, 'InvalidArn'],
    ['logging without a destination', { loggingConfiguration: { level: 'ALL' } }, 'InvalidLoggingConfiguration'],
  ])('refuses %s', async (_what, more, code) => {
    await expect(cloud.states('CreateStateMachine', { name: 'm', definition: text(DONE), roleArn: ROLE_ARN, ...more })).rejects.toMatchObject({ code });
  });

  it('asks for the right to pass the role, and to tag', async () => {
    await cloud.createMachine(DONE, { tags: [{ key: 'team', value: 'a' }] });
    expect(cloud.calls[0]?.permissions).toEqual([
      { action: 'states:CreateStateMachine', resource: 'arn:aws:states:eu-west-1:123456789012:stateMachine:machine-0' },
      { action: 'iam:PassRole', resource: ROLE_ARN, context: { 'iam:PassedToService': 'states.amazonaws.com' } },
      { action: 'states:TagResource', resource: 'arn:aws:states:eu-west-1:123456789012:stateMachine:machine-0', context: { 'aws:TagKeys': ['team'], 'aws:RequestTag/team': 'a' } },
    ]);
  });
});

describe('logging and tracing', () => {
  const logging = { loggingConfiguration: { level: 'ALL', includeExecutionData: true, destinations: [{ cloudWatchLogsLogGroup: { logGroupArn: 'arn:aws:logs:eu-west-1:123456789012:log-group:/sfn:*' } }] } };

  it.each(['logs:CreateLogDelivery', 'logs:GetLogDelivery', 'logs:ListLogDeliveries', 'logs:PutResourcePolicy', 'logs:DescribeResourcePolicies', 'logs:DescribeLogGroups'])('a role without %s cannot log', async (action) => {
    cloud = testCloud(denying(action));
    await expect(cloud.createMachine(DONE, logging)).rejects.toMatchObject({ code: 'AccessDeniedException', message: expect.stringContaining('not authorized to access the Log Destination') as string });
  });

  it('every event becomes a line', async () => {
    const executionArn = await cloud.start(DONE, { a: 1 }, logging);
    await cloud.finish(executionArn);
    expect(cloud.logLines.map(({ message }) => (JSON.parse(message) as { type: string }).type)).toEqual(['ExecutionStarted', 'SucceedStateEntered', 'SucceedStateExited', 'ExecutionSucceeded']);
    expect(cloud.logLines[0]).toMatchObject({ logGroupName: '/sfn', logStreamName: expect.stringMatching(/^states\/machine-0\/2026-01-15-12-00\/[0-9a-f]{8}$/) as string });
    expect(JSON.parse(cloud.logLines[0]?.message ?? '')).toMatchObject({ id: '1', execution_arn: executionArn, details: { input: '{"a":1}' } });
  });

  it('at level ERROR only failures do, and without data when that is not wanted', async () => {
    const { destinations } = logging.loggingConfiguration;
    await cloud.finish(await cloud.start({ StartAt: 'No', States: { No: { Type: 'Fail', Error: 'E' } } }, { a: 'secret' }, { loggingConfiguration: { level: 'ERROR', destinations } }));
    expect(cloud.logLines.map(({ message }) => (JSON.parse(message) as { type: string }).type)).toEqual(['FailStateEntered', 'ExecutionFailed']);
    expect(cloud.logLines.map(({ message }) => message).join()).not.toContain('secret');
  });

  it('a role that may not write traces runs without', async () => {
    cloud = testCloud(denying('xray:PutTraceSegments'));
    const outcome = await cloud.finish(await cloud.start(DONE, {}, { tracingConfiguration: { enabled: true } }));
    expect(outcome.status).toBe('SUCCEEDED');
    expect(cloud.model.untracedExecutions).toMatchObject([{ executionArn: outcome.executionArn }]);
    expect(cloud.authorizations.at(-1)?.permissions.map(({ action }) => action)).toEqual(['xray:PutTraceSegments', 'xray:PutTelemetryRecords', 'xray:GetSamplingRules', 'xray:GetSamplingTargets']);
  });
});

describe('UpdateStateMachine', () => {
  it('changes what starts from now on, not what runs', async () => {
    const stateMachineArn = await cloud.createMachine(WAITING);
    const first = await cloud.states<StartExecutionOutput>('StartExecution', { stateMachineArn });
    await cloud.clock.advance(1000);
    await cloud.states('UpdateStateMachine', { stateMachineArn, definition: text(DONE) });
    const second = await cloud.states<StartExecutionOutput>('StartExecution', { stateMachineArn });
    expect(await cloud.finish(second.executionArn ?? '')).toMatchObject({ tookMs: 0 });
    expect(await cloud.states('DescribeStateMachineForExecution', { executionArn: first.executionArn })).toMatchObject({ definition: text(WAITING) });
    expect(await cloud.finish(first.executionArn ?? '')).toMatchObject({ tookMs: 3600_000 });
  });
});

describe('DeleteStateMachine', () => {
  it('takes effect at once where nothing runs, and forgives a second call', async () => {
    const stateMachineArn = await cloud.createMachine(DONE);
    await cloud.states('DeleteStateMachine', { stateMachineArn });
    await expect(cloud.states('DescribeStateMachine', { stateMachineArn })).rejects.toMatchObject({ code: 'StateMachineDoesNotExist' });
    expect(await cloud.states('DeleteStateMachine', { stateMachineArn })).toEqual({});
  });

  it('lets executions end before their next state, and then the machine is gone', async () => {
    const stateMachineArn = await cloud.createMachine({ StartAt: 'Wait', States: { Wait: { Type: 'Wait', Seconds: 60, Next: 'Then' }, Then: { Type: 'Succeed' } } });
    const { executionArn = '' } = await cloud.states<StartExecutionOutput>('StartExecution', { stateMachineArn });
    await cloud.clock.advance(1000);
    await cloud.states('DeleteStateMachine', { stateMachineArn });
    expect(await cloud.states('DescribeStateMachine', { stateMachineArn })).toMatchObject({ status: 'DELETING' });
    await expect(cloud.states('StartExecution', { stateMachineArn })).rejects.toMatchObject({ code: 'StateMachineDeleting' });
    expect(await cloud.finish(executionArn)).toMatchObject({ status: 'ABORTED', tookMs: 60_000 });
    await expect(cloud.states('DescribeStateMachine', { stateMachineArn })).rejects.toMatchObject({ code: 'StateMachineDoesNotExist' });
  });
});

describe('StartExecution', () => {
  it('answers the running execution to the same name and input, and refuses anything else of that name', async () => {
    const stateMachineArn = await cloud.createMachine(WAITING);
    const request = { stateMachineArn, name: 'n', input: '{"a":1}' };
    const first = await cloud.states<StartExecutionOutput>('StartExecution', request);
    expect(await cloud.states('StartExecution', request)).toEqual(first);
    await expect(cloud.states('StartExecution', { ...request, input: '{"a":2}' })).rejects.toMatchObject({ code: 'ExecutionAlreadyExists' });
    await cloud.finish(first.executionArn ?? '');
    await expect(cloud.states('StartExecution', request)).rejects.toMatchObject({ code: 'ExecutionAlreadyExists' });
    await cloud.clock.advance(91 * 24 * 3600 * 1000);
    await expect(cloud.states('StartExecution', request)).resolves.toMatchObject({ executionArn: first.executionArn });
  });

  it.each<[string, object, string]>([
    ['an input that is not JSON', { input: '{' }, 'InvalidExecutionInput'],
    ['an input over 256 KiB', { input: JSON.stringify('x'.repeat(263_000)) }, 'InvalidExecutionInput'],
    ['a name with a colon', { name: 'a:b' }, 'InvalidName'],
    ['a name of 81 characters', { name: 'a'.repeat(81) }, 'InvalidName'],
    ['an unknown machine', { stateMachineArn: 'arn:aws:states:eu-west-1:123456789012:stateMachine:no' }, 'StateMachineDoesNotExist'],
    ['an unknown field', { sync: true }, 'NotImplemented'],
  ])('refuses %s', async (_what, more, code) => {
    const stateMachineArn = await cloud.createMachine(DONE);
    await expect(cloud.states('StartExecution', { stateMachineArn, ...more })).rejects.toMatchObject({ code });
  });
});

describe('StopExecution', () => {
  it('aborts from the inside out, and does nothing to what has ended', async () => {
    cloud.functions['never'] = () => new Promise(() => undefined);
    const branch = { StartAt: 'Never', States: { Never: invoking('never', { End: true }) } };
    const executionArn = await cloud.start({ StartAt: 'Both', States: { Both: { Type: 'Parallel', Branches: [branch], End: true } } });
    await cloud.clock.advance(5000);
    await cloud.states('StopExecution', { executionArn, error: 'E', cause: 'C' });
    const outcome = await cloud.outcomeOf(executionArn);
    expect(outcome).toMatchObject({ status: 'ABORTED', error: 'E', cause: 'C', tookMs: 5000 });
    expect(outcome.types.slice(-3)).toEqual(['TaskStateAborted', 'ParallelStateAborted', 'ExecutionAborted']);
    await cloud.clock.advance(5000);
    await cloud.states('StopExecution', { executionArn });
    expect(await cloud.outcomeOf(executionArn)).toEqual(outcome);
  });
});

describe('looking at executions', () => {
  it('lists the newest first, by status, in pages', async () => {
    const stateMachineArn = await cloud.createMachine(WAITING);
    for (const name of ['a', 'b', 'c']) {
      await cloud.states('StartExecution', { stateMachineArn, name });
      await cloud.clock.advance(1000);
    }
    await cloud.states('StopExecution', { executionArn: stateMachineArn.replace('stateMachine', 'execution') + ':b' });
    const names = ({ executions }: ListExecutionsOutput) => executions?.map(({ name }) => name);
    const page = await cloud.states<ListExecutionsOutput>('ListExecutions', { stateMachineArn, maxResults: 2 });
    expect(names(page)).toEqual(['c', 'b']);
    expect(names(await cloud.states('ListExecutions', { stateMachineArn, maxResults: 2, nextToken: page.nextToken }))).toEqual(['a']);
    expect(names(await cloud.states('ListExecutions', { stateMachineArn, statusFilter: 'RUNNING' }))).toEqual(['c', 'a']);
    await expect(cloud.states('ListExecutions', { stateMachineArn, nextToken: 'x' })).rejects.toMatchObject({ code: 'InvalidToken' });
  });

  it('gives the history backwards and without data on request', async () => {
    const { executionArn } = await cloud.finish(await cloud.start(DONE, { a: 1 }));
    const { events } = await cloud.states<GetExecutionHistoryOutput>('GetExecutionHistory', { executionArn, reverseOrder: true, includeExecutionData: false, maxResults: 3 });
    expect(events?.map(({ id }) => id)).toEqual([4, 3, 2]);
    expect(events?.[2]?.stateEnteredEventDetails).toEqual({ name: 'Done' });
  });

  it('says what can be redriven', async () => {
    const running = await cloud.start(WAITING);
    expect(await cloud.states<DescribeExecutionOutput>('DescribeExecution', { executionArn: running })).toMatchObject({ status: 'RUNNING', redriveCount: 0, redriveStatus: 'NOT_REDRIVABLE', redriveStatusReason: 'Execution is RUNNING and cannot be redriven' });
    await cloud.states('StopExecution', { executionArn: running });
    expect(await cloud.states<DescribeExecutionOutput>('DescribeExecution', { executionArn: running })).toMatchObject({ redriveStatus: 'REDRIVABLE' });
  });
});

describe('permissions', () => {
  it('name the machine for starts and tokens, the execution for the rest', async () => {
    cloud.functions['park'] = () => null;
    const stateMachineArn = await cloud.createMachine({ StartAt: 'Park', States: { Park: invoking('park', { Resource: 'arn:aws:states:::lambda:invoke.waitForTaskToken', Arguments: { FunctionName: 'park', Payload: '{% $states.context.Task.Token %}' }, End: true }) } });
    const { executionArn } = await cloud.states<StartExecutionOutput>('StartExecution', { stateMachineArn });
    let taskToken: unknown;
    cloud.functions['park'] = (token) => ((taskToken = token), null);
    await cloud.clock.advance(1000);
    await cloud.states('SendTaskHeartbeat', { taskToken });
    await cloud.states('GetExecutionHistory', { executionArn });
    await cloud.states('StopExecution', { executionArn });
    const asked = cloud.calls.filter(({ signingName }) => signingName === 'states').flatMap(({ permissions }) => permissions.map(({ action, resource }) => [action, resource]));
    expect(asked.slice(2)).toEqual([
      ['states:StartExecution', stateMachineArn],
      ['states:SendTaskHeartbeat', stateMachineArn],
      ['states:GetExecutionHistory', executionArn],
      ['states:StopExecution', executionArn],
    ]);
  });
});

describe('what others hear', () => {
  it('EventBridge gets every change of status', async () => {
    const { executionArn } = await cloud.finish(await cloud.start({ StartAt: 'No', States: { No: { Type: 'Fail', Error: 'E', Cause: 'C' } } }, { a: 1 }));
    expect(cloud.emitted).toHaveLength(2);
    expect(cloud.emitted[1]).toEqual({
      source: 'aws.states',
      detailType: 'Step Functions Execution Status Change',
      resources: [executionArn],
      detail: {
        executionArn,
        stateMachineArn: 'arn:aws:states:eu-west-1:123456789012:stateMachine:machine-0',
        name: executionArn.split(':').at(-1),
        status: 'FAILED',
        startDate: cloud.clock.nowMs(),
        stopDate: cloud.clock.nowMs(),
        input: '{"a":1}',
        inputDetails: { included: true },
        output: null,
        outputDetails: null,
        error: 'E',
        cause: 'C',
      },
    });
    expect(cloud.emitted[0]?.detail).toMatchObject({ status: 'RUNNING', stopDate: null });
  });

  it('CloudWatch gets the counts and the time', async () => {
    await cloud.finish(await cloud.start(WAITING));
    expect(cloud.metrics.map(({ metricName, value }) => [metricName, value])).toEqual([['ExecutionsStarted', 1], ['ExecutionsSucceeded', 1], ['ExecutionTime', 3600_000]]);
  });
});

describe('tags', () => {
  it('can be set, replaced, listed and removed', async () => {
    const resourceArn = await cloud.createMachine(DONE, { tags: [{ key: 'a', value: '1' }] });
    await cloud.states('TagResource', { resourceArn, tags: [{ key: 'a', value: '2' }, { key: 'b', value: '3' }] });
    await cloud.states('UntagResource', { resourceArn, tagKeys: ['b'] });
    expect(await cloud.states('ListTagsForResource', { resourceArn })).toEqual({ tags: [{ key: 'a', value: '2' }] });
  });
});

describe('ValidateStateMachineDefinition', () => {
  it('lists faults without failing', async () => {
    expect(await cloud.states('ValidateStateMachineDefinition', { definition: text(DONE) })).toEqual({ result: 'OK', diagnostics: [], truncated: false });
    expect(await cloud.states('ValidateStateMachineDefinition', { definition: text({ StartAt: 'A', States: { A: { Type: 'Pass', Next: 'B' } } }) })).toMatchObject({ result: 'FAIL', diagnostics: [{ severity: 'ERROR', code: 'MISSING_TRANSITION_TARGET', location: '/States/A/Next' }] });
  });
});

describe('closing', () => {
  it('stops everything without a further event', async () => {
    await cloud.start(WAITING);
    await cloud.clock.advance(1000);
    const heard = cloud.emitted.length;
    cloud.model.close();
    await cloud.clock.advance(2 * 3600_000);
    expect(cloud.emitted).toHaveLength(heard);
    expect(cloud.clock.nextDueMs()).toBeUndefined();
  });
});
