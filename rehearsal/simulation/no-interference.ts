// Calls take their time and succeed, and nothing else happens. Whoever spoils only some calls builds on it.
import type { ApiCall } from '../../local-cloud/cloud-kernel.ts';
import type { Chance } from './chance.ts';
import type { SimulatedEnvironment } from './simulated-lambda.ts';
import type { Interference, World } from './world.ts';

export class NoInterference implements Interference {
  private readonly clock: World['clock'];
  private readonly latency: Chance;

  constructor({ clock, chance }: Pick<World, 'clock' | 'chance'>) {
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
