import { DIGEST } from '../testing/samples.ts';
import { parsePushEvent } from './push-event.ts';

/** https://docs.aws.amazon.com/AmazonECR/latest/userguide/ecr-eventbridge.html */
const detail = { result: 'SUCCESS', 'repository-name': 'shop/checkout', 'image-digest': DIGEST, 'action-type': 'PUSH', 'image-tag': 'v1.2.0', 'manifest-media-type': 'application/vnd.oci.image.index.v1+json' };
const event = { version: '0', id: '13cde686-328b-6117-af20-0e5566167482', 'detail-type': 'ECR Image Action', source: 'aws.ecr', account: '123456789012', time: '2026-11-16T01:54:34Z', region: 'us-west-2', resources: [], detail };
const withDetail = (more: object) => ({ ...event, detail: { ...detail, ...more } });

it('a push is a push, with what newer events carry besides', () => {
  expect(parsePushEvent(event)).toEqual({
    kind: 'push',
    push: { repository: 'shop/checkout', registry: '123456789012.dkr.ecr.us-west-2.amazonaws.com', tag: 'v1.2.0', digest: DIGEST, pushedAtMs: Date.UTC(2026, 10, 16, 1, 54, 34) },
  });
});

it.each([
  ['a DELETE', withDetail({ 'action-type': 'DELETE' }), 'a DELETE is not a push'],
  ['a change of storage class', withDetail({ 'action-type': 'UPDATE_STORAGE_CLASS' }), 'a UPDATE_STORAGE_CLASS is not a push'],
  ['a push that failed', withDetail({ result: 'FAILURE' }), 'the push ended with FAILURE'],
  ['a manifest without a tag', withDetail({ 'image-tag': undefined }), 'an untagged manifest: the tag of a multi-arch push comes with its index'],
  ['an empty tag', withDetail({ 'image-tag': '' }), 'an untagged manifest: the tag of a multi-arch push comes with its index'],
])('%s is ignored, with the reason', (_, given, reason) => {
  expect(parsePushEvent(given)).toEqual({ kind: 'ignored', reason });
});

const without = (object: object, member: string) => Object.fromEntries(Object.entries(object).filter(([name]) => name !== member));
it.each<[string, unknown, string]>([
  ...['id', 'account', 'region', 'time', 'source', 'detail-type', 'detail'].map((member) => [`without ${member}`, without(event, member), member] as [string, unknown, string]),
  ...['action-type', 'result', 'repository-name', 'image-digest'].map((member) => [`without detail.${member}`, { ...event, detail: without(detail, member) }, `detail.${member}`] as [string, unknown, string]),
  ['of another source', { ...event, source: 'mallory' }, 'source'],
  ['of another type', { ...event, 'detail-type': 'ECR Image Scan' }, 'detail-type'],
  ['of no account', { ...event, account: '12' }, 'account'],
  ['at no time', { ...event, time: 'yesterday' }, 'time'],
  ['of a nameless repository', withDetail({ 'repository-name': '' }), 'detail.repository-name'],
  ['with a short digest', withDetail({ 'image-digest': 'sha256:abc' }), 'detail.image-digest'],
  ['with a digest that smuggles', withDetail({ 'image-digest': `${DIGEST}\n--x` }), 'detail.image-digest'],
  ['with a tag that is no text', withDetail({ 'image-tag': 7 }), 'detail.image-tag'],
])('an event %s is malformed, and says where', (_, given, where) => {
  const parsed = parsePushEvent(given);
  expect(parsed.kind).toBe('malformed');
  expect(parsed).toMatchObject({ reason: expect.stringContaining(`${where}: `) as string });
});

it.each([undefined, null, 7, 'text', []])('%p is malformed', (given) => {
  expect(parsePushEvent(given).kind).toBe('malformed');
});
