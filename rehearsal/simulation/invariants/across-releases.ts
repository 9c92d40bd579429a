// What one release must know of those before it.
//   hold           an image that was rolled back or rejected on a service is not rolled out there again, unless somebody lifted the hold
//   order          no image is rolled out over one that was wished for later and is in place
import type { ApiCall } from '../../../local-cloud/cloud-kernel.ts';
import type { SimulatedEnvironment } from '../simulated-lambda.ts';
import type { Watcher } from '../world.ts';
import type { Ledger, Rollout } from './ledger.ts';

export class AcrossReleases implements Watcher {
  private readonly ledger: Ledger;
  /** By service ARN and digest: which release was ended there by a rollback or a rejection. */
  private readonly held = new Map<string, string>();
  private rolloutsSeen = 0;
  private noticesSeen = 0;

  constructor(ledger: Ledger) {
    this.ledger = ledger;
  }

  called(call: ApiCall, environment: SimulatedEnvironment | undefined, outcome: { answer: unknown } | { error: Error }): void {
    if ('error' in outcome) return;
    const { rollouts, announced } = this.ledger;
    for (; this.rolloutsSeen < rollouts.length; this.rolloutsSeen++) {
      const rollout = rollouts[this.rolloutsSeen];
      if (rollout) this.started(rollout);
    }
    for (; this.noticesSeen < announced.length; this.noticesSeen++) {
      const notice = announced[this.noticesSeen];
      const wish = notice && this.ledger.wishes.get(notice.releaseId);
      if (notice?.kind !== 'stageEnded' || !wish || wish.undoes || (notice.outcome !== 'rolledBack' && notice.outcome !== 'rejected')) continue;
      this.held.set(`${this.ledger.serviceArnOf(notice.stage)} ${wish.digest}`, notice.releaseId);
    }
    if (environment && call.signingName === 'dynamodb' && call.operation === 'DeleteItem') this.lifted(call.input);
  }

  private lifted({ Key }: { Key?: { pk?: { S?: string }; sk?: { S?: string } } }): void {
    const [service, hold] = [Key?.pk?.S ?? '', Key?.sk?.S ?? ''];
    if (hold.startsWith('HOLD#')) this.held.delete(`${service.slice('SERVICE#'.length)} ${hold.slice('HOLD#'.length)}`);
  }

  private started(rollout: Rollout): void {
    const { ledger } = this;
    const wish = ledger.wishes.get(rollout.releaseId);
    if (!wish) return;
    const held = this.held.get(`${rollout.service.arn} ${wish.digest}`);
    if (held !== undefined && !wish.undoes) ledger.violated('hold', `${rollout.releaseId} rolls out what ${held} left held`);
    const later = ledger.rollouts.find((other) => other.service.arn === rollout.service.arn && other.deployment.status === 'SUCCESSFUL' && (ledger.wishes.get(other.releaseId)?.atMs ?? 0) > wish.atMs);
    if (later) ledger.violated('order', `${rollout.releaseId} rolls out over ${later.releaseId}, which is newer`);
  }
}
