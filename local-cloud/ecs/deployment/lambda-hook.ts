// One AWS_LAMBDA hook: invoked as the hook's role, again and again while it answers IN_PROGRESS.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/lambda-lifecycle-hooks.html
import { uuid } from '../../kernel/random.ts';
import type { Caller } from '../../kernel/service.ts';
import type { DeploymentRecord, HookRecord } from '../state.ts';
import type { World } from '../world.ts';
import { nowMs } from '../world.ts';

export interface HookWeights {
  production?: Record<string, number>;
  test?: Record<string, number>;
}

export type HookOutcome = { kind: 'succeeded' } | { kind: 'failed'; reason: string } | { kind: 'timedOut' };

type Answer = { hookStatus: string; callBackDelaySeconds: number; hookDetails: unknown };

const DEFAULT_CALLBACK_SECONDS = 30;

export async function runLambdaHook(world: World, deployment: DeploymentRecord, record: HookRecord, weights: HookWeights): Promise<HookOutcome> {
  const { clock } = world.kernel;
  const { course } = deployment;
  const target = record.hook.hookTargetArn ?? '';
  const roleArn = record.hook.roleArn ?? '';
  const executionId = uuid(world.kernel.random);
  let hookDetails: unknown = record.hook.hookDetails;
  let caller: Caller;
  try {
    caller = world.kernel.assumeRole(roleArn, 'ecs.amazonaws.com', `ecs-${deployment.id}`);
  } catch {
    return { kind: 'failed', reason: `ECS was unable to assume role ${roleArn}.` };
  }
  for (;;) {
    const leftMs = record.expiresAtMs - nowMs(world);
    if (leftMs <= 0) return { kind: 'timedOut' };
    const payload = payloadOf(deployment, record, { executionId, weights, hookDetails });
    const invoked = world.kernel
      .call(caller, 'lambda', 'Invoke', { FunctionName: target, InvocationType: 'RequestResponse', Payload: new TextEncoder().encode(JSON.stringify(payload)) })
      .then((output) => parseAnswer(target, output), (error: unknown) => unable(target, error));
    const answer = await course.wait<Answer | { failure: string } | 'timedOut'>(({ done, fail }) => {
      const timer = clock.after(leftMs, () => done('timedOut'));
      invoked.then((value) => {
        timer.cancel();
        done(value);
      }, fail);
      return () => timer.cancel();
    });
    if (answer === 'timedOut') return { kind: 'timedOut' };
    if ('failure' in answer) return { kind: 'failed', reason: answer.failure };
    if (answer.hookStatus === 'SUCCEEDED') return { kind: 'succeeded' };
    if (answer.hookStatus === 'FAILED') return { kind: 'failed', reason: `Lifecycle hook target ${target} returned FAILED status.` };
    if (answer.hookStatus !== 'IN_PROGRESS') return { kind: 'failed', reason: unparsable(target) };
    hookDetails = answer.hookDetails;
    await course.sleep(clock, Math.min(answer.callBackDelaySeconds * 1000, Math.max(0, record.expiresAtMs - nowMs(world))));
  }
}

function payloadOf(deployment: DeploymentRecord, record: HookRecord, run: { executionId: string; weights: HookWeights; hookDetails: unknown }) {
  return {
    executionId: run.executionId,
    lifecycleStage: record.stage,
    resourceArn: deployment.arn,
    executionDetails: {
      serviceArn: deployment.service.arn,
      targetServiceRevisionArn: deployment.target.arn,
      testTrafficWeights: run.weights.test ?? {},
      productionTrafficWeights: run.weights.production ?? {},
    },
    ...(run.hookDetails === undefined ? {} : { hookDetails: run.hookDetails }),
  };
}

const unparsable = (target: string) => `ECS was unable to parse the response from ${target} due to HookStatus must not be null`;
const unable = (target: string, error: unknown) => ({
  failure: `ECS was unable to invoke hook target ${target} due to ${error instanceof Error ? error.message : String(error)}`,
});

function parseAnswer(target: string, output: unknown): Answer | { failure: string } {
  const { FunctionError, Payload } = (output ?? {}) as { FunctionError?: string; Payload?: Uint8Array };
  const text = Payload === undefined ? '' : new TextDecoder().decode(Payload);
  if (FunctionError) return { failure: `ECS was unable to invoke hook target ${target} due to ${FunctionError}: ${text}` };
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    return { failure: unparsable(target) };
  }
  const { hookStatus, callBackDelay, hookDetails } = (body ?? {}) as { hookStatus?: unknown; callBackDelay?: unknown; hookDetails?: unknown };
  if (typeof hookStatus !== 'string') return { failure: unparsable(target) };
  return { hookStatus, callBackDelaySeconds: typeof callBackDelay === 'number' ? callBackDelay : DEFAULT_CALLBACK_SECONDS, hookDetails };
}
