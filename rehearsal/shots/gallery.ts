// Where pictures go, and what is wrong with them: a page may not be wider than the screen, nor be at fault.
import { join } from 'node:path';
import type { Page } from '../browser/page.ts';

/** `phone-dark` is both. */
export type LookName = 'light' | 'dark' | 'phone' | 'phone-dark';

const PHONE = { width: 360, height: 740, phone: true };
export const EVERY_LOOK: readonly LookName[] = ['light', 'dark', 'phone'];

export class Gallery {
  readonly wrong: string[] = [];
  taken = 0;
  private readonly folder: string;
  private readonly say: (line: string) => void;

  constructor(folder: string, say: (line: string) => void) {
    this.folder = folder;
    this.say = say;
  }

  check(holds: boolean, otherwise: string): void {
    if (holds) return;
    this.wrong.push(otherwise);
    this.say(`  ! ${otherwise}`);
  }

  /** Wide and light, dark, and on a phone. */
  async shoot(page: Page, name: string, looks: readonly LookName[] = EVERY_LOOK): Promise<void> {
    for (const look of looks) {
      await page.look({ ...(look.startsWith('phone') ? PHONE : {}), dark: look.includes('dark') });
      await this.take(page, `${name}-${look}`);
    }
    await page.look();
    this.say(name);
  }

  /** As it is. */
  async take(page: Page, name: string, options: { full?: boolean } = {}): Promise<void> {
    const over = Number(await page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth'));
    this.check(over <= 0, `${name}: ${over} px wider than the screen`);
    await page.shoot(join(this.folder, `${name.replaceAll(/[^a-z0-9]+/gi, '-')}.png`), options);
    this.taken += 1;
  }

  noFaults(page: Page, where: string): void {
    this.check(page.faults.length === 0, `faults on the page of ${where}: ${page.faults.join('; ')}`);
    page.faults.splice(0);
  }
}
