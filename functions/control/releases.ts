// Reading releases, and starting one by hand.
import * as v from 'valibot';
import type { ListPipelinesAnswer, ListReleasesAnswer, StartReleaseAnswer } from '../../core/view/api.ts';
import { standingFreezes } from '../../core/freeze/freeze.ts';
import type { ReleaseView } from '../../core/view/model.ts';
import { releaseViewOf, summaryOf } from '../../core/view/of-release.ts';
import { Via } from '../shared/via.ts';
import { freezeViewOf } from './freezes.ts';
import { nextAt, pageOf } from './page.ts';
import { ControlFault, type ControlDependencies, type ControlRequest } from './api.ts';
import { Digest, Moment, OptionalReason } from './subject.ts';

const RELEASES_DEFAULT = 20;
/** Of a release with its prefix; ids are made of the names of pipelines and tags. */
const NAME_LENGTH_MAX = 1000;

export async function listPipelines({ specifications, releases, freezes, clock }: ControlDependencies, request: ControlRequest): Promise<ListPipelinesAnswer> {
  const { limit, after } = pageOf(request, PipelinePlace);
  const [page, frozen] = await Promise.all([specifications.page(limit, after?.pipeline), freezes.all()]);
  const pipelines = await Promise.all(
    page.stored.map(async ({ pipeline }) => {
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
  return { pipelines, ...nextAt(page.next === undefined ? undefined : { pipeline: page.next }) };
}

const PipelinePlace = v.strictObject({ pipeline: v.pipe(v.string(), v.maxLength(NAME_LENGTH_MAX)) });
const ReleasePlace = v.strictObject({ pipeline: v.pipe(v.string(), v.maxLength(NAME_LENGTH_MAX)), id: v.pipe(v.string(), v.maxLength(NAME_LENGTH_MAX)), createdAtMs: v.pipe(v.number(), v.safeInteger()) });

/** The newest first; of the same moment, by the name of the pipeline. */
export async function listReleases({ specifications, releases }: ControlDependencies, request: ControlRequest): Promise<ListReleasesAnswer> {
  const { pipeline } = request.query;
  const { limit, after } = pageOf(request, ReleasePlace, RELEASES_DEFAULT);
  const until = v.safeParse(v.optional(Moment), request.query['until']);
  if (!until.success) throw new ControlFault('BadRequest', 'until is an ISO time', 'For example 2026-11-23T12:00:00Z.');
  const from = until.output === undefined ? undefined : { beforeMs: until.output };
  if (after && pipeline !== undefined && after.pipeline !== pipeline) throw new ControlFault('BadRequest', '`next` is of another list', 'Pass on what the list answered, with the same query.');
  if (pipeline !== undefined && !(await specifications.get(pipeline))) throw new ControlFault('NotFound', `there is no pipeline ${pipeline}`, 'See `slipway status`.');
  const names = pipeline === undefined ? (await specifications.list()).map((stored) => stored.pipeline.name) : [pipeline];
  const pages = await Promise.all(names.map((name) => releases.ofPipeline(name, limit, after ? placeIn(name, after) : from)));
  const found = pages.flatMap((page) => page.releases).sort((a, b) => b.createdAtMs - a.createdAtMs || (a.pipeline.name < b.pipeline.name ? -1 : a.pipeline.name > b.pipeline.name ? 1 : 0));
  const listed = found.slice(0, limit);
  const loaded = await Promise.all(listed.map((release) => releases.load(release.id)));
  const last = listed.at(-1);
  const more = found.length > limit || pages.some((page) => page.more);
  return {
    releases: loaded.flatMap((one) => (one ? [summaryOf(one.release, one.stages)] : [])),
    ...nextAt(more && last ? { pipeline: last.pipeline.name, id: last.id, createdAtMs: last.createdAtMs } : undefined),
  };
}

/** Where each pipeline's own list goes on: those before it in the order of the same moment have been listed with that moment. */
function placeIn(name: string, after: v.InferOutput<typeof ReleasePlace>): Parameters<ControlDependencies['releases']['ofPipeline']>[2] {
  if (name === after.pipeline) return { after };
  return { beforeMs: name < after.pipeline ? after.createdAtMs : after.createdAtMs + 1 };
}

export async function showRelease({ releases, timeline, clock }: ControlDependencies, releaseId: string): Promise<ReleaseView> {
  const loaded = await releases.load(releaseId);
  if (!loaded) throw new ControlFault('NotFound', `there is no release ${releaseId}`, 'See `slipway status`.');
  return releaseViewOf(loaded, await timeline.read(releaseId), clock.nowMs());
}

const StartBody = v.object({ pipeline: v.string(), tag: v.optional(v.string()), digest: v.optional(Digest), reason: OptionalReason, via: Via });
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
