// Tells Slack where a release stands. A notice is a doorbell here too: what is said comes from the record, so notices that are late,
// doubled or out of order change nothing, and one that was missed is made up for by the next. See announcements.ts for how several
// announcers of one release keep out of each other's way.
import * as v from 'valibot';
import type { Announcement } from '../../adapters/records/announcements.ts';
import { SlackUnreachable } from '../../adapters/slack.ts';
import { Transient } from '../shared/lambda.ts';
import { speakAsBot } from './as-bot.ts';
import { speakOverWebhook } from './over-webhook.ts';
import type { AnnounceDependencies } from './speech.ts';

/** From the queue that holds the topic's messages, raw; or from somebody who knows that a release has changed. */
const Batch = v.object({
  Records: v.array(v.object({ messageId: v.string(), messageAttributes: v.optional(v.record(v.string(), v.object({ stringValue: v.nullish(v.string()) })), {}) })),
});
const Direct = v.object({ releaseId: v.string() });

type Announced = 'announced' | 'nothing' | 'busy';

/** Longer than the function may run: nobody else speaks while the holder might. */
const HELD_MS = 60_000;
const ROUNDS_MAX = 10;

export const announce = (dependencies: AnnounceDependencies) => async (event: unknown): Promise<{ batchItemFailures: { itemIdentifier: string }[] }> => {
  const direct = v.safeParse(Direct, event);
  if (direct.success) {
    // Whoever is at it has been left word.
    await announceRelease(dependencies, direct.output.releaseId);
    return { batchItemFailures: [] };
  }
  const { Records } = v.parse(Batch, event);
  const late: string[] = [];
  for (const { messageId, messageAttributes } of Records) {
    const releaseId = messageAttributes['release']?.stringValue;
    if (!releaseId) dependencies.log.warn('message names no release, dropped', { messageId });
    // Another announcer is at it and has been left word. Should it die, the message comes back and finds that out.
    else if ((await announceRelease(dependencies, releaseId)) === 'busy') late.push(messageId);
  }
  return { batchItemFailures: late.map((itemIdentifier) => ({ itemIdentifier })) };
};

async function announceRelease(dependencies: AnnounceDependencies, releaseId: string): Promise<Announced> {
  const { releases, announcements, slack, newHolder, clock, log } = dependencies;
  if (!slack) return 'nothing';
  const channel = (await releases.load(releaseId))?.release.pipeline.notify.slack;
  if (channel === undefined) return 'nothing';

  const holder = newHolder();
  await announcements.want(releaseId, clock.nowMs());
  for (let round = 0; round < ROUNDS_MAX; round++) {
    const held = await announcements.take(releaseId, holder, clock.nowMs(), clock.nowMs() + HELD_MS);
    if (!held) return 'busy';
    try {
      const loaded = await releases.load(releaseId);
      // The final state stays: whatever a record may still say, nothing comes after it.
      if (loaded && !(held.announcement.final && loaded.release.status !== 'ended')) {
        const speak = 'webhookUrl' in (await slack.secret.get()) ? speakOverWebhook : speakAsBot;
        await speak(dependencies, { api: slack.api, loaded, channel, announcement: held.announcement, save });
      }
    } catch (error) {
      // What got no answer may still be carried out. Nobody speaks before that is over, or the older word would come last: the hold runs out by itself.
      if (!(error instanceof SlackUnreachable)) await announcements.letGo(releaseId, holder);
      throw error;
    }
    if (await announcements.giveBack(releaseId, holder, held.wanted)) return 'announced';
    log.info('changed while it was announced, once more', { release: releaseId });
  }
  await announcements.letGo(releaseId, holder);
  return 'busy';

  async function save(announcement: Announcement): Promise<void> {
    if (!(await announcements.save(releaseId, holder, announcement))) throw new Transient(`the announcement of ${releaseId} was taken over`);
  }
}
