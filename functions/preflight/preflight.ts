// Is the world fit for this stage? Asked by `apply` about a specification, and by a release before it touches anything.
import * as v from 'valibot';
import type { Clock } from '../../adapters/clock.ts';
import { digestThatRuns, readFacts, type FactSources } from '../../adapters/facts.ts';
import type { Services } from '../../adapters/ecs/services.ts';
import type { Holds } from '../../adapters/records/holds.ts';
import type { Leases } from '../../adapters/records/leases.ts';
import type { Releases } from '../../adapters/records/releases.ts';
import { sameRecord } from '../../adapters/records/same-record.ts';
import type { Timeline } from '../../adapters/records/timeline.ts';
import { stageEntry } from '../../core/assess/entries.ts';
import { pinnedImage } from '../../core/image/task-definition.ts';
import type { Stage } from '../../core/pipeline/model.ts';
import { deploymentConfigurationFor, setAsidePauses, type DeploymentConfiguration } from '../../core/plan/deployment-configuration.ts';
import { checkPreflight, type PreflightFault } from '../../core/preflight/check.ts';
import type { Outcome, Release, StageRecord, TimelineEntry } from '../../core/release/model.ts';
import { Transient } from '../shared/lambda.ts';
import { changeStage, StageEvent, type LoadedStage } from '../shared/stage.ts';
import { momentText } from '../../core/text/moment.ts';
import { sentence } from '../../core/text/sentence.ts';

/** From `control`, which has parsed the stage. */
const ApplyEvent = v.object({ check: v.custom<Stage>((value) => typeof value === 'object' && value !== null) });

export type Preflighted = { kind: 'fit' } | { kind: 'ended'; outcome: Outcome; reason: string };

export interface PreflightDependencies extends FactSources {
  services: FactSources['services'] & Pick<Services, 'revision'>;
  releases: Releases;
  leases: Pick<Leases, 'lastChange'>;
  holds: Pick<Holds, 'of'>;
  timeline: Pick<Timeline, 'write'>;
  clock: Clock;
}

export const preflight = (dependencies: PreflightDependencies) => async (event: unknown): Promise<Preflighted | { faults: PreflightFault[] }> => {
  const apply = v.safeParse(ApplyEvent, event);
  if (apply.success) {
    const { facts } = await readFacts(dependencies, apply.output.check);
    return { faults: checkPreflight(apply.output.check, facts, 'apply').faults };
  }
  return changeStage(dependencies, v.parse(StageEvent, event), (loaded) => look(dependencies, loaded));
};

/** ECS answers readers with a delay; what it says sooner after a change may be what was there before. */
const READ_LAG_MS = 30_000;

async function look(dependencies: PreflightDependencies, loaded: LoadedStage): Promise<{ stage: StageRecord; entries: TimelineEntry[]; answer: Preflighted }> {
  const { release, stage, spec } = loaded;
  const nowMs = dependencies.clock.nowMs();
  if (stage.deployment) return { stage, entries: [], answer: { kind: 'fit' } };

  const hold = await dependencies.holds.of(stage.serviceArn, release.image.digest);
  if (hold) {
    const reason = `this image is held on ${spec.service.cluster}/${spec.service.name} since ${momentText(hold.atMs)} by ${hold.by}: ${sentence(hold.reason)} Lift it with \`slipway unhold ${release.pipeline.name} --digest ${release.image.digest}\`, or go on with \`slipway retry\``;
    return { stage, entries: [stageEntry(stage, 'stage', 'preflight.held', nowMs, `Refused: ${reason}.`)], answer: { kind: 'ended', outcome: 'refused', reason } };
  }
  const before = await stageBefore(dependencies, loaded);
  const { facts, described, newestDeploymentAtMs } = await readFacts(dependencies, spec);
  if (before && justEnded(before, nowMs) && facts.service && facts.service.taskDefinitionArn !== leftRunning(before.stage)) {
    throw new Transient(`ECS may not show yet what ${spec.service.cluster}/${spec.service.name} runs since the release before this one ended`);
  }
  const report = checkPreflight(spec, facts, 'release');
  if (report.faults.length > 0) {
    const reason = report.faults.map((fault) => `${fault.message}. ${fault.hint}`).join(' ');
    return { stage, entries: [stageEntry(stage, 'stage', 'preflight.refused', nowMs, `Refused: ${reason}`)], answer: { kind: 'ended', outcome: 'refused', reason } };
  }
  const rolledOn = await rolledOnSince(dependencies, release, stage, facts.service?.taskDefinitionArn);
  if (rolledOn) {
    const reason = `${spec.service.cluster}/${spec.service.name} runs ${rolledOn} by now, which is not what ${release.undoes?.releaseId ?? ''} rolled out: undoing that would take away more than it brought. Undo the newest release first`;
    return { stage, entries: [stageEntry(stage, 'stage', 'preflight.refused', nowMs, `Refused: ${reason}.`)], answer: { kind: 'ended', outcome: 'refused', reason } };
  }
  const runs = facts.containers.find((container) => container.name === spec.service.container)?.image;
  if (runs === pinnedImage(release.image)) {
    const reason = `${spec.service.cluster}/${spec.service.name} already runs ${release.image.digest}`;
    return { stage, entries: [stageEntry(stage, 'stage', 'preflight.unchanged', nowMs, `Nothing to do: ${reason}.`)], answer: { kind: 'ended', outcome: 'unchanged', reason } };
  }
  const configuration = withoutLeftovers(described?.deploymentConfiguration ?? {}, before, nowMs);
  const pauses = setAsidePauses(configuration);
  const warnings = [...report.warnings, ...(pauses > 0 ? [`The service's own ${pauses} pause hook(s) are set aside during this release and put back at its end.`] : [])];
  const imageDigest = described && runs !== undefined && !runs.includes('@') ? await digestThatRuns(dependencies.services, described, spec.service.container) : undefined;
  const next: StageRecord = {
    ...stage,
    alarmsLeftOut: report.alarmsLeftOut,
    // Nothing is changed before the stage has a deployment, so the latest look is the true one: people may have been asked for
    // days since the one before.
    found: {
      taskDefinitionArn: facts.service?.taskDefinitionArn ?? '',
      deploymentConfiguration: configuration,
      ...(runs === undefined ? {} : { image: runs }),
      ...(imageDigest === undefined ? {} : { imageDigest }),
      ...(newestDeploymentAtMs === undefined ? {} : { newestDeploymentAtMs }),
    },
  };
  return { stage: next, entries: warnings.map((text, index) => stageEntry(stage, 'alarm', `preflight.warning.${index}`, nowMs, text)), answer: { kind: 'fit' } };
}

/** Of an undo: what the service runs instead of what the undone release put there, if it is something else by now. */
async function rolledOnSince({ releases }: PreflightDependencies, release: Release, stage: StageRecord, runsNow: string | undefined): Promise<string | undefined> {
  const undone = release.undoes && (await releases.load(release.undoes.releaseId));
  const put = undone?.stages.find((one) => one.serviceArn === stage.serviceArn)?.deployment?.taskDefinitionArn;
  return put === undefined || runsNow === put ? undefined : (runsNow?.split('/').at(-1) ?? 'nothing');
}

interface StageBefore {
  spec: Stage;
  stage: StageRecord;
}

/** The stage of another release that had the service last, if any. */
async function stageBefore({ leases, releases }: PreflightDependencies, { release, stage }: LoadedStage): Promise<StageBefore | undefined> {
  const last = await leases.lastChange(stage.serviceArn);
  if (!last || last.releaseId === release.id) return undefined;
  const before = await releases.load(last.releaseId);
  const [spec, record] = [before?.release.pipeline.stages[last.stageIndex], before?.stages[last.stageIndex]];
  return spec && record && { spec, stage: record };
}

const justEnded = ({ stage }: StageBefore, nowMs: number): boolean => stage.endedAtMs !== undefined && nowMs < stage.endedAtMs + READ_LAG_MS;

const leftRunning = (stage: StageRecord): string | undefined => (stage.outcome === 'succeeded' ? stage.deployment?.taskDefinitionArn : stage.found?.taskDefinitionArn);

/**
 * What is read may be what the release before this one had set: because it could not put the service's own configuration back,
 * or because ECS does not show yet that it did. What it had found is what belongs to the service.
 */
function withoutLeftovers(read: DeploymentConfiguration, before: StageBefore | undefined, nowMs: number): DeploymentConfiguration {
  const found = before?.stage.found?.deploymentConfiguration as DeploymentConfiguration | undefined;
  if (!before || !found) return read;
  const ours = deploymentConfigurationFor(before.spec, found, before.stage.alarmsLeftOut);
  // Not the alarms: which of them were left out may have changed since they were set.
  const shape = ({ strategy = 'ROLLING', lifecycleHooks = [], bakeTimeInMinutes = 0 }: DeploymentConfiguration) => ({ strategy, lifecycleHooks, bakeTimeInMinutes });
  if (!sameRecord(shape(read), shape(ours))) return read;
  // Without pauses of ours in it, a person may have set the same since.
  const surely = setAsidePauses(ours) > 0 || before.stage.status !== 'ended' || justEnded(before, nowMs);
  return surely ? found : read;
}
