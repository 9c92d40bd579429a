// Elastic Load Balancing v2: the API of application load balancers over a data plane that is real or imagined.
import type { Action } from '@aws-sdk/client-elastic-load-balancing-v2';
import { NotModelled } from '../kernel/errors.ts';
import type { Clock } from '../kernel/clock.ts';
import type { Kernel } from '../kernel/kernel.ts';
import type { LoadBalancing, MetricSink, RuleView, Target, TargetGroupView, TargetState } from '../kernel/ports.ts';
import type { Operation, ServiceModel } from '../kernel/service.ts';
import type { DataPlane, ListenerEndpoint } from './data-plane.ts';
import { deleteListener, listenerOperations, listenerSettings } from './listeners.ts';
import { loadBalancerOperations } from './load-balancers.ts';
import { withResourceTags } from './operation.ts';
import { Records, forwardedGroups, refuse, resourceOf } from './records.ts';
import { ruleOperations } from './rules.ts';
import { targetGroupOperations } from './target-groups.ts';
import { TargetLife } from './target-life.ts';

export interface ElbPorts {
  metrics: MetricSink;
  dataPlane: DataPlane;
}

export class ElbModel implements ServiceModel, LoadBalancing {
  readonly signingName = 'elasticloadbalancing';
  readonly operations: Readonly<Record<string, Operation>>;
  private readonly records = new Records();
  private readonly life: TargetLife;
  private readonly dataPlane: DataPlane;
  private readonly clock: Clock;

  constructor(kernel: Kernel, { metrics, dataPlane }: ElbPorts) {
    const { records } = this;
    this.dataPlane = dataPlane;
    this.clock = kernel.clock;
    const life = new TargetLife(kernel, records, dataPlane, metrics);
    this.life = life;
    dataPlane.attach({
      metrics,
      listeners: () => [...records.listeners.values()].map((listener) => listenerSettings(records, listener)),
      routes: (listenerArn) =>
        records.rulesOf(listenerArn).flatMap(({ arn, conditions, actions: [action] }) => (action ? [{ ruleArn: arn, conditions, action }] : [])),
      routableTargets: (arn) => {
        const group = records.targetGroups.get(arn);
        return group ? life.routable(group) : [];
      },
      targetGroupDimension: (arn) => resourceOf(arn),
      idleTimeoutMs: (listenerArn) => {
        const { attributes } = records.loadBalancer(records.listener(listenerArn).loadBalancerArn);
        return Number(attributes.get('idle_timeout.timeout_seconds')) * 1000;
      },
    });
    const surroundings = {
      kernel,
      records,
      dataPlane,
      usageChanged: () => life.reconcile(),
      checkGroups: (actions: Action[], loadBalancerArn: string) => checkGroups(records, actions, loadBalancerArn),
    };
    const operations: Readonly<Record<string, Operation>> = {
      ...loadBalancerOperations(kernel, records, (arn) => deleteListener(surroundings, arn)),
      ...listenerOperations(surroundings),
      ...ruleOperations(surroundings),
      ...targetGroupOperations(kernel, records, life),
    };
    this.operations = withResourceTags(operations, (arn) => records.tags.get(arn));
  }

  /** Where the listeners can be reached on this machine; empty when the traffic is only modelled. */
  endpoints(): ListenerEndpoint[] {
    return this.dataPlane.endpoints();
  }

  targetGroup(targetGroupArn: string): TargetGroupView | undefined {
    const group = this.records.targetGroups.get(targetGroupArn);
    return group && { targetGroupArn, associated: this.life.inUse(group) };
  }

  rule(ruleOrListenerArn: string): RuleView | undefined {
    const listener = this.records.listeners.get(ruleOrListenerArn);
    const rule = listener ? this.records.defaultRule(listener.arn) : this.records.rules.get(ruleOrListenerArn);
    if (!rule) return undefined;
    const groups = rule.actions[0]?.ForwardConfig?.TargetGroups;
    return {
      ruleArn: rule.arn,
      listenerArn: rule.listenerArn,
      weights: groups && Object.fromEntries(groups.map((group) => [group.TargetGroupArn ?? '', group.Weight ?? 1])),
    };
  }

  /** In a group that has been deleted meanwhile the target has no state, which is never healthy. */
  registerTarget(targetGroupArn: string, target: Target): void {
    const group = this.records.targetGroups.get(targetGroupArn);
    if (group) this.life.register(group, target);
  }

  /** A group that has been deleted meanwhile has nothing left to drain. */
  deregisterTarget(targetGroupArn: string, target: Target, onDrained: () => void): void {
    const group = this.records.targetGroups.get(targetGroupArn);
    if (group) this.life.deregister(group, target, onDrained);
    else this.clock.after(0, onDrained);
  }

  targetState(targetGroupArn: string, target: Target): TargetState | undefined {
    const group = this.records.targetGroups.get(targetGroupArn);
    return group && this.life.health(group, target)?.State;
  }

  async close(): Promise<void> {
    this.life.close();
    await this.dataPlane.close();
  }
}

/** Refuses actions that name unknown target groups, or groups of another load balancer. */
function checkGroups(records: Records, actions: Action[], loadBalancerArn: string): void {
  for (const arn of forwardedGroups(actions)) {
    if (!records.targetGroups.has(arn)) refuse('TargetGroupNotFoundException', `Target groups '${arn}' not found`);
    const others = records.loadBalancersOf(arn).filter((each) => each !== loadBalancerArn);
    if (others.length > 0) {
      refuse('TargetGroupAssociationLimitException', `The following target groups cannot be associated with more than one load balancer: ${arn}`);
    }
    if (records.targetGroup(arn).shape.TargetType === 'instance') throw new NotModelled('routing to target groups of the type instance; use the type ip');
  }
}
