// An incoming webhook posts and does nothing else: one message per news, without buttons, each saying where the release stands. A
// webhook whose answer is lost may say the same thing twice; there is no way to ask it.
import { newsOf, webhookMessage } from '../../core/slack/index.ts';
import type { AnnounceDependencies, Speech } from './speech.ts';

export async function speakOverWebhook({ timeline, clock }: AnnounceDependencies, { api, loaded, announcement, save }: Speech): Promise<void> {
  const { release } = loaded;
  const ended = release.status === 'ended';
  const news = newsOf(await timeline.read(release.id), new Set(announcement.told));
  if (news.length === 0 && !(ended && !announcement.final)) return;
  await api.postToWebhook(webhookMessage(news, loaded, clock.nowMs()));
  await save({ ...announcement, told: [...announcement.told, ...news.map(({ key }) => key)], final: ended });
}
