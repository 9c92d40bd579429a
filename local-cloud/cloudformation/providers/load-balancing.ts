// AWS::ElasticLoadBalancingV2::LoadBalancer, TargetGroup, Listener and ListenerRule.
import { coerce, plainText } from '../properties.ts';
import type { Properties } from '../properties.ts';
import type { ProviderContext, ResourceProvider } from '../provider.ts';
import { isRecord } from '../template.ts';

const NUMBERS = new Set([
  'Port', 'Priority', 'Weight', 'Order', 'HealthCheckIntervalSeconds', 'HealthCheckTimeoutSeconds', 'HealthyThresholdCount', 'UnhealthyThresholdCount', 'DurationSeconds',
]);
const FLAGS = new Set(['HealthCheckEnabled', 'Enabled']);

const shaped = (properties: Properties, names: string[]): Record<string, unknown> => coerce(properties.pick(...names), NUMBERS, FLAGS) as Record<string, unknown>;

const first = (answer: Record<string, unknown>, member: string): Record<string, unknown> => {
  const list = answer[member];
  const [head] = Array.isArray(list) ? list.filter(isRecord) : [];
  return head ?? {};
};

const tagged = (properties: Properties, context: ProviderContext): object => {
  const tags = context.tags(properties.raw('Tags'));
  return tags.length > 0 ? { Tags: tags } : {};
};

/** `app/NAME/ID` and `targetgroup/NAME/ID`, as metric dimensions spell them. */
const fullName = (arn: string): string => /:(?:loadbalancer\/)?((?:app|net|targetgroup)\/.+)$/.exec(arn)?.[1] ?? arn;

const ELB = 'elasticloadbalancing';
const BALANCER_FIELDS = ['Scheme', 'Type', 'Subnets', 'SubnetMappings', 'SecurityGroups', 'IpAddressType'];

const loadBalancer: ResourceProvider = {
  type: 'AWS::ElasticLoadBalancingV2::LoadBalancer',
  properties: ['Name', 'Tags', 'LoadBalancerAttributes', ...BALANCER_FIELDS],
  nameProperty: 'Name',
  replacedBy: ['Scheme', 'Type'],
  async create(properties, context) {
    const Name = properties.optionalText('Name') ?? context.generatedName(32);
    const made = first(await context.call(ELB, 'CreateLoadBalancer', { Name, ...shaped(properties, BALANCER_FIELDS), ...tagged(properties, context) }), 'LoadBalancers');
    const arn = String(made['LoadBalancerArn']);
    await setAttributes('ModifyLoadBalancerAttributes', { LoadBalancerArn: arn }, properties.records('LoadBalancerAttributes'), context);
    return {
      physicalId: arn,
      attributes: {
        LoadBalancerArn: arn,
        DNSName: made['DNSName'],
        CanonicalHostedZoneID: made['CanonicalHostedZoneId'],
        LoadBalancerFullName: fullName(arn),
        LoadBalancerName: Name,
      },
    };
  },
  async update(properties, old, made, context) {
    const changed = (name: string) => JSON.stringify(properties.raw(name)) !== JSON.stringify(old.raw(name));
    if (changed('SecurityGroups')) await context.call(ELB, 'SetSecurityGroups', { LoadBalancerArn: made.physicalId, ...properties.pick('SecurityGroups') });
    if (changed('Subnets') || changed('SubnetMappings')) await context.call(ELB, 'SetSubnets', { LoadBalancerArn: made.physicalId, ...properties.pick('Subnets', 'SubnetMappings') });
    await setAttributes('ModifyLoadBalancerAttributes', { LoadBalancerArn: made.physicalId }, properties.records('LoadBalancerAttributes'), context);
    return made;
  },
  async remove(made, _properties, context) {
    await context.call(ELB, 'DeleteLoadBalancer', { LoadBalancerArn: made.physicalId });
  },
};

async function setAttributes(operation: string, target: object, attributes: Record<string, unknown>[], context: ProviderContext): Promise<void> {
  if (attributes.length === 0) return;
  const Attributes = attributes.map(({ Key, Value }) => ({ Key, Value: typeof Value === 'string' ? Value : JSON.stringify(Value) }));
  await context.call(ELB, operation, { ...target, Attributes });
}

const HEALTH_FIELDS = [
  'HealthCheckEnabled', 'HealthCheckIntervalSeconds', 'HealthCheckPath', 'HealthCheckPort', 'HealthCheckProtocol', 'HealthCheckTimeoutSeconds',
  'HealthyThresholdCount', 'UnhealthyThresholdCount', 'Matcher',
];
const GROUP_FIXED = ['Port', 'Protocol', 'ProtocolVersion', 'TargetType', 'VpcId', 'IpAddressType'];

const targetGroup: ResourceProvider = {
  type: 'AWS::ElasticLoadBalancingV2::TargetGroup',
  properties: ['Name', 'Tags', 'TargetGroupAttributes', ...HEALTH_FIELDS, ...GROUP_FIXED],
  nameProperty: 'Name',
  replacedBy: GROUP_FIXED,
  async create(properties, context) {
    const Name = properties.optionalText('Name') ?? context.generatedName(32);
    const fields = healthPortAsText(shaped(properties, [...HEALTH_FIELDS, ...GROUP_FIXED]));
    const made = first(await context.call(ELB, 'CreateTargetGroup', { Name, ...fields, ...tagged(properties, context) }), 'TargetGroups');
    const arn = String(made['TargetGroupArn']);
    await setAttributes('ModifyTargetGroupAttributes', { TargetGroupArn: arn }, properties.records('TargetGroupAttributes'), context);
    return { physicalId: arn, attributes: { TargetGroupArn: arn, TargetGroupFullName: fullName(arn), TargetGroupName: Name } };
  },
  async update(properties, _old, made, context) {
    await context.call(ELB, 'ModifyTargetGroup', { TargetGroupArn: made.physicalId, ...healthPortAsText(shaped(properties, HEALTH_FIELDS)) });
    await setAttributes('ModifyTargetGroupAttributes', { TargetGroupArn: made.physicalId }, properties.records('TargetGroupAttributes'), context);
    return made;
  },
  async remove(made, _properties, context) {
    await context.call(ELB, 'DeleteTargetGroup', { TargetGroupArn: made.physicalId });
  },
};

/** `traffic-port` or a number, but always text in the API. */
const healthPortAsText = (fields: Record<string, unknown>): Record<string, unknown> =>
  fields['HealthCheckPort'] === undefined ? fields : { ...fields, HealthCheckPort: plainText(fields['HealthCheckPort']) };

const LISTENER_FIELDS = ['Port', 'Protocol', 'DefaultActions', 'Certificates', 'SslPolicy'];

const listener: ResourceProvider = {
  type: 'AWS::ElasticLoadBalancingV2::Listener',
  properties: ['LoadBalancerArn', ...LISTENER_FIELDS],
  replacedBy: ['LoadBalancerArn'],
  async create(properties, context) {
    const made = first(await context.call(ELB, 'CreateListener', { LoadBalancerArn: properties.text('LoadBalancerArn'), ...shaped(properties, LISTENER_FIELDS) }), 'Listeners');
    return { physicalId: String(made['ListenerArn']), attributes: { ListenerArn: made['ListenerArn'] } };
  },
  async update(properties, _old, made, context) {
    await context.call(ELB, 'ModifyListener', { ListenerArn: made.physicalId, ...shaped(properties, LISTENER_FIELDS) });
    return made;
  },
  async remove(made, _properties, context) {
    await context.call(ELB, 'DeleteListener', { ListenerArn: made.physicalId });
  },
};

const listenerRule: ResourceProvider = {
  type: 'AWS::ElasticLoadBalancingV2::ListenerRule',
  properties: ['ListenerArn', 'Priority', 'Conditions', 'Actions', 'Tags'],
  replacedBy: ['ListenerArn'],
  async create(properties, context) {
    const fields = shaped(properties, ['ListenerArn', 'Priority', 'Conditions', 'Actions']);
    const made = first(await context.call(ELB, 'CreateRule', { ...fields, ...tagged(properties, context) }), 'Rules');
    return { physicalId: String(made['RuleArn']), attributes: { RuleArn: made['RuleArn'], IsDefault: false } };
  },
  async update(properties, old, made, context) {
    if (properties.number('Priority') !== old.number('Priority')) {
      await context.call(ELB, 'SetRulePriorities', { RulePriorities: [{ RuleArn: made.physicalId, Priority: properties.number('Priority') }] });
    }
    await context.call(ELB, 'ModifyRule', { RuleArn: made.physicalId, ...shaped(properties, ['Conditions', 'Actions']) });
    return made;
  },
  async remove(made, _properties, context) {
    await context.call(ELB, 'DeleteRule', { RuleArn: made.physicalId });
  },
};

export const loadBalancingProviders: ResourceProvider[] = [loadBalancer, targetGroup, listener, listenerRule];
