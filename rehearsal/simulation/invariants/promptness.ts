// What must not wait. The record heals everything sooner or later, so a doorbell that does not ring costs nothing but time, and
// nothing but a clock can tell. Where time is judged the world was calm: a fault may cost minutes.
//   doorbell       nobody goes to sleep on a look that a ring has followed
//   prompt         a ring is followed by a look at the release
//                  an alarm is followed by Slipway's own stop, before ECS looks at its alarms
//                  a decision to stop is followed by a rollback of what moves
//                  a pause of Slipway's is answered before it times out
import type { ApiCall } from '../../../local-cloud/cloud-kernel.ts';
import type { EventEnvelope } from '../../../local-cloud/events/index.ts';
import type { SimulatedEnvironment } from '../simulated-lambda.ts';
import type { Watcher } from '../world.ts';
import { isOver, type Ledger, type Rollout } from './ledger.ts';

/** Less than any resync, and longer than the state machine waits between tries of a preflight that ECS's delay makes it repeat. */
const LOOK_MS = 2 * 60_000;
/** A signal, a wake, a look and a call, each from a cold start. */
const ALARM_MS = 15_000;
/** A look, and the deployment may only just have been asked for: ECS takes a moment to list it. */
const STOP_MS = 30_000;
/** A function that was killed or throttled may be tried again this much later. */
const CALM_MS = 10 * 60_000;
/** Whoever lost a wake before a pause comes back within a resync of people. */
const CALM_BEFORE_TIMEOUT_MS = 2 * 3_600_000;
/** Whoever loads the record in one of these acts on what it says now. */
const LOOKERS = ['assess', 'take-service', 'finish-stage', 'finish'];

interface Expected {
  sinceMs: number;
  dueMs: number;
  broken: () => string | undefined;
}

export class Promptness implements Watcher {
  private readonly ledger: Ledger;
  private readonly readLagMs: number;
  /** By release: the oldest ring that no look has followed yet. */
  private readonly rungAtMs = new Map<string, number>();
  /** By release, as its bell should count them. */
  private readonly rings = new Map<string, number>();
  private due: Expected[] = [];
  private readonly stopsSeen = new Set<string>();
  private linesRead = 0;
  private lastTroubleMs = -Infinity;
  private lambdasDead = false;

  constructor(ledger: Ledger, readLagMs: number) {
    this.ledger = ledger;
    this.readLagMs = readLagMs;
  }

  called(call: ApiCall, environment: SimulatedEnvironment | undefined, outcome: { answer: unknown } | { error: Error }): void {
    if (!environment || 'error' in outcome || call.signingName !== 'dynamodb') return;
    const input = call.input as Record<string, unknown>;
    if (call.operation === 'UpdateItem' && String(input['UpdateExpression']).startsWith('ADD bell')) this.rung(keyText(input['Key']));
    const { releaseId, bell } = environment.event as { releaseId?: string; bell?: number };
    if (call.operation === 'UpdateItem' && environment.functionName === 'park' && releaseId !== undefined && bell !== undefined && (this.rings.get(releaseId) ?? 0) > bell) {
      this.ledger.violated('doorbell', `${releaseId} goes to sleep on bell ${bell} although it has been rung ${this.rings.get(releaseId) ?? 0} times`);
    }
    if (call.operation === 'Query' && releaseId !== undefined && LOOKERS.includes(environment.functionName)) {
      const of = (input['ExpressionAttributeValues'] as Record<string, { S?: string }> | undefined)?.[':pk']?.S;
      if (of === `RELEASE#${releaseId}`) this.rungAtMs.delete(releaseId);
    }
  }

  event(event: EventEnvelope): void {
    const detail = event.detail as Record<string, unknown>;
    if (event.source === 'aws.states' && !['RUNNING', 'SUCCEEDED'].includes(String(detail['status']))) this.lastTroubleMs = this.ledger.world.clock.nowMs();
    if (event['detail-type'] === 'CloudWatch Alarm State Change' && (detail['state'] as { value?: string } | undefined)?.value === 'ALARM') this.alarmed(String(detail['alarmName']));
    if (event['detail-type'] === 'ECS Hook State Change' && detail['eventName'] === 'HOOK_TIMED_OUT') this.timedOut(String(detail['serviceDeploymentArn']));
  }

  stepped(): void {
    if (this.ledger.stoppedAtMs.size > this.stopsSeen.size) this.stopped();
    const nowMs = this.ledger.world.clock.nowMs();
    const now = this.due.filter((one) => one.dueMs <= nowMs);
    if (now.length === 0) return;
    this.due = this.due.filter((one) => one.dueMs > nowMs);
    for (const { sinceMs, broken } of now) {
      const text = this.wasCalmSince(sinceMs - CALM_MS) ? broken() : undefined;
      if (text !== undefined) this.ledger.violated('prompt', text);
    }
  }

  private rung(key: string): void {
    const releaseId = key.slice('RELEASE#'.length);
    const { clock } = this.ledger.world;
    this.rings.set(releaseId, (this.rings.get(releaseId) ?? 0) + 1);
    if (this.rungAtMs.has(releaseId)) return;
    const sinceMs = clock.nowMs();
    this.rungAtMs.set(releaseId, sinceMs);
    const broken = () => (this.rungAtMs.get(releaseId) === sinceMs && this.runs(releaseId) ? `${releaseId} was rung and has not looked for ${LOOK_MS / 1000} s` : undefined);
    this.expect({ sinceMs, dueMs: sinceMs + LOOK_MS, broken });
  }

  private alarmed(alarm: string): void {
    const sinceMs = this.ledger.world.clock.nowMs();
    const waitMs = ALARM_MS + this.readLagMs;
    for (const rollout of this.ledger.rollouts) {
      if (isOver(rollout.deployment) || !rollout.stage.alarms.includes(alarm) || rollout.alarmsLeftOut.includes(alarm)) continue;
      const broken = () => {
        const stillHot = this.ledger.alarmSinceMs.get(alarm) === sinceMs;
        if (!stillHot || rollout.deployment.status !== 'IN_PROGRESS' || this.isStopped(rollout) || !this.runs(rollout.releaseId)) return undefined;
        return `${rollout.releaseId} goes on ${waitMs / 1000} s after ${alarm} went off`;
      };
      this.expect({ sinceMs, dueMs: sinceMs + waitMs, broken });
    }
  }

  private stopped(): void {
    for (const [key, sinceMs] of this.ledger.stoppedAtMs) {
      if (this.stopsSeen.has(key)) continue;
      this.stopsSeen.add(key);
      const rollout = this.ledger.rollouts.find((one) => `${one.releaseId}#${one.stageIndex}` === key);
      const waitMs = STOP_MS + this.readLagMs;
      const broken = () => (rollout?.deployment.status === 'IN_PROGRESS' && this.runs(rollout.releaseId) ? `${rollout.releaseId} is stopped and its deployment goes on ${waitMs / 1000} s later` : undefined);
      if (rollout) this.expect({ sinceMs, dueMs: sinceMs + waitMs, broken });
    }
  }

  private timedOut(deploymentArn: string): void {
    const rollout = this.ledger.rolloutOf(deploymentArn);
    const nowMs = this.ledger.world.clock.nowMs();
    if (!rollout || !this.runs(rollout.releaseId) || !this.wasCalmSince(nowMs - CALM_BEFORE_TIMEOUT_MS)) return;
    this.ledger.violated('prompt', `${rollout.releaseId} leaves a pause unanswered until it times out`);
  }

  private expect(one: Expected): void {
    this.due.push(one);
    // So that the clock stops there.
    this.ledger.world.clock.after(one.dueMs - this.ledger.world.clock.nowMs(), () => undefined);
  }

  private isStopped = (rollout: Rollout): boolean => this.ledger.stoppedAtMs.has(`${rollout.releaseId}#${rollout.stageIndex}`);

  private runs(releaseId: string): boolean {
    return [...this.ledger.executions.values()].includes(releaseId);
  }

  private wasCalmSince(sinceMs: number): boolean {
    const { lines } = this.ledger.world.history;
    for (; this.linesRead < lines.length; this.linesRead++) {
      const line = lines[this.linesRead];
      if (line?.actor !== 'fault') continue;
      this.lastTroubleMs = Math.max(this.lastTroubleMs, line.atMs);
      if (line.text.startsWith('every Lambda is dead')) this.lambdasDead = true;
      if (line.text.startsWith('the Lambdas live again')) this.lambdasDead = false;
    }
    return !this.lambdasDead && this.lastTroubleMs < sinceMs;
  }
}

const keyText = (key: unknown): string => (key as { pk?: { S?: string } } | undefined)?.pk?.S ?? '';
