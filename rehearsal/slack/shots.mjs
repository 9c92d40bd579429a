// Pictures of the Slack message in every state, and the whole loop in a real Chromium: a release is approved and another rejected by
// pressing the buttons of the look-alike's page.
//   node rehearsal/slack/shots.mjs [FOLDER]
// Not part of `npm test`: it needs a Chromium (`apt-get install chromium`, or name one in CHROMIUM).
import { mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { register } from 'tsx/esm/api';
import { launch } from '../../dashboard/testing/chromium.mjs';

process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true';
register();
const { startSlack } = await import('./server.ts');
const { startWorld } = await import('../world.ts');
const { startLoad } = await import('../load.ts');
const { newsMessage, releaseMessage } = await import('../../core/slack/index.ts');
const { STATES } = await import('../../core/slack/testing/states.ts');
const { NOW_MS } = await import('../../core/testing/samples.ts');

const folder = process.argv[2] ?? join(tmpdir(), `slipway-slack-shots-${process.pid}`);
const LOOKS = { light: {}, dark: { dark: true }, phone: { width: 360, height: 740, phone: true } };
const STEP_MAX_MS = 90_000;
const failures = [];
const check = (holds, otherwise) => {
  if (holds) return;
  failures.push(otherwise);
  console.log(`  ! ${otherwise}`);
};

async function shoot(page, name) {
  for (const [look, options] of Object.entries(LOOKS)) {
    await page.look(options);
    const over = await page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth');
    check(over <= 0, `${name} ${look}: ${over} px wider than the screen`);
    await page.shoot(join(folder, `${name}-${look}.png`));
  }
  await page.look();
  console.log(name);
}

/** Every state, one page each, and a thread that tells of a failure. */
async function gallery(browser) {
  const slack = await startSlack();
  const page = await browser.newPage();
  await page.goto(slack.url);
  await page.waitForText('Nothing has been said here yet.');
  await shoot(page, 'empty');
  for (const [name, shown] of Object.entries(STATES)) {
    slack.workspace.messages.length = 0;
    const { ts } = slack.workspace.method('chat.postMessage', { channel: '#deploys', ...releaseMessage(shown, NOW_MS) });
    const news = [
      { key: 'stage.1.started', atMs: NOW_MS, kind: 'stage', text: 'ECS deploys the new revision.' },
      { key: 'stage.1.failure', atMs: NOW_MS, kind: 'failure', text: 'The circuit breaker fired.\nTask 1f2e: Essential container in task exited - app: exit code 1\nLast log lines:\n  <!channel> `boom` & <b>bold</b>' },
    ];
    slack.workspace.method('chat.postMessage', { channel: '#deploys', thread_ts: ts, ...newsMessage(news, shown, NOW_MS) });
    await page.waitFor(`document.querySelector('article.message')?.dataset.ts === ${JSON.stringify(ts)}`, name);
    check((await page.evaluate('document.querySelectorAll(".everybody").length')) === 0, `${name}: it calls everybody`);
    await shoot(page, name.replaceAll(/[^a-z0-9]+/gi, '-'));
  }
  check(page.faults.length === 0, `faults in the page: ${page.faults.join('; ')}`);
  await page.close();
  await slack.close();
}

/** Everything real but Slack itself. */
async function story(browser) {
  let load;
  const world = await startWorld({ port: 0, say: (line) => console.log(line), slack: true, beforeClose: async () => load?.stop() });
  load = startLoad(world.urls.production, 50);
  try {
    const page = await browser.newPage();
    await page.goto(world.slack.url);
    await world.push({ version: '1.1.0' });
    await page.waitFor(`[...document.querySelectorAll('button')].some((one) => one.innerText === 'Approve')`, 'the Approve button', STEP_MAX_MS);
    await shoot(page, 'live-asks');
    await page.press('Approve');
    await page.waitForText('1.1.0 SUCCEEDED', STEP_MAX_MS);
    await page.waitForText('Approved by alice', STEP_MAX_MS);
    await shoot(page, 'live-approved');
    await world.push({ version: '1.2.0' });
    await page.waitFor(`[...document.querySelectorAll('button')].some((one) => one.innerText.startsWith('Reject'))`, 'the Reject button', STEP_MAX_MS);
    await page.press('Reject');
    await page.waitFor(`document.querySelector('dialog[open]')`, 'the modal');
    await page.press('Reject');
    await page.waitForText('Those who pushed will want to know.');
    await page.evaluate(`document.getElementById('modal-text').focus()`);
    await page.type('prices <!channel> look wrong');
    await shoot(page, 'live-modal');
    await page.press('Reject');
    await page.waitForText('1.2.0 WAS REJECTED', STEP_MAX_MS);
    await page.waitForText('prices <!channel> look wrong', STEP_MAX_MS);
    await shoot(page, 'live-rejected');
    check((await page.evaluate('document.querySelectorAll(".everybody").length')) === 0, 'text from outside calls everybody');
    check(page.faults.length === 0, `faults in the page: ${page.faults.join('; ')}`);
    const { denials, notModelled } = world.local.cloud.ledger.report();
    check(denials.length === 0, `denied: ${JSON.stringify(denials)}`);
    check(notModelled.length === 0, `not modelled: ${JSON.stringify(notModelled)}`);
  } finally {
    await world.close();
  }
}

await mkdir(folder, { recursive: true });
const browser = await launch();
try {
  await gallery(browser);
  await story(browser);
} finally {
  await browser.close();
}
console.log(failures.length === 0 ? `everything held; the pictures are in ${folder}` : `NOT everything held: ${failures.join('; ')}`);
process.exitCode = failures.length === 0 ? 0 : 1;
