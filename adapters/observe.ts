// Looks at one stage's rollout: its own deployment, whoever else deploys, its alarms, its traffic.
import { rungsOf } from '../core/ladder/index.ts';
import type { Observation } from '../core/assess/verdict.ts';
import { momentText } from '../core/text/moment.ts';
import type { Stage } from '../core/pipeline/model.ts';
import type { StageRecord } from '../core/release/model.ts';
import type { Alarms } from './alarms.ts';
import { isFinished, revisionIdOf, viewOf, type ListedDeployment, type Services } from './ecs/services.ts';

export interface ObservationSources {
  services: Pick<Services, 'describe' | 'deployments' | 'deployment' | 'registrar' | 'revision'>;
  alarms: Pick<Alarms, 'states' | 'requests'>;
}

/** The deployment whose target revision is ours; its ARN, once found, is kept in the record. */
export const ownDeployment = (listed: readonly ListedDeployment[], revisionId: string | undefined): ListedDeployment | undefined =>
  revisionId === undefined ? undefined : listed.find((deployment) => revisionIdOf(deployment.targetRevisionArn) === revisionId);

export async function observe(sources: ObservationSources, spec: Stage, stage: StageRecord, nowMs: number): Promise<{ observation: Observation; deploymentArn: string | undefined }> {
  const [listed, alarms] = await Promise.all([sources.services.deployments(spec.service), sources.alarms.states(spec.alarms)]);
  const deploymentArn = stage.deployment?.arn ?? ownDeployment(listed, stage.deployment?.revisionId)?.arn;
  const own = deploymentArn === undefined ? undefined : await sources.services.deployment(deploymentArn);
  const newest = listed[0];
  const ownCreatedAtMs = own?.createdAt?.getTime() ?? stage.deployment?.intendedAtMs ?? nowMs;
  const foreign = newest && newest.arn !== deploymentArn && newest.createdAtMs > ownCreatedAtMs ? newest : undefined;
  return {
    deploymentArn,
    observation: {
      deployment: own && viewOf(own),
      serviceStatus: own === undefined || own.status === 'STOPPED' ? ((await sources.services.describe(spec.service))?.service.status ?? 'gone') : undefined,
      foreign: foreign && (await foreignView(sources, foreign)),
      alarms,
      requestsAtRung: own ? await requestsAtRung(sources, spec, stage, own.targetServiceRevision?.arn, viewOf(own).weightPercent, nowMs) : undefined,
    },
  };
}

async function foreignView({ services }: ObservationSources, { arn, targetRevisionArn, createdAtMs, status }: ListedDeployment): Promise<Observation['foreign']> {
  const [revision, deployment] = await Promise.all([services.revision(targetRevisionArn), services.deployment(arn)]);
  const by = revision?.taskDefinition === undefined ? undefined : await services.registrar(revision.taskDefinition);
  const what = `${revision?.taskDefinition?.split('/').at(-1) ?? 'unknown'}${by === undefined ? '' : `, registered by ${by}`}`;
  return {
    arn,
    createdAtMs,
    description: `${arn.split('/').at(-1) ?? arn} (started ${momentText(createdAtMs)}, task definition ${what})`,
    running: !isFinished(deployment?.status ?? status),
    hookIds: deployment ? viewOf(deployment).pauses.map((pause) => pause.hookId) : [],
  };
}

async function requestsAtRung({ services, alarms }: ObservationSources, spec: Stage, stage: StageRecord, revisionArn: string | undefined, weightPercent: number, nowMs: number): Promise<number | undefined> {
  const rung = rungsOf(spec.strategy).find((candidate) => Math.abs(candidate.weightPercent - weightPercent) < 0.05);
  const reached = stage.rungsReached.find((candidate) => Math.abs(candidate.weightPercent - weightPercent) < 0.05);
  if (rung?.bake.requests === undefined || !reached || revisionArn === undefined) return undefined;
  const revision = await services.revision(revisionArn);
  const groups = [...new Set((revision?.resolvedConfiguration?.loadBalancers ?? []).flatMap((balancer) => balancer.targetGroupArn ?? []))];
  const counts = await Promise.all(groups.map((group) => alarms.requests(group, reached.atMs, nowMs)));
  return counts.length === 0 ? undefined : Math.min(...counts);
}
