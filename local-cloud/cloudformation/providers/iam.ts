// AWS::IAM::Role, Policy and ManagedPolicy. Users and groups are not modelled.
import type { Properties } from '../properties.ts';
import type { Made, ProviderContext, ResourceProvider } from '../provider.ts';

interface InlinePolicy {
  PolicyName: string;
  PolicyDocument: string;
}

const inlinePolicies = (properties: Properties): InlinePolicy[] =>
  properties.records('Policies').map((policy) => ({ PolicyName: String(policy['PolicyName']), PolicyDocument: documentText(policy['PolicyDocument']) }));

const documentText = (document: unknown): string => (typeof document === 'string' ? document : JSON.stringify(document));

async function putPolicies(roleName: string, wanted: InlinePolicy[], had: InlinePolicy[], context: ProviderContext): Promise<void> {
  for (const policy of wanted) await context.call('iam', 'PutRolePolicy', { RoleName: roleName, ...policy });
  const kept = new Set(wanted.map((policy) => policy.PolicyName));
  for (const { PolicyName } of had) if (!kept.has(PolicyName)) await context.call('iam', 'DeleteRolePolicy', { RoleName: roleName, PolicyName });
}

async function attach(roleName: string, wanted: string[], had: string[], context: ProviderContext): Promise<void> {
  for (const PolicyArn of wanted) if (!had.includes(PolicyArn)) await context.call('iam', 'AttachRolePolicy', { RoleName: roleName, PolicyArn });
  for (const PolicyArn of had) if (!wanted.includes(PolicyArn)) await context.call('iam', 'DetachRolePolicy', { RoleName: roleName, PolicyArn });
}

const role: ResourceProvider = {
  type: 'AWS::IAM::Role',
  properties: ['RoleName', 'Path', 'AssumeRolePolicyDocument', 'Description', 'MaxSessionDuration', 'PermissionsBoundary', 'Policies', 'ManagedPolicyArns', 'Tags'],
  nameProperty: 'RoleName',
  replacedBy: ['Path'],
  async create(properties, context) {
    const name = properties.optionalText('RoleName') ?? context.generatedName(64);
    const tags = context.tags(properties.raw('Tags'));
    const duration = properties.number('MaxSessionDuration');
    const answer = await context.call('iam', 'CreateRole', {
      RoleName: name,
      AssumeRolePolicyDocument: properties.json('AssumeRolePolicyDocument'),
      ...properties.pick('Path', 'Description', 'PermissionsBoundary'),
      ...(duration === undefined ? {} : { MaxSessionDuration: duration }),
      ...(tags.length > 0 ? { Tags: tags } : {}),
    });
    await putPolicies(name, inlinePolicies(properties), [], context);
    await attach(name, properties.texts('ManagedPolicyArns'), [], context);
    const made = answer['Role'] as { Arn?: string; RoleId?: string } | undefined;
    return { physicalId: name, attributes: { Arn: made?.Arn, RoleId: made?.RoleId } };
  },
  async update(properties, old, made, context) {
    const RoleName = made.physicalId;
    if (properties.json('AssumeRolePolicyDocument') !== old.json('AssumeRolePolicyDocument')) {
      await context.call('iam', 'UpdateAssumeRolePolicy', { RoleName, PolicyDocument: properties.json('AssumeRolePolicyDocument') });
    }
    const described = ['Description', 'MaxSessionDuration'].some((name) => properties.raw(name) !== old.raw(name));
    if (described) {
      const duration = properties.number('MaxSessionDuration');
      await context.call('iam', 'UpdateRole', { RoleName, Description: properties.optionalText('Description') ?? '', ...(duration === undefined ? {} : { MaxSessionDuration: duration }) });
    }
    await putPolicies(RoleName, inlinePolicies(properties), inlinePolicies(old), context);
    await attach(RoleName, properties.texts('ManagedPolicyArns'), old.texts('ManagedPolicyArns'), context);
    return made;
  },
  async remove(made, properties, context) {
    const RoleName = made.physicalId;
    await putPolicies(RoleName, [], inlinePolicies(properties), context);
    await attach(RoleName, [], properties.texts('ManagedPolicyArns'), context);
    await context.call('iam', 'DeleteRole', { RoleName });
  },
};

const inlinePolicyOf = (properties: Properties): InlinePolicy => ({ PolicyName: properties.text('PolicyName'), PolicyDocument: properties.json('PolicyDocument') ?? '' });

async function spread(properties: Properties, old: Properties | undefined, context: ProviderContext): Promise<Made> {
  const policy = inlinePolicyOf(properties);
  for (const RoleName of properties.texts('Roles')) await context.call('iam', 'PutRolePolicy', { RoleName, ...policy });
  for (const RoleName of old?.texts('Roles') ?? []) {
    if (!properties.texts('Roles').includes(RoleName)) await context.call('iam', 'DeleteRolePolicy', { RoleName, PolicyName: policy.PolicyName });
  }
  return { physicalId: context.generatedName(100), attributes: {} };
}

const policy: ResourceProvider = {
  type: 'AWS::IAM::Policy',
  properties: ['PolicyName', 'PolicyDocument', 'Roles'],
  replacedBy: ['PolicyName'],
  create: (properties, context) => spread(properties, undefined, context),
  update: async (properties, old, made, context) => ({ ...(await spread(properties, old, context)), physicalId: made.physicalId }),
  async remove(_made, properties, context) {
    for (const RoleName of properties.texts('Roles')) await context.call('iam', 'DeleteRolePolicy', { RoleName, PolicyName: properties.text('PolicyName') });
  },
};

const managedPolicy: ResourceProvider = {
  type: 'AWS::IAM::ManagedPolicy',
  properties: ['ManagedPolicyName', 'PolicyDocument', 'Path', 'Description', 'Roles'],
  nameProperty: 'ManagedPolicyName',
  replacedBy: ['Path', 'Description'],
  async create(properties, context) {
    const name = properties.optionalText('ManagedPolicyName') ?? context.generatedName(128);
    const answer = await context.call('iam', 'CreatePolicy', { PolicyName: name, PolicyDocument: properties.json('PolicyDocument'), ...properties.pick('Path', 'Description') });
    const arn = String((answer['Policy'] as { Arn?: string } | undefined)?.Arn);
    for (const RoleName of properties.texts('Roles')) await context.call('iam', 'AttachRolePolicy', { RoleName, PolicyArn: arn });
    return { physicalId: arn, attributes: { PolicyArn: arn } };
  },
  async update(properties, old, made, context) {
    const PolicyArn = made.physicalId;
    if (properties.json('PolicyDocument') !== old.json('PolicyDocument')) {
      await context.call('iam', 'CreatePolicyVersion', { PolicyArn, PolicyDocument: properties.json('PolicyDocument'), SetAsDefault: true });
    }
    const [wanted, had] = [properties.texts('Roles'), old.texts('Roles')];
    for (const RoleName of wanted) if (!had.includes(RoleName)) await context.call('iam', 'AttachRolePolicy', { RoleName, PolicyArn });
    for (const RoleName of had) if (!wanted.includes(RoleName)) await context.call('iam', 'DetachRolePolicy', { RoleName, PolicyArn });
    return made;
  },
  async remove(made, properties, context) {
    for (const RoleName of properties.texts('Roles')) await context.call('iam', 'DetachRolePolicy', { RoleName, PolicyArn: made.physicalId });
    await context.call('iam', 'DeletePolicy', { PolicyArn: made.physicalId });
  },
};

export const iamProviders: ResourceProvider[] = [role, policy, managedPolicy];
