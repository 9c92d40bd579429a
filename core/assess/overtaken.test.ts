// A newer release that wants the service: who gives way, and when.
import { newStageRecord, type Release } from '../release/model.ts';
import { assessBeforeStage } from './before-stage.ts';
import { givesWay } from './stop-cause.ts';

const release = (changes: Partial<Release>): Release => ({
  id: 'checkout-1',
  pipeline: {
    name: 'checkout',
    image: { repository: 'shop/checkout', tags: { kind: 'glob', patterns: ['*'] } },
    notify: { slack: undefined },
    foreignDeployments: 'continue',
    newerRelease: 'overtakesWaiting',
    stages: [
      {
        name: 'production',
        service: { cluster: 'prod', name: 'checkout', container: 'app' },
        before: [{ kind: 'approval', approval: { from: ['alice'], need: 1, withinMs: 3_600_000, otherwise: 'reject', notByAuthor: false } }],
        strategy: { kind: 'rolling', minimumHealthyPercent: undefined, maximumPercent: undefined, bakeAfterMs: 0 },
        alarms: [],
        onAlarmAtStart: 'refuse',
        missingData: { policy: 'wait', limitMs: 900_000 },
      },
    ],
  },
  specificationVersion: 1,
  people: {},
  image: { repository: 'shop/checkout', registry: 'r', tag: '1', digest: `sha256:${'a'.repeat(64)}` },
  author: undefined,
  pushedAtMs: 0,
  createdAtMs: 0,
  status: 'running',
  outcome: undefined,
  reason: '',
  endedAtMs: undefined,
  stageIndex: 0,
  bell: 0,
  challengedBy: undefined,
  rescue: undefined,
  ...changes,
});

const before = (changes: Partial<Release>) => {
  const given = release(changes);
  return assessBeforeStage({ release: given, stage: newStageRecord(0, 'arn'), spec: given.pipeline.stages[0], decisions: [], nowMs: 1000 }).verdict;
};

test('nobody is asked about a release that a newer one has challenged before it came to ask', () => {
  expect(before({ challengedBy: 'checkout-2' })).toMatchObject({ kind: 'ended', outcome: 'superseded' });
});

test('without a challenger people are asked', () => {
  expect(before({})).toMatchObject({ kind: 'wait', waitingFor: { kind: 'approval' } });
});

test('a pipeline whose newer releases wait lets the older one ask', () => {
  const { pipeline } = release({});
  expect(givesWay(release({ challengedBy: 'checkout-2', pipeline: { ...pipeline, newerRelease: 'waits' } }))).toBeUndefined();
});
