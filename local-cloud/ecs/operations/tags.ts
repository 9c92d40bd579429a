// TagResource, UntagResource, ListTagsForResource, on clusters, services, tasks and task definitions.
import type {
  ListTagsForResourceCommandInput, ListTagsForResourceCommandOutput, Tag, TagResourceCommandInput, TagResourceCommandOutput, UntagResourceCommandInput, UntagResourceCommandOutput,
} from '@aws-sdk/client-ecs';
import type { Permission } from '../../kernel/service.ts';
import { clusterArn, partsOf } from '../arns.ts';
import { invalidParameter } from '../faults.ts';
import type { World } from '../world.ts';
import type { Operations } from './define.ts';
import { operation } from './define.ts';
import { requestTags, resourceTags } from './permissions.ts';

interface Tagged {
  tags: Tag[];
}

export function tagOperations(world: World): Operations {
  const allowed = (action: string, resourceArn: string | undefined, more: Permission['context'] = {}): Permission[] => {
    const [kind, cluster] = partsOf(resourceArn ?? '') ?? [];
    const onCluster: Record<string, string> = cluster !== undefined && kind !== 'task-definition' ? { 'ecs:cluster': clusterArn(world.kernel, cluster) } : {};
    return [{ action: `ecs:${action}`, resource: resourceArn ?? '*', context: { ...onCluster, ...resourceTags(find(world, resourceArn)?.tags ?? []), ...more } }];
  };
  return {
    TagResource: operation<TagResourceCommandInput, TagResourceCommandOutput>({
      permissions: ({ resourceArn, tags }) => allowed('TagResource', resourceArn, requestTags(tags)),
      handle: ({ resourceArn, tags = [] }) => {
        const tagged = mustFind(world, resourceArn);
        if (tags.some(({ key }) => key?.startsWith('aws:'))) throw invalidParameter('Tag keys cannot start with aws:');
        tagged.tags = [...tagged.tags.filter(({ key }) => !tags.some((tag) => tag.key === key)), ...tags];
        return {};
      },
    }),
    UntagResource: operation<UntagResourceCommandInput, UntagResourceCommandOutput>({
      permissions: ({ resourceArn, tagKeys = [] }) => allowed('UntagResource', resourceArn, { 'aws:TagKeys': tagKeys }),
      handle: ({ resourceArn, tagKeys = [] }) => {
        const tagged = mustFind(world, resourceArn);
        tagged.tags = tagged.tags.filter(({ key }) => !tagKeys.includes(key ?? ''));
        return {};
      },
    }),
    ListTagsForResource: operation<ListTagsForResourceCommandInput, ListTagsForResourceCommandOutput>({
      permissions: ({ resourceArn }) => allowed('ListTagsForResource', resourceArn),
      handle: ({ resourceArn }) => ({ tags: [...mustFind(world, resourceArn).tags] }),
    }),
  };
}

function mustFind(world: World, resourceArn: string | undefined): Tagged {
  const tagged = find(world, resourceArn);
  if (!tagged) throw invalidParameter('The specified resource was not found.');
  return tagged;
}

function find(world: World, resourceArn: string | undefined): Tagged | undefined {
  const [kind, first = '', second = ''] = partsOf(resourceArn ?? '') ?? [];
  switch (kind) {
    case 'cluster':
      return world.clusters.get(first);
    case 'service':
      return world.clusters.get(first)?.services.get(second);
    case 'task':
      return world.clusters.get(first)?.tasks.get(second);
    case 'task-definition':
      return world.taskDefinitions.get(first);
    default:
      return undefined;
  }
}
