import type { Pipeline, Specification } from '../../core/pipeline/model.ts';
import { pipeline, release, stageRecord } from '../../core/testing/samples.ts';
import { smallCloud, type SmallCloud } from '../testing/small-cloud.ts';

let cloud: SmallCloud;
beforeEach(async () => (cloud = await smallCloud()));
afterEach(() => cloud.close());

const { people } = release();
const file = (...pipelines: Pipeline[]): Specification => ({ people, pipelines });
const of = (repository: string, name = 'checkout') => pipeline({ name, image: { repository, tags: { kind: 'glob', patterns: ['*'] } } });
const wanting = async (repository: string) => (await cloud.specifications.wanting(repository)).map((stored) => `${stored.pipeline.name} v${stored.version}`);

describe('applying', () => {
  it('stores every pipeline, and finds it by name and by repository', async () => {
    const { specifications } = cloud;
    expect(await specifications.apply(file(of('shop/a', 'a'), of('shop/a', 'b'), of('shop/c', 'c')))).toEqual([
      { name: 'a', version: 1, changed: true },
      { name: 'b', version: 1, changed: true },
      { name: 'c', version: 1, changed: true },
    ]);
    expect(await wanting('shop/a')).toEqual(['a v1', 'b v1']);
    expect(await wanting('shop')).toEqual([]);
    expect(await specifications.get('c')).toEqual(JSON.parse(JSON.stringify({ pipeline: of('shop/c', 'c'), people, version: 1 })));
    expect((await specifications.list()).map((stored) => stored.pipeline.name)).toEqual(['a', 'b', 'c']);
  });

  it('the same again changes nothing, whatever order the members come in', async () => {
    await cloud.specifications.apply(file(of('shop/a')));
    const { name, image, ...rest } = of('shop/a');
    const turned = { ...Object.fromEntries(Object.entries(rest).reverse()), image: { tags: image.tags, repository: image.repository }, name } as unknown as Pipeline;
    const before = cloud.wireCalls.length;
    expect(await cloud.specifications.apply(file(turned))).toEqual([{ name: 'checkout', version: 1, changed: false }]);
    expect(cloud.wireCalls.slice(before).map((call) => call.operation)).toEqual(['GetItem']);
  });

  it('a change of people is a new version of every pipeline', async () => {
    await cloud.specifications.apply(file(of('shop/a')));
    expect(await cloud.specifications.apply({ people: {}, pipelines: [of('shop/a')] })).toEqual([{ name: 'checkout', version: 2, changed: true }]);
  });

  it('a pipeline that moves to another repository is no longer found under the old one', async () => {
    await cloud.specifications.apply(file(of('shop/a')));
    await cloud.specifications.apply(file(of('shop/b')));
    expect([await wanting('shop/a'), await wanting('shop/b')]).toEqual([[], ['checkout v2']]);
  });

  it('leaves pipelines alone that the file does not name', async () => {
    await cloud.specifications.apply(file(of('shop/a', 'a')));
    await cloud.specifications.apply(file(of('shop/b', 'b')));
    expect(await wanting('shop/a')).toEqual(['a v1']);
  });

  it('stores all or none', async () => {
    cloud.lose('TransactWriteItems');
    await expect(cloud.specifications.apply(file(of('shop/a', 'a'), of('shop/b', 'b')))).rejects.toThrow('the connection was lost');
    expect(await cloud.specifications.list()).toEqual([]);
  });

  it('of two who apply at once, the later one knows of the earlier', async () => {
    cloud.before('TransactWriteItems', () => cloud.specifications.apply(file(of('shop/first'))));
    expect(await cloud.specifications.apply(file(of('shop/second')))).toEqual([{ name: 'checkout', version: 2, changed: true }]);
    expect([await wanting('shop/first'), await wanting('shop/second')]).toEqual([[], ['checkout v2']]);
  });

  it('more than fits together is refused by name, and nothing is stored', async () => {
    const many = Array.from({ length: 34 }, (_, index) => of('shop/a', `p${index}`));
    await expect(cloud.specifications.apply(file(...many))).rejects.toMatchObject({ name: 'TooManyChanges', hint: 'Apply the file in parts of at most 25 changed pipelines.' });
    expect(await cloud.specifications.list()).toEqual([]);
    expect(await cloud.specifications.apply(file(...many.slice(0, 33)))).toHaveLength(33);
  });
});

describe('watches', () => {
  const at = (releaseId: string) => ({ releaseId, stageIndex: 0 });
  const begun = async (releaseId: string) => {
    await cloud.releases.create(release({ id: releaseId }), [stageRecord()], 'again');
    return at(releaseId);
  };

  it('find every release by an ARN, and nobody by another', async () => {
    const { watches } = cloud;
    await watches.add(await begun('one'), ['arn:service', 'arn:alarm']);
    await watches.add(await begun('two'), ['arn:alarm']);
    await watches.add(at('two'), ['arn:alarm']);
    expect(await watches.of('arn:alarm')).toEqual(['one', 'two']);
    expect(await watches.of('arn:service')).toEqual(['one']);
    expect(await watches.of('arn:serv')).toEqual([]);
    await watches.remove('one', ['arn:service', 'arn:alarm', 'arn:never']);
    expect([await watches.of('arn:alarm'), await watches.of('arn:service')]).toEqual([['two'], []]);
  });

  it('are many, where there are many alarms', async () => {
    const arns = Array.from({ length: 250 }, (_, index) => `arn:${index}`);
    await cloud.watches.add(await begun('one'), arns);
    for (const arn of ['arn:0', 'arn:99', 'arn:249']) expect(await cloud.watches.of(arn)).toEqual(['one']);
  });

  it('that come when the stage has ended are not kept', async () => {
    await begun('one');
    await cloud.releases.saveStage('one', stageRecord({ status: 'ended' }), 0);
    await cloud.watches.add(at('one'), ['arn:service']);
    expect(await cloud.watches.of('arn:service')).toEqual([]);
  });

  it('cost one query, however many releases are in flight', async () => {
    for (let index = 0; index < 30; index++) await cloud.watches.add(await begun(`r${index}`), [`arn:${index}`]);
    const before = cloud.wireCalls.length;
    expect(await cloud.watches.of('arn:7')).toEqual(['r7']);
    expect(cloud.wireCalls.slice(before).map((call) => call.operation)).toEqual(['Query']);
  });
});

describe('the story of a release', () => {
  const line = (key: string, atMs: number, text = key) => ({ key, atMs, kind: 'stage' as const, text });

  it('is told in order, each line once, as it was first told', async () => {
    const { timeline } = cloud;
    await timeline.write('r', [line('b', 2), line('a', 1)]);
    await timeline.write('r', [line('a', 9, 'told again'), line('c', 2)]);
    expect((await timeline.read('r')).map(({ key, text }) => [key, text])).toEqual([['a', 'a'], ['b', 'b'], ['c', 'c']]);
    expect(await timeline.read('other')).toEqual([]);
  });
});
