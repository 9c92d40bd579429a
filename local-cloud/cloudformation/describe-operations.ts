// Operations that only look: stacks, their resources, events, templates and exports.
import type {
  DescribeStackEventsCommandInput,
  DescribeStackEventsCommandOutput,
  DescribeStackResourceCommandInput,
  DescribeStackResourceCommandOutput,
  DescribeStackResourcesCommandInput,
  DescribeStackResourcesCommandOutput,
  DescribeStacksCommandInput,
  DescribeStacksCommandOutput,
  GetTemplateCommandInput,
  GetTemplateCommandOutput,
  GetTemplateSummaryCommandInput,
  GetTemplateSummaryCommandOutput,
  ListExportsCommandInput,
  ListExportsCommandOutput,
  ListImportsCommandInput,
  ListImportsCommandOutput,
  ListStackResourcesCommandInput,
  ListStackResourcesCommandOutput,
  ListStacksCommandInput,
  ListStacksCommandOutput,
  StackEvent as StackEventShape,
  Stack as StackShape,
  StackStatus,
  ValidateTemplateCommandInput,
  ValidateTemplateCommandOutput,
} from '@aws-sdk/client-cloudformation';
import { refuseUnknown } from '../kernel/errors.ts';
import type { Answer, Operation } from '../kernel/service.ts';
import { noSuchStack, validationError } from './errors.ts';
import { creationOrder, dependencies } from './order.ts';
import type { Stack, StackEvent, StackResource } from './stack.ts';
import { stackPermission } from './stack-operations.ts';
import type { Stacks } from './stacks.ts';
import type { Template } from './template.ts';
import { readTemplate } from './template.ts';

const EVENTS_PER_PAGE = 100;

export function describeOperations(stacks: Stacks) {
  const DescribeStacks: Operation<DescribeStacksCommandInput, Answer<DescribeStacksCommandOutput>> = {
    permissions: (input) => [stackPermission(stacks, 'DescribeStacks', input.StackName)],
    handle: (input) => {
      refuseUnknown('DescribeStacks', input, ['StackName', 'NextToken']);
      if (input.StackName !== undefined) return { Stacks: [shapeOf(stacks.get(input.StackName))] };
      return { Stacks: stacks.list().filter((stack) => stack.status !== 'DELETE_COMPLETE').map(shapeOf).reverse() };
    },
  };

  const DescribeStackEvents: Operation<DescribeStackEventsCommandInput, Answer<DescribeStackEventsCommandOutput>> = {
    permissions: (input) => [stackPermission(stacks, 'DescribeStackEvents', input.StackName)],
    handle: (input) => {
      const stack = stacks.find(input.StackName);
      if (!stack) throw validationError(`Stack [${input.StackName}] does not exist`);
      const newestFirst = [...stack.events].reverse();
      // The token names the last event shown, so that events that happen between two pages shift nothing.
      const from = input.NextToken === undefined ? 0 : newestFirst.findIndex((event) => event.id === input.NextToken) + 1;
      const page = newestFirst.slice(from, from + EVENTS_PER_PAGE);
      const more = from + page.length < newestFirst.length;
      return { StackEvents: page.map((event) => eventShape(stack, event)), ...(more ? { NextToken: page.at(-1)?.id } : {}) };
    },
  };

  const resourceOf = (input: { StackName?: string; LogicalResourceId?: string }): { stack: Stack; resource: StackResource } => {
    const stack = stacks.find(input.StackName);
    if (!stack) throw validationError(`Stack '${input.StackName}' does not exist`);
    const resource = stack.resources.get(input.LogicalResourceId ?? '');
    if (!resource) throw validationError(`Resource ${input.LogicalResourceId} does not exist for stack ${stack.name}`);
    return { stack, resource };
  };

  const DescribeStackResource: Operation<DescribeStackResourceCommandInput, Answer<DescribeStackResourceCommandOutput>> = {
    permissions: (input) => [stackPermission(stacks, 'DescribeStackResource', input.StackName)],
    handle: (input) => {
      const { stack, resource } = resourceOf(input);
      return { StackResourceDetail: { StackId: stack.id, StackName: stack.name, LastUpdatedTimestamp: new Date(resource.changedAtMs), ...resourceShape(resource) } };
    },
  };

  const DescribeStackResources: Operation<DescribeStackResourcesCommandInput, Answer<DescribeStackResourcesCommandOutput>> = {
    permissions: (input) => [stackPermission(stacks, 'DescribeStackResources', input.StackName)],
    handle: (input) => {
      refuseUnknown('DescribeStackResources', input, ['StackName', 'LogicalResourceId', 'PhysicalResourceId']);
      const stack =
        input.StackName === undefined
          ? stacks.list().find((known) => [...known.resources.values()].some((resource) => resource.made?.physicalId === input.PhysicalResourceId))
          : stacks.find(input.StackName);
      if (!stack) throw noSuchStack(input.StackName ?? input.PhysicalResourceId ?? '');
      const shown = [...stack.resources.values()].filter((resource) => input.LogicalResourceId === undefined || resource.logicalId === input.LogicalResourceId);
      return {
        StackResources: shown.map((resource) => ({ StackId: stack.id, StackName: stack.name, Timestamp: new Date(resource.changedAtMs), ...resourceShape(resource) })),
      };
    },
  };

  const ListStackResources: Operation<ListStackResourcesCommandInput, Answer<ListStackResourcesCommandOutput>> = {
    permissions: (input) => [stackPermission(stacks, 'ListStackResources', input.StackName)],
    handle: (input) => {
      const stack = stacks.get(input.StackName);
      return { StackResourceSummaries: [...stack.resources.values()].map((resource) => ({ LastUpdatedTimestamp: new Date(resource.changedAtMs), ...resourceShape(resource) })) };
    },
  };

  const ListStacks: Operation<ListStacksCommandInput, Answer<ListStacksCommandOutput>> = {
    permissions: () => [{ action: 'cloudformation:ListStacks', resource: '*' }],
    handle: (input) => {
      const wanted: readonly StackStatus[] | undefined = input.StackStatusFilter;
      const shown = stacks.list().filter((stack) => !wanted?.length || wanted.includes(stack.status));
      return {
        StackSummaries: shown
          .map((stack) => ({
            StackId: stack.id,
            StackName: stack.name,
            CreationTime: new Date(stack.createdAtMs),
            LastUpdatedTime: dateOf(stack.updatedAtMs),
            DeletionTime: dateOf(stack.deletedAtMs),
            StackStatus: stack.status,
            StackStatusReason: stack.reason,
            TemplateDescription: stack.wish.template.Description,
          }))
          .reverse(),
      };
    },
  };

  const GetTemplate: Operation<GetTemplateCommandInput, Answer<GetTemplateCommandOutput>> = {
    permissions: (input) => [stackPermission(stacks, 'GetTemplate', input.StackName)],
    handle: (input) => {
      refuseUnknown('GetTemplate', input, ['StackName', 'TemplateStage']);
      return { TemplateBody: stacks.get(input.StackName).wish.templateBody, StagesAvailable: ['Original', 'Processed'] };
    },
  };

  const GetTemplateSummary: Operation<GetTemplateSummaryCommandInput, Answer<GetTemplateSummaryCommandOutput>> = {
    permissions: (input) => [input.StackName === undefined ? { action: 'cloudformation:GetTemplateSummary', resource: '*' } : stackPermission(stacks, 'GetTemplateSummary', input.StackName)],
    handle: async (input) => {
      refuseUnknown('GetTemplateSummary', input, ['StackName', 'TemplateBody', 'TemplateURL']);
      const template = input.StackName === undefined ? readTemplate(await stacks.templateBody(input, undefined)) : stacks.get(input.StackName).wish.template;
      const types = [...new Set(Object.values(template.Resources).map((resource) => resource.Type))];
      return { ...summaryOf(template), ResourceTypes: types };
    },
  };

  const ValidateTemplate: Operation<ValidateTemplateCommandInput, Answer<ValidateTemplateCommandOutput>> = {
    permissions: () => [{ action: 'cloudformation:ValidateTemplate', resource: '*' }],
    handle: async (input) => {
      refuseUnknown('ValidateTemplate', input, ['TemplateBody', 'TemplateURL']);
      const template = readTemplate(await stacks.templateBody(input, undefined));
      creationOrder(dependencies(template));
      return summaryOf(template);
    },
  };

  const ListExports: Operation<ListExportsCommandInput, Answer<ListExportsCommandOutput>> = {
    permissions: () => [{ action: 'cloudformation:ListExports', resource: '*' }],
    handle: () => ({ Exports: stacks.exports().map(({ name, value, stack }) => ({ ExportingStackId: stack.id, Name: name, Value: value })) }),
  };

  const ListImports: Operation<ListImportsCommandInput, Answer<ListImportsCommandOutput>> = {
    permissions: () => [{ action: 'cloudformation:ListImports', resource: '*' }],
    handle: (input) => {
      const importers = stacks.importers(input.ExportName ?? '');
      if (importers.length === 0) throw validationError(`Export '${input.ExportName}' is not imported by any stack.`);
      return { Imports: importers.map((stack) => stack.name) };
    },
  };

  return {
    DescribeStacks, DescribeStackEvents, DescribeStackResource, DescribeStackResources, ListStackResources, ListStacks,
    GetTemplate, GetTemplateSummary, ValidateTemplate, ListExports, ListImports,
  };
}

const dateOf = (atMs: number | undefined): Date | undefined => (atMs === undefined ? undefined : new Date(atMs));

const hidden = (template: Template, name: string): boolean => String(template.Parameters[name]?.NoEcho) === 'true';

function shapeOf(stack: Stack): StackShape {
  const { wish } = stack;
  return {
    StackId: stack.id,
    StackName: stack.name,
    Description: wish.template.Description,
    Parameters: Object.entries(wish.parameterTexts).map(([name, text]) => ({ ParameterKey: name, ParameterValue: hidden(wish.template, name) ? '****' : text })),
    CreationTime: new Date(stack.createdAtMs),
    LastUpdatedTime: dateOf(stack.updatedAtMs),
    DeletionTime: dateOf(stack.deletedAtMs),
    RollbackConfiguration: {},
    StackStatus: stack.status,
    StackStatusReason: stack.reason,
    DisableRollback: stack.onFailure === 'DO_NOTHING',
    NotificationARNs: [],
    Capabilities: wish.capabilities as StackShape['Capabilities'],
    Outputs: stack.outputs.map(({ key, value, description, exportName }) => ({ OutputKey: key, OutputValue: value, Description: description, ExportName: exportName })),
    Tags: [...wish.tags],
    EnableTerminationProtection: stack.terminationProtection,
    DriftInformation: { StackDriftStatus: 'NOT_CHECKED' },
  };
}

const eventShape = (stack: Stack, event: StackEvent): StackEventShape => ({
  StackId: stack.id,
  EventId: event.id,
  StackName: stack.name,
  LogicalResourceId: event.logicalId,
  PhysicalResourceId: event.physicalId ?? '',
  ResourceType: event.type,
  Timestamp: new Date(event.atMs),
  ResourceStatus: event.status as StackEventShape['ResourceStatus'],
  ResourceStatusReason: event.reason,
  ResourceProperties: event.properties && JSON.stringify(event.properties),
  ClientRequestToken: event.token,
});

const resourceShape = (resource: StackResource) => ({
  LogicalResourceId: resource.logicalId,
  PhysicalResourceId: resource.made?.physicalId,
  ResourceType: resource.type,
  ResourceStatus: resource.status,
  ResourceStatusReason: resource.reason,
  DriftInformation: { StackResourceDriftStatus: 'NOT_CHECKED' as const },
});

function summaryOf(template: Template) {
  const capabilities = Object.values(template.Resources).some((resource) => resource.Type.startsWith('AWS::IAM::'));
  return {
    Description: template.Description,
    Parameters: Object.entries(template.Parameters).map(([name, parameter]) => ({
      ParameterKey: name,
      ParameterType: parameter.Type,
      DefaultValue: parameter.Default === undefined ? undefined : String(parameter.Default as string | number),
      NoEcho: hidden(template, name),
      Description: parameter.Description,
    })),
    ...(capabilities
      ? { Capabilities: ['CAPABILITY_NAMED_IAM' as const], CapabilitiesReason: 'The following resource(s) require capabilities: [AWS::IAM::Role]' }
      : {}),
  };
}
