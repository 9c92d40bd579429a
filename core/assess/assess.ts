// The heart: looks at one stage's deployment and says what to do next. Pure; nothing is believed but what was just seen.
//   V1. A release that was rejected, aborted, alarmed or overtaken never gains weight again.
//   V2. The outcome is what ECS did with *this* deployment: SUCCESSFUL is the only success.
//   V3. A pause is let through only when the rung it stands on is complete: baked, measured, approved.
//   V4. Once rolling back, the only way on is to the end of the rollback.
import { serviceNameOf } from '../arn.ts';
import { formatDuration, MINUTE_MS } from '../duration.ts';
import type { EpochMs, Outcome, RollingBack, StageRecord } from '../release/model.ts';
import { beginRollback, weightText } from './begin-rollback.ts';
import { stageEntry } from './entries.ts';
import type { AssessInput } from './input.ts';
import { assessRung } from './rung.ts';
import { givesWay, stopCause } from './stop-cause.ts';
import { RESYNC_MOVING_MS, type Assessment, type DeploymentView } from './verdict.ts';
import { sentence } from '../text/sentence.ts';

/** A deployment that ECS has not listed this long after UpdateService is not coming. */
const UNLISTED_LIMIT_MS = 10 * 60_000;
const LOOK_FOR_DEPLOYMENT_MS = 5_000;
/** ECS takes a moment to show that it was told to roll back; asking again before that only costs a call. */
const ROLLBACK_PATIENCE_MS = 15_000;
/** Longer than draining and restarting a few batches of tasks takes. */
const ROLLBACK_SLOW_MS = 20 * MINUTE_MS;

export function assess(given: AssessInput): Assessment {
  const input = withAlarmsThatRecovered(given);
  return withSlowRollback(judged(input), input);
}

function judged(input: AssessInput): Assessment {
  const { stage, observation, nowMs } = input;
  const { deployment, serviceStatus } = observation;
  if (serviceStatus !== undefined && serviceStatus !== 'ACTIVE') return ended(input, deleted(stage, serviceStatus));
  if (!deployment) return unlisted(input);
  switch (deployment.status) {
    case 'SUCCESSFUL':
      return successful(input, deployment);
    case 'ROLLBACK_SUCCESSFUL':
      return ended(input, rollbackOutcome(input, deployment));
    case 'ROLLBACK_FAILED':
      return ended(input, {
        outcome: 'failed',
        reason: `ECS could not roll back: ${sentence(deployment.statusReason ?? 'it gives no reason')} ${repair(stage)}`,
      });
    case 'STOPPED':
      return seeForeignThrough(input) ?? ended(input, stopped(input, deployment));
    case 'ROLLBACK_REQUESTED':
    case 'ROLLBACK_IN_PROGRESS':
      return followRollback(input, deployment);
    case 'STOP_REQUESTED':
      return waiting(input, { kind: 'rollback' }, nowMs + RESYNC_MOVING_MS, 'ECS is stopping this deployment');
    default:
      return running(input, deployment);
  }
}

// ---- while it runs ------------------------------------------------------------------------------------------------------

function running(input: AssessInput, deployment: DeploymentView): Assessment {
  const { stage, nowMs } = input;
  const pause = deployment.pauses[0];
  if (stage.rollingBack) {
    const { requestedAtMs, reason } = stage.rollingBack;
    const patientUntilMs = (requestedAtMs ?? -Infinity) + ROLLBACK_PATIENCE_MS;
    if (nowMs < patientUntilMs) return waiting(input, { kind: 'rollback' }, patientUntilMs, 'ECS was told to roll back');
    return { verdict: { kind: 'rollBack', hookId: pause?.hookId, reason }, stage, entries: [], notice: undefined };
  }
  const stop = stopCause({ ...input, alarms: input.observation.alarms });
  if (stop) return beginRollback(input, deployment, stop);
  if (!pause) return waiting(input, { kind: 'deployment' }, nowMs + RESYNC_MOVING_MS, deploymentText(deployment));
  const assessment = assessRung(input, deployment);
  const way = assessment.verdict.kind === 'wait' && assessment.verdict.waitingFor.kind === 'approval' ? givesWay(input.release) : undefined;
  if (!way) return assessment;
  const rollback = beginRollback(input, deployment, way);
  return { ...rollback, entries: [...assessment.entries.filter((entry) => entry.kind !== 'ask'), ...rollback.entries] };
}

/** ECS rolls back, because we told it to or by itself (breaker, alarm, pause time-out, a person). */
function followRollback(input: AssessInput, deployment: DeploymentView): Assessment {
  const already = input.stage.rollingBack;
  if (already) return waiting(input, { kind: 'rollback' }, input.nowMs + RESYNC_MOVING_MS, already.reason);
  const { why, reason } = notOurRollback(deployment);
  const rollingBack: RollingBack = { outcome: 'rolledBack', reason, decidedAtMs: input.nowMs, requestedAtMs: undefined };
  const stage: StageRecord = { ...input.stage, rollingBack };
  const text = reason.startsWith('ECS') ? `ECS is rolling back by itself: ${sentence(why)}` : `${sentence(capital(reason))} ECS tells no name; CloudTrail does, under StopServiceDeployment or ContinueServiceDeployment.`;
  const wait = waiting({ ...input, stage }, { kind: 'rollback' }, input.nowMs + RESYNC_MOVING_MS, rollingBack.reason);
  return { ...wait, entries: [stageEntry(stage, 'rollback', 'rollback.seen', input.nowMs, text)], notice: { kind: 'rollbackStarted', text } };
}

// ---- the ends -----------------------------------------------------------------------------------------------------------

function successful(input: AssessInput, deployment: DeploymentView): Assessment {
  const { stage } = input;
  const done: StageRecord = { ...stage, weightPercent: 100 };
  if (!stage.rollingBack && deployment.tasks?.requested === 0) {
    return ended({ ...input, stage: { ...done, idle: true } }, { outcome: 'succeeded', reason: 'ECS finished the deployment, but the service wants no tasks, so nothing of the new revision has run yet' });
  }
  if (!stage.rollingBack) return ended({ ...input, stage: done }, { outcome: 'succeeded', reason: 'the new revision serves 100 %' });
  // A requested rollback can lose the race against the end of the deployment.
  const reason = `${stage.rollingBack.reason}; but ECS finished the deployment before the rollback reached it, so the NEW revision serves. ${repair(stage)}`;
  return ended({ ...input, stage: done }, { outcome: 'failed', reason });
}

function rollbackOutcome({ stage }: AssessInput, deployment: DeploymentView): { outcome: Outcome; reason: string } {
  if (stage.rollingBack) return { outcome: stage.rollingBack.outcome, reason: stage.rollingBack.reason };
  return { outcome: 'rolledBack', reason: notOurRollback(deployment).reason };
}

/** ROLLBACK_REQUESTED is where only a request leads to; later on, no more than the words of ECS tell it from a rollback of its own. */
function notOurRollback({ status, rollbackReason, statusReason }: DeploymentView): { why: string; reason: string } {
  const why = rollbackReason ?? statusReason ?? 'ECS gives no reason';
  const requested = status === 'ROLLBACK_REQUESTED' || /\brequest/i.test(why);
  return { why, reason: `${requested ? 'somebody told ECS to roll back' : 'ECS rolled back by itself'}: ${why}` };
}

function deleted({ rollingBack, serviceArn }: StageRecord, status: string): { outcome: Outcome; reason: string } {
  const because = rollingBack ? `${rollingBack.reason}; ` : '';
  return { outcome: rollingBack?.outcome ?? 'failed', reason: `${because}${serviceNameOf(serviceArn)} is ${status}: somebody has deleted the service, and with it this rollout` };
}

/**
 * A deployment that replaced ours runs into the pauses we put into the service, and nobody else would answer them. Slipway never
 * fights it: it lets it through until it has ended, and only then puts the configuration back and ends the stage.
 */
function seeForeignThrough(input: AssessInput): Assessment | undefined {
  const { foreign } = input.observation;
  if (!foreign?.running || input.release.pipeline.foreignDeployments === 'leave') return undefined;
  const text = `Somebody else's deployment replaced this one: ${foreign.description}. Slipway lets it through the pauses of this release.`;
  const entries = [stageEntry(input.stage, 'foreign', `foreign.${foreign.arn.split('/').at(-1) ?? ''}`, input.nowMs, text)];
  const wait = waiting(input, { kind: 'deployment' }, input.nowMs + RESYNC_MOVING_MS, text);
  if (foreign.hookIds.length === 0) return { ...wait, entries };
  return { ...wait, entries, verdict: { kind: 'letForeignGo', deploymentArn: foreign.arn, hookIds: foreign.hookIds, reason: text } };
}

function stopped({ stage, observation }: AssessInput, deployment: DeploymentView): { outcome: Outcome; reason: string } {
  const because = stage.rollingBack ? `${stage.rollingBack.reason}; ` : '';
  if (observation.foreign) {
    return { outcome: stage.rollingBack?.outcome ?? 'failed', reason: `${because}somebody else's deployment replaced this one: ${observation.foreign.description}. Slipway leaves it alone.` };
  }
  return { outcome: 'failed', reason: `${because}ECS stopped the deployment without rolling back: ${sentence(deployment.statusReason ?? 'it gives no reason')} ${repair(stage)}` };
}

function unlisted(input: AssessInput): Assessment {
  const { stage, nowMs, observation } = input;
  const sinceMs = stage.deployment?.startedAtMs ?? stage.deployment?.intendedAtMs ?? nowMs;
  if (nowMs - sinceMs < UNLISTED_LIMIT_MS) return waiting(input, { kind: 'deployment' }, nowMs + LOOK_FOR_DEPLOYMENT_MS, 'ECS does not list the deployment yet');
  const replaced = observation.foreign ? ` The newest one is not ours: ${observation.foreign.description}.` : '';
  return ended(input, { outcome: 'failed', reason: `ECS never listed the deployment that was started.${replaced} ${repair(stage)}` });
}

function ended(input: AssessInput, end: { outcome: Outcome; reason: string }): Assessment {
  const stage: StageRecord = { ...input.stage, waitingFor: undefined };
  return { verdict: { kind: 'ended', ...end }, stage, entries: [], notice: undefined };
}

/**
 * Names the state left behind and the command that repairs it. Forced, because after a rollback that failed the service names the old
 * task definition already, and ECS deploys nothing that it takes for the same.
 */
function repair(stage: StageRecord): string {
  const before = stage.found?.taskDefinitionArn;
  if (!before) return 'Look at the service in ECS.';
  return `To put the old revision back: \`aws ecs update-service ${serviceWords(stage, '--service')} --task-definition ${before} --force-new-deployment\`.`;
}

/** ECS tries for a day to bring the old revision up again, and says of the tasks that it cannot start only in the service's own events. */
function withSlowRollback(assessment: Assessment, { nowMs }: AssessInput): Assessment {
  const { stage, verdict } = assessment;
  const { rollingBack } = stage;
  if (!rollingBack || verdict.kind === 'ended' || rollingBack.slowToldAtMs !== undefined || nowMs < rollingBack.decidedAtMs + ROLLBACK_SLOW_MS) return assessment;
  const text =
    `The rollback has taken ${formatDuration(nowMs - rollingBack.decidedAtMs)} and is not over: ECS may be unable to start tasks of the old revision, for want of capacity or of its image. ` +
    `It goes on trying; what stands in its way is in the events of the service: \`aws ecs describe-services ${serviceWords(stage, '--services')} --query 'services[0].events[:10]'\`.`;
  return {
    ...assessment,
    stage: { ...stage, rollingBack: { ...rollingBack, slowToldAtMs: nowMs } },
    entries: [...assessment.entries, stageEntry(stage, 'rollback', 'rollback.slow', nowMs, text)],
    notice: assessment.notice ?? { kind: 'rollbackSlow', text },
  };
}

function serviceWords({ serviceArn }: StageRecord, flag: '--service' | '--services'): string {
  const [, cluster, service] = serviceArn.split(':').at(-1)?.split('/') ?? [];
  return `--cluster ${cluster ?? '?'} ${flag} ${service ?? '?'}`;
}

// ---- helpers ------------------------------------------------------------------------------------------------------------

function waiting(input: AssessInput, waitingFor: NonNullable<StageRecord['waitingFor']>, lookAgainAtMs: EpochMs, reason: string): Assessment {
  return { verdict: { kind: 'wait', waitingFor, lookAgainAtMs, reason }, stage: { ...input.stage, waitingFor }, entries: [], notice: undefined };
}

/** `proceed` leaves an alarm that was hot at the start out of the watch only until it has been OK once. */
function withAlarmsThatRecovered(input: AssessInput): AssessInput {
  if (input.spec.onAlarmAtStart !== 'proceed') return input;
  const recovered = input.observation.alarms.filter((alarm) => alarm.state === 'OK').map((alarm) => alarm.name);
  const alarmsLeftOut = input.stage.alarmsLeftOut.filter((name) => !recovered.includes(name));
  return alarmsLeftOut.length === input.stage.alarmsLeftOut.length ? input : { ...input, stage: { ...input.stage, alarmsLeftOut } };
}

const capital = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}`;

const deploymentText = (deployment: DeploymentView): string =>
  `ECS is at work (${deployment.lifecycleStage ?? deployment.status}, production weight ${weightText(deployment)})`;
