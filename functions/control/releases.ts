// Reading releases, and starting one by hand.
import * as v from 'valibot';
import { newRelease } from '../../core/release/create.ts';
import { personsOf } from '../../core/control/rule-decision.ts';
import type { ListPipelinesAnswer, ListReleasesAnswer, StartReleaseAnswer } from '../../core/view/api.ts';
import type { ReleaseView } from '../../core/view/model.ts';
import { releaseViewOf, summaryOf } from '../../core/view/of-release.ts';
import { ControlFault, type ControlDependencies, type ControlRequest } from './api.ts';

const PAGE_DEFAULT = 20;
const PAGE_MAX = 100;
const ATTEMPTS_MAX = 50;

export async function listPipelines({ specifications, releases }: ControlDependencies): Promise<ListPipelinesAnswer> {
  const stored = await specifications.list();
  const pipelines = await Promise.all(
    stored.map(async ({ pipeline }) => {
      const latest = (await releases.ofPipeline(pipeline.name, 1)).releases[0];
      const loaded = latest && (await releases.load(latest.id));
      return {
        name: pipeline.name,
        repository: pipeline.image.repository,
        stages: pipeline.stages.map((stage) => ({ name: stage.name, cluster: stage.service.cluster, service: stage.service.name })),
        ...(loaded ? { latest: summaryOf(loaded.release, loaded.stages) } : {}),
      };
    }),
  );
  return { pipelines };
}

const Query = v.object({
  pipeline: v.optional(v.string()),
  limit: v.optional(v.pipe(v.string(), v.toNumber(), v.integer(), v.minValue(1), v.maxValue(PAGE_MAX))),
  next: v.optional(v.string()),
});

export async function listReleases({ specifications, releases }: ControlDependencies, request: ControlRequest): Promise<ListReleasesAnswer> {
  const query = v.safeParse(Query, request.query);
  if (!query.success) throw new ControlFault('BadRequest', `limit is a whole number from 1 to ${PAGE_MAX}`);
  const { pipeline, limit = PAGE_DEFAULT, next } = query.output;
  const names = pipeline === undefined ? (await specifications.list()).map((stored) => stored.pipeline.name) : [pipeline];
  if (pipeline !== undefined && !(await specifications.get(pipeline))) throw new ControlFault('NotFound', `there is no pipeline ${pipeline}`, 'See `slipway status`.');
  const pages = await Promise.all(names.map((name) => releases.ofPipeline(name, limit, names.length === 1 && next !== undefined ? decodeNext(next) : undefined)));
  const found = pages.flatMap((page) => page.releases).sort((a, b) => b.createdAtMs - a.createdAtMs).slice(0, limit);
  const loaded = await Promise.all(found.map((release) => releases.load(release.id)));
  const more = names.length === 1 ? pages[0]?.next : undefined;
  return {
    releases: loaded.flatMap((one) => (one ? [summaryOf(one.release, one.stages)] : [])),
    ...(more ? { next: Buffer.from(JSON.stringify(more)).toString('base64url') } : {}),
  };
}

function decodeNext(next: string): Record<string, unknown> {
  try {
    return v.parse(v.record(v.string(), v.unknown()), JSON.parse(Buffer.from(next, 'base64url').toString('utf8')));
  } catch {
    throw new ControlFault('BadRequest', '`next` is not one that a list answered');
  }
}

export async function showRelease({ releases, timeline, clock }: ControlDependencies, releaseId: string): Promise<ReleaseView> {
  const loaded = await releases.load(releaseId);
  if (!loaded) throw new ControlFault('NotFound', `there is no release ${releaseId}`, 'See `slipway status`.');
  return releaseViewOf(loaded, await timeline.read(releaseId), clock.nowMs());
}

const StartBody = v.object({ pipeline: v.string(), tag: v.optional(v.string()), digest: v.optional(v.pipe(v.string(), v.regex(/^sha256:[0-9a-f]{64}$/))), reason: v.optional(v.string(), '') });

export async function startRelease(dependencies: ControlDependencies, request: ControlRequest): Promise<StartReleaseAnswer> {
  const body = v.safeParse(StartBody, request.body);
  if (!body.success || (body.output.tag === undefined) === (body.output.digest === undefined)) {
    throw new ControlFault('BadRequest', 'the body is not { pipeline, and one of tag and digest (sha256:...), reason? }');
  }
  const { specifications, releases, images, executions, timeline, place, clock, log } = dependencies;
  const stored = await specifications.get(body.output.pipeline);
  if (!stored) throw new ControlFault('NotFound', `there is no pipeline ${body.output.pipeline}`, 'See `slipway status`.');
  const { repository } = stored.pipeline.image;
  const { tag, digest } = body.output;
  const image = await images.find(repository, tag !== undefined ? { imageTag: tag } : { imageDigest: digest ?? '' });
  if (!image) throw new ControlFault('NotFound', `there is no image ${repository}${tag !== undefined ? `:${tag}` : `@${digest ?? ''}`}`, 'Push it first.');

  const before = await releases.ofDigest(stored.pipeline.name, image.digest);
  const running = before === undefined ? undefined : await releases.load(before);
  if (running?.release.status === 'running') throw new ControlFault('Refused', `this digest is already being released: ${running.release.id}`, `Follow it with \`slipway status ${running.release.id}\`.`);

  const nowMs = clock.nowMs();
  for (let attempt = before === undefined ? 1 : 2; attempt <= ATTEMPTS_MAX; attempt++) {
    const { release, stages } = newRelease(
      {
        pipeline: stored.pipeline,
        people: stored.people,
        specificationVersion: stored.version,
        image: { repository, registry: `${place.accountId}.dkr.ecr.${place.region}.amazonaws.com`, tag: image.tag, digest: image.digest },
        author: personsOf(stored, request.callerArn)[0],
        // Asked for now, so it is the newest wish, whenever the image was pushed.
        pushedAtMs: nowMs,
        attempt,
      },
      place,
      nowMs,
    );
    if ((await releases.create(release, stages, 'again')).kind === 'existing') continue;
    const reason = body.output.reason ? `: ${body.output.reason}` : '';
    await timeline.write(release.id, [{ key: 'release.by-hand', atMs: nowMs, kind: 'release', text: `Started by hand${reason}.`, by: release.author ?? request.callerArn }]);
    await releases.setExecution(release.id, await executions.start(release.id, release.id));
    log.info('release started by hand', { release: release.id, by: request.callerArn });
    return { release: summaryOf(release, stages) };
  }
  throw new ControlFault('Refused', `this digest has been released ${ATTEMPTS_MAX} times`, 'Push a new image.');
}
