// The SDK waits between its retries with the process's own timers and draws their jitter from Math.random. While a simulation
// runs, both are its clock's and its seed's. Nothing else of the process is touched, and both are put back.
import type { Clock } from '../../local-cloud/kernel/clock.ts';
import type { Random } from '../../local-cloud/kernel/random.ts';

export async function withVirtualGlobals<Answer>(clock: Clock, random: Random, run: () => Promise<Answer>): Promise<Answer> {
  const kept = { setTimeout: globalThis.setTimeout, clearTimeout: globalThis.clearTimeout, random: Math.random };
  const virtualTimeout = (callback: (...args: unknown[]) => void, delayMs = 0, ...args: unknown[]) => {
    const timer = clock.after(Math.ceil(delayMs), () => callback(...args));
    return { ...timer, ref: () => undefined, unref: () => undefined, hasRef: () => true };
  };
  globalThis.setTimeout = virtualTimeout as unknown as typeof globalThis.setTimeout;
  globalThis.clearTimeout = ((timer: { cancel?: () => void } | undefined) => timer?.cancel?.()) as unknown as typeof globalThis.clearTimeout;
  Math.random = () => random.next();
  try {
    return await run();
  } finally {
    globalThis.setTimeout = kept.setTimeout;
    globalThis.clearTimeout = kept.clearTimeout;
    Math.random = kept.random;
  }
}
