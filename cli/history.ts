// All releases of some pipelines as one stream, newest first. The control API pages through one pipeline at a time; here the
// pages are read as they are needed and laid into each other.

import type { ReleaseSummary } from '../core/view/model.ts';
import type { ControlClient } from './control-client.ts';

export async function* newestFirst(client: Pick<ControlClient, 'listReleases'>, pipelines: readonly string[], pageSize: number): AsyncGenerator<ReleaseSummary> {
  const streams = pipelines.map((pipeline) => releasesOf(client, pipeline, pageSize));
  const heads = await Promise.all(streams.map((stream) => stream.next()));
  for (;;) {
    let newest = -1;
    for (const [index, head] of heads.entries()) {
      const best = heads[newest];
      if (head.done !== true && (best === undefined || best.done === true || head.value.createdAt > best.value.createdAt)) newest = index;
    }
    const head = heads[newest];
    const stream = streams[newest];
    if (head === undefined || head.done === true || stream === undefined) return;
    yield head.value;
    heads[newest] = await stream.next();
  }
}

async function* releasesOf(client: Pick<ControlClient, 'listReleases'>, pipeline: string, limit: number): AsyncGenerator<ReleaseSummary, undefined> {
  let next: string | undefined;
  do {
    const answer = await client.listReleases({ pipeline, limit, ...(next !== undefined && { next }) });
    yield* answer.releases;
    next = answer.next;
  } while (next !== undefined);
  return undefined;
}
