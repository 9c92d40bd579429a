// Calls take their time and succeed, and nothing else happens. Whoever spoils only some calls builds on it.
import type { ApiCall } from '../../local-cloud/cloud-kernel.ts';
import type { VirtualClock } from '../../local-cloud/kernel/clock.ts';
import type { DeliveryFate, EventEnvelope } from '../../local-cloud/events/index.ts';
import type { Chance } from './chance.ts';
import type { SimulatedEnvironment } from './simulated-lambda.ts';

/** Stands between Slipway and AWS. */
export interface Interference {
  /** Carries out (or spoils) one call of one of Slipway's functions. */
  call(environment: SimulatedEnvironment, call: ApiCall, proceed: () => Promise<unknown>): Promise<unknown>;
  /** Calls that services of AWS make on Slipway's behalf: invoking its functions, publishing its notices. */
  serviceCall(call: ApiCall, proceed: () => Promise<unknown>): Promise<unknown>;
  event(event: EventEnvelope, ruleName: string): DeliveryFate;
  skewMs(functionName: string): number;
}

export class NoInterference implements Interference {
  private readonly clock: VirtualClock;
  private readonly latency: Chance;

  constructor({ clock, chance }: { clock: VirtualClock; chance: Chance }) {
    this.clock = clock;
    this.latency = chance.fork('latency');
  }

  call(_environment: SimulatedEnvironment, _call: ApiCall, proceed: () => Promise<unknown>): Promise<unknown> {
    return new Promise((resolve, reject) => this.clock.after(this.latency.whole(3, 25), () => void proceed().then(resolve, reject)));
  }

  serviceCall(_call: ApiCall, proceed: () => Promise<unknown>): Promise<unknown> {
    return proceed();
  }

  event(..._event: Parameters<Interference['event']>): ReturnType<Interference['event']> {
    return 'deliver';
  }

  skewMs(_functionName: string): number {
    return 0;
  }
}
