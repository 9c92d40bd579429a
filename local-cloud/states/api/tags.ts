// Tags of state machines.
import type { ListTagsForResourceInput, ListTagsForResourceOutput, Tag, TagResourceInput, TagResourceOutput, UntagResourceInput, UntagResourceOutput } from '@aws-sdk/client-sfn';
import { AwsError } from '../../kernel/errors.ts';
import type { Answer, Operation, Permission } from '../../kernel/service.ts';
import type { StateMachine } from '../machine.ts';

const TAG_LIMIT = 50;

/** Creating something with tags needs states:TagResource as well. */
export function tagPermissions(resource: string, tags: readonly Tag[] | undefined): Permission[] {
  if (!tags || tags.length === 0) return [];
  const context: Record<string, string | string[]> = { 'aws:TagKeys': tags.map(({ key }) => key ?? '') };
  for (const { key, value } of tags) context[`aws:RequestTag/${key ?? ''}`] = value ?? '';
  return [{ action: 'states:TagResource', resource, context }];
}

export function tagOperations(machines: ReadonlyMap<string, StateMachine>) {
  const tagged = (resourceArn: string | undefined): StateMachine => {
    const machine = machines.get(resourceArn ?? '');
    if (!machine) throw new AwsError('ResourceNotFound', `Resource not found: '${resourceArn}'`, { members: { resourceName: resourceArn } });
    return machine;
  };

  const tag: Operation<TagResourceInput, Answer<TagResourceOutput>> = {
    permissions: ({ resourceArn, tags }) => tagPermissions(resourceArn ?? '*', tags ?? []),
    handle: ({ resourceArn, tags = [] }) => {
      const machine = tagged(resourceArn);
      const replaced = new Set(tags.map(({ key }) => key));
      const next = [...machine.tags.filter(({ key }) => !replaced.has(key)), ...tags];
      if (next.length > TAG_LIMIT) throw new AwsError('TooManyTags', `Too many tags for resource: '${resourceArn}'`, { members: { resourceName: resourceArn } });
      machine.tags = next;
      return {};
    },
  };

  const untag: Operation<UntagResourceInput, Answer<UntagResourceOutput>> = {
    permissions: ({ resourceArn, tagKeys }) => [{ action: 'states:UntagResource', resource: resourceArn ?? '*', context: { 'aws:TagKeys': tagKeys ?? [] } }],
    handle: ({ resourceArn, tagKeys = [] }) => {
      const machine = tagged(resourceArn);
      machine.tags = machine.tags.filter(({ key }) => key === undefined || !tagKeys.includes(key));
      return {};
    },
  };

  const list: Operation<ListTagsForResourceInput, Answer<ListTagsForResourceOutput>> = {
    permissions: ({ resourceArn }) => [{ action: 'states:ListTagsForResource', resource: resourceArn ?? '*' }],
    handle: ({ resourceArn }) => ({ tags: [...tagged(resourceArn).tags] }),
  };

  return { TagResource: tag, UntagResource: untag, ListTagsForResource: list };
}
