// The dashboard in the states that no local cloud is in by itself: nothing there yet, hostile names, a refusal, expired credentials,
// a control API that takes its time.
import { spawn } from 'node:child_process';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { fakeControl } from '../../cli/testing.ts';
import type { Browser } from '../browser/chromium.ts';
import type { Page } from '../browser/page.ts';
import type { Gallery } from './gallery.ts';

const ROOT = join(import.meta.dirname, '..', '..');

export interface DashboardCommand {
  url: string;
  stop(): Promise<void>;
}

/** The real command in a process of its own. */
export async function dashboardCommand(endpoint: string, ...args: string[]): Promise<DashboardCommand> {
  const child = spawn(process.execPath, [join(ROOT, 'cli/slipway.mjs'), 'dashboard', '--local', ...args], { cwd: ROOT, env: { ...process.env, SLIPWAY_LOCAL_ENDPOINT: endpoint }, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const url = await new Promise<string>((resolve, reject) => {
    let text = '';
    child.stdout.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      if (text.includes('\n')) resolve(text.trim());
    });
    child.once('exit', () => reject(new Error(`slipway dashboard ended: ${said}`)));
  });
  return {
    url,
    stop: () =>
      new Promise((resolve) => {
        child.once('exit', () => resolve());
        child.kill('SIGTERM');
      }),
  };
}

export async function dashboardStates(browser: Browser, gallery: Gallery): Promise<void> {
  const page = await browser.newPage();
  await page.look();
  await whileItLooks(page, gallery);
  const HOSTILE = `<img src=x onerror="document.title='owned'"><script>document.title='owned'</script>\u202egnp.exe${'x'.repeat(255)}`.slice(0, 255);
  const LONG = 'a'.repeat(255);
  const image = { repository: `${LONG}/${HOSTILE}`, tag: HOSTILE, digest: `sha256:${'4e5f6a7b8c9d'.padEnd(64, '0')}` };
  const release = { id: 'hostile-1', pipeline: LONG, image, status: 'waiting', stage: HOSTILE, weightPercent: 25, waitingFor: 'approval', reason: HOSTILE, createdAt: new Date(Date.now() - 600_000).toISOString(), author: HOSTILE };
  const stage = { name: HOSTILE, cluster: LONG, service: LONG, status: 'waiting', weightPercent: 25, startedAt: release.createdAt, rungs: [5, 25, 50, 100].map((weightPercent) => ({ weightPercent, bakeMs: 600_000, approval: { from: [LONG, HOSTILE], need: 2, withinMs: 1000 } })), waitingFor: { kind: 'approval', from: [LONG, HOSTILE], need: 2, given: [HOSTILE], untilMs: Date.now() + 4_000_000 }, failure: { reason: HOSTILE, summary: HOSTILE, tasks: [{ id: LONG, stoppedReason: HOSTILE, exits: [{ container: LONG, exitCode: 137, reason: HOSTILE }] }], logLines: [HOSTILE, LONG] } };
  const shifts = [3, 6, 9, 12, 15, 18, 21, 24].map((weightPercent, index) => ({ at: new Date(Date.now() - 500_000 + index * 20_000).toISOString(), stage: HOSTILE, kind: 'weight', text: `From ${weightPercent - 3} % to ${weightPercent} %: the plan does not stop here.`, weightPercent }));
  const view = { ...release, stages: [stage, { name: LONG, cluster: LONG, service: LONG, status: 'pending', rungs: [] }], timeline: [{ at: release.createdAt, kind: HOSTILE, text: HOSTILE, by: LONG, stage: LONG }, ...shifts] };
  const nowMs = Date.now();
  const series = (of: string, value: number) => ({ label: HOSTILE, of, points: Array.from({ length: 10 }, (_, index) => [nowMs - 600_000 + index * 60_000, value + (index % 3)]) });
  const routes = {
    'GET /v1/pipelines': { body: { pipelines: [] } },
    'GET /v1/releases?limit=50': { body: { releases: [] } },
    'GET /v1/releases?limit=100': { body: { releases: [] } },
  };
  const empty = await fakeControl(routes);
  const none = await dashboardCommand('http://127.0.0.1:9', '--url', empty.url);
  await page.goto(none.url);
  await page.waitForText('There are no pipelines yet');
  await gallery.shoot(page, 'dashboard-empty');
  await page.evaluate("location.hash = '#/history'");
  await page.waitForText('Nothing has been released yet');
  await gallery.shoot(page, 'dashboard-empty-history', ['light']);
  await none.stop();
  await empty.close();
  page.faults.splice(0);

  const hostile = await fakeControl({
    'GET /v1/pipelines': { body: { pipelines: [{ name: LONG, repository: image.repository, stages: [{ name: HOSTILE, cluster: LONG, service: LONG }, { name: LONG, cluster: LONG, service: LONG }], latest: release }, { name: HOSTILE, repository: HOSTILE, stages: [{ name: LONG, cluster: 'c', service: 's' }] }] } },
    'GET /v1/releases?limit=50': { body: { releases: [release] } },
    'GET /v1/releases?limit=100': { body: { releases: [release] } },
    'GET /v1/releases/hostile-1': { body: view },
    [`GET /v1/releases/hostile-1/metrics?${new URLSearchParams({ stage: HOSTILE }).toString()}`]: { body: { stage: HOSTILE, fromMs: 0, toMs: nowMs, alarms: [{ name: HOSTILE, state: 'ALARM', threshold: 5, comparison: '>', series: [series('new', 4), series('old', 1)] }, { name: LONG, state: 'OK', series: [] }] } },
    'POST /v1/releases/hostile-1/decisions': { status: 403, body: { error: { code: 'NotAllowed', message: `${HOSTILE} may not decide on production: it asks alice.`, hint: 'People are bound to AWS identities under `people` in slipway.yml.' } } },
    'GET /v1/releases/expired': { status: 403, text: '{"Message":"The security token included in the request is expired"}' },
  });
  const shown = await dashboardCommand('http://127.0.0.1:9', '--url', hostile.url);
  await page.goto(shown.url);
  await page.waitForText('onerror');
  await gallery.shoot(page, 'dashboard-hostile-pipelines', ['light', 'phone']);
  await page.evaluate("location.hash = '#/releases/hostile-1'");
  await page.waitForText('fires > 5');
  await page.waitForText('8 shifts');
  await gallery.shoot(page, 'dashboard-hostile-release', ['light', 'dark', 'phone']);
  await page.key('a');
  await page.waitForText('Reason (for the record)');
  await page.press('Approve');
  await page.waitForText('may not decide');
  await gallery.shoot(page, 'dashboard-dialog-refused', ['light', 'phone']);
  await page.key('Escape');
  await page.evaluate("location.hash = '#/history'");
  await page.waitForText('1 release');
  await gallery.shoot(page, 'dashboard-hostile-history', ['light', 'phone']);
  gallery.check((await page.evaluate("document.title + document.querySelectorAll('main img, main script').length")) === 'History – Slipway0', 'markup from outside became markup');
  await page.evaluate("location.hash = '#/releases/expired'");
  await page.waitForText('Your credentials have expired');
  await gallery.shoot(page, 'dashboard-expired', ['light', 'dark', 'phone']);
  page.faults.splice(0, page.faults.length, ...page.faults.filter((fault) => !/status of 40[34]/.test(fault)));
  await shown.stop();
  await hostile.close();
  gallery.noFaults(page, 'the dashboard');
  await page.close();
}

/** A control API that takes its time. */
async function whileItLooks(page: Page, gallery: Gallery): Promise<void> {
  const silent = createServer(() => undefined);
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  const { port } = silent.address() as AddressInfo;
  const shown = await dashboardCommand('http://127.0.0.1:9', '--url', `http://127.0.0.1:${port}`);
  await page.goto(shown.url);
  await page.waitForText('Looking');
  await gallery.shoot(page, 'dashboard-loading');
  await page.goto('about:blank');
  await shown.stop();
  silent.closeAllConnections();
  await new Promise((resolve) => silent.close(resolve));
}
