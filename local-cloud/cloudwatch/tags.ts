// Tags of alarms, by ARN.
import type { ListTagsForResourceCommandOutput, ListTagsForResourceInput, Tag, TagResourceInput, UntagResourceInput } from '@aws-sdk/client-cloudwatch';
import { AwsError } from '../kernel/errors.ts';
import type { Answer, Operation } from '../kernel/service.ts';
import { required, validationError } from './faults.ts';

const TAGS_MAX = 50;

export class Tags {
  private readonly byArn = new Map<string, Map<string, string>>();

  replace(arn: string, tags: Tag[]): void {
    this.byArn.set(arn, new Map(tags.map((tag) => [tag.Key ?? '', tag.Value ?? ''])));
  }

  drop(arn: string): void {
    this.byArn.delete(arn);
  }

  /** The tags of a resource; throws when there is no such resource. */
  of(arn: string): Map<string, string> {
    const tags = this.byArn.get(arn);
    if (!tags) throw new AwsError('ResourceNotFoundException', `The resource ${arn} does not exist.`);
    return tags;
  }
}

export function requireTags(tags: Tag[]): void {
  if (tags.length > TAGS_MAX) throw validationError(`A resource can have at most ${TAGS_MAX} tags.`);
  for (const tag of tags) if (required(tag.Key, 'Tags.member.Key').startsWith('aws:')) throw validationError('Tag keys must not start with aws:.');
}

export const tagOperations = (tags: Tags): Record<string, Operation> => ({
  TagResource: tagResource(tags),
  UntagResource: untagResource(tags),
  ListTagsForResource: listTagsForResource(tags),
});

const tagResource = (tags: Tags): Operation<TagResourceInput, object> => ({
  permissions: (input) => {
    const context = Object.fromEntries((input.Tags ?? []).map((tag): [string, string] => [`aws:RequestTag/${tag.Key}`, tag.Value ?? '']));
    return [{ action: 'cloudwatch:TagResource', resource: input.ResourceARN ?? '', context }];
  },
  handle: (input) => {
    const known = tags.of(required(input.ResourceARN, 'ResourceARN'));
    const given = required(input.Tags, 'Tags');
    requireTags(given);
    for (const tag of given) known.set(tag.Key ?? '', tag.Value ?? '');
    return {};
  },
});

const untagResource = (tags: Tags): Operation<UntagResourceInput, object> => ({
  permissions: (input) => [{ action: 'cloudwatch:UntagResource', resource: input.ResourceARN ?? '' }],
  handle: (input) => {
    const known = tags.of(required(input.ResourceARN, 'ResourceARN'));
    for (const key of required(input.TagKeys, 'TagKeys')) known.delete(key);
    return {};
  },
});

const listTagsForResource = (tags: Tags): Operation<ListTagsForResourceInput, Answer<ListTagsForResourceCommandOutput>> => ({
  permissions: (input) => [{ action: 'cloudwatch:ListTagsForResource', resource: input.ResourceARN ?? '' }],
  handle: (input) => ({ Tags: [...tags.of(required(input.ResourceARN, 'ResourceARN'))].map(([Key, Value]) => ({ Key, Value })) }),
});
