// Deploys templates into the local cloud as an operator would: CloudFormation, over HTTP.
import type {
  CloudFormationClient} from '@aws-sdk/client-cloudformation';
import {
  CreateStackCommand,
  DescribeStackEventsCommand,
  DescribeStackResourceCommand,
  DescribeStacksCommand,
  UpdateStackCommand,
  type Stack,
} from '@aws-sdk/client-cloudformation';
import { setTimeout as sleep } from 'node:timers/promises';

const LOOK_EVERY_MS = 50;
const CAPABILITIES = ['CAPABILITY_IAM', 'CAPABILITY_NAMED_IAM'] as const;

export class Stacks {
  private readonly client: CloudFormationClient;

  constructor(client: CloudFormationClient) {
    this.client = client;
  }

  async create(StackName: string, TemplateBody: string, parameters: Record<string, string> = {}): Promise<Stack> {
    await this.client.send(new CreateStackCommand({ StackName, TemplateBody, Parameters: toParameters(parameters), Capabilities: [...CAPABILITIES] }));
    return this.settled(StackName);
  }

  async update(StackName: string, TemplateBody: string, parameters: Record<string, string> = {}): Promise<Stack> {
    await this.client.send(new UpdateStackCommand({ StackName, TemplateBody, Parameters: toParameters(parameters), Capabilities: [...CAPABILITIES] }));
    return this.settled(StackName);
  }

  async physicalId(StackName: string, LogicalResourceId: string): Promise<string> {
    const { StackResourceDetail } = await this.client.send(new DescribeStackResourceCommand({ StackName, LogicalResourceId }));
    return StackResourceDetail?.PhysicalResourceId ?? '';
  }

  private async settled(StackName: string): Promise<Stack> {
    for (;;) {
      const { Stacks: [stack] = [] } = await this.client.send(new DescribeStacksCommand({ StackName }));
      const status = stack?.StackStatus ?? '';
      if (stack && (status === 'CREATE_COMPLETE' || status === 'UPDATE_COMPLETE')) return stack;
      if (!status.endsWith('_IN_PROGRESS')) throw new Error(`the stack ${StackName} is ${status}: ${await this.firstFailure(StackName)}`);
      await sleep(LOOK_EVERY_MS);
    }
  }

  private async firstFailure(StackName: string): Promise<string> {
    const { StackEvents = [] } = await this.client.send(new DescribeStackEventsCommand({ StackName }));
    const failed = StackEvents.filter((event) => event.ResourceStatus?.endsWith('_FAILED')).at(-1);
    return failed ? `${failed.LogicalResourceId ?? ''}: ${failed.ResourceStatusReason ?? ''}` : 'no resource says why';
  }
}

const toParameters = (parameters: Record<string, string>) => Object.entries(parameters).map(([ParameterKey, ParameterValue]) => ({ ParameterKey, ParameterValue }));

export const outputOf = (stack: Stack, key: string): string => stack.Outputs?.find((output) => output.OutputKey === key)?.OutputValue ?? '';
