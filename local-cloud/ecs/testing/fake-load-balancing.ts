// Two target groups behind listener rules, as far as ECS can tell: targets get healthy after a while unless a test says otherwise,
// drain for a while, and weights are whatever ModifyRule or ModifyListener last said.
import { AwsError } from '../../kernel/errors.ts';
import type { Clock } from '../../kernel/clock.ts';
import type { LoadBalancing, RuleView, Target, TargetState } from '../../kernel/ports.ts';
import type { Operation, ServiceModel } from '../../kernel/service.ts';

interface Registration {
  state: TargetState;
  registeredAtMs: number;
}

export class FakeLoadBalancing implements LoadBalancing, ServiceModel {
  readonly signingName = 'elasticloadbalancing';
  readonly operations: Readonly<Record<string, Operation>>;
  readonly rules = new Map<string, Record<string, number>>();
  /** Every weights map a rule was given, in order. */
  readonly history: { ruleArn: string; weights: Record<string, number> }[] = [];
  readonly groups = new Map<string, Map<string, Registration>>();
  healthyAfterMs = 10_000;
  drainMs = 20_000;
  /** Which targets fail their checks. */
  sick: (targetGroupArn: string, target: Target) => boolean = () => false;
  /** Makes ModifyRule and ModifyListener fail. */
  refuseWrites = false;
  private readonly clock: Clock;

  constructor(clock: Clock) {
    this.clock = clock;
    this.operations = {
      DescribeRules: this.read('RuleArns', (arn) => ({ Rules: [{ RuleArn: arn, Actions: [this.action(arn)] }] })),
      DescribeListeners: this.read('ListenerArns', (arn) => ({ Listeners: [{ ListenerArn: arn, DefaultActions: [this.action(arn)] }] })),
      ModifyRule: this.write('RuleArn', 'Actions'),
      ModifyListener: this.write('ListenerArn', 'DefaultActions'),
    };
  }

  addGroup(targetGroupArn: string): string {
    this.groups.set(targetGroupArn, new Map());
    return targetGroupArn;
  }

  addRule(ruleArn: string, weights: Record<string, number>): string {
    this.rules.set(ruleArn, weights);
    return ruleArn;
  }

  targetGroup(targetGroupArn: string) {
    return this.groups.has(targetGroupArn) ? { targetGroupArn, associated: true } : undefined;
  }

  rule(ruleArn: string): RuleView | undefined {
    const weights = this.rules.get(ruleArn);
    return weights && { ruleArn, listenerArn: ruleArn, weights };
  }

  registerTarget(targetGroupArn: string, target: Target): void {
    this.groups.get(targetGroupArn)?.set(target.id, { state: 'initial', registeredAtMs: this.clock.nowMs() });
  }

  deregisterTarget(targetGroupArn: string, target: Target, onDrained: () => void): void {
    const registration = this.groups.get(targetGroupArn)?.get(target.id);
    if (registration) registration.state = 'draining';
    this.clock.after(this.drainMs, () => {
      this.groups.get(targetGroupArn)?.delete(target.id);
      onDrained();
    });
  }

  targetState(targetGroupArn: string, target: Target): TargetState | undefined {
    const registration = this.groups.get(targetGroupArn)?.get(target.id);
    if (!registration || registration.state === 'draining') return registration?.state;
    if (this.clock.nowMs() - registration.registeredAtMs < this.healthyAfterMs) return 'initial';
    return this.sick(targetGroupArn, target) ? 'unhealthy' : 'healthy';
  }

  private action(arn: string) {
    const weights = this.rules.get(arn) ?? {};
    return { Type: 'forward', ForwardConfig: { TargetGroups: Object.entries(weights).map(([TargetGroupArn, Weight]) => ({ TargetGroupArn, Weight })) } };
  }

  private read(member: string, answer: (arn: string) => object): Operation {
    return { permissions: () => [], handle: (input) => answer((input as Record<string, string[]>)[member]?.[0] ?? '') };
  }

  private write(member: string, actions: string): Operation {
    return {
      permissions: () => [],
      handle: (input) => {
        if (this.refuseWrites) throw new AwsError('AccessDenied', 'not authorized to perform: elasticloadbalancing:ModifyRule');
        const given = input as Record<string, unknown>;
        const [action] = given[actions] as { ForwardConfig: { TargetGroups: { TargetGroupArn: string; Weight: number }[] } }[];
        const weights = Object.fromEntries((action?.ForwardConfig.TargetGroups ?? []).map(({ TargetGroupArn, Weight }) => [TargetGroupArn, Weight]));
        const ruleArn = given[member] as string;
        this.rules.set(ruleArn, weights);
        this.history.push({ ruleArn, weights });
        return {};
      },
    };
  }
}
