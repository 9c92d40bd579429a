// One message per release, kept current, and its story in the thread.
import { createHash } from 'node:crypto';
import { errorFields } from '../../adapters/log.ts';
import type { Announcement } from '../../adapters/records/announcements.ts';
import type { LoadedRelease } from '../../adapters/records/releases.ts';
import { SlackBusy, SlackRefused, type Place } from '../../adapters/slack.ts';
import type { AlarmView } from '../../core/assess/verdict.ts';
import { newsMessage, newsOf, releaseMessage, type Message } from '../../core/slack/index.ts';
import type { AnnounceDependencies, Speech } from './speech.ts';

const GONE = ['message_not_found', 'cant_update_message', 'edit_window_closed'];
const NOT_LIKED = ['invalid_blocks', 'invalid_blocks_format', 'msg_blocks_too_long', 'msg_too_long'];
const MAIN = 'main';
/** Clocks differ: Slack's may be behind ours. */
const LOOK_BACK_MS = 60_000;

export async function speakAsBot(dependencies: AnnounceDependencies, speech: Speech): Promise<void> {
  const { place, announcement } = await keepCurrent(dependencies, speech);
  await tellNews(dependencies, { ...speech, announcement }, place);
}

async function keepCurrent(dependencies: AnnounceDependencies, speech: Speech): Promise<{ place: Place; announcement: Announcement }> {
  const { clock, log } = dependencies;
  const { api, loaded, announcement, save } = speech;
  const { release } = loaded;
  const message = releaseMessage({ ...loaded, alarms: await alarmLights(dependencies, loaded), buttons: true }, clock.nowMs());
  const shown = createHash('sha256').update(JSON.stringify(message)).digest('base64url');
  const said = { shown, final: release.status === 'ended' };
  const mark = { release: release.id, part: MAIN };

  const known = announcement.ts === undefined || announcement.channel === undefined ? undefined : { channel: announcement.channel, ts: announcement.ts };
  if (known) {
    if (announcement.shown === shown) return { place: known, announcement };
    try {
      await liked(dependencies, release.id, message, (fit) => api.update(known, fit, mark));
      const now = { ...announcement, ...said };
      await save(now);
      return { place: known, announcement: now };
    } catch (error) {
      if (!(error instanceof SlackRefused) || !GONE.includes(error.code)) throw error;
      log.warn('the message is gone, a new one is posted', { release: release.id, code: error.code });
    }
  }
  const found = await lost(dependencies, speech, MAIN);
  if (found) await liked(dependencies, release.id, message, (fit) => api.update(found, fit, mark));
  const place = found ?? (await postOnce(dependencies, speech, { part: MAIN, keys: [] }, () => liked(dependencies, release.id, message, (fit) => api.post(speech.channel, fit, mark))));
  const now = { ...announcement, ...place, ...said, attempt: undefined };
  await save(now);
  log.info('announced', { release: release.id, ts: place.ts });
  return { place, announcement: now };
}

async function tellNews(dependencies: AnnounceDependencies, speech: Speech, place: Place): Promise<void> {
  const { timeline, clock } = dependencies;
  const { api, loaded, save } = speech;
  let { announcement } = speech;
  const { attempt } = announcement;
  if (attempt && attempt.part !== MAIN && (await lost(dependencies, speech, attempt.part, place.ts))) {
    announcement = { ...announcement, told: [...announcement.told, ...attempt.keys], attempt: undefined };
    await save(announcement);
  }
  const news = newsOf(await timeline.read(loaded.release.id), new Set(announcement.told));
  const last = news.at(-1);
  if (!last) return;
  const keys = news.map(({ key }) => key);
  const message = newsMessage(news, loaded, clock.nowMs());
  const mark = { release: loaded.release.id, part: `news.${announcement.told.length}.${last.key}`.slice(0, 200) };
  await postOnce(dependencies, { ...speech, announcement }, { part: mark.part, keys }, () => liked(dependencies, loaded.release.id, message, (fit) => api.post(place.channel, fit, mark, place.ts)));
  await save({ ...announcement, told: [...announcement.told, ...keys], attempt: undefined });
}

/** What an earlier attempt may have posted without anybody having seen the answer. */
function lost({ clock }: AnnounceDependencies, { api, loaded, channel, announcement }: Speech, part: string, thread?: string): Promise<Place | undefined> {
  const { attempt } = announcement;
  if (attempt?.part !== part) return Promise.resolve(undefined);
  return api.find(announcement.channel ?? channel, { release: loaded.release.id, part }, Math.min(attempt.sinceMs, clock.nowMs()) - LOOK_BACK_MS, thread);
}

/** Notes the attempt first; it is struck out again when Slack has certainly posted nothing. */
async function postOnce({ clock }: AnnounceDependencies, { announcement, save }: Speech, what: { part: string; keys: string[] }, post: () => Promise<Place>): Promise<Place> {
  await save({ ...announcement, attempt: { ...what, sinceMs: clock.nowMs() } });
  try {
    return await post();
  } catch (error) {
    if (error instanceof SlackRefused || error instanceof SlackBusy) await save({ ...announcement, attempt: undefined });
    throw error;
  }
}

/** Blocks that Slack does not take are a fault of ours, and no reason to say nothing. */
async function liked<Answer>({ log }: AnnounceDependencies, release: string, message: Message, send: (message: Message) => Promise<Answer>): Promise<Answer> {
  try {
    return await send(message);
  } catch (error) {
    if (!(error instanceof SlackRefused) || !NOT_LIKED.includes(error.code)) throw error;
    log.error('slack refused the blocks, sent as text', { release, code: error.code });
    return send({ text: message.text, blocks: [] });
  }
}

/** Lights are nice to have: a message without them is better than none. */
async function alarmLights({ alarms, log }: AnnounceDependencies, { release, stages }: LoadedRelease): Promise<AlarmView[] | undefined> {
  const names = release.status === 'running' && stages[release.stageIndex]?.deployment ? (release.pipeline.stages[release.stageIndex]?.alarms ?? []) : [];
  if (names.length === 0) return undefined;
  try {
    return await alarms.states(names);
  } catch (error) {
    log.warn('alarms could not be read', { release: release.id, ...errorFields(error) });
    return undefined;
  }
}
