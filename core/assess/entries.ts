// Timeline entries of a stage, keyed so that the same fact written twice is one line.
import type { EpochMs, StageRecord, TimelineEntry } from '../release/model.ts';

export const stageEntry = (stage: StageRecord, kind: TimelineEntry['kind'], key: string, atMs: EpochMs, text: string, by?: string): TimelineEntry => ({
  key: `stage.${stage.index}.${key}`,
  atMs,
  kind,
  text,
  ...(by === undefined ? {} : { by }),
});
