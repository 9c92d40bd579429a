// A new release of one image through one pipeline.
import { serviceArnOf, type Place } from '../arn.ts';
import { shortDigest } from '../image/digest.ts';
import type { Person, Pipeline } from '../pipeline/model.ts';
import { newStageRecord, type Image, type Release, type StageRecord } from './model.ts';

export interface NewRelease {
  pipeline: Pipeline;
  people: Record<string, Person>;
  specificationVersion: number;
  image: Image;
  author: string | undefined;
  pushedAtMs: number;
  /** 1 for the release a push starts; more when people release the same digest again. */
  attempt: number;
  undoes?: Release['undoes'];
}

/** Execution names may have 80 characters, and a rescue adds its own suffix. */
const ID_LENGTH_MAX = 68;

/** Made of the pipeline, the tag and the digest, so that a repeated event names the same release. */
export function releaseIdOf({ pipeline, image, attempt, undoes }: Pick<NewRelease, 'pipeline' | 'image' | 'attempt' | 'undoes'>): string {
  const suffix = `${shortDigest(image.digest, 8)}${attempt > 1 ? `-${attempt}` : ''}`;
  const tag = undoes ? 'undo-' : image.tag === undefined ? '' : `${clean(image.tag)}-`;
  return `${`${clean(pipeline.name)}-${tag}`.slice(0, ID_LENGTH_MAX - suffix.length)}${suffix}`;
}

export function newRelease(given: NewRelease, place: Place, nowMs: number): { release: Release; stages: StageRecord[] } {
  const { attempt: _attempt, ...rest } = given;
  const release: Release = {
    ...rest,
    id: releaseIdOf(given),
    createdAtMs: nowMs,
    status: 'running',
    outcome: undefined,
    reason: '',
    endedAtMs: undefined,
    stageIndex: 0,
    bell: 0,
    challengedBy: undefined,
    rescue: undefined,
  };
  return { release, stages: given.pipeline.stages.map((stage, index) => newStageRecord(index, serviceArnOf(place, stage.service))) };
}

/** What Step Functions lets stand in an execution name. */
const clean = (text: string): string => text.replace(/[^A-Za-z0-9._-]/g, '-');
