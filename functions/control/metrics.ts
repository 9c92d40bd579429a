// GET /v1/releases/{id}/metrics?stage=: the curves of a stage's alarms. Another function reads them; this one has no business in CloudWatch.
import * as v from 'valibot';
import type { Release, StageRecord } from '../../core/release/model.ts';
import type { ReleaseMetricsAnswer } from '../../core/view/metrics.ts';
import { ControlFault, type ControlDependencies, type ControlRequest } from './api.ts';

/** What the world looked like just before and after belongs into the picture. */
const MARGIN_MS = 60_000;

const Series = v.object({ label: v.string(), of: v.picklist(['new', 'old', 'all']), points: v.array(v.tuple([v.number(), v.number()])) });
const Observed = v.object({
  alarms: v.array(
    v.object({
      name: v.string(),
      state: v.picklist(['OK', 'ALARM', 'INSUFFICIENT_DATA', 'MISSING']),
      threshold: v.optional(v.number()),
      comparison: v.optional(v.string()),
      series: v.array(Series),
    }),
  ),
});

export async function showMetrics({ releases, invoke, names, clock }: ControlDependencies, releaseId: string, request: ControlRequest): Promise<ReleaseMetricsAnswer> {
  const loaded = await releases.load(releaseId);
  if (!loaded) throw new ControlFault('NotFound', `there is no release ${releaseId}`, 'See `slipway status`.');
  const { release, stages } = loaded;
  const stage = stageAsked(release, stages, request.query['stage']);
  const spec = release.pipeline.stages[stage.index];
  if (!spec) throw new ControlFault('NotFound', `the release ${releaseId} has no such stage`);
  const nowMs = clock.nowMs();
  const endedAtMs = stage.endedAtMs ?? release.endedAtMs;
  const toMs = endedAtMs === undefined ? nowMs : Math.min(nowMs, endedAtMs + MARGIN_MS);
  const fromMs = Math.min(stage.deployment?.intendedAtMs ?? stage.startedAtMs ?? toMs, toMs) - MARGIN_MS;
  const answer = { stage: spec.name, fromMs, toMs };
  if (spec.alarms.length === 0) return { ...answer, alarms: [] };
  // Task by task, old and new stand in the same target group: their curves cannot be told apart.
  const revisionArn = spec.strategy.kind === 'rolling' ? null : revisionArnOf(stage);
  const { alarms } = v.parse(Observed, await invoke(names.observeFunction, { alarms: spec.alarms, revisionArn, fromMs, toMs }));
  return { ...answer, alarms: alarms.map((alarm) => (stage.alarmsLeftOut.includes(alarm.name) ? { ...alarm, leftOut: true } : alarm)) };
}

/** The stage by name; without one, the stage where the release stands or ended. */
function stageAsked(release: Release, stages: readonly StageRecord[], name: string | undefined): StageRecord {
  const stage = name === undefined ? (stages.findLast((candidate) => candidate.status !== 'pending') ?? stages[0]) : stages.find((candidate) => release.pipeline.stages[candidate.index]?.name === name);
  if (stage) return stage;
  throw new ControlFault('NotFound', `the pipeline ${release.pipeline.name} has no stage ${name ?? ''}`, `Its stages: ${release.pipeline.stages.map((one) => one.name).join(', ')}.`);
}

/** https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-revision.html */
function revisionArnOf({ serviceArn, deployment }: StageRecord): string | null {
  return deployment?.revisionId === undefined ? null : `${serviceArn.replace(':service/', ':service-revision/')}/${deployment.revisionId}`;
}
