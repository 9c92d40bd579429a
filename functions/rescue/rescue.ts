// An execution ended without having ended its release and said so: failed, timed out, or stopped by hand. The release is marked,
// which makes it roll back, and a fresh execution carries it to its end. Rung by the state machine's own Catch and by
// EventBridge, so it may hear of the same end twice. Step Functions' events may also be lost
// (https://docs.aws.amazon.com/eventbridge/latest/ref/event-delivery-level.html), so a round now and then looks after every release.
import * as v from 'valibot';
import type { Clock } from '../../adapters/clock.ts';
import type { Executions } from '../../adapters/executions.ts';
import type { Logger } from '../../adapters/log.ts';
import type { Releases } from '../../adapters/records/releases.ts';
import type { Timeline } from '../../adapters/records/timeline.ts';
import { SlipwayError } from '../../core/errors.ts';
import { noticeOf, type Notice } from '../../core/notice/notice.ts';
import { givenUpText, rescuedText } from '../../core/notice/texts.ts';
import { handOverName, nextExecution } from '../../core/release/execution-name.ts';

const ENDED_EARLY = ['FAILED', 'TIMED_OUT', 'ABORTED'];

/** https://docs.aws.amazon.com/step-functions/latest/dg/eventbridge-integration.html */
const StatusChange = v.object({
  'detail-type': v.literal('Step Functions Execution Status Change'),
  detail: v.object({ name: v.string(), status: v.string(), input: v.nullish(v.string()), error: v.nullish(v.string()), cause: v.nullish(v.string()) }),
});
/** https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-rule-schedule.html */
const Round = v.object({ source: v.literal('aws.events'), 'detail-type': v.literal('Scheduled Event') });
const HandOver = v.object({ handOver: v.literal(true), releaseId: v.string(), executionName: v.string() });
const Caught = v.object({ releaseId: v.string(), executionName: v.string(), error: v.string(), cause: v.string() });

/** Somebody started an execution by hand, under a name of their own. */
export class ExecutionUnknown extends SlipwayError {
  override readonly name = 'ExecutionUnknown';
  readonly retry = 'never';
}

export interface RescueDependencies {
  releases: Pick<Releases, 'load' | 'markForRescue' | 'setExecution' | 'end' | 'inFlight' | 'landed'>;
  timeline: Pick<Timeline, 'write'>;
  executions: Pick<Executions, 'arnOf' | 'start' | 'status'>;
  clock: Clock;
  log: Logger;
}

export interface Rescued {
  rescued: boolean;
  notice: Notice | null;
}

const NOTHING: Rescued = { rescued: false, notice: null };
/** A push that was interrupted between the record and the execution is tried again by Lambda for some minutes. */
const BEGUN_WITHIN_MS = 15 * 60_000;

export const rescue = (dependencies: RescueDependencies) => async (input: unknown): Promise<Rescued> => {
  const handOver = v.safeParse(HandOver, input);
  if (handOver.success) return handedOver(dependencies, handOver.output);
  if (v.is(Round, input)) return goRound(dependencies);
  const end = endOf(input);
  if (end) return takeOver(dependencies, end);
  dependencies.log.warn('event not understood, dropped', {});
  return NOTHING;
};

interface EarlyEnd {
  releaseId: string;
  executionName: string;
  reason: string;
}

async function takeOver({ releases, timeline, executions, clock, log }: RescueDependencies, end: EarlyEnd): Promise<Rescued> {
  const loaded = await releases.load(end.releaseId);
  if (!loaded) return NOTHING;
  const { release } = loaded;
  const next = nextExecution(release.id, end.executionName);
  if (next.kind === 'foreign') {
    log.warn('not an execution that Slipway started, left alone', { release: end.releaseId, execution: end.executionName });
    return NOTHING;
  }
  const successor = handOverName(release.id, end.executionName);
  if (successor !== undefined && (await executions.status(executions.arnOf(successor))) !== undefined) {
    // It had handed over before it ended, and is not missed: whoever took over has an end of its own.
    if (loaded.executionArn === executions.arnOf(end.executionName)) await releases.setExecution(release.id, executions.arnOf(successor));
    log.warn('ended after it had handed over, left alone', { release: end.releaseId, execution: end.executionName, by: successor, reason: end.reason });
    return NOTHING;
  }
  const begin = async (name: string) => releases.setExecution(end.releaseId, await executions.start(name, end.releaseId));
  if (release.status === 'ended') {
    // Its end is written down and may not have been told: the next execution tells it, and does nothing else.
    if (next.kind === 'next') await begin(next.name);
    return NOTHING;
  }
  if (next.kind === 'enough') {
    // An open release would hold its service for ever; ended, it lets the next one look for itself.
    log.error('rescued too often, given up', { release: end.releaseId, execution: end.executionName, reason: end.reason });
    const text = givenUpText(end.reason, release.pipeline.stages[release.stageIndex]?.service);
    await timeline.write(end.releaseId, [{ key: 'rescue.given-up', atMs: clock.nowMs(), kind: 'failure', text }]);
    await releases.end(end.releaseId, 'failed', text, clock.nowMs());
    await begin(next.announcer);
    return { rescued: false, notice: noticeOf(release, undefined, 'rescued', text, 'failed') };
  }
  const { name } = next;
  await releases.markForRescue(end.releaseId, end.reason);
  const text = rescuedText(end.executionName, end.reason, name);
  await timeline.write(end.releaseId, [{ key: `rescue.${name}`, atMs: clock.nowMs(), kind: 'failure', text }]);
  await begin(name);
  log.error('rescued', { release: end.releaseId, execution: end.executionName, by: name, reason: end.reason });
  return { rescued: true, notice: noticeOf(release, undefined, 'rescued', text) };
}

/** The history of an execution is limited, a release is not: a fresh execution goes on from the record. */
async function handedOver({ releases, executions, log }: RescueDependencies, { releaseId, executionName }: { releaseId: string; executionName: string }): Promise<Rescued> {
  const by = handOverName(releaseId, executionName);
  if (by === undefined) throw new ExecutionUnknown(`${executionName} is not an execution of the release ${releaseId}`);
  await releases.setExecution(releaseId, await executions.start(by, releaseId));
  log.info('handed over', { release: releaseId, execution: executionName, by });
  return NOTHING;
}

/** Every release in flight has an execution that runs; whose does not is begun, taken over, or off the list. */
async function goRound(dependencies: RescueDependencies): Promise<Rescued> {
  const { releases, executions, clock, log } = dependencies;
  for (const releaseId of await releases.inFlight()) {
    const seen = await releases.load(releaseId);
    if (seen && seen.executionArn === undefined) {
      if (seen.release.status === 'running' && clock.nowMs() < seen.release.createdAtMs + BEGUN_WITHIN_MS) continue;
      if (seen.release.status === 'running') {
        log.error('a release without an execution is begun', { release: releaseId });
        await releases.setExecution(releaseId, await executions.start(releaseId, releaseId));
        continue;
      }
    }
    const status = seen?.executionArn === undefined ? 'SUCCEEDED' : await executions.status(seen.executionArn);
    if (status === 'RUNNING') continue;
    // Looked at again: it may have ended, or been taken over, since the first look.
    const now = await releases.load(releaseId);
    if (!now || (now.release.status === 'ended' && status === 'SUCCEEDED')) await releases.landed(releaseId);
    else if (now.executionArn === seen?.executionArn) await takeOverFound(dependencies, releaseId, now.executionArn, status);
  }
  return NOTHING;
}

async function takeOverFound(dependencies: RescueDependencies, releaseId: string, executionArn: string | undefined, status: string | undefined): Promise<void> {
  const executionName = executionArn?.split(':').at(-1) ?? '';
  const ended = nextExecution(releaseId, executionName).kind !== 'next' && (await dependencies.releases.load(releaseId))?.release.status === 'ended';
  if (ended) await dependencies.releases.landed(releaseId);
  else await takeOver(dependencies, { releaseId, executionName, reason: `${status ?? 'unknown to Step Functions'}, found on a round` });
}

function endOf(input: unknown): EarlyEnd | undefined {
  const caught = v.safeParse(Caught, input);
  if (caught.success) return { releaseId: caught.output.releaseId, executionName: caught.output.executionName, reason: `${caught.output.error}: ${causeText(caught.output.cause)}` };
  const change = v.safeParse(StatusChange, input);
  if (!change.success) return undefined;
  const { detail } = change.output;
  const releaseId = releaseIdIn(detail.input);
  if (releaseId === undefined || !ENDED_EARLY.includes(detail.status)) return undefined;
  return { releaseId, executionName: detail.name, reason: `${detail.status}${detail.error ? ` ${detail.error}` : ''}` };
}

function releaseIdIn(input: string | null | undefined): string | undefined {
  try {
    const parsed = v.safeParse(v.object({ releaseId: v.string() }), JSON.parse(input ?? ''));
    return parsed.success ? parsed.output.releaseId : undefined;
  } catch {
    return undefined;
  }
}

/** A Lambda's cause is JSON with a stack in it; people want its message. */
function causeText(cause: string): string {
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), v.object({ errorMessage: v.string() })), cause);
  return ((parsed.success ? parsed.output.errorMessage : cause).split('\n')[0] ?? '').slice(0, 300);
}
