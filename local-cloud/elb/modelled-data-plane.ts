// The imagined data plane, for virtual time: health is what a callback says, traffic is a rate split by the rules' weights,
// and metrics appear once per period. No sockets. Deterministic for a given clock and random source.
import { type Clock, type Timer, every } from '../kernel/clock.ts';
import type { Target } from '../kernel/ports.ts';
import type { Random } from '../kernel/random.ts';
import type { CheckedState, ControlPlane, DataPlane, HealthCheckPlan, ListenerEndpoint, ListenerSettings, ProbeResult } from './data-plane.ts';
import { firstMatch } from './matching.ts';
import { TrafficMetrics } from './traffic-metrics.ts';

export interface GroupBehaviour {
  /** Of the requests to the group, the share the targets answer with 500. */
  errorShare: number;
  responseTimeSeconds: number;
}

export interface ModelledTraffic {
  /** The listener's own settings tell production from test. */
  requestsPerSecond(listener: ListenerSettings): number;
  behaviourOf(targetGroupArn: string, targets: Target[]): GroupBehaviour;
}

export interface ModelledDataPlaneOptions {
  clock: Clock;
  random: Random;
  healthOf(target: Target, targetGroupArn: string): boolean;
  traffic?: ModelledTraffic;
  /** One period of metrics: 60 s times `physics.metricTimeScale`. */
  periodMs: number;
  /**
   * Whoever answers `healthOf` also calls `healthChanged` when a healthy target falls ill. Then nobody has to keep asking,
   * and an hour in which nothing happens costs a simulation nothing.
   */
  announcesIllness?: boolean;
}

const FAILED: ProbeResult = { passed: false, reason: 'Target.FailedHealthChecks', description: 'Health checks failed' };

interface Watch {
  plan: HealthCheckPlan;
  report: (result: ProbeResult) => CheckedState;
  timer: Timer | undefined;
}

export class ModelledDataPlane implements DataPlane {
  private readonly options: ModelledDataPlaneOptions;
  /** Healthy targets need no timer each: one patrol looks at all of them. */
  private readonly settled = new Set<Watch>();
  private readonly watches = new Set<Watch>();
  private readonly open = new Set<string>();
  private control: ControlPlane | undefined;
  private metrics: TrafficMetrics | undefined;
  private patrol: Timer | undefined;
  private traffic: Timer | undefined;

  constructor(options: ModelledDataPlaneOptions) {
    this.options = options;
  }

  attach(control: ControlPlane): void {
    this.control = control;
    this.metrics = new TrafficMetrics(control.metrics);
  }

  async openListener(listener: ListenerSettings): Promise<void> {
    this.open.add(listener.listenerArn);
    if (this.options.traffic && !this.traffic) this.traffic = every(this.options.clock, this.options.periodMs, () => this.imagineTraffic());
  }

  async closeListener(listenerArn: string): Promise<void> {
    this.open.delete(listenerArn);
    if (this.open.size > 0) return;
    this.traffic?.cancel();
    this.traffic = undefined;
  }

  watchHealth(plan: HealthCheckPlan, report: (result: ProbeResult) => CheckedState): { stop(): void } {
    const watch: Watch = { plan, report, timer: undefined };
    this.watches.add(watch);
    this.checkEachInterval(watch);
    return {
      stop: () => {
        watch.timer?.cancel();
        this.watches.delete(watch);
        this.settled.delete(watch);
        this.keepPatrol();
      },
    };
  }

  /** Looks at the healthy targets now, instead of at the next patrol. Each failed check still counts towards the threshold. */
  healthChanged(): void {
    for (const watch of [...this.settled]) {
      if (this.isHealthy(watch)) continue;
      this.settled.delete(watch);
      // The check that notices comes within the interval, as it would by patrol.
      this.checkEachInterval(watch);
    }
    this.keepPatrol();
  }

  /** Nobody knows when imagined requests end: the deregistration delay decides. */
  whenIdle(): void {}

  endpoints(): ListenerEndpoint[] {
    return [];
  }

  async close(): Promise<void> {
    this.traffic?.cancel();
    this.patrol?.cancel();
    for (const watch of this.watches) watch.timer?.cancel();
  }

  private checkEachInterval(watch: Watch): void {
    watch.timer = this.options.clock.after(watch.plan.intervalMs, () => {
      watch.timer = undefined;
      if (watch.report(this.probe(watch)) === 'healthy' && this.isHealthy(watch)) {
        this.settled.add(watch);
        this.keepPatrol();
      } else this.checkEachInterval(watch);
    });
  }

  private keepPatrol(): void {
    if (this.settled.size === 0) {
      this.patrol?.cancel();
      this.patrol = undefined;
      return;
    }
    if (this.patrol || this.options.announcesIllness) return;
    const intervalMs = Math.min(...[...this.settled].map((watch) => watch.plan.intervalMs));
    this.patrol = every(this.options.clock, intervalMs, () => {
      for (const watch of [...this.settled]) {
        if (this.isHealthy(watch)) continue;
        this.settled.delete(watch);
        watch.report(FAILED);
        this.checkEachInterval(watch);
      }
      this.keepPatrol();
    });
  }

  private isHealthy(watch: Watch): boolean {
    return this.options.healthOf(watch.plan.target, watch.plan.targetGroupArn);
  }

  private probe(watch: Watch): ProbeResult {
    return this.isHealthy(watch) ? { passed: true } : FAILED;
  }

  private imagineTraffic(): void {
    for (const listener of this.control?.listeners() ?? []) this.imagineRequests(listener);
  }

  private imagineRequests(listener: ListenerSettings): void {
    const { control, metrics } = this;
    const { traffic, periodMs } = this.options;
    if (!control || !metrics || !traffic) return;
    const requests = this.rounded((traffic.requestsPerSecond(listener) * periodMs) / 1000);
    const route = firstMatch(control.routes(listener.listenerArn), { host: listener.dnsName, path: '/', headers: {} });
    const groups = (route?.action.ForwardConfig?.TargetGroups ?? []).map((group) => ({ arn: group.TargetGroupArn ?? '', weight: group.Weight ?? 1 }));
    let weightLeft = groups.reduce((sum, group) => sum + group.weight, 0);
    let requestsLeft = requests;
    for (const { arn, weight } of groups) {
      // What is left is shared among those that are left, so that the parts add up to the whole.
      const share = weightLeft > 0 ? Math.min(requestsLeft, this.rounded((requestsLeft * weight) / weightLeft)) : 0;
      weightLeft -= weight;
      requestsLeft -= share;
      const origin = { loadBalancerDimension: listener.loadBalancerDimension, targetGroupDimension: control.targetGroupDimension(arn) };
      const targets = control.routableTargets(arn);
      if (share === 0) continue;
      if (targets.length === 0) {
        metrics.loadBalancerFailed(origin, 503, share);
        continue;
      }
      const { errorShare, responseTimeSeconds } = traffic.behaviourOf(arn, targets);
      const errors = Math.min(share, this.rounded(share * errorShare));
      metrics.request(origin, share);
      if (share > errors) metrics.targetAnswered(origin, 200, responseTimeSeconds, share - errors);
      if (errors > 0) metrics.targetAnswered(origin, 500, responseTimeSeconds, errors);
    }
  }

  /** Rounds up or down by chance, so that small shares are right on average. */
  private rounded(value: number): number {
    return Math.floor(value + this.options.random.next());
  }
}
