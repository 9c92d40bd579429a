// Reading releases, and starting one by hand.
import * as v from 'valibot';
import type { ListPipelinesAnswer, ListReleasesAnswer, StartReleaseAnswer } from '../../core/view/api.ts';
import { standingFreezes } from '../../core/freeze/freeze.ts';
import type { ReleaseView } from '../../core/view/model.ts';
import { releaseViewOf, summaryOf } from '../../core/view/of-release.ts';
import { freezeViewOf } from './freezes.ts';
import { ControlFault, type ControlDependencies, type ControlRequest } from './api.ts';

const PAGE_DEFAULT = 20;
const PAGE_MAX = 100;
export const REASON_LENGTH_MAX = 1000;
/** Of a release with its prefix; ids are made of the names of pipelines and tags. */
const NAME_LENGTH_MAX = 1000;

export async function listPipelines({ specifications, releases, freezes, clock }: ControlDependencies): Promise<ListPipelinesAnswer> {
  const [stored, frozen] = await Promise.all([specifications.list(), freezes.all()]);
  const pipelines = await Promise.all(
    stored.map(async ({ pipeline }) => {
      const latest = (await releases.ofPipeline(pipeline.name, 1)).releases[0];
      const loaded = latest && (await releases.load(latest.id));
      const inForce = standingFreezes(frozen, pipeline.name, [], 0, clock.nowMs()).map(freezeViewOf);
      return {
        name: pipeline.name,
        repository: pipeline.image.repository,
        stages: pipeline.stages.map((stage) => ({ name: stage.name, cluster: stage.service.cluster, service: stage.service.name })),
        ...(inForce.length === 0 ? {} : { freezes: inForce }),
        ...(loaded ? { latest: summaryOf(loaded.release, loaded.stages) } : {}),
      };
    }),
  );
  return { pipelines };
}

const Query = v.object({
  pipeline: v.optional(v.string()),
  limit: v.optional(v.pipe(v.string(), v.regex(/^\d{1,3}$/), v.toNumber(), v.minValue(1), v.maxValue(PAGE_MAX))),
  next: v.optional(v.string()),
});

export async function listReleases({ specifications, releases }: ControlDependencies, request: ControlRequest): Promise<ListReleasesAnswer> {
  const query = v.safeParse(Query, request.query);
  if (!query.success) throw new ControlFault('BadRequest', `limit is a whole number from 1 to ${PAGE_MAX}`);
  const { pipeline, limit = PAGE_DEFAULT, next } = query.output;
  const names = pipeline === undefined ? (await specifications.list()).map((stored) => stored.pipeline.name) : [pipeline];
  if (pipeline !== undefined && !(await specifications.get(pipeline))) throw new ControlFault('NotFound', `there is no pipeline ${pipeline}`, 'See `slipway status`.');
  const pages = await Promise.all(names.map((name) => releases.ofPipeline(name, limit, names.length === 1 && next !== undefined ? decodeNext(next, name) : undefined)));
  const found = pages.flatMap((page) => page.releases).sort((a, b) => b.createdAtMs - a.createdAtMs).slice(0, limit);
  const loaded = await Promise.all(found.map((release) => releases.load(release.id)));
  const more = names.length === 1 ? pages[0]?.next : undefined;
  return {
    releases: loaded.flatMap((one) => (one ? [summaryOf(one.release, one.stages)] : [])),
    ...(more ? { next: Buffer.from(JSON.stringify(more)).toString('base64url') } : {}),
  };
}

/** It came from us and went through the caller's hands: only a place in the very list that is asked for is taken. */
function decodeNext(next: string, pipelineName: string): Record<string, unknown> {
  try {
    const Place = v.strictObject({ pk: v.pipe(v.string(), v.startsWith('RELEASE#'), v.maxLength(NAME_LENGTH_MAX)), sk: v.literal('RELEASE'), pipelineName: v.literal(pipelineName), createdAtMs: v.pipe(v.number(), v.safeInteger()) });
    return v.parse(Place, JSON.parse(Buffer.from(next, 'base64url').toString('utf8')));
  } catch {
    throw new ControlFault('BadRequest', '`next` is not one that a list answered');
  }
}

export async function showRelease({ releases, timeline, clock }: ControlDependencies, releaseId: string): Promise<ReleaseView> {
  const loaded = await releases.load(releaseId);
  if (!loaded) throw new ControlFault('NotFound', `there is no release ${releaseId}`, 'See `slipway status`.');
  return releaseViewOf(loaded, await timeline.read(releaseId), clock.nowMs());
}

const StartBody = v.object({ pipeline: v.string(), tag: v.optional(v.string()), digest: v.optional(v.pipe(v.string(), v.regex(/^sha256:[0-9a-f]{64}$/))), reason: v.optional(v.pipe(v.string(), v.maxLength(REASON_LENGTH_MAX)), '') });
const Started = v.variant('kind', [
  v.object({ kind: v.literal('started'), releaseId: v.string() }),
  v.object({ kind: v.literal('refused'), code: v.picklist(['NotFound', 'Refused']), message: v.string(), hint: v.string() }),
]);

export async function startRelease(dependencies: ControlDependencies, request: ControlRequest): Promise<StartReleaseAnswer> {
  const body = v.safeParse(StartBody, request.body);
  if (!body.success || (body.output.tag === undefined) === (body.output.digest === undefined)) {
    throw new ControlFault('BadRequest', 'the body is not { pipeline, and one of tag and digest (sha256:...), reason? }');
  }
  return startThrough(dependencies, { byHand: { ...body.output, callerArn: request.callerArn } });
}

/** Releases begin in one function only; this asks it. */
export async function startThrough({ releases, invoke, names }: ControlDependencies, wish: { byHand: object } | { undo: object }): Promise<StartReleaseAnswer> {
  const started = v.parse(Started, await invoke(names.imagePushedFunction, wish));
  if (started.kind === 'refused') throw new ControlFault(started.code, started.message, started.hint);
  const loaded = await releases.load(started.releaseId);
  if (!loaded) throw new ControlFault('NotFound', `the release ${started.releaseId} was started and cannot be found`);
  return { release: summaryOf(loaded.release, loaded.stages) };
}
