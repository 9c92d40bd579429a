// The first state of an execution: where does this release stand? A fresh execution of a release that had one before (a rescue,
// a hand-over) starts here too, and finds everything it needs in the record.
import * as v from 'valibot';
import type { Clock } from '../../adapters/clock.ts';
import type { Releases } from '../../adapters/records/releases.ts';
import type { Timeline } from '../../adapters/records/timeline.ts';
import { noticeOf, type Notice } from '../../core/notice/notice.ts';
import { releaseStartedText } from '../../core/notice/texts.ts';
import { isFirstExecution } from '../../core/release/execution-name.ts';
import { loadRelease } from '../shared/stage.ts';

/** `executionName` is not sent by state machines of older versions, whose executions may still run. */
const Event = v.object({ releaseId: v.string(), executionName: v.optional(v.string()) });

export interface Prepared {
  stageIndex: number;
  stageCount: number;
  ended: boolean;
  notice: Notice | null;
}

export interface PrepareDependencies {
  releases: Pick<Releases, 'load'>;
  timeline: Pick<Timeline, 'write'>;
  clock: Clock;
}

export const prepare = ({ releases, timeline, clock }: PrepareDependencies) => async (event: unknown): Promise<Prepared> => {
  const { releaseId, executionName } = v.parse(Event, event);
  const { release, stages } = await loadRelease(releases, releaseId);
  // Whoever takes over from an execution that waited for its turn finds nothing begun either, and the start was told of.
  const fresh = stages.every((stage) => stage.status === 'pending') && isFirstExecution(releaseId, executionName ?? releaseId);
  const text = releaseStartedText(release);
  if (fresh) await timeline.write(releaseId, [{ key: 'release.started', atMs: clock.nowMs(), kind: 'release', text }]);
  return {
    stageIndex: release.stageIndex,
    stageCount: release.pipeline.stages.length,
    ended: release.status === 'ended',
    notice: fresh ? noticeOf(release, undefined, 'releaseStarted', text) : null,
  };
};
