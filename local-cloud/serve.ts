// The local cloud as a server on this machine: real clock, real processes, one loopback port.
import { randomInt } from 'node:crypto';
import { createCloud } from './cloud.ts';
import type { Cloud, CloudOptions } from './cloud.ts';
import { RealClock } from './kernel/clock.ts';
import { fastPhysics } from './kernel/physics.ts';
import type { Physics } from './kernel/physics.ts';
import { seededRandom } from './kernel/random.ts';
import { realPlanes } from './planes.ts';
import type { RealPlanesOptions } from './planes.ts';

export const DEFAULT_PORT = 4577;

export interface ServeOptions extends RealPlanesOptions, Pick<CloudOptions, 'switches' | 'accountId' | 'region' | 'events' | 'intercept' | 'onCrash'> {
  /** 0 is any free port. */
  port?: number;
  /** As quick as a demo likes it; `realisticPhysics` is as slow as AWS. */
  physics?: Physics;
  seed?: number;
  /** Close and leave on SIGINT and SIGTERM. On by default; a program with an end of its own does better without. */
  endOnSignals?: boolean;
  /** Takes part in closing, before the cloud: an example's load generator, a dashboard. */
  beforeClose?: () => Promise<void>;
}

export interface LocalCloud {
  cloud: Cloud;
  url: string;
  port: number;
  /** Leaves no process, port, timer or file behind. Idempotent. */
  close(): Promise<void>;
}

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;
const EXIT_CODE = { SIGINT: 130, SIGTERM: 143 };

/** Rejects with one line that says what to do when the port is taken. */
export async function startLocalCloud(options: ServeOptions = {}): Promise<LocalCloud> {
  const { port = DEFAULT_PORT, physics = fastPhysics, seed = randomInt(2 ** 32), endOnSignals = true, beforeClose } = options;
  const clock = new RealClock((error) => cloud.kernel.crash(error));
  const cloud: Cloud = createCloud({ ...options, clock, random: seededRandom(seed), physics, planes: realPlanes(options) });

  const door = await cloud.listen({ port }).catch(async (error: unknown) => {
    await cloud.close();
    clock.close();
    throw error;
  });

  let closing: Promise<void> | undefined;
  const close = () =>
    (closing ??= (async () => {
      for (const signal of SIGNALS) process.off(signal, onSignal);
      try {
        await beforeClose?.();
      } finally {
        await cloud.close();
        clock.close();
      }
    })());

  /** A second signal finds no listener any more and ends the process the hard way. */
  const onSignal = (signal: (typeof SIGNALS)[number]) => {
    close().then(
      () => process.exit(process.exitCode ?? 0),
      (error: unknown) => {
        process.stderr.write(`The local cloud did not end cleanly: ${String(error)}\n`);
        process.exit(EXIT_CODE[signal]);
      },
    );
  };
  if (endOnSignals) for (const signal of SIGNALS) process.on(signal, onSignal);

  return { cloud, url: door.url, port: door.port, close };
}
