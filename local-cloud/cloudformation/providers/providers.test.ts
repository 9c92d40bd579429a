// What providers make of properties: the service's own spelling and types, the waiting, and what an update leaves alone.
import { cloudWith } from '../stacks.test-helper.ts';

const resources = (body: object) => JSON.stringify({ Resources: body });

test('a task definition is registered in the spelling of ECS, with the keys of users untouched', async () => {
  const { call, settled, made } = cloudWith({ ecs: { RegisterTaskDefinition: { taskDefinition: { taskDefinitionArn: 'arn:td:1' } } } });
  const Container = { Name: 'app', Image: 'i', Cpu: '128', Essential: 'true', PortMappings: [{ ContainerPort: '8080' }], DockerLabels: { Team: 'x' }, LogConfiguration: { LogDriver: 'awslogs', Options: { 'awslogs-group': 'g', Mode: 'm' } } };
  await call('CreateStack', { StackName: 's', TemplateBody: resources({ Task: { Type: 'AWS::ECS::TaskDefinition', Properties: { Family: 'f', Cpu: 256, Memory: '512', ContainerDefinitions: [Container] } } }) });
  expect((await settled('s')).StackStatus).toBe('CREATE_COMPLETE');
  expect(made()[0]?.input).toEqual({
    family: 'f',
    cpu: '256',
    memory: '512',
    containerDefinitions: [
      { name: 'app', image: 'i', cpu: 128, essential: true, portMappings: [{ containerPort: 8080 }], dockerLabels: { Team: 'x' }, logConfiguration: { logDriver: 'awslogs', options: { 'awslogs-group': 'g', Mode: 'm' } } },
    ],
  });
});

test.each([
  ['SUCCESSFUL', 'CREATE_COMPLETE'],
  ['ROLLBACK_SUCCESSFUL', 'ROLLBACK_COMPLETE'],
])('a service whose deployment ends as %s leaves the stack in %s', async (ending, want) => {
  let looks = 0;
  const { call, settled } = cloudWith({
    ecs: {
      CreateService: { service: { serviceArn: 'arn:service' } },
      ListServiceDeployments: () => ({ serviceDeployments: [{ status: ++looks < 4 ? 'IN_PROGRESS' : ending, serviceDeploymentArn: 'arn:sd' }] }),
      DeleteService: {},
    },
  });
  await call('CreateStack', { StackName: 's', TemplateBody: resources({ Service: { Type: 'AWS::ECS::Service', Properties: { Cluster: 'c', TaskDefinition: 'td', DesiredCount: 2 } } }) });
  expect((await settled('s')).StackStatus).toBe(want);
  expect(looks).toBe(4);
});

test('a service that never becomes steady fails after three hours', async () => {
  const { call, clock, stack } = cloudWith({
    ecs: { CreateService: { service: { serviceArn: 'arn:service' } }, ListServiceDeployments: { serviceDeployments: [{ status: 'IN_PROGRESS' }] }, DeleteService: {} },
  });
  await call('CreateStack', { StackName: 's', TemplateBody: resources({ Service: { Type: 'AWS::ECS::Service', Properties: { TaskDefinition: 'td' } } }) });
  await clock.advance(179 * 60_000);
  expect((await stack('s')).StackStatus).toBe('CREATE_IN_PROGRESS');
  await clock.advance(2 * 60_000);
  expect((await stack('s')).StackStatus).toBe('ROLLBACK_COMPLETE');
});

test('a state machine gets its substitutions, escaped where they land, and other placeholders stay', async () => {
  const { call, settled, made } = cloudWith({ states: { CreateStateMachine: { stateMachineArn: 'arn:sm' } } });
  const Properties = {
    StateMachineName: 'm', RoleArn: 'arn:role', Definition: { Comment: '${Greeting} ${Other}', QueryLanguage: 'JSONata' }, DefinitionSubstitutions: { Greeting: 'say "hi"' },
    LoggingConfiguration: { Level: 'ALL', IncludeExecutionData: 'true', Destinations: [{ CloudWatchLogsLogGroup: { LogGroupArn: 'arn:logs' } }] },
  };
  await call('CreateStack', { StackName: 's', TemplateBody: resources({ Machine: { Type: 'AWS::StepFunctions::StateMachine', Properties } }) });
  await settled('s');
  expect(made()[0]?.input).toEqual({
    name: 'm',
    roleArn: 'arn:role',
    definition: '{"Comment":"say \\"hi\\" ${Other}","QueryLanguage":"JSONata"}',
    loggingConfiguration: { level: 'ALL', includeExecutionData: true, destinations: [{ cloudWatchLogsLogGroup: { logGroupArn: 'arn:logs' } }] },
  });
});

test('a rule without a target any more loses that target only', async () => {
  const { call, settled, made } = cloudWith({ events: { PutRule: { RuleArn: 'arn:rule' }, PutTargets: {}, RemoveTargets: {} } });
  const rule = (...ids: string[]) => resources({ Rule: { Type: 'AWS::Events::Rule', Properties: { Name: 'r', EventPattern: { source: ['aws.ecs'] }, Targets: ids.map((Id) => ({ Id, Arn: `arn:${Id}`, RetryPolicy: { MaximumRetryAttempts: '2' } })) } } });
  await call('CreateStack', { StackName: 's', TemplateBody: rule('a', 'b') });
  await settled('s');
  await call('UpdateStack', { StackName: 's', TemplateBody: rule('b') });
  await settled('s');
  expect(made().slice(2)).toEqual([
    { call: 'events:RemoveTargets', input: { Rule: 'r', Ids: ['a'] } },
    { call: 'events:PutRule', input: { Name: 'r', EventPattern: '{"source":["aws.ecs"]}' } },
    { call: 'events:PutTargets', input: { Rule: 'r', Targets: [{ Id: 'b', Arn: 'arn:b', RetryPolicy: { MaximumRetryAttempts: 2 } }] } },
  ]);
});

test('queue attributes are texts, documents among them JSON', async () => {
  const { call, settled, made } = cloudWith({ sqs: { CreateQueue: { QueueUrl: 'http://q' }, GetQueueAttributes: { Attributes: { QueueArn: 'arn:q' } } } });
  await call('CreateStack', { StackName: 's', TemplateBody: resources({ Queue: { Type: 'AWS::SQS::Queue', Properties: { QueueName: 'q', VisibilityTimeout: 30, RedrivePolicy: { deadLetterTargetArn: 'arn:d', maxReceiveCount: 3 } } } }) });
  await settled('s');
  expect(made()[0]?.input).toEqual({ QueueName: 'q', Attributes: { VisibilityTimeout: '30', RedrivePolicy: '{"deadLetterTargetArn":"arn:d","maxReceiveCount":3}' } });
});

test('a change that a named resource cannot take is refused with the name', async () => {
  const { call, settled, stack } = cloudWith({ ecr: { CreateRepository: { repository: {} } } });
  const repository = (encryption: string) => resources({ Images: { Type: 'AWS::ECR::Repository', Properties: { RepositoryName: 'shop', EncryptionConfiguration: { EncryptionType: encryption } } } });
  await call('CreateStack', { StackName: 's', TemplateBody: repository('AES256') });
  await settled('s');
  await call('UpdateStack', { StackName: 's', TemplateBody: repository('KMS') });
  await settled('s');
  const { StackEvents } = (await call('DescribeStackEvents', { StackName: 's' })) as unknown as { StackEvents: { ResourceStatus: string; ResourceStatusReason?: string }[] };
  expect(StackEvents.find((event) => event.ResourceStatus === 'UPDATE_FAILED')?.ResourceStatusReason).toContain('Rename shop and update the stack again.');
  expect((await stack('s')).StackStatus).toBe('UPDATE_ROLLBACK_COMPLETE');
});

test('parameters and secrets are looked up when the resource is made', async () => {
  const { call, settled, made } = cloudWith({
    sns: { CreateTopic: { TopicArn: 'arn:t' } },
    ssm: { GetParameter: { Parameter: { Value: 'from-ssm' } } },
    secretsmanager: { GetSecretValue: { SecretString: '{"user":"ada"}' } },
  });
  const DisplayName = '{{resolve:ssm:/name}} {{resolve:secretsmanager:login:SecretString:user}}';
  await call('CreateStack', { StackName: 's', TemplateBody: resources({ Topic: { Type: 'AWS::SNS::Topic', Properties: { TopicName: 't', DisplayName } } }) });
  await settled('s');
  expect(made().at(-1)?.input).toEqual({ Name: 't', Attributes: { DisplayName: 'from-ssm ada' } });
});
