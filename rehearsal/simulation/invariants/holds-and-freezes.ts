// What keeps a release from beginning a rollout, whatever else speaks for it.
//   hold           an image that was rolled back, rejected or held by somebody is not rolled out there, unless the hold was lifted
//   freeze         no rollout begins while a freeze is in force, unless somebody who may has overridden it
import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import { freezeNumberOf } from '../../../core/approval/keys.ts';
import type { ApiCall } from '../../../local-cloud/cloud-kernel.ts';
import type { SimulatedEnvironment } from '../simulated-lambda.ts';
import type { Watcher } from '../world.ts';
import { stageKeyOf, type Ledger, type Rollout } from './ledger.ts';
import { News } from './news.ts';

interface Frozen {
  /** As Slipway numbers them. */
  number: number;
  sinceMs: number;
  untilMs: number;
}

type Attributes = Record<string, AttributeValue>;

export class HoldsAndFreezes implements Watcher {
  private readonly ledger: Ledger;
  private readonly skewMs: number;
  /** By service ARN and digest: who holds the image there, and since when. */
  private readonly held = new Map<string, { by: string; sinceMs: number }>();
  private readonly ended = new Set<string>();
  private readonly freezes = new Map<number, Frozen>();
  /** By release and stage: when it last looked. */
  private readonly lookedForHoldAtMs = new Map<string, number>();
  private readonly lookedForFreezesAtMs = new Map<string, number>();
  private readonly news: News;

  constructor(ledger: Ledger, skewMs: number) {
    this.ledger = ledger;
    this.news = new News(ledger);
    this.skewMs = skewMs;
  }

  called(call: ApiCall, environment: SimulatedEnvironment | undefined, outcome: { answer: unknown } | { error: Error }): void {
    if ('error' in outcome) return;
    for (const rollout of this.news.rollouts()) this.started(rollout);
    for (const notice of this.news.notices()) {
      const wish = this.ledger.wishes.get(notice.releaseId);
      if (notice.kind !== 'stageEnded' || !wish || wish.undoes || (notice.outcome !== 'rolledBack' && notice.outcome !== 'rejected')) continue;
      // Said twice it is still one end: the hold may have been lifted in between.
      const end = `${notice.releaseId} ${notice.stage}`;
      if (this.ended.has(end)) continue;
      this.ended.add(end);
      this.hold(`${this.ledger.serviceArnOf(notice.stage)} ${wish.digest}`, notice.releaseId);
    }
    if (environment && call.signingName === 'dynamodb') this.recordUsed(call, environment);
  }

  private recordUsed({ operation, input }: ApiCall, environment: SimulatedEnvironment): void {
    const { Key, Item, ExpressionAttributeValues } = input as { Key?: Attributes; Item?: Attributes; ExpressionAttributeValues?: Attributes };
    const nowMs = this.ledger.world.clock.nowMs();
    const pk = (Key ?? Item)?.['pk']?.S ?? '';
    const sk = (Key ?? Item)?.['sk']?.S ?? '';
    const aboutHold = sk.startsWith('HOLD#') ? `${pk.slice('SERVICE#'.length)} ${sk.slice('HOLD#'.length)}` : undefined;
    switch (operation) {
      case 'PutItem':
        if (aboutHold !== undefined && environment.functionName !== 'finish-stage') this.hold(aboutHold, 'somebody');
        if (pk === 'FREEZES' && Item) this.frozen(unmarshall(Item)['record'] as { atMs: number; untilMs?: number; lifted?: object });
        return;
      case 'DeleteItem':
        if (aboutHold !== undefined) this.held.delete(aboutHold);
        return;
      case 'GetItem':
        if (aboutHold !== undefined && environment.functionName === 'preflight') this.lookedForHoldAtMs.set(stageKeyOf(environment), nowMs);
        return;
      case 'Query':
        if (ExpressionAttributeValues?.[':pk']?.S === 'FREEZES') this.lookedForFreezesAtMs.set(stageKeyOf(environment), nowMs);
        return;
      default:
    }
  }

  private hold(about: string, by: string): void {
    if (!this.held.has(about)) this.held.set(about, { by, sinceMs: this.ledger.world.clock.nowMs() });
  }

  private frozen({ atMs, untilMs, lifted }: { atMs: number; untilMs?: number; lifted?: object }): void {
    const nowMs = this.ledger.world.clock.nowMs();
    const known = this.freezes.get(atMs) ?? { number: atMs, sinceMs: nowMs, untilMs: untilMs ?? Infinity };
    this.freezes.set(atMs, lifted ? { ...known, untilMs: Math.min(known.untilMs, nowMs) } : known);
  }

  private started(rollout: Rollout): void {
    const { ledger } = this;
    const wish = ledger.wishes.get(rollout.releaseId);
    if (!wish) return;
    const key = `${rollout.releaseId}#${rollout.stageIndex}`;
    const nowMs = ledger.world.clock.nowMs();
    const held = this.held.get(`${rollout.service.arn} ${wish.digest}`);
    // What comes up after the last look is too late for this rollout.
    if (held && !wish.undoes && held.sinceMs < (this.lookedForHoldAtMs.get(key) ?? nowMs)) ledger.violated('hold', `${rollout.releaseId} rolls out what ${held.by} left held`);
    if (!wish.undoes) this.checkFreezes(rollout, this.lookedForFreezesAtMs.get(key) ?? nowMs);
  }

  private checkFreezes({ releaseId, stageIndex }: Rollout, lookedAtMs: number): void {
    const overridden = this.ledger.decisions.filter((one) => one.releaseId === releaseId && one.stageIndex === stageIndex && one.kind === 'override').map(({ askKey }) => freezeNumberOf(askKey ?? ''));
    for (const { number, sinceMs, untilMs } of this.freezes.values()) {
      const inForce = sinceMs < lookedAtMs && lookedAtMs + this.skewMs < untilMs;
      if (inForce && !overridden.some((upTo) => upTo >= number)) this.ledger.violated('freeze', `${releaseId} begins a rollout during the freeze of ${new Date(number).toISOString()}`);
    }
  }
}
