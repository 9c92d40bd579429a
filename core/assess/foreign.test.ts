// Somebody else's deployment in the middle of ours: never fought, never left hanging at a pause of ours.
import type { Observation } from './verdict.ts';
import { deploymentView, look, observation, pipeline, release } from '../testing/samples.ts';
import { assess } from './assess.ts';

const foreign = { arn: 'arn:aws:ecs:eu-west-1:123456789012:service-deployment/prod/checkout/theirs', createdAtMs: 1, description: 'theirs (task definition checkout:9)', running: true, hookIds: [] as string[] };
const seen = (deployment: Observation['deployment'], more: Partial<Observation>) => observation({ deployment, ...more });
const stopped = deploymentView({ status: 'STOPPED' });

test('a running foreign deployment that waits at a pause of ours is let through', () => {
  const { verdict, entries } = assess(look({ observation: seen(stopped, { foreign: { ...foreign, hookIds: ['ecs-pause-1'] } }) }));
  expect(verdict).toMatchObject({ kind: 'letForeignGo', deploymentArn: foreign.arn, hookIds: ['ecs-pause-1'] });
  expect(entries).toEqual([expect.objectContaining({ kind: 'foreign', text: expect.stringContaining('checkout:9') as string })]);
});

test('the stage does not end, and so nothing is put back, while the foreign deployment runs', () => {
  expect(assess(look({ observation: seen(stopped, { foreign }) })).verdict.kind).toBe('wait');
});

test('once the foreign deployment has ended the stage ends and says whose it was', () => {
  const { verdict } = assess(look({ observation: seen(stopped, { foreign: { ...foreign, running: false } }) }));
  expect(verdict).toMatchObject({ kind: 'ended', outcome: 'failed', reason: expect.stringContaining('checkout:9') as string });
});

test('a pipeline that leaves foreign deployments alone ends at once', () => {
  const given = look({ release: release({ pipeline: pipeline({ foreignDeployments: 'leave' }) }), observation: seen(stopped, { foreign: { ...foreign, hookIds: ['ecs-pause-1'] } }) });
  expect(assess(given).verdict.kind).toBe('ended');
});
