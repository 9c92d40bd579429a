// One page of a browser: looked at as a person sees it, and used with a real mouse and keyboard.
import { writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Happening, Params, Send } from './protocol.ts';

export interface Look {
  width?: number;
  height?: number;
  dark?: boolean;
  phone?: boolean;
}

const WAIT_MS = 30_000;
const LOOK_MS = 25;
const HEIGHT_MAX = 4_000;
/** What those keys are called besides their name. */
const KEYS: Readonly<Record<string, Params>> = {
  Tab: { code: 'Tab', windowsVirtualKeyCode: 9 },
  Escape: { code: 'Escape', windowsVirtualKeyCode: 27 },
  Enter: { code: 'Enter', windowsVirtualKeyCode: 13, text: '\r' },
};

interface Box {
  x: number;
  y: number;
}

export class Page {
  /** What went wrong in the page: exceptions, errors on the console, violations of its policy. */
  readonly faults: string[] = [];
  private readonly call: (method: string, params?: Params) => Promise<Params>;
  private readonly end: () => Promise<unknown>;

  private constructor(call: Page['call'], end: Page['end']) {
    this.call = call;
    this.end = end;
  }

  static async open(send: Send, listeners: Set<(happening: Happening) => void>): Promise<Page> {
    // A window of its own: a page behind another one is not seen, and the dashboard looks at nothing then.
    const { targetId } = await send('Target.createTarget', { url: 'about:blank', newWindow: true });
    const { sessionId } = (await send('Target.attachToTarget', { targetId, flatten: true })) as { sessionId: string };
    const page = new Page(
      (method, params) => send(method, params, sessionId),
      () => send('Target.closeTarget', { targetId }),
    );
    listeners.add((happening) => {
      if (happening.sessionId === sessionId) page.noteFault(happening);
    });
    for (const domain of ['Page', 'Runtime', 'Log']) await page.call(`${domain}.enable`);
    return page;
  }

  private noteFault({ method, params }: Happening): void {
    if (method === 'Runtime.exceptionThrown') {
      const { exceptionDetails } = params as { exceptionDetails: { text: string; exception?: { description?: string } } };
      this.faults.push(exceptionDetails.exception?.description ?? exceptionDetails.text);
    }
    if (method === 'Log.entryAdded') {
      const { entry } = params as { entry: { level: string; text: string; url?: string } };
      if (entry.level === 'error') this.faults.push(`${entry.text} ${entry.url ?? ''}`);
    }
  }

  async evaluate(expression: string): Promise<unknown> {
    const { result, exceptionDetails } = (await this.call('Runtime.evaluate', { expression, awaitPromise: true, returnByValue: true })) as { result: { value?: unknown }; exceptionDetails?: { text: string; exception?: { description?: string } } };
    if (exceptionDetails) throw new Error(`${expression}: ${exceptionDetails.exception?.description ?? exceptionDetails.text}`);
    return result.value;
  }

  async waitFor(expression: string, what = expression, limitMs = WAIT_MS): Promise<unknown> {
    const untilMs = Date.now() + limitMs;
    for (;;) {
      const value = await this.evaluate(expression).catch(() => false);
      if (value) return value;
      if (Date.now() > untilMs) throw new Error(`waited in vain for ${what}; the page says: ${String(await this.evaluate('document.body.innerText').catch(() => '?'))}`);
      await sleep(LOOK_MS);
    }
  }

  waitForText(text: string, limitMs?: number): Promise<unknown> {
    return this.waitFor(`document.body.innerText.includes(${JSON.stringify(text)})`, text, limitMs);
  }

  async goto(url: string): Promise<void> {
    await this.call('Page.navigate', { url });
  }

  async show(html: string): Promise<void> {
    const { frameTree } = (await this.call('Page.getFrameTree')) as { frameTree: { frame: { id: string } } };
    await this.call('Page.setDocumentContent', { frameId: frameTree.frame.id, html });
  }

  async look({ width = 1100, height = 800, dark = false, phone = false }: Look = {}): Promise<void> {
    await this.call('Emulation.setDeviceMetricsOverride', { width, height, deviceScaleFactor: phone ? 2 : 1, mobile: phone });
    await this.call('Emulation.setEmulatedMedia', { features: [{ name: 'prefers-color-scheme', value: dark ? 'dark' : 'light' }, { name: 'prefers-reduced-motion', value: 'reduce' }] });
    await sleep(150);
  }

  /** A real click of the mouse on a button or link with this text, in the dialog where one is open. */
  async press(text: string, within = '*'): Promise<void> {
    const find = `(document.querySelector('dialog[open]') ? [...document.querySelectorAll('dialog[open] button, dialog[open] a')] : [...document.querySelectorAll('button, a')]).find((one) => one.closest(${JSON.stringify(within)}) && one.innerText.trim().startsWith(${JSON.stringify(text)}))`;
    await this.waitFor(`${find} !== undefined`, `something to press that says ${text}`);
    const { x, y } = (await this.evaluate(`(() => { const found = ${find}; found.scrollIntoView({ block: 'center' }); const box = found.getBoundingClientRect(); return { x: box.x + box.width / 2, y: box.y + box.height / 2 }; })()`)) as Box;
    for (const type of ['mousePressed', 'mouseReleased']) await this.call('Input.dispatchMouseEvent', { type, x, y, button: 'left', clickCount: 1 });
  }

  /** Moves the mouse over it, so far from its left edge. */
  async point(selector: string, share: number): Promise<void> {
    const { x, y } = (await this.evaluate(`(() => { const found = document.querySelector(${JSON.stringify(selector)}); found.scrollIntoView({ block: 'center' }); const box = found.getBoundingClientRect(); return { x: box.x + box.width * ${share}, y: box.y + box.height / 2 }; })()`)) as Box;
    await this.call('Input.dispatchMouseEvent', { type: 'mouseMoved', x, y });
  }

  async type(text: string): Promise<void> {
    await this.call('Input.insertText', { text });
  }

  async key(key: string): Promise<void> {
    await this.call('Input.dispatchKeyEvent', { type: 'keyDown', key, ...(key.length === 1 ? { text: key } : {}), ...KEYS[key] });
    await this.call('Input.dispatchKeyEvent', { type: 'keyUp', key });
  }

  async shoot(file: string, { full = true }: { full?: boolean } = {}): Promise<void> {
    const { cssContentSize } = (await this.call('Page.getLayoutMetrics')) as { cssContentSize: { width: number; height: number } };
    const size = full ? { captureBeyondViewport: true, clip: { x: 0, y: 0, width: cssContentSize.width, height: Math.min(cssContentSize.height, HEIGHT_MAX), scale: 1 } } : {};
    const { data } = (await this.call('Page.captureScreenshot', { format: 'png', ...size })) as { data: string };
    await writeFile(file, Buffer.from(data, 'base64'));
  }

  async close(): Promise<void> {
    await this.end();
  }
}
