// The message in Slack in every state, one page each, with a thread that tells of a failure; and what the modal looks like.
import { newsMessage, releaseMessage, reasonModal } from '../../core/slack/index.ts';
import { STATES } from '../../core/slack/testing/states.ts';
import { NOW_MS } from '../../core/testing/samples.ts';
import type { TimelineEntry } from '../../core/release/model.ts';
import type { Browser } from '../browser/chromium.ts';
import { startSlack } from '../slack/server.ts';
import type { Gallery } from './gallery.ts';

const CALLS_EVERYBODY = 'document.querySelectorAll(".everybody").length';

export async function slackStates(browser: Browser, gallery: Gallery): Promise<void> {
  const slack = await startSlack();
  const page = await browser.newPage();
  await page.goto(slack.url);
  await page.waitForText('Nothing has been said here yet.');
  await gallery.shoot(page, 'slack-empty');
  for (const [name, shown] of Object.entries(STATES)) {
    slack.workspace.messages.length = 0;
    const posted = slack.workspace.method('chat.postMessage', { channel: '#deploys', ...releaseMessage(shown, NOW_MS) });
    if (!posted.ok) throw new Error(`${name}: Slack would refuse it, ${posted.error}`);
    const ts = String(posted['ts']);
    const failed = ['rolledBack', 'failed'].includes(shown.release.outcome ?? '');
    const news: TimelineEntry[] = [
      { key: 'stage.1.started', atMs: NOW_MS, kind: 'stage' as const, text: 'ECS deploys the new revision.' },
      ...(failed ? [{ key: 'stage.1.failure', atMs: NOW_MS, kind: 'failure' as const, text: 'The circuit breaker fired.\nTask 1f2e: Essential container in task exited - app: exit code 1\nLast log lines:\n  <!channel> `boom` & <b>bold</b>' }] : []),
    ];
    slack.workspace.method('chat.postMessage', { channel: '#deploys', thread_ts: ts, ...newsMessage(news, shown, NOW_MS) });
    await page.waitFor(`document.querySelector('article.message')?.dataset.ts === ${JSON.stringify(ts)}`, name);
    await page.waitFor(`document.querySelectorAll('article.reply').length === 1`, 'the reply');
    gallery.check((await page.evaluate(CALLS_EVERYBODY)) === 0, `${name}: it calls everybody`);
    await gallery.shoot(page, `slack-${name}`, ['light', 'dark', 'phone']);
  }
  const about = { release: 'checkout-v1.2.0-ab12ab12', stage: 'production', ask: 'weight.25' };
  slack.workspace.method('views.open', { trigger_id: slack.workspace.newTrigger('U012AL1CE'), view: reasonModal('reject', about, { responseUrl: undefined, channel: undefined }) });
  await page.waitFor(`document.querySelector('dialog[open]')`, 'the modal');
  await gallery.shoot(page, 'slack-modal');
  gallery.noFaults(page, 'Slack');
  await page.close();
  await slack.close();
}
