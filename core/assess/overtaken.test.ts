// A newer release that wants the service: who gives way, and when.
import { newStageRecord, type Release } from '../release/model.ts';
import { pipeline, release, rule, stageSpec } from '../testing/samples.ts';
import { assessBeforeStage } from './before-stage.ts';
import { givesWay } from './stop-cause.ts';

const asking = pipeline({ stages: [stageSpec({ before: [{ kind: 'approval', approval: rule({ from: ['alice'] }) }] })] });

const before = (changes: Partial<Release>) => {
  const given = release({ pipeline: asking, ...changes });
  return assessBeforeStage({ release: given, stage: newStageRecord(0, 'arn'), spec: given.pipeline.stages[0], decisions: [], nowMs: 1000 }).verdict;
};

test('nobody is asked about a release that a newer one has challenged before it came to ask', () => {
  expect(before({ challengedBy: 'checkout-2' })).toMatchObject({ kind: 'ended', outcome: 'superseded' });
});

test('without a challenger people are asked', () => {
  expect(before({})).toMatchObject({ kind: 'wait', waitingFor: { kind: 'approval' } });
});

test('a pipeline whose newer releases wait lets the older one ask', () => {
  expect(givesWay(release({ challengedBy: 'checkout-2', pipeline: pipeline({ newerRelease: 'waits' }) }))).toBeUndefined();
});
