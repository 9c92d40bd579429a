// Holds some invocations of Slipway's functions at their calls to AWS, while time stands still, and lets one call through after
// the other, as somebody outside decides. Whoever is not in the race goes on as ever.
import { settle } from '../../../local-cloud/kernel/clock.ts';
import { AwsError } from '../../../local-cloud/kernel/errors.ts';
import type { ApiCall } from '../../../local-cloud/cloud-kernel.ts';
import type { Handle } from '../composition.ts';
import type { Ledger } from '../invariants/ledger.ts';
import type { SimulatedEnvironment } from '../simulated-lambda.ts';
import { NoInterference } from '../no-interference.ts';
import type { World } from '../world.ts';
import { callText, EVERYTHING, footprintOf, type Footprint } from './footprint.ts';

export interface Racer {
  name: string;
  is: (functionName: string, event: Record<string, unknown>, ledger: Ledger) => boolean;
  /** Which of those that are; the first when left out. */
  nth?: number;
  /** What makes it happen, once those before it are held. */
  provoke?: { atMs: (ledger: Ledger) => number | undefined; how: (world: World, ledger: Ledger) => void };
}

/** A call that may go through next, or the passing of time. */
export interface Move {
  racer: string;
  text: string;
  footprint: Footprint;
  /** Counts everything let through: what this racer knew when it made the call. */
  issuedAt: number;
}

export interface Made extends Move {
  outcome: string;
}

/** Answers which of the moves is made. */
export type Decide = (moves: readonly Move[], made: readonly Made[]) => number;

interface Pending extends Move {
  go: () => Promise<string>;
}

interface Held {
  racer: Racer;
  event: unknown;
  done: boolean;
  pending: Pending[];
}

const IDLE_STEPS_MAX = 2_000;

export class Gate extends NoInterference {
  readonly made: Made[] = [];
  over = false;
  private readonly racers: readonly Racer[];
  private readonly passesMs: number | undefined;
  private readonly decide: Decide;
  private readonly held = new Map<Racer, Held>();
  private readonly seen = new Map<Racer, number>();
  private readonly provoked = new Set<Racer>();
  private ledger: Ledger | undefined;

  constructor(world: Pick<World, 'clock' | 'chance'>, racers: readonly Racer[], passesMs: number | undefined, decide: Decide) {
    super(world);
    this.racers = racers;
    this.passesMs = passesMs;
    this.decide = decide;
  }

  begin(ledger: Ledger): void {
    this.ledger = ledger;
  }

  // ---- how invocations are met ------------------------------------------------------------------------------------------------------

  wrap(functionName: string, handle: Handle): Handle {
    return async (event) => {
      const held = this.arrives(functionName, event);
      try {
        return await handle(event);
      } finally {
        if (held) held.done = true;
      }
    };
  }

  private arrives(functionName: string, event: unknown): Held | undefined {
    const { ledger } = this;
    if (!ledger || this.over) return undefined;
    for (const racer of this.racers) {
      if (this.held.has(racer) || (racer.provoke && !this.provoked.has(racer))) continue;
      if (!racer.is(functionName, event as Record<string, unknown>, ledger)) continue;
      const seen = (this.seen.get(racer) ?? 0) + 1;
      this.seen.set(racer, seen);
      if (seen !== (racer.nth ?? 1)) continue;
      const held: Held = { racer, event, done: false, pending: [] };
      this.held.set(racer, held);
      return held;
    }
    return undefined;
  }

  override async call(environment: SimulatedEnvironment, call: ApiCall, proceed: () => Promise<unknown>): Promise<unknown> {
    const held = this.over ? undefined : [...this.held.values()].find((one) => one.event === environment.event && !one.done);
    if (!held) return super.call(environment, call, proceed);
    return new Promise((resolve, reject) => {
      const go = async () => {
        try {
          const answer = await proceed();
          resolve(answer);
          return 'done';
        } catch (error) {
          const refused = error instanceof Error ? error : new Error(String(error));
          reject(refused);
          return refused instanceof AwsError ? refused.code : refused.name;
        }
      };
      held.pending.push({ racer: held.racer.name, text: callText(call), footprint: footprintOf(call), issuedAt: this.made.length, go });
    });
  }

  // ---- the race ---------------------------------------------------------------------------------------------------------------------

  /** Between two steps of the clock. */
  async beforeStep(world: World, ledger: Ledger): Promise<void> {
    if (this.over) return;
    this.provoke(world, ledger);
    if (this.racers.some((racer) => !this.held.has(racer))) return;
    await this.race(world);
    this.over = true;
  }

  private provoke(world: World, ledger: Ledger): void {
    for (const [index, racer] of this.racers.entries()) {
      if (!racer.provoke || this.provoked.has(racer) || this.racers.slice(0, index).some((before) => !this.held.has(before))) continue;
      const atMs = racer.provoke.atMs(ledger);
      if (atMs === undefined) return;
      const { how } = racer.provoke;
      this.provoked.add(racer);
      world.clock.after(atMs - world.clock.nowMs(), () => how(world, ledger));
    }
  }

  private async race(world: World): Promise<void> {
    let timeLeft = this.passesMs !== undefined;
    for (let idle = 0; idle < IDLE_STEPS_MAX; ) {
      await settle();
      const racing = [...this.held.values()].filter((held) => !held.done);
      if (racing.length === 0) return;
      const calls = racing.flatMap((held) => held.pending.map((pending) => ({ held, pending })));
      if (calls.length === 0) {
        // Waits for something that takes time.
        idle += 1;
        await world.step();
        continue;
      }
      const passing: Move[] = timeLeft ? [{ racer: 'time', text: `${(this.passesMs ?? 0) / 1000} s pass`, footprint: EVERYTHING, issuedAt: 0 }] : [];
      const moves = [...calls.map(({ pending }) => pending), ...passing];
      const chosen = this.decide(moves, this.made);
      const call = calls[chosen];
      const move = moves[chosen];
      if (!move) throw new Error(`there is no move ${chosen}`);
      const { racer, text, footprint, issuedAt } = move;
      if (call) {
        call.held.pending.splice(call.held.pending.indexOf(call.pending), 1);
        const outcome = await call.pending.go();
        this.made.push({ racer, text, footprint, issuedAt, outcome });
      } else {
        timeLeft = false;
        this.made.push({ racer, text, footprint, issuedAt, outcome: 'done' });
        await world.pass(this.passesMs ?? 0);
      }
      world.history.add('events', `${racer}: ${text}: ${this.made.at(-1)?.outcome ?? ''}`);
    }
    throw new Error('a race does not come to its end');
  }
}
