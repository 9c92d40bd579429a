// Kills one of Slipway's functions at its n-th call to AWS: just before the call is made, or just after it took effect. Everything
// else goes well.
import type { ApiCall } from '../../../local-cloud/cloud-kernel.ts';
import type { SimulatedEnvironment } from '../simulated-lambda.ts';
import { noInterference, type Interference, type WorldOptions } from '../world.ts';
import { never } from '../never.ts';

export interface KillPoint {
  /** The n-th call since the story began; 0 kills nobody. */
  call: number;
  when: 'before' | 'after';
}


export class KillAt implements Interference {
  /** Calls since the story began. */
  calls = 0;
  /** What was cut off. */
  killed: string | undefined;
  private counting = false;
  private readonly calm: Interference;
  private readonly given: Parameters<NonNullable<WorldOptions['interference']>>[0];
  private readonly point: KillPoint;

  constructor(given: Parameters<NonNullable<WorldOptions['interference']>>[0], point: KillPoint) {
    this.given = given;
    this.point = point;
    this.calm = noInterference(given.clock, given.chance.fork('latency'));
  }

  begin(): void {
    this.counting = true;
  }

  async call(environment: SimulatedEnvironment, call: ApiCall, proceed: () => Promise<unknown>): Promise<unknown> {
    if (this.counting) this.calls += 1;
    if (!this.counting || this.calls !== this.point.call) return this.calm.call(environment, call, proceed);
    this.killed = `${environment.functionName} ${this.point.when} ${call.signingName}:${call.operation}`;
    this.given.history.add('fault', `function killed ${this.point.when}: ${environment.functionName} ${call.signingName}:${call.operation}`);
    if (this.point.when === 'after') await this.calm.call(environment, call, proceed).catch(() => undefined);
    environment.kill('signal: killed');
    return never();
  }

  serviceCall(call: ApiCall, proceed: () => Promise<unknown>): Promise<unknown> {
    return this.calm.serviceCall(call, proceed);
  }

  event(...event: Parameters<Interference['event']>): ReturnType<Interference['event']> {
    return this.calm.event(...event);
  }

  skewMs(): number {
    return 0;
  }
}
