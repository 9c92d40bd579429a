import { newStageRecord, type Release, type StageRecord } from '../../core/release/model.ts';
import { parseSpecification } from '../../core/pipeline/index.ts';
import type { ControlDependencies } from './api.ts';
import { showMetrics } from './metrics.ts';

const MINUTE_MS = 60_000;
const NOON = Date.parse('2026-11-23T12:00:00Z');
const SERVICE = 'arn:aws:ecs:eu-west-1:123456789012:service/prod/checkout';

function pipeline(): Release['pipeline'] {
  const parsed = parseSpecification({
    pipelines: {
      checkout: {
        image: { repository: 'shop/checkout', tags: { glob: '*' } },
        stages: [
          { name: 'staging', service: { cluster: 'staging', name: 'checkout', container: 'app' }, strategy: 'rolling', alarms: ['slow'] },
          { name: 'production', service: { cluster: 'prod', name: 'checkout', container: 'app' }, strategy: { canary: { steps: [{ weight: 10, bake: '1m' }] } }, alarms: ['errors', 'hot'] },
          { name: 'quiet', service: { cluster: 'far', name: 'checkout', container: 'app' }, strategy: 'rolling' },
        ],
      },
    },
  });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.faults));
  return parsed.specification.pipelines[0]!;
}

const deployment = { taskDefinitionArn: 'td', intendedAtMs: NOON - 10 * MINUTE_MS, requestedAtMs: undefined, startedAtMs: undefined, revisionId: '42', arn: undefined };
const stages: StageRecord[] = [
  { ...newStageRecord(0, SERVICE), status: 'ended', outcome: 'succeeded', startedAtMs: NOON - 30 * MINUTE_MS, endedAtMs: NOON - 20 * MINUTE_MS, deployment },
  { ...newStageRecord(1, SERVICE), status: 'running', startedAtMs: NOON - 11 * MINUTE_MS, deployment, alarmsLeftOut: ['hot'] },
  newStageRecord(2, SERVICE),
];

async function ask(query: Record<string, string>) {
  const asked: { functionName: string; payload: unknown }[] = [];
  const dependencies = {
    releases: { load: async (id: string) => (id === 'r' ? { release: { pipeline: pipeline(), status: 'running' }, stages, decisions: [] } : undefined) },
    invoke: async (functionName: string, payload: { alarms: string[] }) => {
      asked.push({ functionName, payload });
      return { alarms: payload.alarms.map((name) => ({ name, state: 'OK', threshold: 5, comparison: '>', series: [{ label: 'x', of: 'new', points: [[NOON, 1]] }] })) };
    },
    names: { observeFunction: 'observe' },
    clock: { nowMs: () => NOON },
  } as unknown as ControlDependencies;
  const answer = await showMetrics(dependencies, query['id'] ?? 'r', { method: 'GET', path: [], query, body: undefined, callerArn: '' });
  return { answer, asked };
}

test('asks for the curves of the stage where the release stands, from just before its rollout until now', async () => {
  const { answer, asked } = await ask({});
  expect(asked).toEqual([
    {
      functionName: 'observe',
      payload: { alarms: ['errors', 'hot'], revisionArn: 'arn:aws:ecs:eu-west-1:123456789012:service-revision/prod/checkout/42', fromMs: NOON - 11 * MINUTE_MS, toMs: NOON },
    },
  ]);
  expect(answer).toMatchObject({ stage: 'production', fromMs: NOON - 11 * MINUTE_MS, toMs: NOON, alarms: [{ name: 'errors', threshold: 5 }, { name: 'hot', leftOut: true }] });
  expect(answer.alarms[0]).not.toHaveProperty('leftOut');
});

test('a stage that rolls task by task has one curve, and it ends just after the stage', async () => {
  const { asked } = await ask({ stage: 'staging' });
  expect(asked[0]?.payload).toMatchObject({ alarms: ['slow'], revisionArn: null, toMs: NOON - 19 * MINUTE_MS });
});

test('a stage without alarms costs no call', async () => {
  const { answer, asked } = await ask({ stage: 'quiet' });
  expect(asked).toEqual([]);
  expect(answer).toMatchObject({ stage: 'quiet', alarms: [] });
});

test.each<{ query: Record<string, string>; message: string }>([
  { query: { stage: 'nowhere' }, message: 'the pipeline checkout has no stage nowhere' },
  { query: { id: 'gone' }, message: 'there is no release gone' },
])('says $message', async ({ query, message }) => {
  await expect(ask(query)).rejects.toMatchObject({ code: 'NotFound', message });
});
