// Starts the deployment in ECS, or finds the one an earlier try of this step has started: UpdateService has no idempotency
// token, and a second deployment of a release that was already rolled back would be the worst of retries.
import * as v from 'valibot';
import type { Clock } from '../../adapters/clock.ts';
import { isFinished, revisionIdOf, type ListedDeployment, type Services } from '../../adapters/ecs/services.ts';
import type { Leases } from '../../adapters/records/leases.ts';
import type { Releases } from '../../adapters/records/releases.ts';
import type { Timeline } from '../../adapters/records/timeline.ts';
import { stageEntry } from '../../core/assess/entries.ts';
import { noticeOf, type Notice } from '../../core/notice/notice.ts';
import { rolloutStartedText } from '../../core/notice/texts.ts';
import { deploymentConfigurationFor, type DeploymentConfiguration } from '../../core/plan/deployment-configuration.ts';
import type { StageRecord } from '../../core/release/model.ts';
import { Transient } from '../shared/lambda.ts';
import { changeStage, loadStage, ReleaseMissing, StageEvent } from '../shared/stage.ts';

/** Clocks differ; a deployment created this long before we meant to start one may still be ours. */
const CLOCK_SKEW_MS = 2 * 60_000;
/**
 * After a call whose answer was lost there may be a deployment that nobody can see yet: the call may have been under way for as
 * long as a function lives, and ECS lists what is new with a delay. Calling again before that has passed could start a second one.
 */
const UNSEEN_LIMIT_MS = 120_000;

export type Started =
  | { kind: 'started'; notice: Notice }
  | { kind: 'stopped' }
  /** Somebody else's deployment began since preflight looked: ours would put an end to it. */
  | { kind: 'notQuiet' };

export interface StartDependencies {
  releases: Pick<Releases, 'load' | 'saveStage' | 'mayAdvance'>;
  timeline: Pick<Timeline, 'write'>;
  leases: Pick<Leases, 'changes'>;
  services: Pick<Services, 'deployments' | 'revision' | 'deploy'>;
  clock: Clock;
}

export const start = (dependencies: StartDependencies) => async (input: unknown): Promise<Started> => {
  const event = v.parse(StageEvent, input);
  const { releases, services, clock } = dependencies;
  const { release, stage, spec } = await loadStage(releases, event);
  const { deployment, found } = stage;
  if (!found) throw new ReleaseMissing(`the stage ${spec.name} of ${release.id} has not been through preflight`);
  // An earlier run of this step took the intention back, and whoever called it did not hear the answer.
  if (!deployment) return { kind: 'stopped' };
  const { taskDefinitionArn } = deployment;
  const text = rolloutStartedText(spec);
  const notice = noticeOf(release, stage, 'stageStarted', text);
  if (deployment.startedAtMs !== undefined) return { kind: 'started', notice };

  const listed = await services.deployments(spec.service);
  const known = await startedBefore(services, listed, stage);
  const { requestedAtMs } = deployment;
  if (!known && requestedAtMs !== undefined && clock.nowMs() < requestedAtMs + UNSEEN_LIMIT_MS) {
    throw new Transient(`an earlier try may have started a deployment of ${spec.name} that ECS does not list yet`);
  }
  if (!known && listed.some((other) => !isFinished(other.status))) {
    await takeBack();
    return { kind: 'notQuiet' };
  }
  if (!known && !(await releases.mayAdvance(release.id, `stage.${stage.index}.start`))) {
    // Nothing was started and nothing will be: without the intention, the stage ends as one that never began.
    await takeBack();
    return { kind: 'stopped' };
  }
  const started = known ?? (await startNow());
  await changeStage(dependencies, event, async ({ stage: now }) => ({
    stage: { ...now, deployment: now.deployment && { ...now.deployment, ...started, startedAtMs: clock.nowMs() }, waitingFor: { kind: 'deployment' } },
    entries: [stageEntry(stage, 'stage', 'started', clock.nowMs(), text)],
    answer: undefined,
  }));
  return { kind: 'started', notice };

  async function startNow(): Promise<{ revisionId: string; arn: string | undefined }> {
    await claim();
    await dependencies.leases.changes(stage.serviceArn, { releaseId: release.id, stageIndex: stage.index });
    const configuration = deploymentConfigurationFor(spec, found?.deploymentConfiguration as DeploymentConfiguration, stage.alarmsLeftOut);
    const revisionId = await services.deploy(spec.service, taskDefinitionArn, configuration);
    if (revisionId !== undefined) return { revisionId, arn: undefined };
    // The answer did not show it. Without its id it could never be followed.
    const shown = await startedBefore(services, await services.deployments(spec.service), stage);
    if (!shown) throw new Transient(`ECS does not show the deployment of ${spec.name} yet`);
    return shown;
  }

  /** Never from under another run of this function, which may have started the deployment meanwhile: it would be nobody's. */
  async function takeBack(): Promise<void> {
    await changeStage(dependencies, event, async ({ stage: now }) => {
      if (now.deployment && now.deployment.requestedAtMs !== requestedAtMs) throw new Transient(`another run of this function is starting the deployment of ${spec.name}`);
      return { stage: { ...now, deployment: undefined, waitingFor: undefined }, entries: [], answer: undefined };
    });
  }

  /** Written down before the call, and by one only: the same function may be running twice, each having seen that nobody had asked. */
  async function claim(): Promise<void> {
    await changeStage(dependencies, event, async ({ stage: now }) => {
      const { deployment: asRecorded } = now;
      if (!asRecorded || asRecorded.requestedAtMs !== requestedAtMs) throw new Transient(`another run of this function is starting the deployment of ${spec.name}`);
      return { stage: { ...now, deployment: { ...asRecorded, requestedAtMs: clock.nowMs() }, waitingFor: { kind: 'deployment' } }, entries: [], answer: undefined };
    });
  }
};

/**
 * A deployment of our task definition that began no earlier than we meant to begin one. An undo goes back to a task definition that
 * was deployed before, perhaps a moment ago: what ECS had made by the time of preflight is none of ours.
 */
async function startedBefore(services: StartDependencies['services'], listed: readonly ListedDeployment[], { deployment, found }: Pick<StageRecord, 'deployment' | 'found'>): Promise<{ arn: string; revisionId: string } | undefined> {
  if (!deployment) return undefined;
  const since = (createdAtMs: number) => createdAtMs >= deployment.intendedAtMs - CLOCK_SKEW_MS && createdAtMs > (found?.newestDeploymentAtMs ?? -Infinity);
  for (const candidate of listed.filter(({ createdAtMs }) => since(createdAtMs))) {
    const revision = await services.revision(candidate.targetRevisionArn);
    if (revision?.taskDefinition === deployment.taskDefinitionArn) return { arn: candidate.arn, revisionId: revisionIdOf(candidate.targetRevisionArn) };
  }
  return undefined;
}
