// An incoming webhook posts and does nothing else: one message per news, without buttons, each saying where the release stands. A
// webhook whose answer is lost may say the same thing twice; there is no way to ask it.
import { fitting, newsMessage, newsOf, releaseMessage, type Message } from '../../core/slack/index.ts';
import type { AnnounceDependencies, Speech } from './speech.ts';

export async function speakOverWebhook({ timeline, clock }: AnnounceDependencies, { api, loaded, announcement, save }: Speech): Promise<void> {
  const { release } = loaded;
  const ended = release.status === 'ended';
  const news = newsOf(await timeline.read(release.id), new Set(announcement.told));
  if (news.length === 0 && !(ended && !announcement.final)) return;
  const now = releaseMessage({ ...loaded, buttons: false }, clock.nowMs());
  const message: Message = news.length === 0 ? now : fitting({ text: now.text, blocks: [...now.blocks, { type: 'divider' }, ...newsMessage(news, loaded, clock.nowMs()).blocks] });
  await api.postToWebhook(message);
  await save({ ...announcement, told: [...announcement.told, ...news.map(({ key }) => key)], final: ended });
}
