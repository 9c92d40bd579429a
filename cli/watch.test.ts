// `slipway watch` as a person sees it: in process, against a control API, on a terminal that is a grid of characters. The
// screens are in cli/golden; UPDATE_GOLDEN=1 writes them anew, for a person to look at.

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { ReleaseView } from '../core/view/index.ts';
import { EXIT } from './exit.ts';
import { type FakeControl, fakeControl, type Ran, type Reply, runCli } from './testing.ts';
import { done, NOW_MS, rolledBack, running, waiting } from './testing-releases.ts';
import { FakeTerminal } from './testing-terminal.ts';

const GOLDEN = join('cli', 'golden');

let control: FakeControl | undefined;
afterEach(async () => control?.close());

interface Watching {
  terminal: FakeTerminal;
  ended: Promise<Ran>;
  /** Resolves when the screen shows the text. */
  shows: (text: string) => Promise<void>;
  /** Moves the clock, and wakes who sleeps. */
  pass: (durationMs: number) => Promise<void>;
}

const routesOf = (view: ReleaseView | undefined, ...later: ReleaseView[]): Record<string, Reply | Reply[]> => ({
  'GET /v1/pipelines': { body: { pipelines: [{ name: 'checkout', repository: 'shop/checkout', stages: [] }] } },
  'GET /v1/releases?limit=1&pipeline=checkout': { body: { releases: view === undefined ? [] : [view] } },
  'GET /v1/releases?pipeline=checkout&limit=1': { body: { releases: view === undefined ? [] : [view] } },
  ...(view === undefined ? {} : { [`GET /v1/releases/${view.id}`]: [view, ...later].map((body) => ({ body })) }),
});

/** A clock that stands until it is told to go on, so that what is seen does not hang on how fast this machine is. */
async function watch(routes: Record<string, Reply | Reply[]>, words: string[], { columns = 80, rows = 30, env = {} }: { columns?: number; rows?: number; env?: Record<string, string> } = {}): Promise<Watching> {
  control = await fakeControl(routes);
  const terminal = new FakeTerminal(columns, rows);
  let nowMs = NOW_MS;
  const sleeping = new Set<() => void>();
  const ended = runCli(['watch', ...words, '--local', '--url', control.url], {
    isTerminal: true,
    terminal,
    env: { LANG: 'en_US.UTF-8', NO_COLOR: '1', ...env },
    stdout: (text) => terminal.write(text),
    nowMs: () => nowMs,
    sleep: (_durationMs, signal) =>
      new Promise((resolve) => {
        const wake = (): void => {
          sleeping.delete(wake);
          resolve();
        };
        sleeping.add(wake);
        signal?.addEventListener('abort', wake);
      }),
  });
  const shows = async (text: string): Promise<void> => {
    for (let left = 800; !terminal.screen().includes(text); left -= 1) {
      if (left === 0) throw new Error(`the screen never showed ${JSON.stringify(text)}:\n${terminal.screen()}`);
      await wait(5);
    }
  };
  const pass = async (durationMs: number): Promise<void> => {
    nowMs += durationMs;
    for (const wake of [...sleeping]) wake();
    await wait(5);
  };
  return { terminal, ended, shows, pass };
}

function expectGolden(name: string, screen: string): void {
  const file = join(GOLDEN, `${name}.txt`);
  if (process.env['UPDATE_GOLDEN'] === '1') {
    mkdirSync(GOLDEN, { recursive: true });
    writeFileSync(file, screen);
  }
  expect(screen).toBe(readFileSync(file, 'utf8'));
}

const STATES = { running, waiting, 'rolled-back': rolledBack, done, empty: undefined };

describe.each(Object.entries(STATES))('a release that is %s', (state, view) => {
  const open = async (options: { columns: number; rows: number; env?: Record<string, string> }): Promise<Watching> => {
    const watching = await watch(routesOf(view), ['checkout', '--stay'], options);
    await watching.shows(view === undefined ? 'Nothing has been' : 'checkout-1.4.0-4e5f6a7b');
    return watching;
  };

  test.each([40, 80, 200])('is drawn within %d columns', async (columns) => {
    const { terminal, ended } = await open({ columns, rows: 36 });
    const screen = terminal.screen();
    terminal.press('q');
    await ended;
    expectGolden(`watch-${state}-${columns}`, screen);
  });

  test('is drawn in colour', async () => {
    const { terminal, ended } = await open({ columns: 80, rows: 36, env: { NO_COLOR: '' } });
    const screen = terminal.screen({ colours: true });
    terminal.press('q');
    await ended;
    expectGolden(`watch-${state}-80-colour`, screen);
  });

  test('is drawn without colours when NO_COLOR is set', async () => {
    const { terminal, ended } = await open({ columns: 80, rows: 36 });
    expect(terminal.writes.join('')).not.toMatch(/\u001b\[[1-9]\d*m/);
    terminal.press('q');
    await ended;
  });

  test('is drawn with plain signs where the locale has no others', async () => {
    const { terminal, ended } = await open({ columns: 80, rows: 36, env: { LANG: 'C' } });
    expect(terminal.screen()).toMatch(/^[\x20-\x7e\n]*$/);
    terminal.press('q');
    await ended;
  });

  test.each([1, 2, 5, 20])('is drawn on %d rows and 20 columns without leaving them', async (rows) => {
    const { terminal, ended, shows } = await watch(routesOf(view), ['checkout', '--stay'], { columns: 20, rows });
    await shows(view === undefined ? 'Nothing has' : 'checkout');
    expect(terminal.screen().split('\n').length).toBeLessThanOrEqual(rows + 1);
    terminal.press('q');
    await ended;
  });
});

describe('names from elsewhere', () => {
  const hostile: Record<string, string> = {
    long: 'x'.repeat(255),
    'with words': 'very long name '.repeat(17).trim(),
    'with escape sequences': '\u001b[2J\u001b]0;owned\u0007\u009b31mname\r\n',
    wide: '漢字かな交じり文'.repeat(30),
    emoji: '🚀👩‍👩‍👧🇨🇭é'.repeat(40),
    'right to left': '\u202egnp.exe\u2066 שלום'.repeat(10),
  };
  test.each(Object.entries(hostile))('that are %s stay within the screen', async (_kind, name) => {
    const stages = waiting.stages.map((stage, index) => ({ ...stage, name: `${index}${name}`, cluster: name, service: name, ...(stage.waitingFor && { waitingFor: { ...stage.waitingFor, from: [name, 'alice'] } }), failure: { reason: name, hint: name } }));
    const view: ReleaseView = { ...waiting, pipeline: name, image: { ...waiting.image, tag: name, repository: name }, author: name, reason: name, stages, timeline: waiting.timeline.map((entry) => ({ ...entry, text: name, by: name })) };
    for (const columns of [20, 40, 80, 200]) {
      // The terminal of these tests throws at a control character, an unknown sequence, and a line that is too wide.
      const { terminal, shows, ended } = await watch(routesOf(view), [view.id], { columns, rows: 24 });
      await shows('checkout');
      terminal.press('q');
      expect((await ended).exit).toBe(EXIT.interrupted);
      await control?.close();
    }
  });
});

describe('the terminal', () => {
  test.each([['q', ['q']], ['Ctrl-C', ['\u0003']], ['a signal', []]])('is as it was after %s, and the exit code says that the release goes on', async (_how, keys) => {
    const { terminal, shows, ended } = await watch(routesOf(running), [running.id]);
    await shows('bakes');
    expect(terminal.modes).toEqual({ cursor: false, wrap: false, otherScreen: true, raw: true });
    if (keys.length > 0) terminal.press(...keys);
    else terminal.stop();
    expect(await ended).toMatchObject({ exit: 130, stderr: `release ${running.id} goes on: slipway watch ${running.id}\n` });
    expect(terminal.modes).toEqual({ cursor: true, wrap: true, otherScreen: false, raw: false });
    expect(terminal.scrollback).toContain('bakes, 4 min 10 s left');
  });

  test('is as it was after an error, and the error is told below', async () => {
    const gone = { status: 403, body: { error: { code: 'NotAllowed', message: 'your session has ended' } } };
    const { terminal, shows, pass, ended } = await watch({ ...routesOf(running), [`GET /v1/releases/${running.id}`]: [{ body: running }, { body: running }, gone] }, [running.id]);
    await shows('bakes');
    await pass(2_000);
    expect(await ended).toMatchObject({ exit: EXIT.notAllowed, stderr: 'slipway: your session has ended\n  = Say who you are: --as alice, for example.\n' });
    expect(terminal.modes).toEqual({ cursor: true, wrap: true, otherScreen: false, raw: false });
  });

  test.each([[done, 0], [rolledBack, EXIT.rolledBack]])('is left when the release has ended, with how it ended', async (view, exit) => {
    const { terminal, shows, pass, ended } = await watch(routesOf(running, running, view), [running.id]);
    await shows('bakes');
    await pass(2_000);
    expect((await ended).exit).toBe(exit);
    expect(terminal.modes.otherScreen).toBe(false);
    expect(terminal.scrollback).toContain(view.outcome === 'succeeded' ? 'succeeded' : 'TypeError: price is undefined');
  });

  test('is given back for Ctrl-Z and drawn anew after it', async () => {
    const { terminal, shows, ended } = await watch(routesOf(running), [running.id]);
    await shows('bakes');
    terminal.press('\u001a');
    await wait(20);
    await shows('bakes');
    expect(terminal.suspensions).toBe(1);
    expect(terminal.writes.filter((text) => text.includes('\u001b[?1049l'))).toHaveLength(1);
    terminal.press('q');
    await ended;
  });
});

describe('redrawing', () => {
  test('writes only the lines that changed, in one write', async () => {
    const { terminal, shows, pass, ended } = await watch(routesOf(running), [running.id]);
    await shows('4 min 10 s left');
    const before = terminal.writes.length;
    await pass(1_000);
    await shows('4 min 9 s left');
    const written = terminal.writes.slice(before);
    expect(written).toHaveLength(1);
    // The age in the header, the countdown, the clock in the footer.
    expect(written[0]!.match(/\u001b\[\d+;1H/g)).toHaveLength(3);
    expect(written[0]).not.toContain('\u001b[2J');
    terminal.press('q');
    await ended;
  });

  test('writes nothing when nothing changed', async () => {
    const { terminal, shows, pass, ended } = await watch(routesOf(done), ['checkout', '--stay']);
    await shows('succeeded');
    const before = terminal.writes.length;
    await pass(0);
    await pass(0);
    expect(terminal.writes.length).toBe(before);
    terminal.press('q');
    await ended;
  });

  test('follows the size of the terminal', async () => {
    const { terminal, shows, ended } = await watch(routesOf(waiting), [waiting.id], { columns: 120 });
    await shows('prod/checkout');
    terminal.resize(40, 12);
    await shows('j k');
    const narrow = terminal.screen();
    terminal.resize(120, 40);
    await shows('looks calm');
    expect(narrow.split('\n').filter((line) => line.length > 40)).toEqual([]);
    // Nothing of the narrow picture is left in the wide one.
    expect(terminal.screen()).toContain('├─ ◐ production  prod/checkout     waiting at 25 %\n│  ├─ ✓     5 %  █░');
    terminal.press('q');
    await ended;
  });

  test('scrolls to what does not fit', async () => {
    const { terminal, shows, ended } = await watch(routesOf(rolledBack), ['checkout', '--stay'], { rows: 10 });
    await shows('j k');
    expect(terminal.screen()).not.toContain('old revision serves');
    terminal.press(...Array<string>(40).fill('j'));
    await shows('old revision serves');
    terminal.press('g');
    await shows('checkout 1.4.0');
    terminal.press('q');
    await ended;
  });

  test('keeps the last picture while the cloud does not answer, and says so', async () => {
    const broken = Array.from({ length: 3 }, () => ({ status: 500, body: {} }));
    const { terminal, shows, pass, ended } = await watch({ ...routesOf(running), [`GET /v1/releases/${running.id}`]: [{ body: running }, { body: running }, ...broken, { body: waiting }] }, [running.id]);
    await shows('bakes');
    for (let step = 0; step < 20 && !terminal.screen().includes('no answer for'); step += 1) await pass(2_000);
    expect(terminal.screen()).toContain('checkout-1.4.0-4e5f6a7b');
    expect(terminal.screen()).toContain('no answer for');
    for (let step = 0; step < 20 && !terminal.screen().includes('waits for approval'); step += 1) await pass(2_000);
    expect(terminal.screen()).not.toContain('no answer for');
    terminal.press('q');
    await ended;
  });
});

describe('of a pipeline', () => {
  const newer: ReleaseView = { ...running, id: 'checkout-1.5.0-ffff', image: { ...running.image, tag: '1.5.0' } };

  test('goes on with the newer release when one takes the place of the watched one', async () => {
    const list = [{ body: { releases: [running] } }, { body: { releases: [newer] } }];
    const routes = { ...routesOf(running), 'GET /v1/releases?limit=1&pipeline=checkout': [...list], 'GET /v1/releases?pipeline=checkout&limit=1': [...list], [`GET /v1/releases/${running.id}`]: [{ body: { ...running, status: 'ended', outcome: 'superseded' } }], [`GET /v1/releases/${newer.id}`]: { body: newer } };
    const { terminal, shows, ended } = await watch(routes, ['checkout']);
    await shows('1.5.0');
    terminal.press('q');
    expect((await ended).stderr).toContain(newer.id);
  });

  test('without a first release waits for it', async () => {
    const { terminal, shows, pass, ended } = await watch(routesOf(undefined), ['checkout', '--timeout', '1m']);
    await shows('Nothing has been released by pipeline checkout yet');
    await pass(60_000);
    expect(await ended).toMatchObject({ exit: EXIT.timedOut });
    expect(terminal.modes.otherScreen).toBe(false);
  });
});
