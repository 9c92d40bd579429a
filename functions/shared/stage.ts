// Loading one stage of one release, and saving what was decided about it.
import * as v from 'valibot';
import { sameRecord } from '../../adapters/records/same-record.ts';
import type { LoadedRelease, Releases } from '../../adapters/records/releases.ts';
import type { Timeline } from '../../adapters/records/timeline.ts';
import { SlipwayError } from '../../core/errors.ts';
import type { Stage } from '../../core/pipeline/model.ts';
import type { StageRecord, TimelineEntry } from '../../core/release/model.ts';
import { Transient } from './lambda.ts';

export const StageEvent = v.object({ releaseId: v.string(), stageIndex: v.number() });

/** The record a state machine was started for does not exist. */
export class ReleaseMissing extends SlipwayError {
  override readonly name = 'ReleaseMissing';
  readonly retry = 'never';
}

export interface LoadedStage extends Pick<LoadedRelease, 'release' | 'decisions' | 'stages' | 'lastAdvance'> {
  stage: StageRecord;
  stageVersion: number;
  spec: Stage;
}

export async function loadRelease(releases: Pick<Releases, 'load'>, releaseId: string): Promise<LoadedRelease> {
  const loaded = await releases.load(releaseId);
  if (!loaded) throw new ReleaseMissing(`no release ${releaseId}`, 'Its record may have expired. Start it again with `slipway deploy`.');
  return loaded;
}

export async function loadStage(releases: Pick<Releases, 'load'>, event: { releaseId: string; stageIndex: number }): Promise<LoadedStage> {
  const loaded = await loadRelease(releases, event.releaseId);
  const stage = loaded.stages[event.stageIndex];
  const spec = loaded.release.pipeline.stages[event.stageIndex];
  if (!stage || !spec) throw new ReleaseMissing(`release ${event.releaseId} has no stage ${event.stageIndex}`);
  return { ...loaded, stage, spec, stageVersion: loaded.stageVersions[event.stageIndex] ?? 0 };
}

const TRIES_MAX = 5;

/**
 * Loads the stage, lets `decide` answer what should stand in it, and saves that together with its timeline entries. When
 * somebody saved the stage in between, everything is looked at and decided again.
 */
export async function changeStage<Answer>(
  records: { releases: Pick<Releases, 'load' | 'saveStage'>; timeline: Pick<Timeline, 'write'> },
  event: { releaseId: string; stageIndex: number },
  decide: (loaded: LoadedStage) => Promise<{ stage: StageRecord; entries: TimelineEntry[]; answer: Answer }>,
): Promise<Answer> {
  for (let tries = 0; tries < TRIES_MAX; tries++) {
    const loaded = await loadStage(records.releases, event);
    const { stage, entries, answer } = await decide(loaded);
    if (sameRecord(stage, loaded.stage)) {
      await records.timeline.write(event.releaseId, entries);
      return answer;
    }
    if (await records.releases.saveStage(event.releaseId, stage, loaded.stageVersion, entries)) return answer;
  }
  throw new Transient(`the stage ${event.stageIndex} of ${event.releaseId} kept changing while it was decided on`);
}
