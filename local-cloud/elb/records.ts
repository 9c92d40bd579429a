// What the load-balancing model remembers, and the lookups that refuse as AWS does.
import type { Action, LoadBalancer, RuleCondition, Tag, TargetGroup } from '@aws-sdk/client-elastic-load-balancing-v2';
import type { Timer } from '../kernel/clock.ts';
import { AwsError } from '../kernel/errors.ts';
import type { Target } from '../kernel/ports.ts';
import type { HealthTally } from './health-tally.ts';

/** SDK shapes have every member optional; the records name those that are always there. */
type With<Shape, Known extends keyof Shape> = Shape & { [Member in Known]-?: NonNullable<Shape[Member]> };

export interface LoadBalancerRecord {
  arn: string;
  name: string;
  shape: With<LoadBalancer, 'DNSName'>;
  attributes: Map<string, string>;
}

export interface ListenerRecord {
  arn: string;
  loadBalancerArn: string;
  port: number;
  protocol: string;
}

export interface RuleRecord {
  arn: string;
  listenerArn: string;
  /** Undefined for the default rule. */
  priority: number | undefined;
  conditions: RuleCondition[];
  actions: Action[];
}

export type HealthCheckSettings = With<
  TargetGroup,
  'HealthCheckPort' | 'HealthCheckPath' | 'HealthCheckIntervalSeconds' | 'HealthCheckTimeoutSeconds' | 'HealthyThresholdCount' | 'UnhealthyThresholdCount' | 'Matcher'
>;

export interface TargetGroupRecord {
  arn: string;
  name: string;
  shape: HealthCheckSettings;
  port: number;
  attributes: Map<string, string>;
  targets: Map<string, TargetRecord>;
}

export interface TargetRecord {
  target: Target;
  /** Undefined while the target group is unused: nobody checks it then. */
  checked: { tally: HealthTally; watch: { stop(): void } } | undefined;
  /** Set from deregistration until the delay is over. */
  draining: { timer: Timer; drained: () => void } | undefined;
}

export const targetKey = (target: Target): string => `${target.id}:${target.port}`;

export class Records {
  readonly loadBalancers = new Map<string, LoadBalancerRecord>();
  readonly listeners = new Map<string, ListenerRecord>();
  readonly rules = new Map<string, RuleRecord>();
  readonly targetGroups = new Map<string, TargetGroupRecord>();
  readonly tags = new Map<string, Map<string, string>>();

  loadBalancer(arn: string | undefined): LoadBalancerRecord {
    return this.loadBalancers.get(arn ?? '') ?? refuse('LoadBalancerNotFoundException', `Load balancer '${arn}' not found`);
  }

  listener(arn: string | undefined): ListenerRecord {
    return this.listeners.get(arn ?? '') ?? refuse('ListenerNotFoundException', 'One or more listeners not found');
  }

  rule(arn: string | undefined): RuleRecord {
    return this.rules.get(arn ?? '') ?? refuse('RuleNotFoundException', 'One or more rules not found');
  }

  targetGroup(arn: string | undefined): TargetGroupRecord {
    return this.targetGroups.get(arn ?? '') ?? refuse('TargetGroupNotFoundException', 'One or more target groups not found');
  }

  /** By priority, the default rule last. */
  rulesOf(listenerArn: string): RuleRecord[] {
    return [...this.rules.values()]
      .filter((rule) => rule.listenerArn === listenerArn)
      .sort((one, other) => (one.priority ?? Infinity) - (other.priority ?? Infinity));
  }

  defaultRule(listenerArn: string): RuleRecord {
    return this.rulesOf(listenerArn).find((rule) => rule.priority === undefined) ?? refuse('ListenerNotFoundException', 'One or more listeners not found');
  }

  /** The load balancers with a listener or rule that names the target group; AWS allows at most one. */
  loadBalancersOf(targetGroupArn: string): string[] {
    const arns = new Set<string>();
    for (const rule of this.rules.values()) {
      if (forwardedGroups(rule.actions).includes(targetGroupArn)) arns.add(this.listener(rule.listenerArn).loadBalancerArn);
    }
    return [...arns];
  }

  tag(arn: string, tags: Tag[] | undefined): void {
    const known = this.tags.get(arn) ?? new Map<string, string>();
    for (const tag of tags ?? []) known.set(tag.Key ?? '', tag.Value ?? '');
    if (known.size > 50) refuse('TooManyTagsException', 'The maximum number of tags per resource is 50');
    this.tags.set(arn, known);
  }
}

export function forwardedGroups(actions: Action[]): string[] {
  return actions.flatMap((action) => action.ForwardConfig?.TargetGroups ?? []).flatMap((group) => group.TargetGroupArn ?? []);
}

export function refuse(code: string, message: string): never {
  throw new AwsError(code, message);
}

/** The resource part of an ARN, which is also how metrics name load balancers and target groups. */
export const resourceOf = (arn: string): string => arn.split(':').slice(5).join(':');
export const loadBalancerDimension = (arn: string): string => resourceOf(arn).replace(/^loadbalancer\//, '');

/** ELB's own paging: `Marker` is opaque, here the index to go on from. */
export function page<Item>(items: Item[], input: { Marker?: string | undefined; PageSize?: number | undefined }): { items: Item[]; nextMarker: string | undefined } {
  const size = input.PageSize ?? 400;
  if (size < 1 || size > 400) refuse('ValidationError', `1 validation error detected: Value '${size}' at 'pageSize' failed to satisfy constraint: Member must be between 1 and 400`);
  const from = input.Marker === undefined ? 0 : Number(input.Marker);
  if (!Number.isInteger(from) || from < 0) refuse('ValidationError', `Invalid marker '${input.Marker}'`);
  return { items: items.slice(from, from + size), nextMarker: from + size < items.length ? String(from + size) : undefined };
}
