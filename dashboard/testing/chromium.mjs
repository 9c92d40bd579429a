// Drives a real Chromium with nothing but Node: the DevTools protocol over two pipes. https://chromedevtools.github.io/devtools-protocol/
import { spawn } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const CANDIDATES = [process.env.CHROMIUM, 'chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'].filter(Boolean);
const WAIT_MS = 30_000;
const LOOK_MS = 25;

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

export async function launch() {
  const profile = mkdtempSync(join(tmpdir(), 'slipway-chromium-'));
  const args = ['--headless=new', '--no-sandbox', '--disable-gpu', '--hide-scrollbars', '--no-first-run', '--disable-extensions', '--remote-debugging-pipe', `--user-data-dir=${profile}`, 'about:blank'];
  const child = await started(args);
  const [toBrowser, fromBrowser] = [child.stdio[3], child.stdio[4]];
  const waiting = new Map();
  const listeners = new Set();
  let id = 0;
  let rest = '';
  fromBrowser.on('data', (chunk) => {
    const parts = (rest + chunk).split('\0');
    rest = parts.pop() ?? '';
    for (const part of parts) {
      const message = JSON.parse(part);
      const answer = waiting.get(message.id);
      waiting.delete(message.id);
      if (answer === undefined) for (const listener of listeners) listener(message);
      else if (message.error === undefined) answer.resolve(message.result);
      else answer.reject(new Error(`${answer.method}: ${message.error.message}`));
    }
  });
  const send = (method, params = {}, sessionId = undefined) =>
    new Promise((resolve, reject) => {
      id += 1;
      waiting.set(id, { resolve, reject, method });
      toBrowser.write(`${JSON.stringify({ id, method, params, ...(sessionId && { sessionId }) })}\0`);
    });
  return {
    newPage: () => newPage(send, listeners),
    close: async () => {
      const ended = new Promise((resolve) => child.once('exit', resolve));
      await send('Browser.close').catch(() => child.kill());
      await ended;
      await rm(profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
    },
  };
}

/** The first Chromium that this machine has. */
async function started(args) {
  for (const program of CANDIDATES) {
    const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'] });
    const there = await new Promise((resolve) => {
      child.once('error', () => resolve(false));
      child.once('spawn', () => resolve(true));
    });
    if (there) return child;
  }
  throw new Error('There is no Chromium here: install one, or name it in CHROMIUM.');
}

async function newPage(send, listeners) {
  const { targetId } = await send('Target.createTarget', { url: 'about:blank' });
  const { sessionId } = await send('Target.attachToTarget', { targetId, flatten: true });
  const call = (method, params) => send(method, params, sessionId);
  /** What went wrong in the page: exceptions, errors on the console, violations of its policy. */
  const faults = [];
  listeners.add((message) => {
    if (message.sessionId !== sessionId) return;
    if (message.method === 'Runtime.exceptionThrown') faults.push(message.params.exceptionDetails.exception?.description ?? message.params.exceptionDetails.text);
    if (message.method === 'Log.entryAdded' && message.params.entry.level === 'error') faults.push(`${message.params.entry.text} ${message.params.entry.url ?? ''}`);
  });
  for (const domain of ['Page', 'Runtime', 'Log']) await call(`${domain}.enable`);
  const evaluate = async (expression) => {
    const { result, exceptionDetails } = await call('Runtime.evaluate', { expression, awaitPromise: true, returnByValue: true });
    if (exceptionDetails) throw new Error(`${expression}: ${exceptionDetails.exception?.description ?? exceptionDetails.text}`);
    return result.value;
  };
  const waitFor = async (expression, what = expression, limitMs = WAIT_MS) => {
    const untilMs = Date.now() + limitMs;
    for (;;) {
      const value = await evaluate(expression).catch(() => false);
      if (value) return value;
      if (Date.now() > untilMs) throw new Error(`waited in vain for ${what}; the page says: ${await evaluate('document.body.innerText').catch(() => '?')}`);
      await sleep(LOOK_MS);
    }
  };
  const center = (find) => evaluate(`(() => { const found = ${find}; found.scrollIntoView({ block: 'center' }); const box = found.getBoundingClientRect(); return { x: box.x + box.width / 2, y: box.y + box.height / 2 }; })()`);
  return {
    faults,
    evaluate,
    waitFor,
    goto: (url) => call('Page.navigate', { url }),
    waitForText: (text, limitMs) => waitFor(`document.body.innerText.includes(${JSON.stringify(text)})`, text, limitMs),
    look: async ({ width = 1100, height = 800, dark = false, phone = false } = {}) => {
      await call('Emulation.setDeviceMetricsOverride', { width, height, deviceScaleFactor: phone ? 2 : 1, mobile: phone });
      await call('Emulation.setEmulatedMedia', { features: [{ name: 'prefers-color-scheme', value: dark ? 'dark' : 'light' }, { name: 'prefers-reduced-motion', value: 'reduce' }] });
      await sleep(150);
    },
    /** A real click of the mouse on a button or link with this text. */
    press: async (text, within = '*') => {
      const { x, y } = await center(`[...document.querySelectorAll('dialog[open] button, dialog[open] a')].concat(document.querySelector('dialog[open]') ? [] : [...document.querySelectorAll('button, a')]).find((one) => one.closest(${JSON.stringify(within)}) && one.innerText.trim().startsWith(${JSON.stringify(text)}))`);
      for (const type of ['mousePressed', 'mouseReleased']) await call('Input.dispatchMouseEvent', { type, x, y, button: 'left', clickCount: 1 });
    },
    point: async (selector, share) => {
      const { x, y } = await evaluate(`(() => { const found = document.querySelector(${JSON.stringify(selector)}); found.scrollIntoView({ block: 'center' }); const box = found.getBoundingClientRect(); return { x: box.x + box.width * ${share}, y: box.y + box.height / 2 }; })()`);
      await call('Input.dispatchMouseEvent', { type: 'mouseMoved', x, y });
    },
    type: (text) => call('Input.insertText', { text }),
    key: async (key) => {
      await call('Input.dispatchKeyEvent', { type: 'keyDown', key, ...(key.length === 1 && { text: key }), ...(key === 'Tab' && { code: 'Tab', windowsVirtualKeyCode: 9 }), ...(key === 'Escape' && { code: 'Escape', windowsVirtualKeyCode: 27 }), ...(key === 'Enter' && { code: 'Enter', windowsVirtualKeyCode: 13, text: '\r' }) });
      await call('Input.dispatchKeyEvent', { type: 'keyUp', key });
    },
    shoot: async (file, { full = true } = {}) => {
      const { cssContentSize } = await call('Page.getLayoutMetrics');
      const size = full ? { captureBeyondViewport: true, clip: { x: 0, y: 0, width: cssContentSize.width, height: Math.min(cssContentSize.height, 4000), scale: 1 } } : {};
      const { data } = await call('Page.captureScreenshot', { format: 'png', ...size });
      await writeFile(file, Buffer.from(data, 'base64'));
    },
    close: () => send('Target.closeTarget', { targetId }),
  };
}
