// Pictures of the dashboard in every state, taken in a real Chromium against a whole local cloud, whose buttons are really pressed:
//   node dashboard/shots.mjs [FOLDER]
// Not part of `npm test`: it needs a Chromium (`apt-get install chromium`, or name one in CHROMIUM).
import { spawn } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { register } from 'tsx/esm/api';
import { launch } from './testing/chromium.mjs';

process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true';
register();
const { startWorld } = await import('../rehearsal/world.ts');
const { startLoad } = await import('../rehearsal/load.ts');
const { fakeControl } = await import('../cli/testing.ts');

const ROOT = join(import.meta.dirname, '..');
const folder = process.argv[2] ?? join(tmpdir(), `slipway-shots-${process.pid}`);
const only = process.argv[3];
const FIRST_PAINT_MAX_MS = 1_000;
const PHONE = { width: 360, height: 740, phone: true };
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const failures = [];
const check = (holds, otherwise) => {
  if (holds) return;
  failures.push(otherwise);
  console.log(`  ! ${otherwise}`);
};

/** The real command in a process of its own. */
async function dashboard(endpoint, ...args) {
  const child = spawn(process.execPath, [join(ROOT, 'cli/slipway.mjs'), 'dashboard', '--local', ...args], { cwd: ROOT, env: { ...process.env, SLIPWAY_LOCAL_ENDPOINT: endpoint }, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  child.stderr.on('data', (chunk) => (said += chunk));
  const url = await new Promise((resolve, reject) => {
    let text = '';
    child.stdout.on('data', (chunk) => {
      text += chunk;
      if (text.includes('\n')) resolve(text.trim());
    });
    child.once('exit', () => reject(new Error(`slipway dashboard ended: ${said}`)));
  });
  return { url, stop: () => new Promise((resolve) => { child.once('exit', resolve); child.kill('SIGTERM'); }) };
}

let page;
/** Wide and light, dark, and on a phone; nothing may be wider than the screen. */
async function shoot(name, looks = ['light', 'dark', 'phone']) {
  for (const look of looks) {
    await page.look({ ...(look.startsWith('phone') ? PHONE : {}), dark: look.includes('dark') });
    const over = await page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth');
    check(over <= 0, `${name} ${look}: ${over} px wider than the screen`);
    await page.shoot(join(folder, `${name}-${look}.png`));
  }
  await page.look();
  console.log(name);
}

await mkdir(folder, { recursive: true });
const browser = await launch();
try {
  page = await browser.newPage();
  await page.look();
  if (only !== 'fake') await realStates();
  await fakeStates();
  check(page.faults.length === 0, `the page had faults: ${page.faults.join('\n')}`);
} finally {
  await browser.close();
}
console.log(`${failures.length === 0 ? 'All is well' : `${failures.length} things are wrong`}; the pictures are in ${folder}`);
process.exitCode = failures.length === 0 ? 0 : 1;

async function realStates() {
  const world = await startWorld({ port: 0, say: (line) => console.log(`  ${line}`) });
  const load = startLoad(world.urls.production, 60);
  const alice = await dashboard(world.local.url, '--as', 'alice');
  try {
    await page.goto(alice.url);
    await page.waitForText('Pipelines');
    await page.waitForText('Nothing rolled out');
    await shoot('pipelines-new');
    await measureFirstPaint(alice.url);

    await world.push({ version: '1.1.0' });
    await page.waitForText('Go on from 5 % to 25 %?');
    await sleep(4_000);
    await shoot('pipelines-waiting');
    await page.press('1.1.0', '.coming');
    await page.waitForText('can answer');
    await page.waitForText('checkout-p99');
    await sleep(2_500);
    await shoot('release-waiting');
    await page.point('svg.plot', 0.7);
    await sleep(100);
    await page.waitFor("document.querySelector('.chart .reading')?.innerText === '5 %'", 'the reading under the pointer');
    await page.shoot(join(folder, 'release-reading-light.png'), { full: false });

    await page.press('Reject');
    await page.waitForText('Reason (needed)');
    await page.press('Reject');
    await page.waitForText('Say why');
    await shoot('dialog-reject', ['light', 'dark', 'phone']);
    await page.key('Escape');
    await page.key('a');
    await page.waitForText('Reason (for the record)');
    await page.type('looks good in <b>staging</b>');
    await page.press('Approve');
    await page.waitForText('Approved by alice');
    await page.waitForText('Baking at');
    await shoot('release-running');
    await page.waitForText('succeeded', 60_000);
    await page.waitForText('Took');
    await sleep(3_000);
    await shoot('release-done');

    await world.push({ version: '1.2.0', errorRate: 0.3 });
    await page.evaluate("location.hash = '#/'");
    await page.waitForText('1.2.0');
    await page.press('1.2.0', '.stage');
    await page.waitFor("document.querySelector('.title .badge')?.innerText.includes('rolled back')", 'the rollback', 60_000);
    await page.waitForText('crossed its threshold');
    await sleep(2_500);
    await shoot('release-rolled-back', ['light', 'dark', 'phone', 'phone-dark']);

    await world.push({ version: '1.3.0', crashAtStart: true });
    await page.key('g');
    await page.key('p');
    await page.waitForText('1.3.0');
    await shoot('pipelines-running', ['light']);
    await page.press('1.3.0');
    await page.waitForText('Last log lines', 90_000);
    await shoot('release-crashed');
    await page.key('g');
    await page.key('p');
    await page.waitForText('Pipelines');
    await page.waitFor("document.querySelector('.failed') !== null", 'what failed');
    await shoot('pipelines-after');

    await page.key('g');
    await page.key('h');
    await page.waitForText('3 releases');
    await shoot('history');
    await page.key('/');
    await page.type('alarm');
    await page.waitForText('1 of 3');
    await shoot('history-filtered', ['light', 'phone']);
    await page.key('Escape');
    await page.evaluate('document.activeElement.blur()');
    await page.key('?');
    await page.waitForText('Keyboard');
    await shoot('keys', ['light', 'phone']);
    await page.key('Escape');

    await page.evaluate("location.hash = '#/releases/no-such-release'");
    await page.waitForText('Nothing here by that name');
    await shoot('release-unknown', ['light']);

    const bob = await browser.newPage();
    const { port } = new URL(alice.url);
    await bob.goto(`http://127.0.0.1:${port}/`);
    await page.evaluate("sessionStorage.clear(); location.hash = '#/history'");
    await page.waitForText('This page has no token');
    await shoot('no-token', ['light']);
    await bob.close();
    const denied = world.local.cloud.ledger.report();
    check(denied.denials.length === 0, `denied: ${JSON.stringify(denied.denials)}`);
    check(denied.notModelled.length === 0, `not modelled: ${JSON.stringify(denied.notModelled)}`);
    for (const action of ['ecs:DescribeServiceRevisions', 'cloudwatch:DescribeAlarms', 'cloudwatch:GetMetricData']) {
      check(denied.grants.some((row) => /observe/i.test(row.roleArn) && row.action === action && row.used > 0), `the grant ${action} of observe was never used`);
    }
    await page.goto('about:blank');
    await page.goto(alice.url);
    await page.waitForText('Pipelines');
    await page.waitForText('live');
  } finally {
    await load.stop();
    await world.close();
  }
  await page.waitForText('What you see may be old', 60_000);
  await shoot('cloud-gone', ['light', 'dark', 'phone']);
  page.faults.splice(0);
  await alice.stop();
  await page.waitForText('The dashboard has stopped', 90_000);
  await shoot('dashboard-stopped', ['light']);
  page.faults.splice(0);
}

/** From asking for the page to the first pipeline that can be read. */
async function measureFirstPaint(url) {
  await page.goto('about:blank');
  await page.evaluate('sessionStorage.clear()').catch(() => undefined);
  await page.goto(url);
  await page.waitFor("document.querySelector('.pipeline') !== null", 'a pipeline');
  const { paintMs, contentMs } = await page.evaluate("({ paintMs: performance.getEntriesByName('first-contentful-paint')[0]?.startTime, contentMs: performance.now() })");
  console.log(`first paint after ${Math.round(paintMs)} ms, pipelines after at most ${Math.round(contentMs)} ms`);
  check(contentMs < FIRST_PAINT_MAX_MS, `the pipelines took ${Math.round(contentMs)} ms`);
}

async function fakeStates() {
  const HOSTILE = `<img src=x onerror="document.title='owned'"><script>document.title='owned'</script>\u202egnp.exe${'x'.repeat(255)}`.slice(0, 255);
  const LONG = 'a'.repeat(255);
  const image = { repository: `${LONG}/${HOSTILE}`, tag: HOSTILE, digest: `sha256:${'4e5f6a7b8c9d'.padEnd(64, '0')}` };
  const release = { id: 'hostile-1', pipeline: LONG, image, status: 'waiting', stage: HOSTILE, weightPercent: 25, waitingFor: 'approval', reason: HOSTILE, createdAt: new Date(Date.now() - 600_000).toISOString(), author: HOSTILE };
  const stage = { name: HOSTILE, cluster: LONG, service: LONG, status: 'waiting', weightPercent: 25, startedAt: release.createdAt, rungs: [5, 25, 50, 100].map((weightPercent) => ({ weightPercent, bakeMs: 600_000, approval: { from: [LONG, HOSTILE], need: 2, withinMs: 1000 } })), waitingFor: { kind: 'approval', from: [LONG, HOSTILE], need: 2, given: [HOSTILE], untilMs: Date.now() + 4_000_000 }, failure: { reason: HOSTILE, summary: HOSTILE, tasks: [{ id: LONG, stoppedReason: HOSTILE, exits: [{ container: LONG, exitCode: 137, reason: HOSTILE }] }], logLines: [HOSTILE, LONG] } };
  const shifts = [3, 6, 9, 12, 15, 18, 21, 24].map((weightPercent, index) => ({ at: new Date(Date.now() - 500_000 + index * 20_000).toISOString(), stage: HOSTILE, kind: 'weight', text: `From ${weightPercent - 3} % to ${weightPercent} %: the plan does not stop here.`, weightPercent }));
  const view = { ...release, stages: [stage, { name: LONG, cluster: LONG, service: LONG, status: 'pending', rungs: [] }], timeline: [{ at: release.createdAt, kind: HOSTILE, text: HOSTILE, by: LONG, stage: LONG }, ...shifts] };
  const nowMs = Date.now();
  const series = (of, value) => ({ label: HOSTILE, of, points: Array.from({ length: 10 }, (_, index) => [nowMs - 600_000 + index * 60_000, value + (index % 3)]) });
  const routes = {
    'GET /v1/pipelines': { body: { pipelines: [] } },
    'GET /v1/releases?limit=50': { body: { releases: [] } },
    'GET /v1/releases?limit=100': { body: { releases: [] } },
  };
  const empty = await fakeControl(routes);
  const none = await dashboard('http://127.0.0.1:9', '--url', empty.url);
  await page.goto(none.url);
  await page.waitForText('There are no pipelines yet');
  await shoot('empty');
  await page.evaluate("location.hash = '#/history'");
  await page.waitForText('Nothing has been released yet');
  await shoot('empty-history', ['light']);
  await none.stop();
  await empty.close();
  page.faults.splice(0);

  const hostile = await fakeControl({
    'GET /v1/pipelines': { body: { pipelines: [{ name: LONG, repository: image.repository, stages: [{ name: HOSTILE, cluster: LONG, service: LONG }, { name: LONG, cluster: LONG, service: LONG }], latest: release }, { name: HOSTILE, repository: HOSTILE, stages: [{ name: LONG, cluster: 'c', service: 's' }] }] } },
    'GET /v1/releases?limit=50': { body: { releases: [release] } },
    'GET /v1/releases?limit=100': { body: { releases: [release] } },
    'GET /v1/releases/hostile-1': { body: view },
    [`GET /v1/releases/hostile-1/metrics?${new URLSearchParams({ stage: HOSTILE })}`]: { body: { stage: HOSTILE, fromMs: 0, toMs: nowMs, alarms: [{ name: HOSTILE, state: 'ALARM', threshold: 5, comparison: '>', series: [series('new', 4), series('old', 1)] }, { name: LONG, state: 'OK', series: [] }] } },
    'POST /v1/releases/hostile-1/decisions': { status: 403, body: { error: { code: 'NotAllowed', message: `${HOSTILE} may not decide on production: it asks alice.`, hint: 'People are bound to AWS identities under `people` in slipway.yml.' } } },
    'GET /v1/releases/expired': { status: 403, text: '{"Message":"The security token included in the request is expired"}' },
  });
  const shown = await dashboard('http://127.0.0.1:9', '--url', hostile.url);
  await page.goto(shown.url);
  await page.waitForText('onerror');
  await shoot('hostile-pipelines', ['light', 'phone']);
  await page.evaluate("location.hash = '#/releases/hostile-1'");
  await page.waitForText('fires > 5');
  await page.waitForText('8 shifts');
  await shoot('hostile-release', ['light', 'dark', 'phone']);
  await page.key('a');
  await page.waitForText('Reason (for the record)');
  await page.press('Approve');
  await page.waitForText('may not decide');
  await shoot('dialog-refused', ['light', 'phone']);
  await page.key('Escape');
  await page.evaluate("location.hash = '#/history'");
  await page.waitForText('1 release');
  await shoot('hostile-history', ['light', 'phone']);
  check((await page.evaluate("document.title + document.querySelectorAll('main img, main script').length")) === 'History – Slipway0', 'markup from outside became markup');
  await page.evaluate("location.hash = '#/releases/expired'");
  await page.waitForText('Your credentials have expired');
  await shoot('expired', ['light', 'dark', 'phone']);
  page.faults.splice(0, page.faults.length, ...page.faults.filter((fault) => !/status of 40[34]/.test(fault)));
  await shown.stop();
  await hostile.close();
}
