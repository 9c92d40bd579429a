// Shorthand for writing operations: what they need to be allowed, and what they do.
import type { Tag } from '@aws-sdk/client-elastic-load-balancing-v2';
import { NotModelled } from '../kernel/errors.ts';
import type { Operation, Permission } from '../kernel/service.ts';
import { refuse } from './records.ts';

export const operation = <Input, Output>(permissions: (input: Input) => Permission[], handle: (input: Input) => Output | Promise<Output>): Operation<Input, Output> => ({
  permissions,
  handle,
});

/** ELB's describe actions have no resource-level permissions. */
export const describing = (operationName: string) => (): Permission[] => [{ action: `elasticloadbalancing:${operationName}`, resource: '*' }];

/** The condition keys that every tagging call carries. */
export function tagContext(tags: Tag[] | undefined): Record<string, string | string[]> {
  if (!tags || tags.length === 0) return {};
  const context: Record<string, string | string[]> = { 'aws:TagKeys': tags.map((tag) => tag.Key ?? '') };
  for (const tag of tags) context[`aws:RequestTag/${tag.Key}`] = tag.Value ?? '';
  return context;
}

/** A create call with tags also needs AddTags on what it creates. */
export const creating = (operationName: string, resource: string, created: string, tags: Tag[] | undefined, context: Record<string, string | string[]> = {}): Permission[] => [
  { action: `elasticloadbalancing:${operationName}`, resource, context: { ...context, ...tagContext(tags) } },
  ...(tags && tags.length > 0
    ? [{ action: 'elasticloadbalancing:AddTags', resource: created, context: { ...tagContext(tags), 'elasticloadbalancing:CreateAction': operationName } }]
    : []),
];

export function checkName(kind: string, name: string | undefined): string {
  if (!name || !/^[A-Za-z0-9](?:[A-Za-z0-9-]{0,30}[A-Za-z0-9])?$/.test(name) || name.startsWith('internal-')) {
    return refuse('ValidationError', `The ${kind} name '${name}' must be 1 to 32 letters, digits or hyphens, and must not begin or end with a hyphen or begin with 'internal-'`);
  }
  return name;
}

/** Applies attributes. AWS knows many more keys and values; those that would change nothing here are refused as not modelled. */
export function setAttributes(
  attributes: Map<string, string>,
  changes: { Key?: string | undefined; Value?: string | undefined }[] | undefined,
  modelled: Record<string, RegExp>,
): { Key: string; Value: string }[] {
  for (const { Key: key = '', Value: value = '' } of changes ?? []) {
    if (modelled[key]?.test(value)) continue;
    if (modelled[key] && key.endsWith('timeout_seconds')) return refuse('InvalidConfigurationRequestException', `The value of '${key}' is out of range: '${value}'`);
    throw new NotModelled(`the attribute ${key} with the value ${value}`);
  }
  for (const { Key: key, Value: value } of changes ?? []) attributes.set(key ?? '', value ?? '');
  return listAttributes(attributes);
}

export const listAttributes = (attributes: Map<string, string>): { Key: string; Value: string }[] => [...attributes].map(([Key, Value]) => ({ Key, Value }));

/** Adds the tags of the resources themselves, which every permission on a resource can be conditioned on. */
export function withResourceTags(operations: Readonly<Record<string, Operation>>, tagsOf: (arn: string) => ReadonlyMap<string, string> | undefined): Readonly<Record<string, Operation>> {
  const tagged = (permission: Permission): Permission => {
    const tags = [...(tagsOf(permission.resource) ?? [])];
    if (tags.length === 0) return permission;
    const keys = tags.flatMap(([key, value]) => [[`aws:ResourceTag/${key}`, value], [`elasticloadbalancing:ResourceTag/${key}`, value]]);
    return { ...permission, context: { ...permission.context, ...(Object.fromEntries(keys) as Record<string, string>) } };
  };
  const wrapped = Object.entries(operations).map(([name, each]): [string, Operation] => [
    name,
    { permissions: async (input, context) => (await each.permissions(input, context)).map(tagged), handle: (input, context) => each.handle(input, context) },
  ]);
  return Object.fromEntries(wrapped);
}
