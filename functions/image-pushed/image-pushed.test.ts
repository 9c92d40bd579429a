import { smallCloud, type SmallCloud } from '../../adapters/testing/small-cloud.ts';
import { DIGEST, pipeline, release as sample } from '../../core/testing/samples.ts';
import { PLACE, silent } from '../testing/fakes.ts';
import { imagePushed } from './image-pushed.ts';

let cloud: SmallCloud;
let started: string[];
let dies: boolean;
let author: string | undefined;
beforeEach(async () => {
  cloud = await smallCloud();
  started = [];
  dies = false;
  author = undefined;
  await cloud.specifications.apply({ people: sample().people, pipelines: [pipeline(), pipeline({ name: 'mirror', image: { repository: 'shop/checkout', tags: { kind: 'exact', tags: ['v9'] } } })] });
});
afterEach(() => cloud.close());

const push = (event: unknown) =>
  imagePushed({
    ...cloud,
    executions: {
      start: async (name) => {
        if (dies) throw new Error('killed');
        started.push(name);
        return `arn:${name}`;
      },
    },
    images: { author: async () => author, find: async (repository, id) => (repository === 'shop/checkout' && (!('imageTag' in id) || id.imageTag.startsWith('v')) ? { digest: DIGEST, tag: 'imageTag' in id ? id.imageTag : undefined, pushedAtMs: 1 } : undefined) },
    place: PLACE,
    clock: { nowMs: () => cloud.clock.nowMs() },
    log: silent,
  })(event);

const event = (more: object = {}, outer: object = {}) => ({
  version: '0', id: '13cde686', 'detail-type': 'ECR Image Action', source: 'aws.ecr', account: '123456789012', time: '2026-11-16T01:54:34Z', region: 'eu-west-1', resources: [],
  detail: { result: 'SUCCESS', 'repository-name': 'shop/checkout', 'image-digest': DIGEST, 'action-type': 'PUSH', 'image-tag': 'v1.2.0', ...more }, ...outer,
});
const ID = 'checkout-v1.2.0-ab12ab12';
const byHand = (more: object = {}) => ({ byHand: { pipeline: 'checkout', tag: 'v1.2.0', reason: '', callerArn: 'arn:aws:sts::1:assumed-role/people/alice', ...more } });

describe('a push', () => {
  it('has the author whom its image names, and none when it names nobody', async () => {
    author = 'alice';
    await push(event());
    author = undefined;
    await push(event({ 'image-tag': 'v2', 'image-digest': `sha256:${'2'.repeat(64)}` }));
    expect((await cloud.releases.load(ID))?.release.author).toBe('alice');
    expect((await cloud.releases.load('checkout-v2-22222222'))?.release.author).toBeUndefined();
  });

  it('starts one release in every pipeline that wants it', async () => {
    expect(await push(event())).toEqual({ started: [ID] });
    expect(await push(event({ 'image-tag': 'v9', 'image-digest': `sha256:${'9'.repeat(64)}` }))).toEqual({ started: ['checkout-v9-99999999', 'mirror-v9-99999999'] });
    expect((await cloud.releases.load(ID))?.release).toMatchObject({ pushedAtMs: Date.UTC(2026, 10, 16, 1, 54, 34), specificationVersion: 1, image: { registry: '123456789012.dkr.ecr.eu-west-1.amazonaws.com', tag: 'v1.2.0', digest: DIGEST } });
  });

  it('that comes twice starts one release, also after it has ended', async () => {
    await push(event());
    expect(await push(event())).toEqual({ started: [] });
    await cloud.releases.end(ID, 'rolledBack', 'x', 1);
    expect(await push(event())).toEqual({ started: [] });
    expect(started).toEqual([ID]);
  });

  it('that comes twice at once starts one release', async () => {
    await Promise.all([push(event()), push(event())]);
    expect(new Set(started)).toEqual(new Set([ID]));
  });

  it('of the same image under a second tag starts no second release', async () => {
    await push(event());
    expect(await push(event({ 'image-tag': 'v1.2' }))).toEqual({ started: [] });
  });

  it('killed between record and execution is mended by the next try', async () => {
    dies = true;
    await expect(push(event())).rejects.toThrow('killed');
    dies = false;
    expect(await push(event())).toEqual({ started: [ID] });
    expect((await cloud.releases.load(ID))?.executionArn).toBe(`arn:${ID}`);
    expect(await push(event())).toEqual({ started: [] });
  });

  it.each(['TransactWriteItems', 'UpdateItem', 'Query', 'GetItem'])('whose %s was answered into nothing starts one release', async (operation) => {
    cloud.loseAnswerOf(operation);
    await push(event()).catch(() => undefined);
    cloud.disarm();
    await push(event());
    expect(new Set(started)).toEqual(new Set([ID]));
  });

  it.each([
    ['an unwanted repository', event({ 'repository-name': 'shop/other' })],
    ['an unwanted tag', event({ 'image-tag': 'nightly' })],
    ['an untagged manifest', event({ 'image-tag': undefined })],
    ['a deletion', event({ 'action-type': 'DELETE' })],
    ['nonsense', { hello: 1 }],
    ['nothing', undefined],
  ])('of %s starts nothing, and is no error', async (_, given) => {
    expect(await push(given)).toEqual({ started: [] });
    expect(started).toEqual([]);
  });
});

describe('by hand', () => {
  it('releases an image again, with who asked as its author', async () => {
    await push(event());
    await cloud.releases.end(ID, 'rolledBack', 'x', 1);
    expect(await push(byHand({ reason: 'fixed the database' }))).toEqual({ kind: 'started', releaseId: `${ID}-2` });
    expect((await cloud.releases.load(`${ID}-2`))?.release).toMatchObject({ author: 'alice' });
    expect(await cloud.timeline.read(`${ID}-2`)).toMatchObject([{ text: 'Started by hand, from the command line: fixed the database.', by: 'alice' }]);
  });

  it('is dated to the second, as pushes are: one that follows in the same second is no older', async () => {
    await cloud.clock.advance(1_492);
    await push(byHand());
    const { createdAtMs, pushedAtMs } = (await cloud.releases.load(ID))?.release ?? {};
    expect(createdAtMs).toBe(cloud.clock.nowMs());
    expect(pushedAtMs).toBe(Math.floor(cloud.clock.nowMs() / 1000) * 1000);
    expect(pushedAtMs).not.toBe(createdAtMs);
  });

  it('an author whom nobody knows is known by ARN, so that their approval does not count either', async () => {
    await push(byHand({ callerArn: 'arn:aws:iam::1:user/x' }));
    expect((await cloud.releases.load(ID))?.release.author).toBe('arn:aws:iam::1:user/x');
  });

  it('killed between record and execution is mended by asking again', async () => {
    dies = true;
    await expect(push(byHand())).rejects.toThrow('killed');
    dies = false;
    expect(await push(byHand())).toEqual({ kind: 'started', releaseId: ID });
    expect(started).toEqual([ID]);
  });

  it.each([
    ['no such pipeline', byHand({ pipeline: 'moon' }), 'NotFound'],
    ['no such tag', byHand({ tag: 'x1' }), 'NotFound'],
  ])('is refused: %s', async (_, given, code) => {
    expect(await push(given)).toMatchObject({ kind: 'refused', code });
  });

  it('is refused while the same image is on its way', async () => {
    await push(event());
    expect(await push(byHand())).toMatchObject({ kind: 'refused', code: 'Refused', hint: `Follow it with \`slipway status ${ID}\`.` });
  });
});
