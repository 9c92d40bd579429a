// `npm run shots -- --out FOLDER`: pictures of the message in Slack, the tree of `slipway watch` and the dashboard, in every state,
// taken in a real Chromium while releases run in a local cloud and their buttons are pressed. `--only slack,watch,dashboard,live`
// for a part. Exits with 0 only if nothing was wider than its screen, no page had a fault, and everything came as it should.
import { mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { findChromium, launch, NO_CHROMIUM, type Browser } from '../browser/chromium.ts';
import { dashboardStates } from './dashboard.ts';
import { Gallery } from './gallery.ts';
import { live } from './live.ts';
import { slackStates } from './slack.ts';
import { watchStates } from './watch.ts';

const PARTS: Record<string, (browser: Browser, gallery: Gallery, say: (line: string) => void) => Promise<void>> = { slack: slackStates, watch: watchStates, dashboard: dashboardStates, live };

async function main(): Promise<number> {
  const say = (line: string) => void process.stderr.write(`${line}\n`);
  const { values } = parseArgs({ options: { out: { type: 'string', default: join(tmpdir(), 'slipway-shots') }, only: { type: 'string' } } });
  const wanted = values.only?.split(',') ?? Object.keys(PARTS);
  const strangers = wanted.filter((part) => PARTS[part] === undefined);
  if (strangers.length > 0) {
    say(`There is no part ${strangers.join(', ')}: give --only some of ${Object.keys(PARTS).join(',')}.`);
    return 2;
  }
  if (findChromium() === undefined) {
    say(NO_CHROMIUM);
    return 2;
  }
  await mkdir(values.out, { recursive: true });
  const gallery = new Gallery(values.out, say);
  const browser = await launch();
  try {
    for (const part of wanted) await PARTS[part]?.(browser, gallery, say);
  } finally {
    await browser.close();
  }
  process.stdout.write(`${gallery.taken} pictures in ${values.out}; ${gallery.wrong.length === 0 ? 'everything held' : `${gallery.wrong.length} things are wrong:\n${gallery.wrong.map((line) => `! ${line}`).join('\n')}`}\n`);
  return gallery.wrong.length === 0 ? 0 : 1;
}

process.exitCode = await main();
