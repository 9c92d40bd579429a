// A specification: checked against the world, then stored whole or not at all.
import { readFileSync } from 'node:fs';
import { parse, stringify } from 'yaml';
import { controlRig } from './testing.ts';

const rig = controlRig('specification');

describe('a specification', () => {
  const specification = parse(readFileSync('examples/checkout/slipway.yml', 'utf8')) as { pipelines: Record<string, unknown> };
  const names = Array.isArray(specification.pipelines) ? (specification.pipelines as { name: string }[]).map(({ name }) => name) : Object.keys(specification.pipelines);

  it('is checked against the world and stored', async () => {
    expect(await rig.call('PUT', '/v1/specification', { body: { specification } })).toMatchObject({ status: 200, body: { pipelines: names.map((name) => ({ name, version: 1, changed: true })) } });
    expect(rig.invoked.every(([name]) => name === 'preflight')).toBe(true);
    expect(await rig.cloud.specifications.list()).toHaveLength(names.length);
  });

  it('that is only tried is not stored', async () => {
    expect(await rig.call('PUT', '/v1/specification', { body: { specification, dryRun: true } })).toMatchObject({ status: 200 });
    expect(await rig.cloud.specifications.list()).toEqual([]);
  });

  it('that the world does not fit is refused with the place of every fault', async () => {
    rig.invokeAnswer = { faults: [{ path: ['alarms', 0], message: 'no alarm', hint: 'Create it.' }] };
    const answer = await rig.call('PUT', '/v1/specification', { body: { specification } });
    expect(answer).toMatchObject({ status: 422, body: { error: { code: 'InvalidSpecification' } } });
    expect(JSON.stringify(answer.body.error)).toContain('"stages",0,"alarms",0');
    expect(await rig.cloud.specifications.list()).toEqual([]);
  });

  it.each([
    ['with an unknown key', { specification: { pipelines: {}, moon: 1 } }, 422],
    ['that is text', { specification: stringify(specification) }, 422],
    ['that is missing', {}, 400],
    ['in no body', undefined, 400],
  ])('%s', async (_, body, status) => {
    expect(await rig.call('PUT', '/v1/specification', { body })).toMatchObject({ status });
  });
});
