'use strict';
// One role per function, each with exactly what its code calls. Written as a table, because sixteen roles in YAML hide the one
// line that matters. Nothing here may be wider than what the functions use: a test over the local cloud fails on both sides.

const arn = (service, rest) => ({ 'Fn::Sub': `arn:\${AWS::Partition}:${service}:\${AWS::Region}:\${AWS::AccountId}:${rest}` });

const TABLE = { 'Fn::GetAtt': ['Table', 'Arn'] };
const INDEX = { 'Fn::Sub': '${Table.Arn}/index/byPipeline' };
const STATE_MACHINE = arn('states', 'stateMachine:__STATE_MACHINE__');
const EXECUTIONS = arn('states', 'execution:__STATE_MACHINE__:*');
const SERVICE = arn('ecs', 'service/*/*');
const SERVICE_DEPLOYMENT = arn('ecs', 'service-deployment/*/*/*');
const SERVICE_REVISION = arn('ecs', 'service-revision/*/*/*');
const TASK_DEFINITION = arn('ecs', 'task-definition/*:*');
const ANY_ROLE = { 'Fn::Sub': 'arn:${AWS::Partition}:iam::${AWS::AccountId}:role/*' };

const allow = (actions, resources, condition) => ({
  Effect: 'Allow',
  Action: [].concat(actions),
  Resource: [].concat(resources),
  ...(condition ? { Condition: condition } : {}),
});

const table = (...actions) => allow(actions.map((action) => `dynamodb:${action}`), TABLE);
/** A token is not a resource; the state machine it belongs to is. */
const wake = () => allow('states:SendTaskSuccess', STATE_MACHINE);
const startExecution = () => allow('states:StartExecution', STATE_MACHINE);
const passTaskRoles = () => allow('iam:PassRole', ANY_ROLE, { StringEquals: { 'iam:PassedToService': 'ecs-tasks.amazonaws.com' } });
/** The service's load-balancer and hook roles are checked again by UpdateService, although they do not change. */
const passServiceRoles = () => allow('iam:PassRole', ANY_ROLE, { StringEquals: { 'iam:PassedToService': 'ecs.amazonaws.com' } });
/** Only where Slack is configured is there a secret to read. */
const slackSecret = () => ({ 'Fn::If': ['SlackConfigured', allow('secretsmanager:GetSecretValue', { Ref: 'SlackSecretArn' }), { Ref: 'AWS::NoValue' }] });
const failuresQueue = () => allow('sqs:SendMessage', { 'Fn::GetAtt': ['FunctionFailures', 'Arn'] });

/** By function: what it may do besides writing its own log and traces. */
const GRANTS = {
  imagePushed: [table('Query', 'GetItem', 'PutItem', 'UpdateItem', 'DeleteItem'), startExecution(), allow(['ecr:DescribeImages', 'ecr:BatchGetImage'], arn('ecr', 'repository/*')), failuresQueue()],
  signal: [table('Query', 'UpdateItem'), wake(), failuresQueue()],
  rescue: [table('Query', 'UpdateItem', 'PutItem', 'DeleteItem'), startExecution(), allow('states:DescribeExecution', EXECUTIONS), failuresQueue()],
  prepare: [table('Query', 'PutItem')],
  takeService: [table('Query', 'GetItem', 'PutItem', 'UpdateItem', 'DeleteItem', 'ConditionCheckItem'), wake()],
  preflight: [
    table('Query', 'GetItem', 'PutItem'),
    allow(['ecs:DescribeServices', 'ecs:ListServiceDeployments'], SERVICE),
    allow('ecs:DescribeServiceRevisions', SERVICE_REVISION),
    allow('ecs:DescribeTaskDefinition', '*'),
    allow('cloudwatch:DescribeAlarms', '*'),
  ],
  assess: [
    table('Query', 'PutItem'),
    allow(['ecs:DescribeServices', 'ecs:ListServiceDeployments'], SERVICE),
    allow('ecs:DescribeServiceDeployments', SERVICE_DEPLOYMENT),
    allow('ecs:DescribeServiceRevisions', SERVICE_REVISION),
    allow('ecs:DescribeTaskDefinition', '*'),
    allow(['cloudwatch:DescribeAlarms', 'cloudwatch:GetMetricData'], '*'),
  ],
  register: [
    table('Query', 'PutItem'),
    allow(['ecs:DescribeTaskDefinition', 'ecs:ListTaskDefinitions'], '*'),
    allow('ecs:RegisterTaskDefinition', TASK_DEFINITION),
    allow('ecs:TagResource', TASK_DEFINITION, { StringEquals: { 'ecs:CreateAction': 'RegisterTaskDefinition' } }),
    passTaskRoles(),
  ],
  start: [
    table('Query', 'PutItem', 'UpdateItem'),
    allow(['ecs:ListServiceDeployments', 'ecs:UpdateService'], SERVICE),
    allow('ecs:DescribeServiceRevisions', SERVICE_REVISION),
    passTaskRoles(),
    passServiceRoles(),
  ],
  advance: [table('Query', 'UpdateItem', 'PutItem'), allow('ecs:ContinueServiceDeployment', [SERVICE, SERVICE_DEPLOYMENT])],
  rollBack: [table('Query', 'PutItem'), allow(['ecs:ContinueServiceDeployment', 'ecs:StopServiceDeployment'], [SERVICE, SERVICE_DEPLOYMENT])],
  park: [table('UpdateItem'), wake()],
  explain: [
    table('Query', 'PutItem'),
    // ListTasks has the container instance as its resource, whatever runs the tasks.
    allow('ecs:ListTasks', arn('ecs', 'container-instance/*/*')),
    allow('ecs:DescribeTasks', arn('ecs', 'task/*/*')),
    allow('ecs:DescribeTaskDefinition', '*'),
    allow('logs:GetLogEvents', arn('logs', 'log-group:${ServiceLogGroups}:log-stream:*')),
  ],
  finishStage: [table('Query', 'GetItem', 'PutItem', 'UpdateItem', 'DeleteItem'), allow(['ecs:DescribeServices', 'ecs:UpdateService'], SERVICE), passTaskRoles(), passServiceRoles(), wake()],
  finish: [table('Query', 'UpdateItem', 'PutItem')],
  control: [
    table('Query', 'GetItem', 'PutItem', 'UpdateItem', 'DeleteItem'),
    allow('dynamodb:Query', INDEX),
    allow('lambda:InvokeFunction', ['Preflight', 'ImagePushed', 'Signal', 'Observe', 'Announce'].map((name) => ({ 'Fn::GetAtt': [`${name}LambdaFunction`, 'Arn'] }))),
  ],
  // Reads, for people to look at; it has no way to the records.
  observe: [allow('ecs:DescribeServiceRevisions', SERVICE_REVISION), allow(['cloudwatch:DescribeAlarms', 'cloudwatch:GetMetricData'], '*')],
  announce: [
    table('Query', 'UpdateItem'),
    allow('cloudwatch:DescribeAlarms', '*'),
    allow(['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes'], { 'Fn::GetAtt': ['Announcements', 'Arn'] }),
    failuresQueue(),
    slackSecret(),
  ],
  slack: [
    table('Query', 'PutItem', 'UpdateItem'),
    // Itself, for the work after the answer: by name, because a role that asks its own function for its ARN goes round in circles.
    allow('lambda:InvokeFunction', [arn('lambda', 'function:__PREFIX__-slack'), ...['Signal', 'Announce'].map((name) => ({ 'Fn::GetAtt': [`${name}LambdaFunction`, 'Arn'] }))]),
    failuresQueue(),
    slackSecret(),
  ],
};

const kebab = (name) => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
const pascal = (name) => name.charAt(0).toUpperCase() + name.slice(1);

module.exports = async ({ resolveVariable }) => {
  const stateMachine = await resolveVariable('self:custom.names.stateMachine');
  const prefix = await resolveVariable('self:custom.names.prefix');
  const named = (value) => JSON.parse(JSON.stringify(value).replaceAll('__STATE_MACHINE__', stateMachine).replaceAll('__PREFIX__', prefix));
  const roles = Object.entries(GRANTS).map(([name, grants]) => [
    `${pascal(name)}Role`,
    {
      Type: 'AWS::IAM::Role',
      // cfn-lint's list of ECS actions is older than ContinueServiceDeployment (2026-05).
      ...(JSON.stringify(grants).includes('ContinueServiceDeployment') ? { Metadata: { 'cfn-lint': { config: { ignore_checks: ['W3037'] } } } } : {}),
      Properties: {
        Description: `What the function ${prefix}-${kebab(name)} may do`,
        AssumeRolePolicyDocument: { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Principal: { Service: 'lambda.amazonaws.com' }, Action: 'sts:AssumeRole' }] },
        Policies: [
          {
            PolicyName: 'grants',
            PolicyDocument: {
              Version: '2012-10-17',
              Statement: [
                allow(['logs:CreateLogStream', 'logs:PutLogEvents'], arn('logs', `log-group:/aws/lambda/${prefix}-${kebab(name)}:*`)),
                allow(['xray:PutTraceSegments', 'xray:PutTelemetryRecords'], '*'),
                ...named(grants),
              ],
            },
          },
        ],
      },
    },
  ]);
  return { Resources: Object.fromEntries(roles) };
};
