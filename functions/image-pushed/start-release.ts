// Starting a release: the record first, then its execution, so that whoever finds one without the other can mend it.
import type { Clock } from '../../adapters/clock.ts';
import type { Executions } from '../../adapters/executions.ts';
import type { Images } from '../../adapters/images.ts';
import type { Logger } from '../../adapters/log.ts';
import type { Releases } from '../../adapters/records/releases.ts';
import type { Specifications, StoredPipeline } from '../../adapters/records/specifications.ts';
import type { Timeline } from '../../adapters/records/timeline.ts';
import type { Place } from '../../core/arn.ts';
import { personsOf } from '../../core/control/rule-decision.ts';
import type { ImagePush } from '../../core/image/push-event.ts';
import { newRelease } from '../../core/release/create.ts';
import { explainTag } from '../../core/tags.ts';

export interface StartDependencies {
  specifications: Pick<Specifications, 'wanting' | 'get'>;
  releases: Releases;
  timeline: Pick<Timeline, 'write'>;
  executions: Pick<Executions, 'start'>;
  images: Images;
  place: Place;
  clock: Clock;
  log: Logger;
}

/** Answers the release that was started, or undefined when this pipeline does not want the push or has had it. */
export async function startIfWanted(dependencies: StartDependencies, stored: StoredPipeline, push: ImagePush): Promise<string | undefined> {
  const { releases, place, clock, log } = dependencies;
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
      author: undefined,
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
}

export type StartedByHand = { kind: 'started'; releaseId: string } | { kind: 'refused'; code: 'NotFound' | 'Refused'; message: string; hint: string };

const ATTEMPTS_MAX = 50;

/** A release that a person asks for: any image of the repository, however often it was released before. */
export async function startByHand(dependencies: StartDependencies, wanted: ByHand): Promise<StartedByHand> {
  const { specifications, releases, images, timeline, place, clock, log } = dependencies;
  const stored = await specifications.get(wanted.pipeline);
  if (!stored) return { kind: 'refused', code: 'NotFound', message: `there is no pipeline ${wanted.pipeline}`, hint: 'See `slipway status`.' };
  const { repository } = stored.pipeline.image;
  const image = await images.find(repository, wanted.tag !== undefined ? { imageTag: wanted.tag } : { imageDigest: wanted.digest ?? '' });
  if (!image) {
    const name = wanted.tag !== undefined ? `:${wanted.tag}` : `@${wanted.digest ?? ''}`;
    return { kind: 'refused', code: 'NotFound', message: `there is no image ${repository}${name}`, hint: 'Push it first.' };
  }
  const before = await releases.ofDigest(stored.pipeline.name, image.digest);
  const running = before === undefined ? undefined : await releases.load(before);
  if (running?.release.status === 'running') {
    // Its record was written and its execution was not started: the try that did that ended in between.
    if (running.executionArn === undefined) return { kind: 'started', releaseId: await begin(dependencies, running.release.id) };
    return { kind: 'refused', code: 'Refused', message: `this digest is being released already: ${running.release.id}`, hint: `Follow it with \`slipway status ${running.release.id}\`.` };
  }
  const nowMs = clock.nowMs();
  for (let attempt = before === undefined ? 1 : 2; attempt <= ATTEMPTS_MAX; attempt++) {
    const { release, stages } = newRelease(
      {
        pipeline: stored.pipeline,
        people: stored.people,
        specificationVersion: stored.version,
        image: { repository, registry: `${place.accountId}.dkr.ecr.${place.region}.amazonaws.com`, tag: image.tag, digest: image.digest },
        author: personsOf(stored, wanted.callerArn)[0] ?? wanted.callerArn,
        // Asked for now, so it is the newest wish, whenever the image was pushed.
        pushedAtMs: nowMs,
        attempt,
      },
      place,
      nowMs,
    );
    if ((await releases.create(release, stages, 'again')).kind === 'existing') continue;
    const reason = wanted.reason ? `: ${wanted.reason}` : '';
    await timeline.write(release.id, [{ key: 'release.by-hand', atMs: nowMs, kind: 'release', text: `Started by hand${reason}.`, by: release.author ?? wanted.callerArn }]);
    await begin(dependencies, release.id);
    log.info('release started by hand', { release: release.id, by: wanted.callerArn });
    return { kind: 'started', releaseId: release.id };
  }
  return { kind: 'refused', code: 'Refused', message: `this digest has been released ${ATTEMPTS_MAX} times`, hint: 'Push a new image.' };
}
