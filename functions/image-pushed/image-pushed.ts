// An image was pushed: starts a release in every pipeline that wants it.
import type { Clock } from '../../adapters/clock.ts';
import type { Executions } from '../../adapters/executions.ts';
import type { Logger } from '../../adapters/log.ts';
import type { Releases } from '../../adapters/records/releases.ts';
import type { Specifications, StoredPipeline } from '../../adapters/records/specifications.ts';
import type { Place } from '../../core/arn.ts';
import { parsePushEvent, type ImagePush } from '../../core/image/push-event.ts';
import { newRelease } from '../../core/release/create.ts';
import { explainTag } from '../../core/tags.ts';

export interface ImagePushedDependencies {
  specifications: Pick<Specifications, 'wanting'>;
  releases: Releases;
  executions: Pick<Executions, 'start'>;
  place: Place;
  clock: Clock;
  log: Logger;
}

export const imagePushed = (dependencies: ImagePushedDependencies) => async (event: unknown): Promise<{ started: string[] }> => {
  const { specifications, log } = dependencies;
  const parsed = parsePushEvent(event);
  switch (parsed.kind) {
    case 'malformed':
      log.warn('event not understood, dropped', { reason: parsed.reason });
      return { started: [] };
    case 'ignored':
      log.info('push ignored', { reason: parsed.reason });
      return { started: [] };
    case 'push': {
      const started: string[] = [];
      for (const stored of await specifications.wanting(parsed.push.repository)) {
        const releaseId = await startIfWanted(dependencies, stored, parsed.push);
        if (releaseId) started.push(releaseId);
      }
      return { started };
    }
  }
};

async function startIfWanted({ releases, executions, place, clock, log }: ImagePushedDependencies, stored: StoredPipeline, push: ImagePush): Promise<string | undefined> {
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
  await releases.setExecution(releaseId, await executions.start(releaseId, releaseId));
  log.info('release started', { ...about, release: releaseId, reason: match.reason });
  return releaseId;
}
