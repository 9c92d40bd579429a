// Starting a release: the record first, then its execution, so that whoever finds one without the other can mend it.
import type { Clock } from '../../adapters/clock.ts';
import type { Executions } from '../../adapters/executions.ts';
import type { Images } from '../../adapters/images.ts';
import type { Logger } from '../../adapters/log.ts';
import type { Holds } from '../../adapters/records/holds.ts';
import type { Releases } from '../../adapters/records/releases.ts';
import type { Specifications, StoredPipeline } from '../../adapters/records/specifications.ts';
import type { Timeline } from '../../adapters/records/timeline.ts';
import type { Place } from '../../core/arn.ts';
import { fromSurface } from '../../core/control/decision-text.ts';
import { personsOf } from '../../core/control/rule-decision.ts';
import { SECOND_MS } from '../../core/duration.ts';
import type { ImagePush } from '../../core/image/push-event.ts';
import { newRelease, type NewRelease } from '../../core/release/create.ts';
import type { Decision, EpochMs } from '../../core/release/model.ts';
import { ruleUndo, undoneImage } from '../../core/release/undo.ts';
import { explainTag } from '../../core/tags.ts';
import { sentence } from '../../core/text/sentence.ts';

export interface StartDependencies {
  specifications: Pick<Specifications, 'wanting' | 'get'>;
  releases: Releases;
  holds: Pick<Holds, 'set' | 'lift'>;
  timeline: Pick<Timeline, 'write'>;
  executions: Pick<Executions, 'start'>;
  images: Images;
  place: Place;
  clock: Clock;
  log: Logger;
}

/** Answers the release that was started, or undefined when this pipeline does not want the push or has had it. */
export async function startIfWanted(dependencies: StartDependencies, stored: StoredPipeline, push: ImagePush): Promise<string | undefined> {
  const { releases, images, place, clock, log } = dependencies;
  const { pipeline } = stored;
  const about = { pipeline: pipeline.name, repository: push.repository, tag: push.tag, digest: push.digest };
  const match = explainTag(pipeline.image.tags, push.tag);
  if (!match.matches) {
    log.info('push not wanted', { ...about, reason: match.reason });
    return undefined;
  }
  const { release, stages } = newRelease(
    {
      pipeline,
      people: stored.people,
      specificationVersion: stored.version,
      image: { repository: push.repository, registry: push.registry, tag: push.tag, digest: push.digest },
      author: await images.author(push.repository, push.digest),
      pushedAtMs: push.pushedAtMs,
      attempt: 1,
    },
    place,
    clock.nowMs(),
  );
  const created = await releases.create(release, stages, 'once');
  if (created.kind === 'existing') {
    // The record may be there without its execution: an earlier try of this event ended between the two.
    const existing = await releases.load(created.releaseId);
    if (!existing || existing.executionArn !== undefined || existing.release.status === 'ended') {
      log.info('push changes nothing', { ...about, release: created.releaseId, reason: `this digest already has the release ${created.releaseId}` });
      return undefined;
    }
  }
  const releaseId = created.kind === 'existing' ? created.releaseId : release.id;
  await begin(dependencies, releaseId);
  log.info('release started', { ...about, release: releaseId, reason: match.reason });
  return releaseId;
}

async function begin({ releases, executions }: Pick<StartDependencies, 'releases' | 'executions'>, releaseId: string): Promise<string> {
  await releases.setExecution(releaseId, await executions.start(releaseId, releaseId));
  return releaseId;
}

export interface ByHand {
  pipeline: string;
  tag?: string | undefined;
  digest?: string | undefined;
  reason: string;
  callerArn: string;
  via: Decision['via'];
}

export type StartedByHand = { kind: 'started'; releaseId: string } | { kind: 'refused'; code: 'NotFound' | 'Refused'; message: string; hint: string };

const ATTEMPTS_MAX = 50;

const refused = (code: 'NotFound' | 'Refused', message: string, hint: string): StartedByHand => ({ kind: 'refused', code, message, hint });

/** A release that a person asks for: any image of the repository, however often it was released before. */
export async function startByHand(dependencies: StartDependencies, wanted: ByHand): Promise<StartedByHand> {
  const { specifications, releases, images, place, clock } = dependencies;
  const stored = await specifications.get(wanted.pipeline);
  if (!stored) return refused('NotFound', `there is no pipeline ${wanted.pipeline}`, 'See `slipway status`.');
  const { repository } = stored.pipeline.image;
  const image = await images.find(repository, wanted.tag !== undefined ? { imageTag: wanted.tag } : { imageDigest: wanted.digest ?? '' });
  if (!image) return refused('NotFound', `there is no image ${repository}${wanted.tag !== undefined ? `:${wanted.tag}` : `@${wanted.digest ?? ''}`}`, 'Push it first.');

  const before = await releases.ofDigest(stored.pipeline.name, image.digest);
  const running = before === undefined ? undefined : await releases.load(before);
  const orphan = running?.release.status === 'running' && running.executionArn === undefined;
  if (running?.release.status === 'running' && !orphan) return refused('Refused', `this digest is being released already: ${running.release.id}`, `Follow it with \`slipway status ${running.release.id}\`.`);
  return startNew(dependencies, wanted, before === undefined || orphan ? 1 : 2, 'Started by hand', {
    pipeline: stored.pipeline,
    people: stored.people,
    specificationVersion: stored.version,
    image: { repository, registry: `${place.accountId}.dkr.ecr.${place.region}.amazonaws.com`, tag: image.tag, digest: image.digest },
    author: personsOf(stored, wanted.callerArn)[0] ?? wanted.callerArn,
    // Asked for now, so it is the newest wish, whenever the image was pushed.
    pushedAtMs: asPushesAreDated(clock.nowMs()),
  });
}

export interface UndoWanted {
  releaseId: string;
  stage?: string | undefined;
  reason: string;
  callerArn: string;
  via: Decision['via'];
}

/** What ran before a release runs again, and the undone image is held. */
export async function startUndo(dependencies: StartDependencies, wanted: UndoWanted): Promise<StartedByHand> {
  const { releases, images, holds, place, clock } = dependencies;
  const loaded = await releases.load(wanted.releaseId);
  if (!loaded) return refused('NotFound', `there is no release ${wanted.releaseId}`, 'See `slipway status`.');
  const ruling = ruleUndo(loaded.release, loaded.stages, wanted.stage);
  if (ruling.kind === 'refused') return refused('Refused', ruling.message, ruling.hint);
  const { undo, stage } = ruling;
  const digest = undo.image.digest ?? (undo.image.tag === undefined ? undefined : (await images.find(undo.image.repository, { imageTag: undo.image.tag }))?.digest);
  if (digest === undefined) return refused('Refused', `the image that ran before is gone: ${undo.image.repository}:${undo.image.tag ?? ''}`, 'Push it again, or roll out another one with `slipway deploy`.');

  const ownRegistry = `${place.accountId}.dkr.ecr.${place.region}.`;
  if (undo.image.registry.startsWith(ownRegistry) && !(await images.find(undo.image.repository, { imageDigest: digest }))) {
    return refused('Refused', `the image that ran before is gone: ${undo.image.repository}@${digest}`, 'Its tasks could not start. Push it again, or roll out another one with `slipway deploy`.');
  }

  const person = personsOf(loaded.release, wanted.callerArn)[0] ?? wanted.callerArn;
  // Undoing an undo brings back the image that the undo had put on hold; that was what the hold was about.
  if (loaded.release.undoes) await holds.lift(stage.serviceArn, digest, { by: person, callerArn: wanted.callerArn, via: wanted.via, atMs: clock.nowMs(), reason: `undo of ${loaded.release.id}` });
  await holds.set({ serviceArn: stage.serviceArn, digest: loaded.release.image.digest, reason: wanted.reason || 'undone', by: person, callerArn: wanted.callerArn, via: wanted.via, atMs: clock.nowMs() });
  return startNew(dependencies, wanted, 1, `Undoes ${loaded.release.id}`, {
    pipeline: undo.pipeline,
    people: loaded.release.people,
    specificationVersion: loaded.release.specificationVersion,
    image: undoneImage(undo, digest),
    author: person,
    pushedAtMs: asPushesAreDated(clock.nowMs()),
    undoes: { releaseId: loaded.release.id, taskDefinitionArn: undo.taskDefinitionArn },
  });
}

/** ECR's events tell the second; finer than that, what is asked for by hand would be newer than a push that came after it. */
const asPushesAreDated = (atMs: EpochMs): EpochMs => atMs - (atMs % SECOND_MS);

/** The first free attempt of this image becomes the release, or the one whose try ended between its record and its execution. */
async function startNew(
  dependencies: StartDependencies,
  wanted: Pick<ByHand, 'reason' | 'callerArn' | 'via'>,
  firstAttempt: number,
  what: string,
  given: Omit<NewRelease, 'attempt'>,
): Promise<StartedByHand> {
  const { releases, timeline, place, clock, log } = dependencies;
  const nowMs = clock.nowMs();
  for (let attempt = firstAttempt; attempt <= ATTEMPTS_MAX; attempt++) {
    const { release, stages } = newRelease({ ...given, attempt }, place, nowMs);
    if ((await releases.create(release, stages, 'again')).kind === 'existing') {
      const existing = await releases.load(release.id);
      if (existing?.release.status !== 'running' || existing.executionArn !== undefined) continue;
    }
    const told = `${what}, ${fromSurface(wanted.via)}${wanted.reason ? `: ${wanted.reason}` : ''}`;
    await timeline.write(release.id, [{ key: 'release.by-hand', atMs: nowMs, kind: 'release', text: sentence(told), by: release.author ?? wanted.callerArn, via: wanted.via }]);
    await begin(dependencies, release.id);
    log.info('release started by hand', { release: release.id, by: wanted.callerArn });
    return { kind: 'started', releaseId: release.id };
  }
  return refused('Refused', `this image has been released ${ATTEMPTS_MAX} times`, 'Push a new image.');
}
