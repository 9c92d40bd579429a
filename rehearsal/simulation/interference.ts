// What goes wrong between Slipway and AWS, by chance and at given rates, until a given moment.
import type { Interference } from './no-interference.ts';
import { AwsError } from '../../local-cloud/kernel/errors.ts';
import type { ApiCall } from '../../local-cloud/cloud-kernel.ts';
import type { VirtualClock } from '../../local-cloud/kernel/clock.ts';
import type { DeliveryFate, EventEnvelope } from '../../local-cloud/events/index.ts';
import type { Chance } from './chance.ts';
import type { History } from './history.ts';
import type { FaultRates } from './scenario.ts';
import type { SimulatedEnvironment } from './simulated-lambda.ts';
import { never } from './never.ts';

const CALL_MS = { min: 3, max: 25 };
const SLOW_MS = { min: 2_000, max: 70_000 };
/** A lost event of these sources costs time and nothing else. https://docs.aws.amazon.com/eventbridge/latest/ref/event-delivery-level.html */
const BEST_EFFORT = ['aws.states'];

export class ByChance implements Interference {
  private readonly clock: VirtualClock;
  private readonly history: History;
  private readonly rates: FaultRates;
  private untilMs: number;
  private readonly chance: Chance;
  private readonly environments = new Map<number, Chance>();
  private readonly skewByFunction = new Map<string, number>();
  count = 0;

  constructor(given: { clock: VirtualClock; history: History; chance: Chance; rates: FaultRates; untilMs: number }) {
    this.clock = given.clock;
    this.history = given.history;
    this.rates = given.rates;
    this.untilMs = given.untilMs;
    this.chance = given.chance.fork('interference');
  }

  async call(environment: SimulatedEnvironment, call: ApiCall, proceed: () => Promise<unknown>): Promise<unknown> {
    const chance = this.chanceOf(environment);
    const latencyMs = chance.whole(CALL_MS.min, CALL_MS.max);
    const { rates } = this;
    const draw = this.active() ? chance.next() : 1;
    let edge = 0;
    const falls = (rate: number) => draw < (edge += rate);
    const name = `${environment.functionName} ${call.signingName}:${call.operation}`;
    if (falls(rates.throttled)) {
      this.note('throttled', `throttled: ${name}`);
      await this.wait(latencyMs);
      throw new AwsError('ThrottlingException', 'Rate exceeded');
    }
    if (falls(rates.failsBefore)) {
      this.note('failsBefore', `fails with a 500: ${name}`);
      await this.wait(latencyMs);
      throw internal();
    }
    if (falls(rates.failsAfter)) {
      this.note('failsAfter', `fails with a 500 after it took effect: ${name}`);
      await this.wait(latencyMs);
      await proceed();
      throw internal();
    }
    if (falls(rates.slow)) {
      const slowMs = chance.whole(SLOW_MS.min, SLOW_MS.max);
      this.note('slow', `takes ${Math.round(slowMs / 1000)} s: ${name}`);
      await this.wait(slowMs);
      return proceed();
    }
    if (falls(rates.hangs)) {
      this.note('hangs', `never answers: ${name}`);
      return never();
    }
    if (falls(rates.killedBefore)) {
      this.note('killedBefore', `function killed before: ${name}`);
      environment.kill('signal: killed');
      return never();
    }
    await this.wait(latencyMs);
    if (falls(rates.killedAfter)) {
      this.note('killedAfter', `function killed after: ${name}`);
      await proceed().catch(() => undefined);
      environment.kill('signal: killed');
      return never();
    }
    if (falls(rates.denied)) {
      this.note('denied', `denied: ${name}`);
      throw new AwsError('AccessDeniedException', `User: arn:aws:sts::123456789012:assumed-role/${environment.functionName} is not authorized to perform: ${call.signingName}:${call.operation}`);
    }
    return proceed();
  }

  async serviceCall(call: ApiCall, proceed: () => Promise<unknown>): Promise<unknown> {
    if (!this.active()) return proceed();
    const { rates, chance } = this;
    if (call.signingName === 'lambda' && call.operation === 'Invoke') {
      const name = String((call.input as { FunctionName?: string }).FunctionName).split(/[:/]/).at(-1);
      if (chance.hits(rates.invokeRefused)) {
        this.note('invokeRefused', `Lambda refuses to run ${name}`);
        throw chance.hits(0.5) ? new AwsError('TooManyRequestsException', 'Rate Exceeded.', { httpStatus: 429 }) : new AwsError('ServiceException', 'The service is temporarily unavailable.', { httpStatus: 503 });
      }
      if (rates.answerLost > 0 && call.caller.kind === 'role' && chance.hits(rates.answerLost)) {
        this.note('answerLost', `the answer of ${name} never arrives`);
        void proceed().catch(() => undefined);
        return never();
      }
      if (chance.hits(rates.twiceAtOnce)) {
        const afterMs = chance.whole(5, 300);
        this.note('twiceAtOnce', `Lambda seems to fail after ${afterMs} ms and goes on running ${name}`);
        void proceed().catch(() => undefined);
        await this.wait(afterMs);
        throw new AwsError('ServiceException', 'An error occurred and the request cannot be processed.', { httpStatus: 500 });
      }
    }
    if (call.signingName === 'sns' && call.operation === 'Publish' && chance.hits(rates.noticeFails)) {
      const after = chance.hits(0.5);
      this.note('noticeFails', `SNS fails ${after ? 'after it took' : 'to take'} a notice`);
      if (after) await proceed();
      throw new AwsError('InternalErrorException', 'Internal failure', { httpStatus: 500 });
    }
    return proceed();
  }

  event(event: EventEnvelope, ruleName: string): DeliveryFate {
    if (!this.active()) return 'deliver';
    const { rates, chance } = this;
    const about = `${event['detail-type']} for ${ruleName}`;
    if (chance.hits(rates.eventLost) && BEST_EFFORT.includes(event.source)) {
      this.note('eventLost', `event lost: ${about}`);
      return 'drop';
    }
    if (chance.hits(rates.eventDoubled)) {
      this.note('eventDoubled', `event doubled: ${about}`);
      return 'duplicate';
    }
    if (chance.hits(rates.eventDelayed)) {
      const delayMs = chance.whole(500, Math.max(500, rates.eventDelayMaxMs));
      this.note('eventDelayed', `event ${Math.round(delayMs / 1000)} s late: ${about}`);
      return { delayMs };
    }
    return 'deliver';
  }

  /** Nothing goes wrong until `resume`. */
  pause(): void {
    this.untilMs = -Infinity;
  }

  resume(untilMs: number): void {
    this.untilMs = untilMs;
  }

  /** Each function has a clock of its own. */
  skewMs(functionName: string): number {
    let skew = this.skewByFunction.get(functionName);
    if (skew === undefined) this.skewByFunction.set(functionName, (skew = Math.round((this.chance.fork(`clock of ${functionName}`).next() * 2 - 1) * this.rates.skewMs)));
    return skew;
  }

  private active(): boolean {
    return this.clock.nowMs() < this.untilMs;
  }

  private note(kind: keyof FaultRates, text: string): void {
    this.count += 1;
    this.history.mark(`fault ${kind}`);
    this.history.add('fault', text);
  }

  /** Each environment draws from a stream of its own. */
  private chanceOf(environment: SimulatedEnvironment): Chance {
    let chance = this.environments.get(environment.ordinal);
    if (!chance) this.environments.set(environment.ordinal, (chance = this.chance.fork(`environment ${environment.ordinal}`)));
    return chance;
  }

  private wait(ms: number): Promise<void> {
    return new Promise((resolve) => void this.clock.after(ms, resolve));
  }
}

const internal = () => new AwsError('InternalFailure', 'The request processing has failed because of an unknown error, exception or failure.', { httpStatus: 500 });
