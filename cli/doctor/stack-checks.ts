// Is Slipway's stack there and whole, and has it lost anything?

import { CloudFormationClient, DescribeStackResourcesCommand, DescribeStacksCommand, type StackResource } from '@aws-sdk/client-cloudformation';
import { CloudWatchClient, DescribeAlarmsCommand } from '@aws-sdk/client-cloudwatch';
import { GetQueueAttributesCommand, SQSClient } from '@aws-sdk/client-sqs';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { clientSettings, type Cloud, cloudError } from '../connect.ts';
import { messageOf, nameOf } from '../exit.ts';
import { clockTime } from '../print.ts';
import { type Check, fail, ok, warn } from './check.ts';

export async function checkCredentials(cloud: Cloud): Promise<Check> {
  try {
    const { Account, Arn } = await new STSClient(clientSettings(cloud)).send(new GetCallerIdentityCommand({}));
    return ok('credentials', `${Arn ?? 'somebody'} in account ${Account ?? 'unknown'}`);
  } catch (error) {
    const { message, hint, exit } = cloudError(error);
    return fail('credentials', message, hint ?? 'Sign in (`aws sso login`) or set AWS_PROFILE.', exit);
  }
}

export async function checkStack(cloud: Cloud, stackName: string): Promise<Check> {
  try {
    const { Stacks: [stack] = [] } = await new CloudFormationClient(clientSettings(cloud)).send(new DescribeStacksCommand({ StackName: stackName }));
    const status = stack?.StackStatus ?? 'in no state';
    const version = stack?.Outputs?.find((output) => output.OutputKey === 'Version')?.OutputValue;
    const since = stack?.LastUpdatedTime ?? stack?.CreationTime;
    const text = `${stackName}${version === undefined ? '' : ` ${version}`} is ${status}${since === undefined ? '' : `, deployed ${clockTime(since.toISOString())} UTC`}`;
    if (/^(?:CREATE|UPDATE)_COMPLETE$/.test(status)) return ok('stack', text);
    if (/IN_PROGRESS$/.test(status)) return warn('stack', text, 'Wait until it is complete, then look again.');
    // The last version that worked is what is there.
    if (status === 'UPDATE_ROLLBACK_COMPLETE') return warn('stack', text, 'The last update failed and was taken back: see the events of the stack.');
    return fail('stack', text, 'See the events of the stack in CloudFormation.', 'cloudError');
  } catch (error) {
    if (/does not exist/.test(messageOf(error))) return fail('stack', `there is no stack ${stackName} in ${cloud.region}`, 'Deploy Slipway, or name its stack with --stack, or its region with --region.', 'notFound');
    return denied('stack', error, 'cloudformation:DescribeStacks');
  }
}

/** Dead letters and Slipway's own alarms. */
export async function checkLosses(cloud: Cloud, stackName: string): Promise<Check[]> {
  let resources: StackResource[];
  try {
    ({ StackResources: resources = [] } = await new CloudFormationClient(clientSettings(cloud)).send(new DescribeStackResourcesCommand({ StackName: stackName })));
  } catch (error) {
    return [denied('dead letters', error, 'cloudformation:DescribeStackResources')];
  }
  const idsOf = (type: string): string[] => resources.flatMap(({ ResourceType, PhysicalResourceId }) => (ResourceType === type && PhysicalResourceId !== undefined ? [PhysicalResourceId] : []));
  return [await checkQueues(cloud, idsOf('AWS::SQS::Queue')), await checkAlarms(cloud, idsOf('AWS::CloudWatch::Alarm'))];
}

async function checkQueues(cloud: Cloud, urls: readonly string[]): Promise<Check> {
  const sqs = new SQSClient(clientSettings(cloud));
  try {
    const counted = await Promise.all(
      urls.map(async (QueueUrl) => {
        const { Attributes } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['ApproximateNumberOfMessages'] }));
        return { queue: QueueUrl.split('/').at(-1) ?? QueueUrl, count: Number(Attributes?.['ApproximateNumberOfMessages'] ?? 0) };
      }),
    );
    const full = counted.filter(({ count }) => count > 0);
    if (full.length === 0) return ok('dead letters', `${counted.length} ${counted.length === 1 ? 'queue is' : 'queues are'} empty`);
    return fail('dead letters', full.map(({ queue, count }) => `${queue} holds ${count}`).join(', '), 'Events were lost: docs/operating.md, "Dead letters".', 'cloudError');
  } catch (error) {
    return denied('dead letters', error, 'sqs:GetQueueAttributes');
  }
}

async function checkAlarms(cloud: Cloud, names: string[]): Promise<Check> {
  if (names.length === 0) return ok('own alarms', 'the stack has none');
  try {
    const { MetricAlarms = [] } = await new CloudWatchClient(clientSettings(cloud)).send(new DescribeAlarmsCommand({ AlarmNames: names, MaxRecords: 100 }));
    const hot = MetricAlarms.filter((alarm) => alarm.StateValue === 'ALARM').map((alarm) => alarm.AlarmName ?? '');
    if (hot.length === 0) return ok('own alarms', `${MetricAlarms.length} ${MetricAlarms.length === 1 ? 'is' : 'are'} quiet`);
    return fail('own alarms', `in ALARM: ${hot.join(', ')}`, 'The description of each says what to do: docs/operating.md.', 'cloudError');
  } catch (error) {
    return denied('own alarms', error, 'cloudwatch:DescribeAlarms');
  }
}

/** Not being allowed to look is no fault of Slipway. */
function denied(name: string, error: unknown, permission: string): Check {
  if (/AccessDenied|NotAuthorized|UnauthorizedOperation/i.test(`${nameOf(error) ?? ''} ${messageOf(error)}`)) return warn(name, 'you are not permitted to look', `It takes ${permission}.`);
  const { message, hint, exit } = cloudError(error);
  return fail(name, message, hint ?? 'Try again; if it stays like this, see the AWS Health Dashboard.', exit);
}
