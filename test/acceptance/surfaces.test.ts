// A release is approved once from each surface, by pressing what a person would press: the button under the message in Slack, the
// command, and the button on the dashboard. Two of them need a Chromium; where there is none they say so and are skipped.
import { findChromium, launch, NO_CHROMIUM, type Browser } from '../../rehearsal/browser/chromium.ts';
import type { Page } from '../../rehearsal/browser/page.ts';
import { recordsOf } from '../../rehearsal/fuzz/records.ts';
import { dashboardAs } from '../../rehearsal/local/dashboard.ts';
import { cliProcess } from '../../rehearsal/world.ts';
import type { Dashboard } from '../../dashboard/serve.ts';
import { ACCEPTANCE_LIMIT_MS, ended, release, releaseOf, startQuickWorld, waitsFor, type QuickWorld } from './quick-world.ts';

jest.setTimeout(ACCEPTANCE_LIMIT_MS);

const SPECIFICATION = `
people:
  alice: { aws: "*:assumed-role/slipway-people/alice", slack: U012AL1CE }
pipelines:
  checkout:
    image: { repository: shop/checkout, tags: { semver: ">=1.0.0" } }
    notify: { slack: "#deploys" }
    stages:
      - name: production
        service: { cluster: prod, name: checkout, container: app }
        strategy: { canary: { steps: [{ weight: 5, approval: { from: [alice], within: 1h } }] } }
`;

const hasChromium = findChromium() !== undefined;
if (!hasChromium) process.stderr.write(`${NO_CHROMIUM} The buttons of Slack and of the dashboard are not pressed here.\n`);
const inChromium = hasChromium ? test : test.skip;

describe('one release is approved', () => {
  let world: QuickWorld;
  let dashboard: Dashboard;
  let browser: Browser | undefined;

  beforeAll(async () => {
    world = await startQuickWorld({ specification: SPECIFICATION, slack: true });
    dashboard = await dashboardAs('alice', world);
    if (hasChromium) browser = await launch();
  });
  afterAll(async () => {
    await browser?.close();
    await dashboard.close();
    await world.close();
  });

  /** A release that asks. */
  const asking = async (version: string): Promise<string> => {
    await world.push({ version });
    const id = await releaseOf(world, version);
    await release(world, id, 'to ask', waitsFor('approval'));
    return id;
  };
  /** It went on because of one decision, made there. */
  const approvedBy = async (id: string, via: string): Promise<void> => {
    const end = await release(world, id, 'to end', ended);
    expect({ outcome: end.outcome, decisions: end.timeline.filter(({ kind }) => kind === 'decision').map(({ by, text }) => ({ by, text: text.slice(0, 17) })) }).toEqual({ outcome: 'succeeded', decisions: [{ by: 'alice', text: 'Approved by alice' }] });
    expect(end.approvedBy).toEqual(['alice']);
    expect(await viaOf(world, id)).toEqual([via]);
  };
  const pageAt = async (url: string): Promise<Page> => {
    const page = await browser!.newPage();
    await page.look();
    await page.goto(url);
    return page;
  };

  inChromium('by the button under the message in Slack', async () => {
    const id = await asking('1.1.0');
    const page = await pageAt(world.slack!.url);
    await page.press('Approve');
    await approvedBy(id, 'slack');
    await page.waitForText('1.1.0 SUCCEEDED');
    await page.waitForText('Approved by alice, from Slack');
    expect(page.faults).toEqual([]);
  });

  test('by the command', async () => {
    const id = await asking('1.2.0');
    expect(await cliProcess(world.local.url, 'alice', ['approve', id, '--reason', 'looks good'])).toMatchObject({ code: 0 });
    await approvedBy(id, 'cli');
  });

  inChromium('by the button on the dashboard', async () => {
    const id = await asking('1.3.0');
    const page = await pageAt(dashboard.url);
    await page.press('1.3.0');
    await page.press('Approve');
    await page.waitForText('Reason (for the record)');
    await page.type('looks good');
    await page.press('Approve');
    await approvedBy(id, 'dashboard');
    await page.waitForText('Approved by alice, from the dashboard: looks good');
    expect(page.faults).toEqual([]);
  });
});

async function viaOf(world: QuickWorld, id: string): Promise<unknown[]> {
  return [...(await recordsOf(world))].filter(([key]) => key.startsWith(`RELEASE#${id} DECISION#`)).map(([, text]) => (JSON.parse(text) as { record: { via: unknown } }).record.via);
}
