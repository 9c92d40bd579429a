// One line of `slipway doctor`.

import type { ExitName } from '../exit.ts';

export type Check =
  | { name: string; status: 'ok'; text: string }
  | { name: string; status: 'warn'; text: string; hint: string }
  /** `exit` is what the command ends with when this is the first thing that is wrong. */
  | { name: string; status: 'fail'; text: string; hint: string; exit: ExitName };

export const ok = (name: string, text: string): Check => ({ name, status: 'ok', text });
export const warn = (name: string, text: string, hint: string): Check => ({ name, status: 'warn', text, hint });
export const fail = (name: string, text: string, hint: string, exit: ExitName): Check => ({ name, status: 'fail', text, hint, exit });
