// Operations on load balancers and on tags.
import type {
  AddTagsInput, AddTagsOutput, AvailabilityZone, CreateLoadBalancerInput, CreateLoadBalancerOutput, DeleteLoadBalancerInput, DeleteLoadBalancerOutput,
  DescribeLoadBalancerAttributesInput, DescribeLoadBalancerAttributesOutput, DescribeLoadBalancersInput, DescribeLoadBalancersOutput,
  DescribeTagsInput, DescribeTagsOutput, ModifyLoadBalancerAttributesInput, ModifyLoadBalancerAttributesOutput, RemoveTagsInput, RemoveTagsOutput,
  SetSecurityGroupsInput, SetSecurityGroupsOutput, SetSubnetsInput, SetSubnetsOutput,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import { NotModelled, refuseUnknown } from '../kernel/errors.ts';
import { arnOf, type Kernel } from '../kernel/kernel.ts';
import { decimalId, hexId } from '../kernel/random.ts';
import type { Answer } from '../kernel/service.ts';
import { checkName, creating, describing, listAttributes, operation, setAttributes, tagContext } from './operation.ts';
import { type Records, loadBalancerDimension, page, refuse } from './records.ts';

const DEFAULT_ATTRIBUTES: [string, string][] = [
  ['deletion_protection.enabled', 'false'],
  ['idle_timeout.timeout_seconds', '60'],
  ['routing.http2.enabled', 'true'],
  ['access_logs.s3.enabled', 'false'],
];
const SETTABLE_ATTRIBUTES = {
  'deletion_protection.enabled': /^(true|false)$/,
  'idle_timeout.timeout_seconds': /^([1-9]\d{0,2}|[1-3]\d{3}|4000)$/,
  'routing.http2.enabled': /^(true|false)$/,
  'access_logs.s3.enabled': /^false$/, // no logs are written
};

export function loadBalancerOperations(kernel: Kernel, records: Records, deleteListener: (arn: string) => Promise<void>) {
  const arnPattern = (name: string) => arnOf(kernel, 'elasticloadbalancing', `loadbalancer/app/${name}/*`);

  return {
    CreateLoadBalancer: operation<CreateLoadBalancerInput, Answer<CreateLoadBalancerOutput>>(
      ({ Name: name, Scheme: scheme, Subnets: subnets, SecurityGroups: groups, Tags: tags }) =>
        creating('CreateLoadBalancer', arnPattern(name ?? ''), arnPattern(name ?? ''), tags, {
          'elasticloadbalancing:Scheme': scheme ?? 'internet-facing',
          ...(subnets ? { 'elasticloadbalancing:Subnet': subnets } : {}),
          ...(groups ? { 'elasticloadbalancing:SecurityGroup': groups } : {}),
        }),
      (input) => {
        refuseUnknown('CreateLoadBalancer', input, ['Name', 'Subnets', 'SecurityGroups', 'Scheme', 'Tags', 'Type', 'IpAddressType']);
        if ((input.Type ?? 'application') !== 'application') throw new NotModelled(`load balancers of type ${input.Type}`);
        const name = checkName('load balancer', input.Name);
        const scheme = input.Scheme ?? 'internet-facing';
        const existing = [...records.loadBalancers.values()].find((known) => known.name === name);
        if (existing) {
          if (existing.shape.Scheme === scheme) return { LoadBalancers: [existing.shape] };
          return refuse('DuplicateLoadBalancerNameException', `A load balancer with the same name '${name}' exists, but with different settings`);
        }
        const arn = arnOf(kernel, 'elasticloadbalancing', `loadbalancer/app/${name}/${hexId(kernel.random, 16)}`);
        const shape = {
          LoadBalancerArn: arn,
          DNSName: `${scheme === 'internal' ? 'internal-' : ''}${name}-${decimalId(kernel.random, 10)}.${kernel.region}.elb.amazonaws.com`,
          CanonicalHostedZoneId: 'Z35SXDOTRQ7X7K',
          CreatedTime: new Date(kernel.clock.nowMs()),
          LoadBalancerName: name,
          Scheme: scheme,
          VpcId: 'vpc-0local',
          // AWS answers `provisioning` for some seconds; nothing local needs them.
          State: { Code: 'active' as const },
          Type: 'application' as const,
          AvailabilityZones: zonesOf(kernel.region, input.Subnets),
          SecurityGroups: input.SecurityGroups ?? [],
          IpAddressType: input.IpAddressType ?? ('ipv4' as const),
        };
        records.loadBalancers.set(arn, { arn, name, shape, attributes: new Map(DEFAULT_ATTRIBUTES) });
        records.tag(arn, input.Tags);
        return { LoadBalancers: [shape] };
      },
    ),

    DescribeLoadBalancers: operation<DescribeLoadBalancersInput, Answer<DescribeLoadBalancersOutput>>(describing('DescribeLoadBalancers'), (input) => {
      for (const arn of input.LoadBalancerArns ?? []) records.loadBalancer(arn);
      const all = [...records.loadBalancers.values()];
      for (const name of input.Names ?? []) {
        if (!all.some((known) => known.name === name)) refuse('LoadBalancerNotFoundException', `Load balancers '[${name}]' not found`);
      }
      const chosen = all.filter((known) => (input.LoadBalancerArns?.includes(known.arn) ?? true) && (input.Names?.includes(known.name) ?? true));
      const { items, nextMarker } = page(chosen, input);
      return { LoadBalancers: items.map((known) => known.shape), NextMarker: nextMarker };
    }),

    DeleteLoadBalancer: operation<DeleteLoadBalancerInput, Answer<DeleteLoadBalancerOutput>>(
      (input) => [{ action: 'elasticloadbalancing:DeleteLoadBalancer', resource: input.LoadBalancerArn ?? '*' }],
      async (input) => {
        const known = records.loadBalancers.get(input.LoadBalancerArn ?? '');
        if (!known) return {}; // deleting twice succeeds
        if (known.attributes.get('deletion_protection.enabled') === 'true') {
          return refuse('OperationNotPermittedException', `Load balancer '${known.arn}' cannot be deleted because deletion protection is enabled`);
        }
        for (const listener of [...records.listeners.values()].filter((each) => each.loadBalancerArn === known.arn)) await deleteListener(listener.arn);
        records.loadBalancers.delete(known.arn);
        records.tags.delete(known.arn);
        return {};
      },
    ),

    DescribeLoadBalancerAttributes: operation<DescribeLoadBalancerAttributesInput, Answer<DescribeLoadBalancerAttributesOutput>>(
      describing('DescribeLoadBalancerAttributes'),
      (input) => ({ Attributes: listAttributes(records.loadBalancer(input.LoadBalancerArn).attributes) }),
    ),

    ModifyLoadBalancerAttributes: operation<ModifyLoadBalancerAttributesInput, Answer<ModifyLoadBalancerAttributesOutput>>(
      (input) => [{ action: 'elasticloadbalancing:ModifyLoadBalancerAttributes', resource: input.LoadBalancerArn ?? '*' }],
      (input) => ({ Attributes: setAttributes(records.loadBalancer(input.LoadBalancerArn).attributes, input.Attributes, SETTABLE_ATTRIBUTES) }),
    ),

    SetSubnets: operation<SetSubnetsInput, Answer<SetSubnetsOutput>>(
      (input) => [
        { action: 'elasticloadbalancing:SetSubnets', resource: input.LoadBalancerArn ?? '*', ...(input.Subnets ? { context: { 'elasticloadbalancing:Subnet': input.Subnets } } : {}) },
      ],
      (input) => {
        refuseUnknown('SetSubnets', input, ['LoadBalancerArn', 'Subnets']);
        const { shape } = records.loadBalancer(input.LoadBalancerArn);
        shape.AvailabilityZones = zonesOf(kernel.region, input.Subnets);
        return { AvailabilityZones: shape.AvailabilityZones, IpAddressType: shape.IpAddressType };
      },
    ),

    SetSecurityGroups: operation<SetSecurityGroupsInput, Answer<SetSecurityGroupsOutput>>(
      (input) => [
        {
          action: 'elasticloadbalancing:SetSecurityGroups', resource: input.LoadBalancerArn ?? '*',
          ...(input.SecurityGroups ? { context: { 'elasticloadbalancing:SecurityGroup': input.SecurityGroups } } : {}),
        },
      ],
      (input) => {
        refuseUnknown('SetSecurityGroups', input, ['LoadBalancerArn', 'SecurityGroups']);
        const { shape } = records.loadBalancer(input.LoadBalancerArn);
        shape.SecurityGroups = input.SecurityGroups ?? [];
        return { SecurityGroupIds: shape.SecurityGroups };
      },
    ),

    AddTags: operation<AddTagsInput, Answer<AddTagsOutput>>(
      (input) => (input.ResourceArns ?? []).map((resource) => ({ action: 'elasticloadbalancing:AddTags', resource, context: tagContext(input.Tags) })),
      (input) => {
        for (const arn of input.ResourceArns ?? []) requireResource(records, arn);
        for (const arn of input.ResourceArns ?? []) records.tag(arn, input.Tags);
        return {};
      },
    ),

    RemoveTags: operation<RemoveTagsInput, Answer<RemoveTagsOutput>>(
      (input) =>
        (input.ResourceArns ?? []).map((resource) => ({ action: 'elasticloadbalancing:RemoveTags', resource, context: { 'aws:TagKeys': input.TagKeys ?? [] } })),
      (input) => {
        for (const arn of input.ResourceArns ?? []) requireResource(records, arn);
        for (const arn of input.ResourceArns ?? []) for (const key of input.TagKeys ?? []) records.tags.get(arn)?.delete(key);
        return {};
      },
    ),

    DescribeTags: operation<DescribeTagsInput, Answer<DescribeTagsOutput>>(describing('DescribeTags'), (input) => ({
      TagDescriptions: (input.ResourceArns ?? []).map((arn) => {
        requireResource(records, arn);
        return { ResourceArn: arn, Tags: [...(records.tags.get(arn) ?? [])].map(([Key, Value]) => ({ Key, Value })) };
      }),
    })),
  };
}

/** Networks are not modelled: every further subnet is taken to be in the next zone. */
const zonesOf = (region: string, subnets: string[] | undefined): AvailabilityZone[] =>
  (subnets ?? []).map((subnet, index) => ({ ZoneName: `${region}${'abcdef'[index % 6]}`, SubnetId: subnet, LoadBalancerAddresses: [] }));

function requireResource(records: Records, arn: string): void {
  const kind = loadBalancerDimension(arn).split('/')[0];
  if (kind === 'targetgroup') records.targetGroup(arn);
  else if (kind === 'listener') records.listener(arn);
  else if (kind === 'listener-rule') records.rule(arn);
  else records.loadBalancer(arn);
}
