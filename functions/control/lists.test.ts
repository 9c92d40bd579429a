// What all lists have in common: pages.
import { pipeline } from '../../core/testing/samples.ts';
import { controlRig, one, pageOf } from './testing.ts';

const rig = controlRig();

describe('lists', () => {
  it('of pipelines and of freezes come page by page', async () => {
    const names = ['a', 'b', 'c', 'd', 'e'];
    await rig.cloud.specifications.apply({ people: one.people, pipelines: names.map((name) => pipeline({ name })) });
    expect((await rig.everyPage('/v1/pipelines', 'pipelines', { limit: '2' })).map(({ name }) => name)).toEqual(names);
    for (const name of names) await rig.call('POST', '/v1/freezes', { body: { pipeline: name, reason: 'holidays' } });
    await rig.call('POST', '/v1/freezes', { body: { all: true, reason: 'holidays' } });
    expect((await rig.everyPage('/v1/freezes', 'freezes', { limit: '2' })).map((freeze) => freeze['pipeline'])).toEqual([undefined, ...names]);
  });

  it.each(['/v1/pipelines', '/v1/holds', '/v1/freezes', '/v1/releases'])('%s takes no page that it did not answer, and no limit that is none', async (path) => {
    const queries: Record<string, string>[] = [{ next: 'x' }, { next: pageOf({ pk: 'x' }) }, { next: pageOf(null) }, { limit: '101' }, { limit: '-1' }];
    for (const query of queries) {
      expect(await rig.call('GET', path, { query })).toMatchObject({ status: 400, body: { error: { code: 'BadRequest' } } });
    }
  });
});
