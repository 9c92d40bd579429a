// Task states: a call to a service, or a call and a wait for its token, under a timeout and a heartbeat.
import type { HistoryEventType } from '@aws-sdk/client-sfn';
import { base64urlId } from '../../kernel/random.ts';
import type { Timer } from '../../kernel/clock.ts';
import type { TaskState } from '../language/definition.ts';
import { HeartbeatTimeout, StatesError } from '../language/errors.ts';
import type { Json } from '../language/json.ts';
import { parseResource, resourceName } from '../integrations/resource.ts';
import type { Resource } from '../integrations/resource.ts';
import type { TaskCall } from '../integrations/task-call.ts';
import { NOT_TRUNCATED } from './history.ts';
import { evaluate, evaluateWhole, finish, inState, limited } from './step.ts';
import type { Step, Transition } from './step.ts';
import { writeToken } from './tokens.ts';

export async function task(step: Step<TaskState>): Promise<Transition> {
  const { state, execution, engine, name } = step;
  const resource = parseResource(state.Resource);
  if (!resource) throw new StatesError('States.Runtime', `The resource ${state.Resource} is not known.`);
  const timeoutSeconds = state.TimeoutSeconds === undefined ? undefined : await evaluateWhole(step, 'TimeoutSeconds', state.TimeoutSeconds, 1);
  const heartbeatSeconds = state.HeartbeatSeconds === undefined ? undefined : await evaluateWhole(step, 'HeartbeatSeconds', state.HeartbeatSeconds, 1);
  const waitsForToken = resource.kind !== 'function' && resource.pattern === 'waitForTaskToken';
  const taskNumber = waitsForToken ? ++execution.tokensIssued : undefined;
  const taskToken = taskNumber === undefined ? undefined : writeToken({ executionArn: execution.arn, taskNumber, nonce: base64urlId(engine.kernel.random, 32) });
  const argumentsValue = state.Arguments === undefined ? step.input : await evaluate(step, 'Arguments', state.Arguments, { taskToken });
  const argumentsText = limited(name, argumentsValue);
  step.scope.throwIfCancelled();

  const events = eventsOf(step, resource);
  events.scheduled(argumentsText, timeoutSeconds, heartbeatSeconds);
  const call: TaskCall = { kernel: engine.kernel, role: execution.role, executionArn: execution.arn, resource, argumentsValue };
  let result: Json;
  let resultText: string;
  try {
    result = await underTimers(step, { call, events, taskNumber, timeoutMs: toMs(timeoutSeconds), heartbeatMs: toMs(heartbeatSeconds) });
    resultText = limited(name, result);
  } catch (error) {
    if (!(error instanceof StatesError)) throw error;
    const shown = error.error === 'States.Runtime' ? new StatesError(error.error, inState(step, error.causeText)) : error;
    events.failed(shown);
    throw shown;
  }
  events.succeeded(resultText);
  return finish(step, state, state.Next, result, { result, taskToken });
}

const toMs = (seconds: number | undefined) => (seconds === undefined ? undefined : seconds * 1000);

interface TaskRun {
  call: TaskCall;
  events: TaskEvents;
  /** Set for tasks that wait for their token. */
  taskNumber: number | undefined;
  timeoutMs: number | undefined;
  heartbeatMs: number | undefined;
}

/**
 * Whatever comes first ends the task: the answer (or, with a token, SendTaskSuccess or SendTaskFailure, even while the call is
 * still running), a fault of the call, the timeout, a missed heartbeat, the end of the branch.
 */
function underTimers(step: Step<TaskState>, { call, events, taskNumber, timeoutMs, heartbeatMs }: TaskRun): Promise<Json> {
  const { clock } = step.engine.kernel;
  const { integrations } = step.engine;
  const { pendingTasks } = step.execution;
  return new Promise<Json>((resolve, reject) => {
    let over = false;
    let heartbeatTimer: Timer | undefined;
    let stopNested: (() => void) | undefined;
    const settle = (outcome: () => void) => {
      if (over) return;
      over = true;
      timeoutTimer?.cancel();
      heartbeatTimer?.cancel();
      if (taskNumber !== undefined) pendingTasks.delete(taskNumber);
      forget();
      outcome();
    };
    const fail = (error: unknown) => settle(() => reject(error instanceof Error ? error : new Error(String(error))));
    const succeed = (output: Json) => settle(() => resolve(output));
    const armHeartbeat = () => {
      heartbeatTimer?.cancel();
      if (heartbeatMs !== undefined) heartbeatTimer = clock.after(heartbeatMs, () => fail(new HeartbeatTimeout()));
    };
    const timeoutTimer = timeoutMs === undefined ? undefined : clock.after(timeoutMs, () => fail(new StatesError('States.Timeout', undefined)));
    const forget = step.scope.onCancel((reason) => {
      stopNested?.();
      fail(reason);
    });
    armHeartbeat();
    if (taskNumber !== undefined) pendingTasks.set(taskNumber, { succeed, fail, heartbeat: armHeartbeat });

    const work = async (): Promise<void> => {
      const answer = await integrations.call(call);
      if (over) return;
      const { resource } = call;
      if (taskNumber === undefined && (resource.kind !== 'service' || resource.pattern !== 'sync:2')) return succeed(answer);
      events.submitted(limited(step.name, answer));
      if (taskNumber === undefined) succeed(await integrations.awaitNested(call, answer, (stop) => (stopNested = stop)));
    };
    work().catch((error: unknown) => {
      // A refusal that comes too late changes nothing; a fault of a model must not go unseen.
      if (over && !(error instanceof StatesError)) step.engine.kernel.crash(error);
      else fail(error);
    });
  });
}

interface TaskEvents {
  scheduled(argumentsText: string, timeoutSeconds: number | undefined, heartbeatSeconds: number | undefined): void;
  submitted(outputText: string): void;
  succeeded(outputText: string): void;
  failed(error: StatesError): void;
}

const isTimeout = (error: StatesError) => error.error === 'States.Timeout';

function eventsOf(step: Step<TaskState>, resource: Resource): TaskEvents {
  const { history } = step.execution;
  const add = (type: HistoryEventType, details: Parameters<typeof history.add>[2]) => {
    step.sequence.lastEventId = history.add(type, step.sequence.lastEventId, details);
  };
  if (resource.kind === 'function') {
    return {
      scheduled: (input, timeoutInSeconds) => {
        add('LambdaFunctionScheduled', { lambdaFunctionScheduledEventDetails: { resource: resource.functionArn, input, inputDetails: NOT_TRUNCATED, timeoutInSeconds } });
        add('LambdaFunctionStarted', {});
      },
      submitted: () => undefined,
      succeeded: (output) => add('LambdaFunctionSucceeded', { lambdaFunctionSucceededEventDetails: { output, outputDetails: NOT_TRUNCATED } }),
      failed: (error) => {
        const details = { error: error.error, cause: error.causeText };
        if (isTimeout(error)) add('LambdaFunctionTimedOut', { lambdaFunctionTimedOutEventDetails: details });
        else add('LambdaFunctionFailed', { lambdaFunctionFailedEventDetails: details });
      },
    };
  }
  const about = { resourceType: resource.resourceType, resource: resourceName(resource) };
  return {
    scheduled: (parameters, timeoutInSeconds, heartbeatInSeconds) => {
      add('TaskScheduled', { taskScheduledEventDetails: { ...about, region: step.engine.kernel.region, parameters, timeoutInSeconds, heartbeatInSeconds } });
      add('TaskStarted', { taskStartedEventDetails: about });
    },
    submitted: (output) => add('TaskSubmitted', { taskSubmittedEventDetails: { ...about, output, outputDetails: NOT_TRUNCATED } }),
    succeeded: (output) => add('TaskSucceeded', { taskSucceededEventDetails: { ...about, output, outputDetails: NOT_TRUNCATED } }),
    failed: (error) => {
      const details = { ...about, error: error.error, cause: error.causeText };
      if (isTimeout(error)) add('TaskTimedOut', { taskTimedOutEventDetails: details });
      else add('TaskFailed', { taskFailedEventDetails: details });
    },
  };
}
