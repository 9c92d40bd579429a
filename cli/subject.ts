// What `watch` and `wait` look at: one release, or whichever is the newest one of a pipeline or of all. Owns the rule for going
// from one release to the next; does not know what is done with what it sees.

import { SECOND_MS } from '../core/duration.ts';
import type { ReleaseView } from '../core/view/model.ts';
import type { Context } from './command.ts';
import type { ControlClient } from './control-client.ts';
import { CliError, messageOf } from './exit.ts';
import { find } from './find-release.ts';

export interface Subject {
  /** As people say it: `release checkout-1.4.0`, `pipeline checkout`. */
  name: string;
  /** Undefined while nothing has been released. */
  look: () => Promise<ReleaseView | undefined>;
}

/** Another release than the one watched starts rarely; asking for it every time would double the calls. */
const LOOK_FOR_NEWER_EVERY = 4;
/** How long a cloud that does not answer is waited for: a hiccup must not fail a pipeline of CI. */
export const PATIENCE_MS = 300 * SECOND_MS;

/** @param word a release, a pipeline, or nothing: the newest release there is. */
export async function findSubject(client: ControlClient, word: string | undefined): Promise<Subject> {
  if (word === undefined) return newestOf(client, undefined, 'any pipeline');
  const found = await find(client, word);
  if (found.kind === 'pipeline') return newestOf(client, found.pipeline.name, `pipeline ${found.pipeline.name}`);
  const { id } = found.release;
  return { name: `release ${id}`, look: () => client.getRelease(id) };
}

function newestOf(client: ControlClient, pipeline: string | undefined, name: string): Subject {
  let id: string | undefined;
  let looks = 0;
  const newest = async (): Promise<string | undefined> => (await client.listReleases({ limit: 1, ...(pipeline !== undefined && { pipeline }) })).releases[0]?.id;
  return {
    name,
    look: async () => {
      if (id === undefined || looks % LOOK_FOR_NEWER_EVERY === 0) id = (await newest()) ?? id;
      looks += 1;
      if (id === undefined) return undefined;
      const view = await client.getRelease(id);
      if (view.status !== 'ended') return view;
      // It may have ended because of a newer one; then that is the one to look at.
      const newer = await newest();
      if (newer === undefined || newer === id) return view;
      id = newer;
      return client.getRelease(newer);
    },
  };
}

export type Looked = { view: ReleaseView | undefined; problem: undefined } | { view: undefined; problem: { text: string; sinceMs: number } };

/** Looks, and bears with a cloud that does not answer for a while; every other error is thrown. */
export function patiently(subject: Subject, { world }: Context): () => Promise<Looked> {
  let sinceMs: number | undefined;
  return async () => {
    try {
      const view = await subject.look();
      sinceMs = undefined;
      return { view, problem: undefined };
    } catch (error) {
      sinceMs ??= world.nowMs();
      const passes = error instanceof CliError && error.exit === 'cloudError' && world.nowMs() - sinceMs < PATIENCE_MS;
      if (!passes) throw error;
      return { view: undefined, problem: { text: messageOf(error), sinceMs } };
    }
  };
}
