// What goes wrong in a story, and where: at this call of this function, this happens. Everything else goes well.
import type { ApiCall } from '../../../local-cloud/cloud-kernel.ts';
import type { Ledger } from '../invariants/ledger.ts';
import type { SimulatedEnvironment } from '../simulated-lambda.ts';
import { NoInterference } from '../no-interference.ts';
import type { World } from '../world.ts';
import { never } from '../never.ts';

export interface Mishap {
  function: string;
  /** `dynamodb:UpdateItem` */
  call: string;
  /** Only calls of this kind; all of them when left out. */
  about?: (input: Record<string, unknown>, environment: SimulatedEnvironment) => boolean;
  /** Which of them, counted from 1; every one when left out. */
  nth?: number;
  happens: 'killedBefore' | 'killedAfter' | Late | Meanwhile;
}

/** The call is under way this long before it takes effect. */
interface Late {
  lateMs: number;
}

/** The call takes effect only once this has been done. */
interface Meanwhile {
  meanwhile: (world: World, ledger: Ledger) => Promise<void>;
}

export class Mishaps extends NoInterference {
  private readonly time: World['clock'];
  private readonly history: World['history'];
  private readonly left: { mishap: Mishap; seen: number }[];
  private told: { world: World; ledger: Ledger } | undefined;

  constructor(world: Pick<World, 'clock' | 'history' | 'chance'>, mishaps: readonly Mishap[]) {
    super(world);
    this.time = world.clock;
    this.history = world.history;
    this.left = mishaps.map((mishap) => ({ mishap, seen: 0 }));
  }

  /** Nothing goes wrong before. */
  begin(world: World, ledger: Ledger): void {
    this.told = { world, ledger };
  }

  override async call(environment: SimulatedEnvironment, call: ApiCall, proceed: () => Promise<unknown>): Promise<unknown> {
    const mishap = this.told && this.left.filter((one) => isAt(one, environment, call))[0]?.mishap;
    if (!this.told || !mishap) return super.call(environment, call, proceed);
    const { happens } = mishap;
    const name = `${environment.functionName} ${call.signingName}:${call.operation}`;
    if (happens === 'killedBefore' || happens === 'killedAfter') {
      this.history.add('fault', `function killed ${happens === 'killedAfter' ? 'after' : 'before'}: ${name}`);
      if (happens === 'killedAfter') await super.call(environment, call, proceed).catch(() => undefined);
      environment.kill('signal: killed');
      return never();
    }
    // Neither is a fault: how long a call takes, and what others do in that time, is up to the world.
    this.history.add('events', `${'lateMs' in happens ? `takes ${happens.lateMs / 1000} s` : 'others are quicker'}: ${name}`);
    if ('lateMs' in happens) await new Promise<void>((resolve) => void this.time.after(happens.lateMs, resolve));
    else await happens.meanwhile(this.told.world, this.told.ledger);
    return super.call(environment, call, proceed);
  }
}

function isAt(one: { mishap: Mishap; seen: number }, environment: SimulatedEnvironment, call: ApiCall): boolean {
  const { mishap } = one;
  if (mishap.function !== environment.functionName || mishap.call !== `${call.signingName}:${call.operation}`) return false;
  if (mishap.about && !mishap.about(call.input as Record<string, unknown>, environment)) return false;
  one.seen += 1;
  return mishap.nth === undefined || one.seen === mishap.nth;
}
