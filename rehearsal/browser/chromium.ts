// Drives a real Chromium with nothing but Node: the DevTools protocol over two pipes. https://chromedevtools.github.io/devtools-protocol/
import { spawn, type ChildProcess } from 'node:child_process';
import { accessSync, constants, mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, isAbsolute, join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { Page } from './page.ts';
import type { Happening, Params, Send } from './protocol.ts';

export interface Browser {
  newPage(): Promise<Page>;
  close(): Promise<void>;
}

export const NO_CHROMIUM = 'There is no Chromium on this machine: install one (Debian: apt-get install chromium), or name it in CHROMIUM.';

const CANDIDATES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

/** The first Chromium that this machine has. */
export function findChromium(env: Readonly<Record<string, string | undefined>> = process.env): string | undefined {
  const folders = (env['PATH'] ?? '').split(delimiter);
  const names = env['CHROMIUM'] ? [env['CHROMIUM']] : CANDIDATES;
  return names.flatMap((name) => (isAbsolute(name) ? [name] : folders.map((folder) => join(folder, name)))).find(isProgram);
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

export async function launch(): Promise<Browser> {
  const program = findChromium();
  if (program === undefined) throw new Error(NO_CHROMIUM);
  const profile = mkdtempSync(join(tmpdir(), 'slipway-chromium-'));
  const args = ['--headless=new', '--no-sandbox', '--disable-gpu', '--hide-scrollbars', '--no-first-run', '--disable-extensions', '--remote-debugging-pipe', `--user-data-dir=${profile}`, 'about:blank'];
  const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'] });
  const { send, listeners } = protocolOver(child);
  return {
    newPage: () => Page.open(send, listeners),
    close: async () => {
      const ended = new Promise((resolve) => child.once('exit', resolve));
      await send('Browser.close').catch(() => child.kill());
      await ended;
      await rm(profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
    },
  };
}

interface Answer {
  id?: number;
  result?: Params;
  error?: { message: string };
}

function protocolOver(child: ChildProcess): { send: Send; listeners: Set<(happening: Happening) => void> } {
  const toBrowser = child.stdio[3] as Writable;
  const fromBrowser = child.stdio[4] as Readable;
  const waiting = new Map<number, { method: string; resolve: (result: Params) => void; reject: (error: Error) => void }>();
  const listeners = new Set<(happening: Happening) => void>();
  let id = 0;
  let rest = '';
  fromBrowser.setEncoding('utf8');
  fromBrowser.on('data', (chunk: string) => {
    const parts = (rest + chunk).split('\0');
    rest = parts.pop() ?? '';
    for (const part of parts) {
      const message = JSON.parse(part) as Answer & Happening;
      const answer = waiting.get(message.id ?? -1);
      waiting.delete(message.id ?? -1);
      if (answer === undefined) for (const listener of listeners) listener(message);
      else if (message.error === undefined) answer.resolve(message.result ?? {});
      else answer.reject(new Error(`${answer.method}: ${message.error.message}`));
    }
  });
  child.once('exit', () => {
    for (const { reject, method } of waiting.values()) reject(new Error(`Chromium ended before it answered ${method}`));
    waiting.clear();
  });
  const send: Send = (method, params = {}, sessionId) =>
    new Promise((resolve, reject) => {
      id += 1;
      waiting.set(id, { resolve, reject, method });
      toBrowser.write(`${JSON.stringify({ id, method, params, ...(sessionId === undefined ? {} : { sessionId }) })}\0`);
    });
  return { send, listeners };
}
