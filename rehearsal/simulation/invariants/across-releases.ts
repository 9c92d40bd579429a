// What one release must know of those before it.
//   order          no image is rolled out over one that was wished for later and is in place; whoever is told as superseded was so by
//                  something newer, and does not take the service once it knows
import type { ApiCall } from '../../../local-cloud/cloud-kernel.ts';
import type { SimulatedEnvironment } from '../simulated-lambda.ts';
import type { Watcher } from '../world.ts';
import type { Ledger, Rollout, Wish } from './ledger.ts';
import { News } from './news.ts';

interface Written {
  Key?: Record<string, { S?: string }>;
  Item?: Record<string, { S?: string }>;
  UpdateExpression?: string;
  ExpressionAttributeNames?: Record<string, string>;
  TransactItems?: { Put?: Written }[];
}

/** Whoever is asked by hand says when by its own clock, and of a push it is known in which second it was. */
const CLOCKS_DIFFER_MS = 10_000;

/** ECR's events tell no more of a push. */
const secondOf = ({ atMs }: Wish): number => atMs - (atMs % 1000);

export class AcrossReleases implements Watcher {
  private readonly ledger: Ledger;
  /** Releases whose place in a queue a newer one has taken, and since when. */
  private readonly overtakenAtMs = new Map<string, number>();
  /** By service: who may write it. */
  private readonly holders = new Map<string, string>();
  /** Per environment and invocation: when it last read its release. */
  private readonly readAtMs = new Map<SimulatedEnvironment, { invocation: number; atMs: number }>();
  private readonly news: News;

  constructor(ledger: Ledger) {
    this.ledger = ledger;
    this.news = new News(ledger);
  }

  called(call: ApiCall, environment: SimulatedEnvironment | undefined, outcome: { answer: unknown } | { error: Error }): void {
    if ('error' in outcome) return;
    for (const rollout of this.news.rollouts()) this.started(rollout);
    for (const notice of this.news.notices()) {
      const wish = this.ledger.wishes.get(notice.releaseId);
      if (wish && notice.outcome === 'superseded') this.superseded(notice.releaseId, wish);
    }
    if (environment && call.signingName === 'dynamodb') this.recorded(call.operation, call.input, environment);
  }

  private superseded(releaseId: string, wish: Wish): void {
    const newer = [...this.ledger.wishes].some(([id, other]) => id !== releaseId && other.atMs > wish.notBeforeMs - CLOCKS_DIFFER_MS);
    if (!newer) this.ledger.violated('order', `${releaseId} is told as superseded, and nothing newer was wished for`);
  }

  private recorded(operation: string, input: Written, environment: SimulatedEnvironment): void {
    const [pk, sk] = [(input.Key ?? input.Item)?.['pk']?.S ?? '', (input.Key ?? input.Item)?.['sk']?.S ?? ''];
    const nowMs = this.ledger.world.clock.nowMs();
    if (operation === 'DeleteItem' && sk === 'LEASE') this.holders.delete(pk);
    if (operation === 'Query') this.readAtMs.set(environment, { invocation: environment.invocation, atMs: nowMs });
    if (operation === 'UpdateItem' && sk === 'RELEASE' && Object.values(input.ExpressionAttributeNames ?? {}).includes('challengedBy')) this.overtakenAtMs.set(pk.slice('RELEASE#'.length), nowMs);
    if (operation === 'UpdateItem' && input.UpdateExpression?.includes('REMOVE #record.challengedBy')) this.overtakenAtMs.delete(pk.slice('RELEASE#'.length));
    for (const { Put } of input.TransactItems ?? []) {
      if (Put?.Item?.['sk']?.S === 'LEASE') this.taken(Put.Item['pk']?.S ?? '', Put.Item['releaseId']?.S ?? '', environment);
    }
  }

  /** Whoever read its record before it was overtaken may still be on its way. */
  private taken(service: string, releaseId: string, environment: SimulatedEnvironment): void {
    const [overtakenAtMs, read] = [this.overtakenAtMs.get(releaseId), this.readAtMs.get(environment)];
    const knew = overtakenAtMs !== undefined && read?.invocation === environment.invocation && read.atMs > overtakenAtMs;
    if (knew && this.holders.get(service) !== releaseId) this.ledger.violated('order', `${releaseId} takes the service although a newer release has overtaken it`);
    this.holders.set(service, releaseId);
  }

  private started(rollout: Rollout): void {
    const { ledger } = this;
    const wish = ledger.wishes.get(rollout.releaseId);
    if (!wish) return;
    const isLater = (other: Wish | undefined) => other !== undefined && secondOf(other) > secondOf(wish) + (wish.byHand || other.byHand ? CLOCKS_DIFFER_MS : 0);
    const later = ledger.rollouts.find((other) => other.service.arn === rollout.service.arn && other.deployment.status === 'SUCCESSFUL' && isLater(ledger.wishes.get(other.releaseId)));
    if (later) ledger.violated('order', `${rollout.releaseId} rolls out over ${later.releaseId}, which is newer`);
  }
}
