// The seam between what the load-balancing API knows (control plane: listeners, rules, targets, thresholds) and what moves
// requests (data plane). One data plane proxies real HTTP; the other imagines the traffic, for virtual time.
import type { Action, RuleCondition } from '@aws-sdk/client-elastic-load-balancing-v2';
import type { MetricSink, Target } from '../kernel/ports.ts';

export interface ListenerSettings {
  listenerArn: string;
  loadBalancerName: string;
  /** `app/NAME/ID`, the value of the metric dimension LoadBalancer. */
  loadBalancerDimension: string;
  dnsName: string;
  protocol: string;
  port: number;
}

export interface ListenerEndpoint {
  listenerArn: string;
  loadBalancerName: string;
  /** As the API shows it. */
  listenerPort: number;
  /** Where the listener can be reached on this machine, which need not be the port that the API shows. */
  port: number;
  url: string;
}

/** One rule of a listener, ready to be matched. The default rule comes last and has no conditions. */
export interface Route {
  ruleArn: string;
  conditions: RuleCondition[];
  action: Action;
}

export type ProbeFailure = 'Target.Timeout' | 'Target.ResponseCodeMismatch' | 'Target.FailedHealthChecks';
export type ProbeResult = { passed: true } | { passed: false; reason: ProbeFailure; description: string };

export interface HealthCheckPlan {
  targetGroupArn: string;
  target: Target;
  port: number;
  path: string;
  /** `200`, `200,202` or `200-299`. */
  httpCodes: string;
  intervalMs: number;
  timeoutMs: number;
}

export type CheckedState = 'initial' | 'healthy' | 'unhealthy';

/** What a data plane asks of the control plane. */
export interface ControlPlane {
  readonly metrics: MetricSink;
  listeners(): ListenerSettings[];
  /** In order of evaluation. */
  routes(listenerArn: string): Route[];
  /**
   * The targets that may get a new request: the healthy ones or, when no registered target is healthy, all of them
   * ("fails open"). Never a draining one.
   * https://docs.aws.amazon.com/elasticloadbalancing/latest/application/target-group-health-checks.html
   */
  routableTargets(targetGroupArn: string): Target[];
  /** `targetgroup/NAME/ID`, the value of the metric dimension TargetGroup. */
  targetGroupDimension(targetGroupArn: string): string;
  /** After how long without a byte from the target a request is given up (attribute `idle_timeout.timeout_seconds`). */
  idleTimeoutMs(listenerArn: string): number;
}

export interface DataPlane {
  /** Called once, before anything else. */
  attach(control: ControlPlane): void;
  /** Resolves when the listener takes requests. */
  openListener(listener: ListenerSettings): Promise<void>;
  closeListener(listenerArn: string): Promise<void>;
  /** Checks a target again and again; every result goes to `report`, which answers what the thresholds make of it. */
  watchHealth(plan: HealthCheckPlan, report: (result: ProbeResult) => CheckedState): { stop(): void };
  /** Runs `onIdle` when the target has no request in flight. A plane that cannot tell never does: the delay decides then. */
  whenIdle(targetGroupArn: string, target: Target, onIdle: () => void): void;
  endpoints(): ListenerEndpoint[];
  close(): Promise<void>;
}
