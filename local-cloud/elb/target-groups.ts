// Operations on target groups and their targets.
import type {
  CreateTargetGroupInput, CreateTargetGroupOutput, DeleteTargetGroupInput, DeleteTargetGroupOutput, DeregisterTargetsInput, DeregisterTargetsOutput,
  DescribeTargetGroupAttributesInput, DescribeTargetGroupAttributesOutput, DescribeTargetGroupsInput, DescribeTargetGroupsOutput, DescribeTargetHealthInput,
  DescribeTargetHealthOutput, ModifyTargetGroupAttributesInput, ModifyTargetGroupAttributesOutput, ModifyTargetGroupInput, ModifyTargetGroupOutput,
  RegisterTargetsInput, RegisterTargetsOutput, TargetDescription, TargetGroup,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import { NotModelled, refuseUnknown } from '../kernel/errors.ts';
import { arnOf, type Kernel } from '../kernel/kernel.ts';
import type { Target } from '../kernel/ports.ts';
import { hexId } from '../kernel/random.ts';
import type { Answer } from '../kernel/service.ts';
import { checkName, creating, describing, listAttributes, operation, setAttributes } from './operation.ts';
import { type HealthCheckSettings, type Records, type TargetGroupRecord, page, refuse } from './records.ts';
import type { TargetLife } from './target-life.ts';

const DEFAULT_ATTRIBUTES: [string, string][] = [
  ['deregistration_delay.timeout_seconds', '300'],
  ['stickiness.enabled', 'false'],
  ['stickiness.type', 'lb_cookie'],
  ['load_balancing.algorithm.type', 'round_robin'],
  ['slow_start.duration_seconds', '0'],
];
const SETTABLE_ATTRIBUTES = {
  'deregistration_delay.timeout_seconds': /^(\d{1,3}|[1-2]\d{3}|3[0-5]\d{2}|3600)$/,
  'stickiness.enabled': /^false$/,
  'stickiness.type': /^lb_cookie$/,
  'load_balancing.algorithm.type': /^round_robin$/,
  'slow_start.duration_seconds': /^0$/,
};
const HEALTH_CHECK_MEMBERS = [
  'HealthCheckProtocol', 'HealthCheckPort', 'HealthCheckEnabled', 'HealthCheckPath', 'HealthCheckIntervalSeconds', 'HealthCheckTimeoutSeconds',
  'HealthyThresholdCount', 'UnhealthyThresholdCount', 'Matcher',
];

export function targetGroupOperations(kernel: Kernel, records: Records, life: TargetLife) {
  const shapeOf = (group: TargetGroupRecord): TargetGroup => ({ ...group.shape, LoadBalancerArns: records.loadBalancersOf(group.arn) });
  const onGroup = (operationName: string) => (input: { TargetGroupArn: string | undefined }) => [
    { action: `elasticloadbalancing:${operationName}`, resource: input.TargetGroupArn ?? '*' },
  ];
  const arnPattern = (name: string | undefined) => arnOf(kernel, 'elasticloadbalancing', `targetgroup/${name}/*`);

  return {
    CreateTargetGroup: operation<CreateTargetGroupInput, Answer<CreateTargetGroupOutput>>(
      (input) => creating('CreateTargetGroup', arnPattern(input.Name), arnPattern(input.Name), input.Tags),
      (input) => {
        refuseUnknown('CreateTargetGroup', input, ['Name', 'Protocol', 'ProtocolVersion', 'Port', 'VpcId', 'TargetType', 'Tags', 'IpAddressType', ...HEALTH_CHECK_MEMBERS]);
        const name = checkName('target group', input.Name);
        if (input.Protocol !== 'HTTP') throw new NotModelled(`target groups with the protocol ${input.Protocol}`);
        if ((input.ProtocolVersion ?? 'HTTP1') !== 'HTTP1') throw new NotModelled(`target groups with the protocol version ${input.ProtocolVersion}`);
        const targetType = input.TargetType ?? 'instance';
        if (targetType === 'lambda' || targetType === 'alb') throw new NotModelled(`target groups of the type ${targetType}`);
        const port = input.Port;
        if (port === undefined || port < 1 || port > 65535) return refuse('ValidationError', 'A port must be specified');
        const arn = arnOf(kernel, 'elasticloadbalancing', `targetgroup/${name}/${hexId(kernel.random, 16)}`);
        const shape = checkHealthCheck({
          TargetGroupArn: arn,
          TargetGroupName: name,
          Protocol: 'HTTP',
          ProtocolVersion: 'HTTP1',
          Port: port,
          VpcId: input.VpcId,
          TargetType: targetType,
          IpAddressType: input.IpAddressType ?? 'ipv4',
          HealthCheckEnabled: input.HealthCheckEnabled ?? true,
          HealthCheckProtocol: input.HealthCheckProtocol ?? 'HTTP',
          HealthCheckPort: input.HealthCheckPort ?? 'traffic-port',
          HealthCheckPath: input.HealthCheckPath ?? '/',
          HealthCheckIntervalSeconds: input.HealthCheckIntervalSeconds ?? 30,
          HealthCheckTimeoutSeconds: input.HealthCheckTimeoutSeconds ?? 5,
          HealthyThresholdCount: input.HealthyThresholdCount ?? 5,
          UnhealthyThresholdCount: input.UnhealthyThresholdCount ?? 2,
          Matcher: input.Matcher ?? { HttpCode: '200' },
        });
        const existing = [...records.targetGroups.values()].find((group) => group.name === name);
        if (existing) {
          const same = JSON.stringify({ ...existing.shape, TargetGroupArn: arn }) === JSON.stringify(shape);
          if (same) return { TargetGroups: [shapeOf(existing)] };
          return refuse('DuplicateTargetGroupNameException', `A target group with the same name '${name}' exists, but with different settings`);
        }
        const group: TargetGroupRecord = { arn, name, shape, port, attributes: new Map(DEFAULT_ATTRIBUTES), targets: new Map() };
        records.targetGroups.set(arn, group);
        records.tag(arn, input.Tags);
        return { TargetGroups: [shapeOf(group)] };
      },
    ),

    DescribeTargetGroups: operation<DescribeTargetGroupsInput, Answer<DescribeTargetGroupsOutput>>(describing('DescribeTargetGroups'), (input) => {
      if (input.LoadBalancerArn) records.loadBalancer(input.LoadBalancerArn);
      for (const arn of input.TargetGroupArns ?? []) records.targetGroup(arn);
      const all = [...records.targetGroups.values()];
      for (const name of input.Names ?? []) {
        if (!all.some((group) => group.name === name)) refuse('TargetGroupNotFoundException', 'One or more target groups not found');
      }
      const chosen = all.filter(
        (group) =>
          (input.TargetGroupArns?.includes(group.arn) ?? true) &&
          (input.Names?.includes(group.name) ?? true) &&
          (!input.LoadBalancerArn || records.loadBalancersOf(group.arn).includes(input.LoadBalancerArn)),
      );
      const { items, nextMarker } = page(chosen, input);
      return { TargetGroups: items.map(shapeOf), NextMarker: nextMarker };
    }),

    ModifyTargetGroup: operation<ModifyTargetGroupInput, Answer<ModifyTargetGroupOutput>>(onGroup('ModifyTargetGroup'), (input) => {
      refuseUnknown('ModifyTargetGroup', input, ['TargetGroupArn', ...HEALTH_CHECK_MEMBERS]);
      const group = records.targetGroup(input.TargetGroupArn);
      const changes = Object.fromEntries(Object.entries(input).filter(([, value]) => value !== undefined));
      group.shape = checkHealthCheck({ ...group.shape, ...changes });
      life.reconcile(group);
      return { TargetGroups: [shapeOf(group)] };
    }),

    DeleteTargetGroup: operation<DeleteTargetGroupInput, Answer<DeleteTargetGroupOutput>>(onGroup('DeleteTargetGroup'), (input) => {
      const group = records.targetGroups.get(input.TargetGroupArn ?? '');
      if (!group) return {}; // deleting twice succeeds
      if (life.inUse(group)) refuse('ResourceInUseException', `Target group '${group.arn}' is currently in use by a listener or a rule`);
      life.dropGroup(group);
      records.targetGroups.delete(group.arn);
      records.tags.delete(group.arn);
      return {};
    }),

    DescribeTargetGroupAttributes: operation<DescribeTargetGroupAttributesInput, Answer<DescribeTargetGroupAttributesOutput>>(
      describing('DescribeTargetGroupAttributes'),
      (input) => ({ Attributes: listAttributes(records.targetGroup(input.TargetGroupArn).attributes) }),
    ),

    ModifyTargetGroupAttributes: operation<ModifyTargetGroupAttributesInput, Answer<ModifyTargetGroupAttributesOutput>>(onGroup('ModifyTargetGroupAttributes'), (input) => ({
      Attributes: setAttributes(records.targetGroup(input.TargetGroupArn).attributes, input.Attributes, SETTABLE_ATTRIBUTES),
    })),

    RegisterTargets: operation<RegisterTargetsInput, Answer<RegisterTargetsOutput>>(onGroup('RegisterTargets'), (input) => {
      const group = records.targetGroup(input.TargetGroupArn);
      for (const target of (input.Targets ?? []).map((each) => targetOf(group, each))) life.register(group, target);
      return {};
    }),

    DeregisterTargets: operation<DeregisterTargetsInput, Answer<DeregisterTargetsOutput>>(onGroup('DeregisterTargets'), (input) => {
      const group = records.targetGroup(input.TargetGroupArn);
      const targets = (input.Targets ?? []).flatMap((each) =>
        // Without a port every registration of the address goes.
        each.Port === undefined ? [...group.targets.values()].map((record) => record.target).filter((target) => target.id === each.Id) : [targetOf(group, each)],
      );
      for (const target of targets) life.deregister(group, target, () => undefined);
      return {};
    }),

    DescribeTargetHealth: operation<DescribeTargetHealthInput, Answer<DescribeTargetHealthOutput>>(describing('DescribeTargetHealth'), (input) => {
      refuseUnknown('DescribeTargetHealth', input, ['TargetGroupArn', 'Targets']);
      const group = records.targetGroup(input.TargetGroupArn);
      const targets = input.Targets ? input.Targets.map((each) => targetOf(group, each)) : [...group.targets.values()].map((record) => record.target);
      return {
        TargetHealthDescriptions: targets.map((target) => ({
          Target: { Id: target.id, Port: target.port },
          HealthCheckPort: group.shape.HealthCheckPort === 'traffic-port' ? String(target.port) : group.shape.HealthCheckPort,
          TargetHealth: life.health(group, target) ?? { State: 'unused', Reason: 'Target.NotRegistered', Description: 'Target is not registered to the target group' },
        })),
      };
    }),
  };
}

function targetOf(group: TargetGroupRecord, described: TargetDescription): Target {
  refuseUnknown('TargetDescription', described, ['Id', 'Port', 'AvailabilityZone']);
  const id = described.Id ?? '';
  if (group.shape.TargetType === 'ip' && !/^\d{1,3}(\.\d{1,3}){3}$/.test(id)) refuse('ValidationError', `The IP address '${id}' is not a valid IPv4 address`);
  return { id, port: described.Port ?? group.port };
}

function checkHealthCheck(shape: HealthCheckSettings): HealthCheckSettings {
  if (shape.HealthCheckProtocol !== 'HTTP') throw new NotModelled(`health checks with the protocol ${shape.HealthCheckProtocol}`);
  if (shape.HealthCheckEnabled === false) throw new NotModelled('target groups without health checks');
  const inRange = (what: string, value: number, from: number, to: number) => {
    if (!Number.isInteger(value) || value < from || value > to) refuse('ValidationError', `${what} '${value}' must be between ${from} and ${to}`);
  };
  inRange('Health check interval', shape.HealthCheckIntervalSeconds, 5, 300);
  inRange('Health check timeout', shape.HealthCheckTimeoutSeconds, 2, 120);
  inRange('Healthy threshold count', shape.HealthyThresholdCount, 2, 10);
  inRange('Unhealthy threshold count', shape.UnhealthyThresholdCount, 2, 10);
  if (shape.HealthCheckTimeoutSeconds >= shape.HealthCheckIntervalSeconds) {
    refuse('ValidationError', `Health check timeout '${shape.HealthCheckTimeoutSeconds}' must be smaller than the interval '${shape.HealthCheckIntervalSeconds}'`);
  }
  if (!/^\/[!-~]{0,1023}$/.test(shape.HealthCheckPath)) refuse('ValidationError', `Health check path '${shape.HealthCheckPath}' must begin with a '/' character`);
  if (shape.HealthCheckPort !== 'traffic-port') inRange('Health check port', Number(shape.HealthCheckPort), 1, 65535);
  if (!/^\d{3}(-\d{3})?(,\d{3}(-\d{3})?)*$/.test(shape.Matcher.HttpCode ?? '')) refuse('ValidationError', `Health check matcher HTTP code '${shape.Matcher.HttpCode}' must be within '200-499' inclusive`);
  return shape;
}
