// Kills one of Slipway's functions at its n-th call to AWS: just before the call is made, or just after it took effect. Everything
// else goes well.
import type { ApiCall } from '../../../local-cloud/cloud-kernel.ts';
import type { SimulatedEnvironment } from '../simulated-lambda.ts';
import { NoInterference } from '../no-interference.ts';
import type { World, WorldOptions } from '../world.ts';
import { never } from '../never.ts';

export interface KillPoint {
  /** The n-th call since the story began; 0 kills nobody. */
  call: number;
  when: 'before' | 'after';
}

/** A moment: between the same two, nothing has happened in the world. */
interface Moment {
  step: number;
  /** Counts beginnings and ends of calls. */
  order: number;
}

interface Made {
  environment: SimulatedEnvironment;
  invocation: number;
  began: Moment;
  ended: Moment | undefined;
}

export class KillAt extends NoInterference {
  /** Calls since the story began. */
  readonly made: Made[] = [];
  /** What was cut off. */
  killed: string | undefined;
  private counting = false;
  private step = 0;
  private order = 0;
  private readonly given: Parameters<NonNullable<WorldOptions['interference']>>[0];
  private readonly point: KillPoint;

  constructor(given: Parameters<NonNullable<WorldOptions['interference']>>[0], point: KillPoint) {
    super(given);
    this.given = given;
    this.point = point;
  }

  begin(world: World): void {
    this.counting = true;
    world.watchers.push({ stepped: () => void (this.step += 1) });
  }

  /**
   * Whether it is the same to be killed just after the n-th call and just before the next: the same function makes both, and begins
   * the second in the very step of the clock in which it had the answer to the first. It has computed in between, and nothing else has
   * happened: what differs from there on is only what is drawn for retries.
   */
  nextIsSame(n: number): boolean {
    const [made, next] = [this.made[n - 1], this.made[n]];
    if (!made?.ended || made.environment !== next?.environment || made.invocation !== next.invocation) return false;
    return next.began.step === made.ended.step && next.began.order === made.ended.order + 1;
  }

  override async call(environment: SimulatedEnvironment, call: ApiCall, proceed: () => Promise<unknown>): Promise<unknown> {
    if (!this.counting) return super.call(environment, call, proceed);
    const made: Made = { environment, invocation: environment.invocation, began: this.now(), ended: undefined };
    if (this.made.push(made) !== this.point.call) return super.call(environment, call, proceed).finally(() => (made.ended = this.now()));
    this.killed = `${environment.functionName} ${this.point.when} ${call.signingName}:${call.operation}`;
    if (this.point.when === 'after') await super.call(environment, call, proceed).catch(() => undefined);
    this.given.history.add('fault', `function killed ${this.point.when}: ${environment.functionName} ${call.signingName}:${call.operation}`);
    environment.kill('signal: killed');
    return never();
  }

  private now(): Moment {
    return { step: this.step, order: this.order++ };
  }
}
