// The CloudWatch metrics of application load balancers, with the dimension sets AWS records each of them under.
// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-cloudwatch-metrics.html
import type { MetricSink } from '../kernel/ports.ts';

export interface Origin {
  loadBalancerDimension: string;
  /** Undefined while no target group was chosen. */
  targetGroupDimension: string | undefined;
}

export class TrafficMetrics {
  private readonly sink: MetricSink;

  constructor(sink: MetricSink) {
    this.sink = sink;
  }

  /** A request for which a target was chosen. */
  request(origin: Origin, count = 1): void {
    this.record(origin, 'RequestCount', count, 'Count', 'both');
  }

  targetAnswered(origin: Origin, statusCode: number, responseTimeSeconds: number, count = 1): void {
    const family = Math.floor(statusCode / 100);
    if (family >= 2 && family <= 5) this.record(origin, `HTTPCode_Target_${family}XX_Count`, count, 'Count', 'both');
    this.record(origin, 'TargetResponseTime', responseTimeSeconds, 'Seconds', 'both');
  }

  /** The load balancer itself answered with an error. These metrics have no target group, or a 503 would have none to name. */
  loadBalancerFailed(origin: Origin, statusCode: number, count = 1): void {
    this.record(origin, `HTTPCode_ELB_${Math.floor(statusCode / 100)}XX_Count`, count, 'Count', 'loadBalancer');
    if ([500, 502, 503, 504].includes(statusCode)) this.record(origin, `HTTPCode_ELB_${statusCode}_Count`, count, 'Count', 'loadBalancer');
  }

  targetConnectionFailed(origin: Origin): void {
    this.record(origin, 'TargetConnectionErrorCount', 1, 'Count', 'both');
  }

  answeredItself(origin: Origin, kind: 'HTTP_Fixed_Response_Count' | 'HTTP_Redirect_Count'): void {
    this.record(origin, kind, 1, 'Count', 'loadBalancer');
  }

  private record(origin: Origin, metricName: string, value: number, unit: string, per: 'loadBalancer' | 'both'): void {
    if (value === 0) return; // AWS reports these only when there is something to report
    const datum = { namespace: 'AWS/ApplicationELB', metricName, value, unit };
    const LoadBalancer = origin.loadBalancerDimension;
    this.sink.record({ ...datum, dimensions: { LoadBalancer } });
    if (per === 'loadBalancer' || !origin.targetGroupDimension) return;
    const TargetGroup = origin.targetGroupDimension;
    this.sink.record({ ...datum, dimensions: { LoadBalancer, TargetGroup } });
    this.sink.record({ ...datum, dimensions: { TargetGroup } });
  }
}
