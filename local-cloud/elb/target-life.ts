// The life of targets: registered, checked while the group is in use, drained, gone.
//
//   registered ── group unused ──> unused          (nobody checks it)
//              └─ group in use ──> initial ──> healthy <──> unhealthy
//   deregistered ──> draining until the deregistration delay is over ──> gone
import type { TargetHealth } from '@aws-sdk/client-elastic-load-balancing-v2';
import { every, type Timer } from '../kernel/clock.ts';
import type { Kernel } from '../kernel/kernel.ts';
import type { MetricSink, Target, TargetState } from '../kernel/ports.ts';
import type { DataPlane } from './data-plane.ts';
import { HealthTally } from './health-tally.ts';
import { type Records, type TargetGroupRecord, type TargetRecord, loadBalancerDimension, resourceOf, targetKey } from './records.ts';

export class TargetLife {
  private readonly kernel: Kernel;
  private readonly records: Records;
  private readonly dataPlane: DataPlane;
  private readonly metrics: MetricSink;
  private hostCounts: Timer | undefined;

  constructor(kernel: Kernel, records: Records, dataPlane: DataPlane, metrics: MetricSink) {
    this.kernel = kernel;
    this.records = records;
    this.dataPlane = dataPlane;
    this.metrics = metrics;
  }

  register(group: TargetGroupRecord, target: Target): void {
    const known = group.targets.get(targetKey(target));
    if (known && !known.draining) return;
    if (known) this.forget(group, known); // registering a draining target takes it back at once
    const record: TargetRecord = { target, checked: undefined, draining: undefined };
    group.targets.set(targetKey(target), record);
    if (this.inUse(group)) this.check(group, record);
  }

  /** Answers false when the target is not registered (or drains already, in which case `onDrained` still runs). */
  deregister(group: TargetGroupRecord, target: Target, onDrained: () => void): boolean {
    const record = group.targets.get(targetKey(target));
    if (!record) {
      this.kernel.clock.after(0, onDrained);
      return false;
    }
    if (record.draining) {
      const earlier = record.draining.drained;
      record.draining.drained = once(() => [earlier, onDrained].forEach((run) => run()));
      return false;
    }
    record.checked?.watch.stop();
    const wasInUse = record.checked !== undefined;
    record.checked = undefined;
    const delayMs = wasInUse ? Number(group.attributes.get('deregistration_delay.timeout_seconds')) * 1000 * this.kernel.physics.healthCheckTimeScale : 0;
    const draining = {
      drained: once(onDrained),
      // The state stays `draining` for the whole delay even when the last request ended long before.
      timer: this.kernel.clock.after(delayMs, () => this.forget(group, record)),
    };
    record.draining = draining;
    if (wasInUse) this.dataPlane.whenIdle(group.arn, target, () => this.kernel.clock.after(0, () => draining.drained()));
    return true;
  }

  /** Starts and stops checks after listeners or rules changed which groups are in use, or a group's check changed. */
  reconcile(changed?: TargetGroupRecord): void {
    for (const group of this.records.targetGroups.values()) {
      const inUse = this.inUse(group);
      for (const record of group.targets.values()) {
        if (record.draining) continue;
        if (record.checked && (!inUse || group === changed)) {
          record.checked.watch.stop();
          const { tally } = record.checked;
          record.checked = undefined;
          if (inUse) this.check(group, record, tally);
        } else if (!record.checked && inUse) this.check(group, record);
      }
    }
    this.keepHostCounts([...this.records.targetGroups.values()].some((group) => this.inUse(group)));
  }

  inUse(group: TargetGroupRecord): boolean {
    return this.records.loadBalancersOf(group.arn).length > 0;
  }

  routable(group: TargetGroupRecord): Target[] {
    const registered = [...group.targets.values()].filter((record) => record.checked);
    const healthy = registered.filter((record) => record.checked?.tally.state === 'healthy');
    return (healthy.length > 0 ? healthy : registered).map((record) => record.target);
  }

  /** What DescribeTargetHealth says; undefined when the target is not registered. */
  health(group: TargetGroupRecord, target: Target): (TargetHealth & { State: TargetState }) | undefined {
    const record = group.targets.get(targetKey(target));
    if (!record) return undefined;
    if (record.draining) return { State: 'draining', Reason: 'Target.DeregistrationInProgress', Description: 'Target deregistration is in progress' };
    if (!record.checked) {
      return { State: 'unused', Reason: 'Target.NotInUse', Description: 'Target group is not configured to receive traffic from the load balancer' };
    }
    const { tally } = record.checked;
    switch (tally.state) {
      case 'initial':
        return tally.lastFailure
          ? { State: 'initial', Reason: 'Elb.InitialHealthChecking', Description: 'Initial health checks in progress' }
          : { State: 'initial', Reason: 'Elb.RegistrationInProgress', Description: 'Target registration is in progress' };
      case 'healthy':
        return { State: 'healthy' };
      case 'unhealthy':
        return { State: 'unhealthy', Reason: tally.lastFailure?.reason, Description: tally.lastFailure?.description };
      default:
        return tally.state satisfies never;
    }
  }

  /** Drops a whole group: nothing drains, waiting callers are told. */
  dropGroup(group: TargetGroupRecord): void {
    for (const record of [...group.targets.values()]) this.forget(group, record);
  }

  close(): void {
    this.hostCounts?.cancel();
    for (const group of this.records.targetGroups.values()) {
      for (const record of group.targets.values()) {
        record.checked?.watch.stop();
        record.draining?.timer.cancel();
      }
    }
  }

  private check(group: TargetGroupRecord, record: TargetRecord, tally = new HealthTally()): void {
    const scale = this.kernel.physics.healthCheckTimeScale;
    const { shape } = group;
    const plan = {
      targetGroupArn: group.arn,
      target: record.target,
      port: shape.HealthCheckPort === 'traffic-port' ? record.target.port : Number(shape.HealthCheckPort),
      path: shape.HealthCheckPath,
      httpCodes: shape.Matcher.HttpCode ?? '200',
      intervalMs: shape.HealthCheckIntervalSeconds * 1000 * scale,
      timeoutMs: shape.HealthCheckTimeoutSeconds * 1000 * scale,
    };
    const watch = this.dataPlane.watchHealth(plan, (result) =>
      tally.observe(result, { healthy: shape.HealthyThresholdCount, unhealthy: shape.UnhealthyThresholdCount }),
    );
    record.checked = { tally, watch };
  }

  private forget(group: TargetGroupRecord, record: TargetRecord): void {
    record.checked?.watch.stop();
    record.draining?.timer.cancel();
    if (group.targets.get(targetKey(record.target)) === record) group.targets.delete(targetKey(record.target));
    record.draining?.drained();
  }

  private keepHostCounts(wanted: boolean): void {
    if (wanted === (this.hostCounts !== undefined)) return;
    this.hostCounts?.cancel();
    this.hostCounts = wanted ? every(this.kernel.clock, 60_000 * this.kernel.physics.metricTimeScale, () => this.recordHostCounts()) : undefined;
  }

  private recordHostCounts(): void {
    for (const group of this.records.targetGroups.values()) {
      const [loadBalancerArn] = this.records.loadBalancersOf(group.arn);
      if (!loadBalancerArn) continue;
      const checked = [...group.targets.values()].flatMap((record) => record.checked ?? []);
      const healthy = checked.filter(({ tally }) => tally.state === 'healthy').length;
      const dimensions = { LoadBalancer: loadBalancerDimension(loadBalancerArn), TargetGroup: resourceOf(group.arn) };
      const datum = { namespace: 'AWS/ApplicationELB', dimensions, unit: 'Count' };
      this.metrics.record({ ...datum, metricName: 'HealthyHostCount', value: healthy });
      this.metrics.record({ ...datum, metricName: 'UnHealthyHostCount', value: checked.length - healthy });
    }
  }
}

function once(run: () => void): () => void {
  let done = false;
  return () => {
    if (done) return;
    done = true;
    run();
  };
}
