// Lifecycle hooks of one stage: all start together, the stage goes on when every one has succeeded, the first failure rolls back.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-lifecycle-hooks.html
import type { DeploymentLifecycleHook, DeploymentLifecycleHookStage } from '@aws-sdk/client-ecs';
import { base64urlId } from '../../kernel/random.ts';
import { hookEvent } from '../event-stream.ts';
import type { DeploymentRecord, HookRecord, Stage } from '../state.ts';
import type { World } from '../world.ts';
import { minutes, nowMs } from '../world.ts';
import { runLambdaHook, type HookWeights } from './lambda-hook.ts';
import { StageFailed } from './stage-failure.ts';
import { enterStage, touch } from './stage.ts';

const DEFAULT_TIMEOUT_MINUTES = 1440;
const HOOK_ID_LENGTH = 43;

/** Enters the stage and holds until its hooks let it go on. */
export async function hookStage(world: World, deployment: DeploymentRecord, stage: Stage, weights: HookWeights = {}): Promise<void> {
  enterStage(world, deployment, stage);
  await runHooks(world, deployment, stage, weights);
}

export async function runHooks(world: World, deployment: DeploymentRecord, stage: Stage, weights: HookWeights): Promise<void> {
  const due = (deployment.configuration.lifecycleHooks ?? []).filter((hook) => hook.lifecycleStages?.includes(stage as DeploymentLifecycleHookStage));
  const records = due.filter((hook) => !(deployment.rollback && typeOf(hook) === 'PAUSE')).map((hook) => newHook(world, hook, stage));
  if (records.length === 0) return;
  deployment.hooks.push(...records);
  touch(world, deployment);
  try {
    await Promise.all(records.map((record) => (record.type === 'PAUSE' ? pause(world, deployment, record) : lambda(world, deployment, record, weights))));
  } finally {
    // What was not answered by now never will be: its id is void, and it would be a lie to show it as waiting.
    const isOpen = (record: HookRecord) => record.status === 'AWAITING_ACTION' || record.status === 'IN_PROGRESS';
    for (const record of records) record.answer = undefined;
    const keep = world.kernel.switches.finishedHooks === 'kept';
    deployment.hooks = deployment.hooks.filter((record) => !records.includes(record) || (keep && !isOpen(record)));
    touch(world, deployment);
  }
}

const typeOf = (hook: DeploymentLifecycleHook) => hook.targetType ?? 'AWS_LAMBDA';

function newHook(world: World, hook: DeploymentLifecycleHook, stage: Stage): HookRecord {
  const type = typeOf(hook);
  const timeoutMinutes = hook.timeoutConfiguration?.timeoutInMinutes ?? DEFAULT_TIMEOUT_MINUTES;
  return {
    id: `ecs-${type === 'PAUSE' ? 'pause' : 'lambda'}-${base64urlId(world.kernel.random, HOOK_ID_LENGTH)}`,
    hook,
    type,
    stage,
    status: type === 'PAUSE' ? 'AWAITING_ACTION' : 'IN_PROGRESS',
    expiresAtMs: nowMs(world) + minutes(world, timeoutMinutes),
    timeoutAction: hook.timeoutConfiguration?.action ?? 'ROLLBACK',
    answer: undefined,
  };
}

/** Waits for ContinueServiceDeployment or the timeout, whichever comes first. */
function pause(world: World, deployment: DeploymentRecord, record: HookRecord): Promise<void> {
  hookEvent(world, deployment, record, 'HOOK_AWAITING_ACTION');
  return deployment.course.wait<void>(({ done, fail }) => {
    const timer = world.kernel.clock.after(record.expiresAtMs - nowMs(world), () => {
      record.answer = undefined;
      finish(world, deployment, record, 'TIMED_OUT');
      if (record.timeoutAction === 'CONTINUE') done();
      else fail(new StageFailed('pauseTimeout', `Service deployment rolled back because ${record.stage} pause hook timed out.`));
    });
    record.answer = (action) => {
      timer.cancel();
      record.answer = undefined;
      finish(world, deployment, record, action === 'CONTINUE' ? 'SUCCEEDED' : 'FAILED');
      if (action === 'CONTINUE') done();
      else fail(new StageFailed('requested', `Service deployment rolled back because ROLLBACK was requested for the ${record.stage} pause hook.`));
    };
    return () => {
      record.answer = undefined;
      timer.cancel();
    };
  });
}

async function lambda(world: World, deployment: DeploymentRecord, record: HookRecord, weights: HookWeights): Promise<void> {
  hookEvent(world, deployment, record, 'HOOK_IN_PROGRESS');
  const outcome = await runLambdaHook(world, deployment, record, weights);
  switch (outcome.kind) {
    case 'succeeded':
      return finish(world, deployment, record, 'SUCCEEDED');
    case 'timedOut':
      finish(world, deployment, record, 'TIMED_OUT');
      if (record.timeoutAction === 'CONTINUE') return;
      throw new StageFailed('hook', `Service deployment rolled back because ${record.stage} lifecycle hook(s) timed out.`);
    case 'failed':
      finish(world, deployment, record, 'FAILED');
      throw new StageFailed('hook', `Service deployment rolled back because ${record.stage} lifecycle hook(s) failed. ${outcome.reason}`);
  }
}

function finish(world: World, deployment: DeploymentRecord, record: HookRecord, status: 'SUCCEEDED' | 'FAILED' | 'TIMED_OUT'): void {
  record.status = status;
  hookEvent(world, deployment, record, `HOOK_${status}`);
  touch(world, deployment);
}
