// Shared by the tests of this folder: a load balancer with two target groups behind one listener.
import type {
  CreateListenerOutput, CreateLoadBalancerOutput, CreateRuleOutput, CreateTargetGroupInput, CreateTargetGroupOutput, DescribeTargetHealthOutput,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import type { MetricSink } from '../kernel/ports.ts';
import type { CallContext } from '../kernel/service.ts';
import type { ElbModel } from './elb-model.ts';

export type Datum = Parameters<MetricSink['record']>[0];

export class RecordedMetrics implements MetricSink {
  readonly data: Datum[] = [];

  record(datum: Datum): void {
    this.data.push(datum);
  }

  /** Of the data with exactly these dimension names. */
  sum(metricName: string, dimensions: Record<string, string>): number {
    const wanted = JSON.stringify(Object.entries(dimensions).sort());
    return this.data
      .filter((datum) => datum.metricName === metricName && JSON.stringify(Object.entries(datum.dimensions).sort()) === wanted)
      .reduce((sum, datum) => sum + datum.value, 0);
  }
}

const OPERATOR: CallContext = { caller: { kind: 'operator', arn: 'arn:aws:iam::123456789012:user/tester' }, requestId: 'request' };

export const call = async <Output>(elb: ElbModel, operationName: string, input: object): Promise<Output> => {
  const operation = elb.operations[operationName];
  if (!operation) throw new Error(`no operation ${operationName}`);
  await operation.permissions(input, OPERATOR);
  return (await operation.handle(input, OPERATOR)) as Output;
};

export async function createGroup(elb: ElbModel, name: string, input: Partial<CreateTargetGroupInput> = {}): Promise<string> {
  const { TargetGroups: groups } = await call<CreateTargetGroupOutput>(elb, 'CreateTargetGroup', {
    Name: name, Protocol: 'HTTP', Port: 80, TargetType: 'ip', VpcId: 'vpc-1',
    HealthCheckIntervalSeconds: 10, HealthCheckTimeoutSeconds: 5, HealthyThresholdCount: 3, UnhealthyThresholdCount: 2, ...input,
  });
  return groups?.[0]?.TargetGroupArn ?? '';
}

export const forward = (...weights: [string, number][]) => ({
  Type: 'forward',
  ForwardConfig: { TargetGroups: weights.map(([TargetGroupArn, Weight]) => ({ TargetGroupArn, Weight })) },
});

export interface Scene {
  loadBalancerArn: string;
  listenerArn: string;
  ruleArn: string;
  blue: string;
  green: string;
}

/** `web`: port 80 answers 404 by default; its rule for every path forwards to blue (weight 1) and green (weight 0). */
export async function createScene(elb: ElbModel, group: Partial<CreateTargetGroupInput> = {}): Promise<Scene> {
  const { LoadBalancers: loadBalancers } = await call<CreateLoadBalancerOutput>(elb, 'CreateLoadBalancer', { Name: 'web', Subnets: ['subnet-1', 'subnet-2'] });
  const loadBalancerArn = loadBalancers?.[0]?.LoadBalancerArn ?? '';
  const blue = await createGroup(elb, 'blue', group);
  const green = await createGroup(elb, 'green', group);
  const { Listeners: listeners } = await call<CreateListenerOutput>(elb, 'CreateListener', {
    LoadBalancerArn: loadBalancerArn, Protocol: 'HTTP', Port: 80,
    DefaultActions: [{ Type: 'fixed-response', FixedResponseConfig: { StatusCode: '404', MessageBody: 'no such place' } }],
  });
  const listenerArn = listeners?.[0]?.ListenerArn ?? '';
  const { Rules: rules } = await call<CreateRuleOutput>(elb, 'CreateRule', {
    ListenerArn: listenerArn, Priority: 10, Conditions: [{ Field: 'path-pattern', Values: ['/*'] }], Actions: [forward([blue, 1], [green, 0])],
  });
  return { loadBalancerArn, listenerArn, ruleArn: rules?.[0]?.RuleArn ?? '', blue, green };
}

export async function healthOf(elb: ElbModel, targetGroupArn: string): Promise<string[]> {
  const { TargetHealthDescriptions: targets } = await call<DescribeTargetHealthOutput>(elb, 'DescribeTargetHealth', { TargetGroupArn: targetGroupArn });
  return (targets ?? []).map(({ Target: target, TargetHealth: health }) => [`${target?.Id}:${target?.Port}`, health?.State, health?.Reason].filter(Boolean).join(' '));
}
