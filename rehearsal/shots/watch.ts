// What `slipway watch` draws, as a picture: the command itself on a terminal that is a grid of characters, and that grid as a page.
import { setTimeout as sleep } from 'node:timers/promises';
import { fakeControl, runCli, type Reply } from '../../cli/testing.ts';
import { done, NOW_MS, rolledBack, running, waiting } from '../../cli/testing-releases.ts';
import { FakeTerminal } from '../../cli/testing-terminal.ts';
import type { ReleaseView } from '../../core/view/index.ts';
import type { Browser } from '../browser/chromium.ts';
import type { Page } from '../browser/page.ts';
import type { Gallery } from './gallery.ts';

const LIMIT_MS = 60_000;
const LOOK_EVERY_MS = 20;

/** Narrow, as it comes, and on a large screen. */
const SIZES = [{ columns: 60, rows: 34 }, { columns: 100, rows: 32 }, { columns: 200, rows: 32 }] as const;

export interface Watching {
  shows(text: string, limitMs?: number): Promise<void>;
  shoot(page: Page, gallery: Gallery, name: string): Promise<void>;
  leave(): Promise<void>;
}

interface WatchOptions {
  columns: number;
  rows: number;
  env: Record<string, string>;
  nowMs?: () => number;
}

/** `words` are what stands after `slipway watch`. */
export function startWatch(words: string[], { columns, rows, env, nowMs = Date.now }: WatchOptions): Watching {
  const terminal = new FakeTerminal(columns, rows);
  /** What stays on the person's own screen when a release has ended. */
  let last = '';
  const ended = runCli(['watch', ...words], {
    isTerminal: true,
    terminal,
    env: { LANG: 'en_US.UTF-8', ...env },
    stdout: (text) => {
      terminal.write(text);
      if (!terminal.modes.otherScreen) last += text.replace(/\u001b\[\?\d+[hl]/g, '');
    },
    nowMs,
    sleep: (durationMs, signal) => sleep(durationMs, undefined, signal === undefined ? {} : { signal }).catch(() => undefined),
  });
  return {
    shows: async (text, limitMs = LIMIT_MS) => {
      const untilMs = Date.now() + limitMs;
      while (!terminal.screen().includes(text) && !last.includes(text)) {
        if (Date.now() > untilMs) throw new Error(`slipway watch never showed ${text}; it shows:\n${terminal.screen()}`);
        await sleep(LOOK_EVERY_MS);
      }
    },
    shoot: async (page, gallery, name) => {
      for (const look of ['light', 'dark'] as const) {
        await page.look({ dark: look === 'dark', width: Math.ceil(columns * 8.43 + 48), height: rows * 19 + 40 });
        await page.show(pageOf((last.trim() === '' ? terminal : showing(last, columns)).screen({ colours: true })));
        await gallery.take(page, `${name}-${look}`);
      }
    },
    leave: async () => {
      terminal.press('q');
      await ended;
    },
  };
}

function showing(text: string, columns: number): FakeTerminal {
  const lines = text.split('\n');
  const terminal = new FakeTerminal(columns, lines.length);
  terminal.write(`\u001b[?1049h${lines.map((line, index) => `\u001b[${index + 1};1H${line}`).join('')}`);
  return terminal;
}

export async function watchStates(browser: Browser, gallery: Gallery, say: (line: string) => void): Promise<void> {
  const page = await browser.newPage();
  const states: [name: string, view: ReleaseView | undefined, shows: string][] = [
    ['empty', undefined, 'Nothing has been released'],
    ['running', running, 'bakes'],
    ['waiting', waiting, 'slipway approve'],
    ['rolled-back', rolledBack, 'checkout-5xx'],
    ['done', done, 'succeeded'],
  ];
  for (const [name, view, shows] of states) {
    for (const size of SIZES) {
      const control = await fakeControl(routesOf(view));
      const watching = startWatch(['checkout', '--local', '--url', control.url], { ...size, env: {}, nowMs: () => NOW_MS });
      await watching.shows(shows);
      await watching.shoot(page, gallery, `watch-${name}-${size.columns}`);
      await watching.leave();
      await control.close();
    }
    say(`watch-${name}`);
  }
  await page.close();
}

const routesOf = (view: ReleaseView | undefined): Record<string, Reply | Reply[]> => ({
  'GET /v1/pipelines': { body: { pipelines: [{ name: 'checkout', repository: 'shop/checkout', stages: [] }] } },
  'GET /v1/releases?limit=1&pipeline=checkout': { body: { releases: view === undefined ? [] : [view] } },
  'GET /v1/releases?pipeline=checkout&limit=1': { body: { releases: view === undefined ? [] : [view] } },
  ...(view === undefined ? {} : { [`GET /v1/releases/${view.id}`]: { body: view } }),
});

/** The palettes are those of common terminals: what one of them cannot show is not shown here either. */
const STYLE = `
:root { --paper: #ffffff; --ink: #24292f; --red: #cf222e; --green: #116329; --yellow: #7d4e00; --cyan: #1b7c83; --faint: #6e7781; }
@media (prefers-color-scheme: dark) { :root { --paper: #0d1117; --ink: #e6edf3; --red: #ff7b72; --green: #3fb950; --yellow: #d29922; --cyan: #39c5cf; --faint: #8b949e; } }
html, body { margin: 0; background: var(--paper); color: var(--ink); }
pre { margin: 0; padding: 16px 24px; font: 14px/19px "DejaVu Sans Mono", ui-monospace, Menlo, Consolas, monospace; }
.red { color: var(--red); } .green { color: var(--green); } .yellow { color: var(--yellow); } .cyan { color: var(--cyan); } .dim { color: var(--faint); } .bold { font-weight: bold; }
`;

const escapeHtml = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

/** The screen comes as `{green}✓{}`. */
function pageOf(screen: string): string {
  const parts = screen.split(/\{([a-z ]*)\}/);
  const html = parts.map((part, index) => (index % 2 === 1 ? `</span><span class="${part}">` : escapeHtml(part))).join('');
  return `<!doctype html><meta charset="utf-8"><style>${STYLE}</style><pre><span>${html}</span></pre>`;
}
