// Undo: what ran before a release runs again, as a release of its own on the fastest strategy the service can take.
import type { Pipeline, Stage } from '../pipeline/model.ts';
import type { Image, Release, StageRecord } from './model.ts';

export interface Undo {
  pipeline: Pipeline;
  /** The task definition that ran before: used as it is where it names its image by digest. */
  taskDefinitionArn: string;
  /** The image it runs, as far as its task definition says: `REGISTRY/REPOSITORY@DIGEST` or with a tag. */
  image: { registry: string; repository: string; digest: string | undefined; tag: string | undefined };
}

export type UndoRuling = { kind: 'undo'; undo: Undo; stage: StageRecord } | { kind: 'refused'; message: string; hint: string };

/** Undoes one stage: the named one, or the last that was left in place. */
export function ruleUndo(release: Release, stages: readonly StageRecord[], stageName: string | undefined): UndoRuling {
  if (release.status !== 'ended') return { kind: 'refused', message: `${release.id} has not ended`, hint: `End it with \`slipway abort ${release.id}\`: that rolls back.` };
  const candidates = stages.filter((stage) => leftInPlace(stage) && (stageName === undefined || release.pipeline.stages[stage.index]?.name === stageName));
  const stage = candidates.at(-1);
  const spec = stage && release.pipeline.stages[stage.index];
  if (!stage || !spec || !stage.found) {
    const where = stageName === undefined ? 'any stage' : `the stage ${stageName}`;
    const failed = release.outcome === 'failed' ? `how it left the service, and what repairs that, is in \`slipway status ${release.id}\`` : 'see `slipway status`';
    return { kind: 'refused', message: `${release.id} did not change ${where} for good`, hint: `There is nothing to undo: ${failed}.` };
  }
  const image = parseImage(stage.found.image);
  if (!image) return { kind: 'refused', message: `the image that ran before is not in this registry: ${stage.found.image ?? 'unknown'}`, hint: `Put it back by hand: aws ecs update-service --cluster ${spec.service.cluster} --service ${spec.service.name} --task-definition ${stage.found.taskDefinitionArn}` };
  const digest = image.digest ?? stage.found.imageDigest;
  return { kind: 'undo', stage, undo: { pipeline: { ...release.pipeline, stages: [fastest(spec)] }, taskDefinitionArn: stage.found.taskDefinitionArn, image: { ...image, digest } } };
}

/** Succeeded, or had all the traffic when its rollback failed: whether it still serves is looked at before anything is done. */
const leftInPlace = ({ outcome, weightPercent }: StageRecord): boolean => outcome === 'succeeded' || (outcome === 'failed' && weightPercent === 100);

/** No questions, no bakes, and no refusal because of the very fire it is to put out. */
function fastest(spec: Stage): Stage {
  const strategy: Stage['strategy'] =
    spec.strategy.kind === 'rolling' ? { ...spec.strategy, bakeAfterMs: 0 } : { kind: 'blueGreen', approval: undefined, bakeAfterMs: 0 };
  return { ...spec, before: [], strategy, onAlarmAtStart: 'proceed' };
}

function parseImage(image: string | undefined): Undo['image'] | undefined {
  const parts = /^([^/]+\.amazonaws\.com)\/([^@:]+)(?:@(sha256:[0-9a-f]{64})|:([^@]+))?$/.exec(image ?? '');
  if (!parts) return undefined;
  const [, registry = '', repository = '', digest, tag] = parts;
  return digest === undefined && tag === undefined ? undefined : { registry, repository, digest, tag };
}

/** What an undo becomes a release of, once its digest is known. */
export const undoneImage = (undo: Undo, digest: string): Image => ({ registry: undo.image.registry, repository: undo.image.repository, tag: undo.image.tag, digest });
