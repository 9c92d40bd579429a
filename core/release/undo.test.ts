// What an undo goes back to, and when there is nothing to go back to.
import { NOW_MS, release, stageRecord } from '../testing/samples.ts';
import type { StageRecord } from './model.ts';
import { ruleUndo } from './undo.ts';

const DIGEST = `sha256:${'cd'.repeat(32)}`;
const REGISTRY = '123456789012.dkr.ecr.eu-west-1.amazonaws.com';
const found = (image: string) => ({ taskDefinitionArn: 'arn:task-definition/checkout:7', image, deploymentConfiguration: {} });
const done = (more: Partial<StageRecord> = {}): StageRecord =>
  stageRecord({ status: 'ended', outcome: 'succeeded', found: found(`${REGISTRY}/shop/checkout@${DIGEST}`), ...more });
const ended = release({ status: 'ended', outcome: 'succeeded', endedAtMs: NOW_MS });

test('goes back to the task definition that ran before, at once: no questions, no bakes, no refusal because of a firing alarm', () => {
  const ruling = ruleUndo(ended, [done()], undefined);
  expect(ruling).toMatchObject({
    kind: 'undo',
    undo: {
      taskDefinitionArn: 'arn:task-definition/checkout:7',
      image: { registry: REGISTRY, repository: 'shop/checkout', digest: DIGEST },
      pipeline: { stages: [{ before: [], onAlarmAtStart: 'proceed', strategy: { kind: 'blueGreen', approval: undefined, bakeAfterMs: 0 } }] },
    },
  });
});

test('an image that was named by its tag keeps the tag', () => {
  expect(ruleUndo(ended, [done({ found: found(`${REGISTRY}/shop/checkout:1.0.0`) })], undefined)).toMatchObject({ undo: { image: { tag: '1.0.0', digest: undefined } } });
});

test('what ECS had finished before the rollback reached it can be undone, and what was rolled back by halves cannot', () => {
  const failed = release({ status: 'ended', outcome: 'failed', endedAtMs: NOW_MS });
  expect(ruleUndo(failed, [done({ outcome: 'failed', weightPercent: 100 })], undefined)).toMatchObject({ kind: 'undo' });
  expect(ruleUndo(failed, [done({ outcome: 'failed', weightPercent: 50 })], undefined)).toMatchObject({ kind: 'refused', hint: expect.stringMatching(/what repairs that, is in `slipway status/) as string });
});

test.each<[string, Parameters<typeof ruleUndo>]>([
  ['a release that runs', [release(), [done()], undefined]],
  ['a stage that was rolled back', [ended, [done({ outcome: 'rolledBack' })], undefined]],
  ['a stage of another name', [ended, [done()], 'staging']],
  ['an image from another registry', [ended, [done({ found: found('docker.io/library/nginx:1') })], undefined]],
])('%s cannot be undone, and it says why', (_, given) => {
  expect(ruleUndo(...given)).toMatchObject({ kind: 'refused', message: expect.stringMatching(/\w/) as string, hint: expect.stringMatching(/\w/) as string });
});
