// Tells Slack where a release stands. A notice is a doorbell here too: what is said comes from the record, so notices that are late,
// doubled or out of order change nothing, and one that was missed is made up for by the next. See announcements.ts for how several
// announcers of one release keep out of each other's way.
import * as v from 'valibot';
import type { Alarms } from '../../adapters/alarms.ts';
import type { Clock } from '../../adapters/clock.ts';
import { errorFields, type Logger } from '../../adapters/log.ts';
import type { Announcement, Announcements } from '../../adapters/records/announcements.ts';
import type { LoadedRelease, Releases } from '../../adapters/records/releases.ts';
import type { Timeline } from '../../adapters/records/timeline.ts';
import type { Secret } from '../../adapters/secrets.ts';
import { SlackUnreachable, type Slack, type SlackSecret } from '../../adapters/slack.ts';
import type { AlarmView } from '../../core/assess/verdict.ts';
import { Transient } from '../shared/lambda.ts';
import { speakAsBot } from './as-bot.ts';
import { speakOverWebhook } from './over-webhook.ts';

/** From the queue that holds the topic's messages, raw; or from somebody who knows that a release has changed. */
const Batch = v.object({
  Records: v.array(v.object({ messageId: v.string(), messageAttributes: v.optional(v.record(v.string(), v.object({ stringValue: v.nullish(v.string()) })), {}) })),
});
const Direct = v.object({ releaseId: v.string() });

export interface AnnounceDependencies {
  releases: Pick<Releases, 'load'>;
  timeline: Pick<Timeline, 'read'>;
  announcements: Announcements;
  alarms: Pick<Alarms, 'states'>;
  /** Undefined when no Slack is configured. */
  slack: { api: Slack; secret: Secret<SlackSecret> } | undefined;
  newHolder: () => string;
  clock: Clock;
  log: Logger;
}

export interface Speech {
  api: Slack;
  loaded: LoadedRelease;
  channel: string;
  announcement: Announcement;
  /** Keeps what has been said so far. */
  save: (announcement: Announcement) => Promise<void>;
}

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

/** Lights are nice to have: a message without them is better than none. */
export async function alarmLights({ alarms, log }: AnnounceDependencies, { release, stages }: LoadedRelease): Promise<AlarmView[] | undefined> {
  const names = release.status === 'running' && stages[release.stageIndex]?.deployment ? (release.pipeline.stages[release.stageIndex]?.alarms ?? []) : [];
  if (names.length === 0) return undefined;
  try {
    return await alarms.states(names);
  } catch (error) {
    log.warn('alarms could not be read', { release: release.id, ...errorFields(error) });
    return undefined;
  }
}
