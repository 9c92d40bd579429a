// Releases that really run in a local cloud, on all three surfaces at the same moments: one is approved on the dashboard, one is
// rolled back by its alarm, one dies at start, and one is rejected in Slack.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Browser } from '../browser/chromium.ts';
import type { Page } from '../browser/page.ts';
import { startLoad } from '../load.ts';
import { startWorld, type World } from '../world.ts';
import { dashboardCommand } from './dashboard.ts';
import type { Gallery } from './gallery.ts';
import { startWatch, type Watching } from './watch.ts';

const STEP_MAX_MS = 90_000;
const FIRST_PAINT_MAX_MS = 1_000;
const REQUESTS_PER_SECOND = 60;
/** As long as the curves of the alarms need to reach the page. */
const CURVES_MS = 4_000;

interface Scene {
  world: World;
  gallery: Gallery;
  dashboard: Page;
  slack: Page;
  terminal: Page;
}

export async function live(browser: Browser, gallery: Gallery, say: (line: string) => void): Promise<void> {
  const stops: (() => Promise<void>)[] = [];
  const world = await startWorld({
    port: 0,
    say: (line) => say(`  ${line}`),
    slack: true,
    beforeClose: async () => {
      for (const stop of stops) await stop();
    },
  });
  const load = startLoad(world.urls.production, REQUESTS_PER_SECOND);
  stops.push(() => load.stop());
  const served = await dashboardCommand(world.local.url, '--as', 'alice');
  const [dashboard, slack, terminal] = [await browser.newPage(), await browser.newPage(), await browser.newPage()];
  const scene: Scene = { world, gallery, dashboard, slack, terminal };
  try {
    await dashboard.look();
    await slack.goto(world.slack?.url ?? '');
    await measureFirstPaint(scene, served.url, say);
    await promoted(scene);
    await rolledBack(scene);
    await crashed(scene);
    await rejected(scene);
    await history(scene);
    const { denials, notModelled } = world.local.cloud.ledger.report();
    gallery.check(denials.length === 0, `denied: ${JSON.stringify(denials)}`);
    gallery.check(notModelled.length === 0, `not modelled: ${JSON.stringify(notModelled)}`);
    gallery.check((await slack.evaluate('document.querySelectorAll(".everybody").length')) === 0, 'text from outside calls everybody');
    gallery.noFaults(slack, 'Slack');
    gallery.noFaults(dashboard, 'the dashboard');
    await dashboard.goto('about:blank');
    await dashboard.goto(served.url);
    await dashboard.waitForText('live');
  } finally {
    await world.close();
  }
  await dashboard.waitForText('What you see may be old', 60_000);
  await gallery.shoot(dashboard, 'dashboard-cloud-gone');
  await served.stop();
  await dashboard.waitForText('The dashboard has stopped', STEP_MAX_MS);
  await gallery.shoot(dashboard, 'dashboard-stopped', ['light']);
  for (const page of [dashboard, slack, terminal]) await page.close();
}

const watching = ({ world }: Scene, ...words: string[]): Watching => startWatch([...words, '--local', '--as', 'alice'], { columns: 110, rows: 34, env: { SLIPWAY_LOCAL_ENDPOINT: world.local.url } });

const to = (page: Page, hash: string): Promise<unknown> => page.evaluate(`location.hash = ${JSON.stringify(hash)}`);

/** From asking for the page to the first pipeline that can be read. */
async function measureFirstPaint({ dashboard, gallery }: Scene, url: string, say: (line: string) => void): Promise<void> {
  await dashboard.goto(url);
  await dashboard.waitForText('Nothing rolled out');
  await gallery.shoot(dashboard, 'live-dashboard-new');
  await dashboard.goto('about:blank');
  await dashboard.goto(url);
  await dashboard.waitFor("document.querySelector('.pipeline') !== null", 'a pipeline');
  const { paintMs, contentMs } = (await dashboard.evaluate("({ paintMs: performance.getEntriesByName('first-contentful-paint')[0]?.startTime, contentMs: performance.now() })")) as { paintMs: number; contentMs: number };
  say(`first paint after ${Math.round(paintMs)} ms, pipelines after at most ${Math.round(contentMs)} ms`);
  gallery.check(contentMs < FIRST_PAINT_MAX_MS, `the pipelines took ${Math.round(contentMs)} ms`);
}

async function promoted(scene: Scene): Promise<void> {
  const { world, gallery, dashboard, slack, terminal } = scene;
  await world.push({ version: '1.1.0' });
  const tree = watching(scene, 'checkout');
  await dashboard.waitForText('Go on from 5 % to 25 %?', STEP_MAX_MS);
  await gallery.shoot(dashboard, 'live-dashboard-pipelines-waiting');
  await dashboard.press('1.1.0', '.coming');
  await dashboard.waitForText('can answer');
  await dashboard.waitForText('checkout-p99');
  await sleep(CURVES_MS);
  await gallery.shoot(dashboard, 'live-dashboard-release-waiting');
  await dashboard.point('svg.plot', 0.7);
  await dashboard.waitFor("document.querySelector('.chart .reading')?.innerText === '5 %'", 'the reading under the pointer');
  await gallery.take(dashboard, 'live-dashboard-reading-light', { full: false });
  await tree.shows('slipway approve');
  await tree.shoot(terminal, gallery, 'live-watch-waiting');
  await slack.waitForText('Approve', STEP_MAX_MS);
  await gallery.shoot(slack, 'live-slack-waiting');

  await dashboard.press('Reject');
  await dashboard.waitForText('Reason (needed)');
  await dashboard.press('Reject');
  await dashboard.waitForText('Say why');
  await gallery.shoot(dashboard, 'live-dashboard-dialog-reject');
  await dashboard.key('Escape');
  await dashboard.key('a');
  await dashboard.waitForText('Reason (for the record)');
  await dashboard.type('looks good in <b>staging</b>');
  await dashboard.press('Approve');
  await dashboard.waitForText('Approved by alice');
  await dashboard.waitForText('Baking at');
  await gallery.shoot(dashboard, 'live-dashboard-release-running');
  await tree.shoot(terminal, gallery, 'live-watch-running');
  await gallery.shoot(slack, 'live-slack-running');
  await dashboard.waitForText('succeeded', STEP_MAX_MS);
  await dashboard.waitForText('Took', STEP_MAX_MS);
  await sleep(CURVES_MS);
  await gallery.shoot(dashboard, 'live-dashboard-release-done');
  await slack.waitForText('1.1.0 SUCCEEDED', STEP_MAX_MS);
  await gallery.shoot(slack, 'live-slack-done');
  await tree.shows('succeeded');
  await tree.shoot(terminal, gallery, 'live-watch-done');
  await tree.leave();
}

async function rolledBack(scene: Scene): Promise<void> {
  const { world, gallery, dashboard, slack, terminal } = scene;
  await world.push({ version: '1.2.0', errorRate: 0.3 });
  await to(dashboard, '#/');
  await dashboard.waitForText('1.2.0');
  await dashboard.press('1.2.0', '.stage');
  const tree = watching(scene, 'checkout');
  await dashboard.waitFor("document.querySelector('.title .badge')?.innerText.includes('rolled back')", 'the rollback', STEP_MAX_MS);
  await dashboard.waitForText('crossed its threshold');
  await sleep(CURVES_MS);
  await gallery.shoot(dashboard, 'live-dashboard-release-rolled-back', ['light', 'dark', 'phone', 'phone-dark']);
  await tree.shows('rolled back');
  await tree.shoot(terminal, gallery, 'live-watch-rolled-back');
  await tree.leave();
  await slack.waitForText('1.2.0 WAS ROLLED BACK', STEP_MAX_MS);
  await gallery.shoot(slack, 'live-slack-rolled-back');
}

async function crashed(scene: Scene): Promise<void> {
  const { world, gallery, dashboard, slack, terminal } = scene;
  await world.push({ version: '1.3.0', crashAtStart: true });
  await dashboard.key('g');
  await dashboard.key('p');
  await dashboard.waitForText('1.3.0');
  await gallery.shoot(dashboard, 'live-dashboard-pipelines-running', ['light']);
  await dashboard.press('1.3.0');
  const tree = watching(scene, 'checkout');
  await dashboard.waitForText('Last log lines', STEP_MAX_MS);
  await gallery.shoot(dashboard, 'live-dashboard-release-crashed');
  await tree.shows('Last log lines');
  await tree.shoot(terminal, gallery, 'live-watch-crashed');
  await tree.leave();
  await slack.waitFor(`[...document.querySelectorAll('h3')].some(({ innerText }) => /1\\.3\\.0 (WAS ROLLED BACK|FAILED)/.test(innerText))`, 'the end of 1.3.0', STEP_MAX_MS);
  await gallery.shoot(slack, 'live-slack-crashed');
}

async function rejected({ world, gallery, slack }: Scene): Promise<void> {
  await world.push({ version: '1.4.0' });
  await slack.waitFor(`[...document.querySelectorAll('button')].some((one) => one.innerText.startsWith('Reject'))`, 'the Reject button', STEP_MAX_MS);
  await slack.press('Reject');
  await slack.waitFor(`document.querySelector('dialog[open]')`, 'the modal');
  await slack.press('Reject');
  await slack.waitForText('Those who pushed will want to know.');
  await slack.evaluate(`document.getElementById('modal-text').focus()`);
  await slack.type('prices <!channel> look wrong');
  await gallery.shoot(slack, 'live-slack-modal');
  await slack.press('Reject');
  await slack.waitForText('1.4.0 WAS REJECTED', STEP_MAX_MS);
  await slack.waitForText('prices <!channel> look wrong', STEP_MAX_MS);
  await gallery.shoot(slack, 'live-slack-rejected');
}

async function history({ gallery, dashboard }: Scene): Promise<void> {
  await dashboard.key('g');
  await dashboard.key('p');
  await dashboard.waitFor("document.querySelector('.failed') !== null", 'what failed');
  await gallery.shoot(dashboard, 'live-dashboard-pipelines-after');
  await dashboard.key('g');
  await dashboard.key('h');
  await dashboard.waitForText('4 releases');
  await gallery.shoot(dashboard, 'live-dashboard-history');
  await dashboard.key('/');
  await dashboard.type('alarm');
  await dashboard.waitForText('1 of 4');
  await gallery.shoot(dashboard, 'live-dashboard-history-filtered', ['light', 'phone']);
  await dashboard.key('Escape');
  await dashboard.evaluate('document.activeElement.blur()');
  await dashboard.key('?');
  await dashboard.waitForText('Keyboard');
  await gallery.shoot(dashboard, 'live-dashboard-keys', ['light', 'phone']);
  await dashboard.key('Escape');
  await to(dashboard, '#/releases/no-such-release');
  await dashboard.waitForText('Nothing here by that name');
  await gallery.shoot(dashboard, 'live-dashboard-unknown', ['light']);
  await dashboard.evaluate("sessionStorage.clear(); location.hash = '#/history'");
  await dashboard.waitForText('This page has no token');
  await gallery.shoot(dashboard, 'live-dashboard-no-token', ['light']);
  // The browser itself notes every answer that is a refusal.
  dashboard.faults.splice(0, dashboard.faults.length, ...dashboard.faults.filter((fault) => !/status of 40[134]/.test(fault)));
}
