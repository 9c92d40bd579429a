// The end of a release.
import * as v from 'valibot';
import type { Clock } from '../../adapters/clock.ts';
import type { Logger } from '../../adapters/log.ts';
import type { Releases } from '../../adapters/records/releases.ts';
import type { Timeline } from '../../adapters/records/timeline.ts';
import { endText } from '../../core/notice/end-words.ts';
import { noticeOf, type Notice } from '../../core/notice/notice.ts';
import { releaseEnd } from '../../core/release/end.ts';
import { goesOn } from '../../core/release/model.ts';
import { loadRelease } from '../shared/stage.ts';

const Event = v.object({ releaseId: v.string() });

export interface FinishDependencies {
  releases: Pick<Releases, 'load' | 'end'>;
  timeline: Pick<Timeline, 'write'>;
  clock: Clock;
  log: Logger;
}

export const finish = ({ releases, timeline, clock, log }: FinishDependencies) => async (input: unknown): Promise<{ outcome: string; reason: string; notice: Notice }> => {
  const { releaseId } = v.parse(Event, input);
  const { release, stages } = await loadRelease(releases, releaseId);
  // The first end stands; whoever comes after it says the same again.
  const { outcome, reason } = release.outcome === undefined ? releaseEnd(stages) : { outcome: release.outcome, reason: release.reason };
  const text = endText('The release', outcome, reason);
  await timeline.write(releaseId, [{ key: 'release.ended', atMs: clock.nowMs(), kind: 'release', text }]);
  await releases.end(releaseId, outcome, reason, clock.nowMs());
  log.info('release ended', { release: releaseId, outcome, reason });
  const stage = stages.findLast((candidate) => candidate.status === 'ended');
  return { outcome, reason, notice: noticeOf(release, goesOn(outcome) ? undefined : stage, 'releaseEnded', text, outcome) };
};
