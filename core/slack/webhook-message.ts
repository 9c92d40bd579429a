// What an incoming webhook says: where the release stands, and of the news only what that does not show.
import type { TimelineEntry } from '../release/model.ts';
import { fitting, section, type Message } from './blocks.ts';
import { callOn, newsMessage } from './news.ts';
import { releaseMessage, type Shown } from './release-message.ts';

/** Milestones, questions, waits and ends stand in the lines of the stages and in the title. */
const STANDS_THERE = ['release', 'weight', 'ask', 'freeze', 'rollback'];

export function webhookMessage(news: readonly TimelineEntry[], shown: Omit<Shown, 'buttons'>, nowMs: number): Message {
  const now = releaseMessage({ ...shown, buttons: false }, nowMs);
  const besides = news.filter(({ key, kind }) => !STANDS_THERE.includes(kind) && (kind !== 'stage' || !/\.(started|ended)$/.test(key)));
  const called = news.map((entry) => callOn(entry, shown, nowMs)).filter((users) => users !== '');
  const told = newsMessage(news, shown, nowMs);
  return fitting({
    text: shown.release.status === 'ended' || news.length === 0 ? now.text : `${now.text}\n${told.text}`,
    blocks: [
      ...now.blocks,
      ...(besides.length + called.length === 0 ? [] : [{ type: 'divider' as const }]),
      ...(besides.length === 0 ? [] : newsMessage(besides, shown, nowMs).blocks),
      ...called.map(section),
    ],
  });
}
