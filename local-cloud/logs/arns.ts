// ARNs of CloudWatch Logs. What IAM compares with for an action on a group is `log-group:NAME:log-stream:` (so policies end in `:*`);
// only the tag actions use the ARN without a tail.
// https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_LogGroup.html (`arn` and `logGroupArn`)
import { arnOf } from '../kernel/kernel.ts';
import type { Kernel } from '../kernel/kernel.ts';
import { invalidParameter } from './faults.ts';

export const groupArn = (kernel: Kernel, groupName: string): string => arnOf(kernel, 'logs', `log-group:${groupName}`);

export const groupResource = (kernel: Kernel, groupName: string | undefined): string => `${groupArn(kernel, groupName ?? '')}:log-stream:`;

export const streamResource = (kernel: Kernel, groupName: string | undefined, streamName: string | undefined): string =>
  `${groupResource(kernel, groupName)}${streamName ?? ''}`;

/** A group's name out of its ARN, with or without a tail. */
export function groupNameOf(arn: string): string {
  const name = /^arn:[^:]+:logs:[^:]+:[^:]+:log-group:([^:]+)/.exec(arn)?.[1];
  if (name === undefined) throw invalidParameter(`The ARN ${arn} is not that of a log group.`);
  return name;
}

/** Requests name a group by `logGroupName`, or by `logGroupIdentifier`: a name or an ARN. */
export function groupNameIn(input: { logGroupName?: string | undefined; logGroupIdentifier?: string | undefined }): string {
  if ((input.logGroupName === undefined) === (input.logGroupIdentifier === undefined))
    throw invalidParameter('Exactly one of logGroupName and logGroupIdentifier must be specified.');
  const name = input.logGroupName ?? input.logGroupIdentifier ?? '';
  return name.startsWith('arn:') ? groupNameOf(name) : name;
}
