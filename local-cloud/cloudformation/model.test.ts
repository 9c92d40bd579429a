// Stacks from birth to deletion: order, outputs, failure and rollback, updates, replacement, and refusals before anything begins.
import { AwsError } from '../kernel/errors.ts';
import { cloudWith, refuse } from './stacks.test-helper.ts';

const topics = {
  sns: {
    CreateTopic: ({ Name }: { Name: string }) => ({ TopicArn: `arn:aws:sns:eu-west-1:123456789012:${Name}` }),
    DeleteTopic: {},
    SetTopicAttributes: {},
  },
  logs: { CreateLogGroup: {}, DeleteLogGroup: {}, PutRetentionPolicy: {}, DeleteRetentionPolicy: {} },
};

const TEMPLATE = `
Parameters:
  Stage: { Type: String, AllowedValues: [dev, prod] }
  Days: { Type: Number, Default: 7 }
Conditions:
  IsProd: !Equals [!Ref Stage, prod]
Resources:
  Audit:
    Type: AWS::Logs::LogGroup
    Properties:
      LogGroupName: !Sub '/\${Alarms.TopicName}/audit'
      RetentionInDays: !If [IsProd, 365, !Ref Days]
  Alarms:
    Type: AWS::SNS::Topic
    Properties:
      TopicName: !Join ['-', [alarms, !Ref Stage]]
      DisplayName: !If [IsProd, Production, !Ref AWS::NoValue]
  Extra:
    Condition: IsProd
    Type: AWS::SNS::Topic
Outputs:
  AlarmsArn: { Value: !Ref Alarms, Export: { Name: !Sub '\${AWS::StackName}-alarms' } }
`;

const stage = (value: string) => [{ ParameterKey: 'Stage', ParameterValue: value }];

async function refusal(promise: Promise<unknown>): Promise<string> {
  const error: unknown = await promise.then(() => 'accepted', (caught: unknown) => caught);
  return error instanceof AwsError ? `${error.code}: ${error.message}` : String(error);
}

test('resources are made after what they refer to, and outputs and exports follow', async () => {
  const { call, settled, made, stack } = cloudWith(topics);
  await call('CreateStack', { StackName: 'one', TemplateBody: TEMPLATE, Parameters: stage('dev') });
  expect((await stack('one')).StackStatus).toBe('CREATE_IN_PROGRESS');
  const done = await settled('one');
  expect(made()).toEqual([
    { call: 'sns:CreateTopic', input: { Name: 'alarms-dev' } },
    { call: 'logs:CreateLogGroup', input: { logGroupName: '/alarms-dev/audit' } },
    { call: 'logs:PutRetentionPolicy', input: { logGroupName: '/alarms-dev/audit', retentionInDays: 7 } },
  ]);
  expect(done).toMatchObject({ StackStatus: 'CREATE_COMPLETE', Outputs: [{ OutputKey: 'AlarmsArn', OutputValue: 'arn:aws:sns:eu-west-1:123456789012:alarms-dev', ExportName: 'one-alarms' }] });
  expect(await call('ListExports', {})).toMatchObject({ Exports: [{ Name: 'one-alarms', Value: 'arn:aws:sns:eu-west-1:123456789012:alarms-dev' }] });
});

test('a failed resource rolls the stack back and keeps the words of the service', async () => {
  const { call, settled, made } = cloudWith({ ...topics, logs: { ...topics.logs, CreateLogGroup: refuse('LimitExceededException', 'Too many log groups.') } });
  await call('CreateStack', { StackName: 'one', TemplateBody: TEMPLATE, Parameters: stage('dev') });
  const done = await settled('one');
  expect(done.StackStatus).toBe('ROLLBACK_COMPLETE');
  expect(made().map((one) => one.call)).toEqual(['sns:CreateTopic', 'logs:CreateLogGroup', 'sns:DeleteTopic']);
  const { StackEvents } = (await call('DescribeStackEvents', { StackName: 'one' })) as unknown as { StackEvents: Record<string, string>[] };
  expect(StackEvents.reverse().map((event) => `${event['LogicalResourceId']} ${event['ResourceStatus']}`)).toEqual([
    'one CREATE_IN_PROGRESS', 'Alarms CREATE_IN_PROGRESS', 'Alarms CREATE_COMPLETE', 'Audit CREATE_IN_PROGRESS', 'Audit CREATE_FAILED',
    'one ROLLBACK_IN_PROGRESS', 'Audit DELETE_IN_PROGRESS', 'Audit DELETE_COMPLETE', 'Alarms DELETE_IN_PROGRESS', 'Alarms DELETE_COMPLETE', 'one ROLLBACK_COMPLETE',
  ]);
  expect(StackEvents.find((event) => event['ResourceStatus'] === 'CREATE_FAILED')).toMatchObject({
    ResourceStatusReason: 'Resource handler returned message: "Too many log groups." (HandlerErrorCode: LimitExceededException)',
  });
});

test('an update changes, adds, replaces and drops, and drops last', async () => {
  const { call, settled, made } = cloudWith(topics);
  await call('CreateStack', { StackName: 'one', TemplateBody: TEMPLATE, Parameters: stage('dev') });
  await settled('one');
  const before = made().length;
  await call('UpdateStack', { StackName: 'one', UsePreviousTemplate: true, Parameters: stage('prod') });
  expect((await settled('one')).StackStatus).toBe('UPDATE_COMPLETE');
  expect(made().slice(before).map((one) => [one.call, (one.input as { Name?: string }).Name])).toEqual([
    ['sns:CreateTopic', 'alarms-prod'],
    ['logs:CreateLogGroup', undefined],
    ['logs:PutRetentionPolicy', undefined],
    ['sns:CreateTopic', expect.stringMatching(/^one-Extra-[0-9A-F]{12}$/)],
    ['sns:DeleteTopic', undefined],
    ['logs:DeleteLogGroup', undefined],
  ]);
});

test('an update that fails brings the stack back to what it was', async () => {
  const { call, settled, made } = cloudWith({ ...topics, logs: { ...topics.logs, PutRetentionPolicy: ({ retentionInDays }: { retentionInDays: number }) => (retentionInDays === 13 ? refuse('InvalidParameterException', 'No.')() : {}) } });
  const withDays = (days: string) => [...stage('dev'), { ParameterKey: 'Days', ParameterValue: days }];
  const named = TEMPLATE.replace("'/${Alarms.TopicName}/audit'", '/fixed');
  await call('CreateStack', { StackName: 'one', TemplateBody: named, Parameters: withDays('7') });
  await settled('one');
  const before = made().length;
  const changed = named.replace('DisplayName: !If [IsProd, Production, !Ref AWS::NoValue]', 'DisplayName: New');
  await call('UpdateStack', { StackName: 'one', TemplateBody: changed, Parameters: withDays('13') });
  expect((await settled('one')).StackStatus).toBe('UPDATE_ROLLBACK_COMPLETE');
  expect(made().slice(before).map((one) => one.input)).toContainEqual({ logGroupName: '/fixed', retentionInDays: 7 });
  expect(await refusal(call('UpdateStack', { StackName: 'one', TemplateBody: named, Parameters: withDays('7') }))).toBe('ValidationError: No updates are to be performed.');
});

test('a deleted stack takes its resources with it, users before used, and is then known by its id only', async () => {
  const { call, settled, made } = cloudWith(topics);
  const { StackId } = await call('CreateStack', { StackName: 'one', TemplateBody: TEMPLATE.replace('Type: AWS::SNS::Topic\n    Prop', 'Type: AWS::SNS::Topic\n    DeletionPolicy: Retain\n    Prop'), Parameters: stage('dev') });
  await settled('one');
  const before = made().length;
  await call('DeleteStack', { StackName: 'one' });
  expect((await settled(String(StackId))).StackStatus).toBe('DELETE_COMPLETE');
  expect(made().slice(before).map((one) => one.call)).toEqual(['logs:DeleteLogGroup']);
  expect(await refusal(call('DescribeStacks', { StackName: 'one' }))).toBe('ValidationError: Stack with id one does not exist');
});

test('an export in use protects its stack', async () => {
  const { call, settled } = cloudWith(topics);
  await call('CreateStack', { StackName: 'one', TemplateBody: TEMPLATE, Parameters: stage('dev') });
  await settled('one');
  await call('CreateStack', { StackName: 'two', TemplateBody: "Resources: { T: { Type: 'AWS::SNS::Topic', Properties: { DisplayName: !ImportValue one-alarms } } }" });
  expect((await settled('two')).StackStatus).toBe('CREATE_COMPLETE');
  expect(await refusal(call('DeleteStack', { StackName: 'one' }))).toBe('ValidationError: Export one-alarms cannot be deleted as it is in use by two');
});

test.each<[string, object, string]>([
  ['an unknown type', { TemplateBody: 'Resources: { A: { Type: "AWS::Nothing::Here" } }' }, 'NotImplemented: The local cloud does not model the resource type AWS::Nothing::Here.'],
  ['an unknown property', { TemplateBody: 'Resources: { A: { Type: "AWS::SNS::Topic", Properties: { Colour: red } } }' }, 'NotImplemented: The local cloud does not model AWS::SNS::Topic: the property Colour (resource A).'],
  ['a dangling reference', { TemplateBody: 'Resources: { A: { Type: "AWS::SNS::Topic", Properties: { TopicName: !Ref B } } }' }, 'ValidationError: Template format error: Unresolved resource dependencies [B] in the Resources block of the template'],
  ['a circle', { TemplateBody: 'Resources: { A: { Type: "AWS::SNS::Topic", DependsOn: B }, B: { Type: "AWS::SNS::Topic", DependsOn: A } }' }, 'ValidationError: Circular dependency between resources: [A, B]'],
  ['a missing parameter', { TemplateBody: TEMPLATE }, 'ValidationError: Parameters: [Stage] must have values'],
  ['a parameter value that is not allowed', { TemplateBody: TEMPLATE, Parameters: stage('test') }, "ValidationError: Parameter 'Stage' must be one of AllowedValues"],
  ['IAM without the capability', { TemplateBody: 'Resources: { R: { Type: "AWS::IAM::Role", Properties: { AssumeRolePolicyDocument: {} } } }' }, 'InsufficientCapabilitiesException: Requires capabilities : [CAPABILITY_IAM]'],
  ['broken YAML', { TemplateBody: 'Resources: [' }, expect.stringContaining('ValidationError: Template format error:')],
])('%s is refused before anything begins', async (_name, input, want) => {
  const { call, made } = cloudWith(topics);
  expect(await refusal(call('CreateStack', { StackName: 'one', ...input }))).toEqual(want);
  expect(made()).toEqual([]);
});
