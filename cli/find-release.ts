// Which release a person means: an id, the beginning of one, or a pipeline that has one under way.

import { nearest } from '../core/text/nearest.ts';
import type { PipelineView, ReleaseSummary, ReleaseView } from '../core/view/model.ts';
import type { ControlClient } from './control-client.ts';
import { CliError } from './exit.ts';

const PAGE_MAX = 5;
const PAGE_SIZE = 100;
/** Shorter beginnings are typed by accident. */
const PREFIX_MIN = 4;

export type Found = { kind: 'release'; release: ReleaseView } | { kind: 'pipeline'; pipeline: PipelineView };

export async function find(client: ControlClient, word: string): Promise<Found> {
  const exact = await client.getRelease(word).catch((error: unknown) => {
    if (error instanceof CliError && error.exit === 'notFound') return undefined;
    throw error;
  });
  if (exact !== undefined) return { kind: 'release', release: exact };
  const { pipelines } = await client.listPipelines();
  const pipeline = pipelines.find((one) => one.name === word);
  if (pipeline !== undefined) return { kind: 'pipeline', pipeline };
  const [match, ...others] = word.length < PREFIX_MIN ? [] : await releasesStarting(client, word);
  if (match !== undefined && others.length === 0) return { kind: 'release', release: await client.getRelease(match.id) };
  if (match !== undefined) {
    throw new CliError('badInput', `${JSON.stringify(word)} is the beginning of several releases`, { hint: `Say more: ${[match, ...others].slice(0, 5).map((one) => one.id).join(', ')}.` });
  }
  const meant = nearest(word, pipelines.map((one) => one.name));
  throw new CliError('notFound', `there is no release or pipeline ${JSON.stringify(word)}`, { hint: meant === undefined ? 'See `slipway status` for what there is.' : `Did you mean ${meant}?` });
}

/** For decisions: the one release that they can be about. */
export async function findActive(client: ControlClient, word: string): Promise<{ id: string }> {
  const found = await find(client, word);
  if (found.kind === 'release') return found.release;
  const { releases } = await client.listReleases({ pipeline: found.pipeline.name, limit: PAGE_SIZE });
  const active = releases.filter((release) => release.status !== 'ended');
  const [only, ...others] = active;
  if (only === undefined) throw new CliError('notFound', `no release of ${word} is under way`, { hint: `See \`slipway status ${word}\` for those that have ended.` });
  if (others.length > 0) throw new CliError('badInput', `${active.length} releases of ${word} are under way`, { hint: `Name one: ${active.map((release) => release.id).join(', ')}.` });
  return only;
}

async function releasesStarting(client: ControlClient, prefix: string): Promise<ReleaseSummary[]> {
  const matches: ReleaseSummary[] = [];
  let next: string | undefined;
  for (let page = 0; page < PAGE_MAX; page += 1) {
    const answer = await client.listReleases({ limit: PAGE_SIZE, ...(next !== undefined && { next }) });
    matches.push(...answer.releases.filter((release) => release.id.startsWith(prefix)));
    next = answer.next;
    if (next === undefined) break;
  }
  return matches;
}
