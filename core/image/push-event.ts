// An `ECR Image Action` event, parsed. A multi-arch push gives one event per manifest, and only the index carries the tag,
// so an untagged push is never a release.
// https://docs.aws.amazon.com/AmazonECR/latest/userguide/ecr-eventbridge.html
import * as v from 'valibot';
import { DIGEST } from './digest.ts';

const PushEvent = v.object({
  id: v.string(),
  account: v.pipe(v.string(), v.regex(/^\d{12}$/)),
  region: v.string(),
  time: v.pipe(v.string(), v.isoTimestamp()),
  source: v.literal('aws.ecr'),
  'detail-type': v.literal('ECR Image Action'),
  detail: v.object({
    'action-type': v.string(),
    result: v.string(),
    'repository-name': v.pipe(v.string(), v.minLength(1), v.maxLength(256)),
    'image-digest': v.pipe(v.string(), v.regex(DIGEST)),
    'image-tag': v.optional(v.string()),
  }),
});

export interface ImagePush {
  repository: string;
  registry: string;
  tag: string;
  digest: string;
  pushedAtMs: number;
}

export type ParsedPush = { kind: 'push'; push: ImagePush } | { kind: 'ignored'; reason: string } | { kind: 'malformed'; reason: string };

export function parsePushEvent(event: unknown): ParsedPush {
  const parsed = v.safeParse(PushEvent, event);
  if (!parsed.success) return { kind: 'malformed', reason: parsed.issues.map((issue) => `${v.getDotPath(issue) ?? 'event'}: ${issue.message}`).join('; ') };
  const { detail, account, region, time } = parsed.output;
  if (detail['action-type'] !== 'PUSH') return { kind: 'ignored', reason: `a ${detail['action-type']} is not a push` };
  if (detail.result !== 'SUCCESS') return { kind: 'ignored', reason: `the push ended with ${detail.result}` };
  const tag = detail['image-tag'];
  if (!tag) return { kind: 'ignored', reason: 'an untagged manifest: the tag of a multi-arch push comes with its index' };
  return {
    kind: 'push',
    push: {
      repository: detail['repository-name'],
      registry: `${account}.dkr.ecr.${region}.amazonaws.com`,
      tag,
      digest: detail['image-digest'],
      pushedAtMs: Date.parse(time),
    },
  };
}
