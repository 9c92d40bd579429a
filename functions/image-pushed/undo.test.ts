// Undo, from the release that is undone to the one that undoes it.
import { PLACE } from '../testing/fakes.ts';
import { theatre, type Theatre } from '../testing/stage.ts';
import { imagePushed } from './image-pushed.ts';

const OLD = `123456789012.dkr.ecr.eu-west-1.amazonaws.com/shop/checkout@sha256:${'0'.repeat(64)}`;
let t: Theatre;
beforeEach(async () => {
  t = await theatre();
  t.ecs.taskDefinitions.get(t.ecs.taskDefinitionArn)!.taskDefinition = { family: 'checkout', containerDefinitions: [{ name: 'app', image: OLD }] };
  inRegistry = [`sha256:${'0'.repeat(64)}`];
  await succeed('one');
});
afterEach(() => t.close());

async function succeed(name: string): Promise<void> {
  await t.begin(name);
  await t.rollOut(name);
  t.ecs.newest.status = 'SUCCESSFUL';
  await t.functions.finishStage({ ...t.at(name), outcome: 'succeeded', reason: 'x' });
  await t.functions.finish({ releaseId: name });
}

/** Digests that ECR has. */
let inRegistry: string[];
const images = { find: async (_repository: string, id: { imageTag: string } | { imageDigest: string }) => ('imageDigest' in id && inRegistry.includes(id.imageDigest) ? { digest: id.imageDigest, tag: undefined, pushedAtMs: 0 } : undefined), author: () => Promise.resolve(undefined) };
const undo = (releaseId: string) =>
  imagePushed({ ...t.common, specifications: t.specifications, images, place: PLACE })({ undo: { releaseId, reason: 'it leaks', callerArn: 'arn:aws:sts::1:assumed-role/people/alice' } });

it('goes back to the task definition that ran before, untouched, and holds the image', async () => {
  const started = await undo('one');
  expect(started).toEqual({ kind: 'started', releaseId: 'checkout-undo-00000000' });
  const id = 'checkout-undo-00000000';
  await t.functions.takeService(t.at(id));
  expect(await t.functions.preflight(t.at(id))).toEqual({ kind: 'fit' });
  expect(await t.functions.register(t.at(id))).toEqual({ taskDefinitionArn: 'arn:aws:ecs:eu-west-1:123456789012:task-definition/checkout:7' });
  expect(await t.functions.start(t.at(id))).toMatchObject({ kind: 'started' });
  expect(t.ecs.newest.taskDefinitionArn).toMatch(/checkout:7$/);
  const { stages, release } = (await t.releases.load('one'))!;
  expect(await t.holds.of(stages[0]!.serviceArn, release.image.digest)).toMatchObject({ reason: 'it leaks', by: 'alice' });
});

it('of a release that others have followed is refused: it would take them away too', async () => {
  await t.wait(1000);
  await succeed('two');
  await undo('one');
  const id = 'checkout-undo-00000000';
  await t.functions.takeService(t.at(id));
  expect(await t.functions.preflight(t.at(id))).toMatchObject({ kind: 'ended', outcome: 'refused', reason: expect.stringContaining('runs checkout:9 by now') as string });
});

it('killed between its record and its execution is mended by asking again', async () => {
  const { start } = t.common.executions;
  t.common.executions.start = async () => Promise.reject(new Error('killed'));
  await expect(undo('one')).rejects.toThrow('killed');
  t.common.executions.start = start;
  expect(await undo('one')).toEqual({ kind: 'started', releaseId: 'checkout-undo-00000000' });
  expect(t.started).toEqual(['checkout-undo-00000000']);
});

it('to an image that ECR has no more is refused before anything is held or begun', async () => {
  inRegistry = [];
  expect(await undo('one')).toMatchObject({ kind: 'refused', code: 'Refused', message: expect.stringMatching(/^the image that ran before is gone: shop\/checkout@sha256:0{64}$/) as string });
  const { stages, release } = (await t.releases.load('one'))!;
  expect(await t.holds.of(stages[0]!.serviceArn, release.image.digest)).toBeUndefined();
  expect(t.started).toEqual([]);
});

it('of a release that runs is refused', async () => {
  await t.begin('three');
  expect(await undo('three')).toMatchObject({ kind: 'refused', code: 'Refused' });
});
