import fc from 'fast-check';
import { DIGEST, NOW_MS, pipeline, stageRecord, stageSpec } from '../testing/samples.ts';
import { newRelease, releaseIdOf, type NewRelease } from './create.ts';
import { releaseEnd } from './end.ts';
import { handOverName, nextExecution } from './execution-name.ts';
import { goesOn, type Outcome, type StageRecord } from './model.ts';

const image = { repository: 'shop/checkout', registry: 'r', tag: 'v1.2.0' as string | undefined, digest: DIGEST };
const wanted = (more: Partial<NewRelease> = {}): NewRelease => ({ pipeline: pipeline(), people: {}, specificationVersion: 1, image, author: undefined, pushedAtMs: NOW_MS, attempt: 1, ...more });

describe('the id of a release', () => {
  it.each([
    [{}, 'checkout-v1.2.0-ab12ab12'],
    [{ attempt: 2 }, 'checkout-v1.2.0-ab12ab12-2'],
    [{ image: { ...image, tag: undefined } }, 'checkout-ab12ab12'],
    [{ image: { ...image, tag: 'feature/ünïcode tag' } }, 'checkout-feature--n-code-tag-ab12ab12'],
    [{ image: { ...image, tag: 'x'.repeat(128) } }, `checkout-${'x'.repeat(51)}ab12ab12`],
  ])('%j', (more, id) => {
    expect(releaseIdOf(wanted(more))).toBe(id);
  });

  it('is an execution name with room for the suffixes of those who take over', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, maxLength: 300 }), fc.option(fc.string({ maxLength: 300 }), { nil: undefined }), fc.integer({ min: 1, max: 50 }), (name, tag, attempt) => {
        const id = releaseIdOf(wanted({ pipeline: pipeline({ name }), image: { ...image, tag }, attempt }));
        expect(id).toMatch(/^[A-Za-z0-9._-]{1,68}$/);
        expect(`${id}-x4.999`.length).toBeLessThanOrEqual(80);
      }),
    );
  });

  it('never loses the digest or the attempt to its length', () => {
    const long = { pipeline: pipeline({ name: 'p'.repeat(80) }) };
    const ids = [1, 2, 12].map((attempt) => releaseIdOf(wanted({ ...long, attempt })));
    expect(new Set(ids).size).toBe(3);
    for (const id of ids) expect(id).toContain('ab12ab12');
  });
});

it('a new release begins with everything open and its services known', () => {
  const { release, stages } = newRelease(wanted({ pipeline: pipeline({ stages: [stageSpec(), stageSpec({ name: 'two', service: { cluster: 'c', name: 's', container: 'app' } })] }) }), { region: 'eu-west-1', accountId: '123456789012' }, NOW_MS);
  expect(release).toMatchObject({ status: 'running', stageIndex: 0, bell: 0, createdAtMs: NOW_MS, rescue: undefined, challengedBy: undefined });
  expect(release).not.toHaveProperty('attempt');
  expect(stages.map(({ index, serviceArn, status }) => [index, serviceArn, status])).toEqual([
    [0, 'arn:aws:ecs:eu-west-1:123456789012:service/prod/checkout', 'pending'],
    [1, 'arn:aws:ecs:eu-west-1:123456789012:service/c/s', 'pending'],
  ]);
});

describe('the end of a release', () => {
  const stage = (outcome: Outcome | undefined, reason = ''): StageRecord => stageRecord({ status: outcome ? 'ended' : 'running', outcome, reason });

  it.each<[string, StageRecord[], Outcome, string]>([
    ['every stage succeeded', [stage('succeeded'), stage('succeeded')], 'succeeded', 'every stage runs the new image'],
    ['one had nothing to do', [stage('unchanged'), stage('succeeded')], 'succeeded', 'every stage runs the new image'],
    ['none had anything to do', [stage('unchanged'), stage('unchanged')], 'unchanged', 'every stage already ran this image'],
    ['the first that went wrong speaks', [stage('succeeded'), stage('rolledBack', 'alarm x'), stage('failed', 'other')], 'rolledBack', 'alarm x'],
    ['a stage that went wrong speaks before one that is open', [stage(undefined), stage('rejected', 'by alice')], 'rejected', 'by alice'],
    ['a service that wants no tasks proves nothing', [stage('succeeded'), { ...stage('succeeded'), idle: true }], 'succeeded', 'every stage has the new image, but prod/checkout wants no tasks, so nothing of the new revision has run yet'],
    ['a stage is open', [stage('succeeded'), stage(undefined)], 'failed', 'it ended before its stage 0 had'],
  ])('%s', (_, stages, outcome, reason) => {
    expect(releaseEnd(stages)).toEqual({ outcome, reason });
  });

  it('goes on after success and after nothing to do, and after nothing else', () => {
    const all: Outcome[] = ['succeeded', 'unchanged', 'rolledBack', 'rejected', 'aborted', 'superseded', 'timedOut', 'refused', 'failed'];
    expect(all.filter(goesOn)).toEqual(['succeeded', 'unchanged']);
  });
});

describe('who takes over from an execution', () => {
  const id = 'checkout-v1.2.0-ab12ab12';
  it.each([
    [id, { kind: 'next', name: `${id}-x2` }],
    [`${id}.7`, { kind: 'next', name: `${id}-x2` }],
    [`${id}-x2`, { kind: 'next', name: `${id}-x3` }],
    [`${id}-x3.12`, { kind: 'next', name: `${id}-x4` }],
    [`${id}-x4`, { kind: 'enough', announcer: `${id}-x5` }],
    [`${id}-x40`, { kind: 'enough', announcer: `${id}-x41` }],
    [`${id}-2`, { kind: 'foreign' }], // The release of the same digest by hand.
    [`${id}-x0`, { kind: 'foreign' }],
    [`${id}-x2x`, { kind: 'foreign' }],
    [`${id}-x`, { kind: 'foreign' }],
    ['by-hand', { kind: 'foreign' }],
    ['', { kind: 'foreign' }],
  ])('that ended early: %s', (name, next) => {
    expect(nextExecution(id, name)).toEqual(next);
  });

  it.each([
    [id, `${id}.1`],
    [`${id}.9`, `${id}.10`],
    [`${id}-x2`, `${id}-x2.1`],
    [`${id}-x2.1`, `${id}-x2.2`],
    ['by-hand', undefined],
  ])('that has lived long: %s', (name, next) => {
    expect(handOverName(id, name)).toBe(next);
  });
});
