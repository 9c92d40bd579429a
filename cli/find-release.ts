// Which release a person means: an id, the beginning of one, or a pipeline with a release that fits.

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
  const known = await recentReleases(client);
  const [match, ...others] = word.length < PREFIX_MIN ? [] : known.filter((release) => release.id.startsWith(word));
  if (match !== undefined && others.length === 0) return { kind: 'release', release: await client.getRelease(match.id) };
  if (match !== undefined) {
    throw new CliError('badInput', `${JSON.stringify(word)} is the beginning of several releases`, { hint: `Say more: ${[match, ...others].slice(0, 5).map((one) => one.id).join(', ')}.` });
  }
  throw new CliError('notFound', `there is no release or pipeline ${JSON.stringify(word)}`, { hint: meant(word, pipelines, known) });
}

/** The name that was probably meant: of a pipeline, of a release, or of the release that carries the tag that was given. */
function meant(word: string, pipelines: readonly PipelineView[], releases: readonly ReleaseSummary[]): string {
  const tagged = releases.find((release) => release.image.tag === word);
  if (tagged !== undefined) return `The release of ${word} is ${tagged.id}.`;
  const near = nearest(word, [...pipelines.map((one) => one.name), ...releases.map((one) => one.id)]);
  return near === undefined ? 'See `slipway status` for what there is.' : `Did you mean ${near}?`;
}

export async function findPipeline(client: ControlClient, name: string): Promise<PipelineView> {
  const { pipelines } = await client.listPipelines();
  const found = pipelines.find((one) => one.name === name);
  if (found !== undefined) return found;
  throw new CliError('notFound', `there is no pipeline ${JSON.stringify(name)}`, { hint: meant(name, pipelines, []) });
}

/** What a command is about, where a pipeline is named instead of a release. */
export type Wanted =
  /** A release that waits for a person. */
  | 'asking'
  /** A release that waits for the end of a freeze. */
  | 'frozen'
  | 'underWay'
  | 'ended';

export async function findFor(client: ControlClient, word: string, wanted: Wanted): Promise<{ id: string }> {
  const found = await find(client, word);
  if (found.kind === 'release') return found.release;
  const { releases } = await client.listReleases({ pipeline: found.pipeline.name, limit: PAGE_SIZE });
  if (wanted === 'ended') {
    // The newest is the one whose end people have just seen.
    const newest = releases.find((release) => release.status === 'ended');
    if (newest === undefined) throw new CliError('notFound', `no release of ${word} has ended yet`, { hint: `See \`slipway status ${word}\`.` });
    return newest;
  }
  const active = releases.filter((release) => release.status !== 'ended');
  // Releases behind the one that asks wait for their turn, not for a person.
  const waiting = active.filter((release) => (wanted === 'asking' && release.waitingFor === 'approval') || (wanted === 'frozen' && release.waitingFor === 'freeze'));
  const candidates = waiting.length > 0 ? waiting : active;
  const [only, ...others] = candidates;
  if (only === undefined) throw new CliError('notFound', `no release of ${word} is under way`, { hint: `See \`slipway status ${word}\` for those that have ended.` });
  if (others.length > 0) throw new CliError('badInput', `${candidates.length} releases of ${word} ${waiting.length === 0 ? 'are under way' : wanted === 'asking' ? 'wait for a person' : 'wait for a freeze'}`, { hint: `Name one: ${candidates.map((release) => release.id).join(', ')}.` });
  return only;
}

async function recentReleases(client: ControlClient): Promise<ReleaseSummary[]> {
  const releases: ReleaseSummary[] = [];
  let next: string | undefined;
  for (let page = 0; page < PAGE_MAX; page += 1) {
    const answer = await client.listReleases({ limit: PAGE_SIZE, ...(next !== undefined && { next }) });
    releases.push(...answer.releases);
    next = answer.next;
    if (next === undefined) break;
  }
  return releases;
}
