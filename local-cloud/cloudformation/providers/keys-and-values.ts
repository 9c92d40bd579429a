// AWS::KMS::Key and Alias, AWS::SSM::Parameter, AWS::SecretsManager::Secret.
import { NotModelled } from '../../kernel/errors.ts';
import type { ResourceProvider } from '../provider.ts';

const key: ResourceProvider = {
  type: 'AWS::KMS::Key',
  properties: ['Description', 'KeyPolicy', 'EnableKeyRotation', 'Enabled', 'PendingWindowInDays', 'KeySpec', 'KeyUsage', 'MultiRegion', 'Tags'],
  replacedBy: ['KeySpec', 'KeyUsage', 'MultiRegion'],
  async create(properties, context) {
    const tags = context.tags(properties.raw('Tags'));
    const answer = await context.call('kms', 'CreateKey', {
      ...properties.pick('Description', 'KeySpec', 'KeyUsage'),
      ...(properties.has('MultiRegion') ? { MultiRegion: properties.flag('MultiRegion') } : {}),
      ...(properties.has('KeyPolicy') ? { Policy: properties.json('KeyPolicy') } : {}),
      ...(tags.length > 0 ? { Tags: tags.map(({ Key: TagKey, Value: TagValue }) => ({ TagKey, TagValue })) } : {}),
    });
    const metadata = answer['KeyMetadata'] as { KeyId?: string; Arn?: string } | undefined;
    const keyId = String(metadata?.KeyId);
    if (properties.flag('EnableKeyRotation')) await context.call('kms', 'EnableKeyRotation', { KeyId: keyId });
    if (properties.flag('Enabled') === false) await context.call('kms', 'DisableKey', { KeyId: keyId });
    return { physicalId: keyId, attributes: { Arn: metadata?.Arn, KeyId: keyId } };
  },
  async update(properties, old, made, context) {
    const KeyId = made.physicalId;
    if (properties.json('KeyPolicy') !== old.json('KeyPolicy')) {
      await context.call('kms', 'PutKeyPolicy', { KeyId, PolicyName: 'default', Policy: properties.json('KeyPolicy') });
    }
    const rotates = properties.flag('EnableKeyRotation') ?? false;
    if (rotates !== (old.flag('EnableKeyRotation') ?? false)) await context.call('kms', rotates ? 'EnableKeyRotation' : 'DisableKeyRotation', { KeyId });
    const enabled = properties.flag('Enabled') ?? true;
    if (enabled !== (old.flag('Enabled') ?? true)) await context.call('kms', enabled ? 'EnableKey' : 'DisableKey', { KeyId });
    if (properties.raw('Description') !== old.raw('Description')) {
      await context.call('kms', 'UpdateKeyDescription', { KeyId, Description: properties.optionalText('Description') ?? '' });
    }
    return made;
  },
  async remove(made, properties, context) {
    await context.call('kms', 'ScheduleKeyDeletion', { KeyId: made.physicalId, PendingWindowInDays: properties.number('PendingWindowInDays') ?? 30 });
  },
};

const alias: ResourceProvider = {
  type: 'AWS::KMS::Alias',
  properties: ['AliasName', 'TargetKeyId'],
  nameProperty: 'AliasName',
  async create(properties, context) {
    const AliasName = properties.text('AliasName');
    await context.call('kms', 'CreateAlias', { AliasName, TargetKeyId: properties.text('TargetKeyId') });
    return { physicalId: AliasName, attributes: {} };
  },
  async update(properties, _old, made, context) {
    await context.call('kms', 'UpdateAlias', { AliasName: made.physicalId, TargetKeyId: properties.text('TargetKeyId') });
    return made;
  },
  async remove(made, _properties, context) {
    await context.call('kms', 'DeleteAlias', { AliasName: made.physicalId });
  },
};

const PARAMETER_FIELDS = ['Type', 'Value', 'Description', 'Tier', 'AllowedPattern', 'DataType'];

const parameter: ResourceProvider = {
  type: 'AWS::SSM::Parameter',
  properties: ['Name', 'Tags', ...PARAMETER_FIELDS],
  nameProperty: 'Name',
  async create(properties, context) {
    const Name = properties.optionalText('Name') ?? `CFN-${context.generatedName(200)}`;
    const tags = context.tags(properties.raw('Tags'));
    await context.call('ssm', 'PutParameter', { Name, ...properties.pick(...PARAMETER_FIELDS), Value: properties.text('Value'), ...(tags.length > 0 ? { Tags: tags } : {}) });
    return { physicalId: Name, attributes: { Type: properties.text('Type'), Value: properties.text('Value') } };
  },
  async update(properties, _old, made, context) {
    await context.call('ssm', 'PutParameter', { Name: made.physicalId, ...properties.pick(...PARAMETER_FIELDS), Value: properties.text('Value'), Overwrite: true });
    return { ...made, attributes: { Type: properties.text('Type'), Value: properties.text('Value') } };
  },
  async remove(made, _properties, context) {
    await context.call('ssm', 'DeleteParameter', { Name: made.physicalId });
  },
};

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

const secret: ResourceProvider = {
  type: 'AWS::SecretsManager::Secret',
  properties: ['Name', 'Description', 'KmsKeyId', 'SecretString', 'GenerateSecretString', 'Tags'],
  nameProperty: 'Name',
  async create(properties, context) {
    const Name = properties.optionalText('Name') ?? context.generatedName(256);
    const tags = context.tags(properties.raw('Tags'));
    const generate = properties.record('GenerateSecretString');
    const { PasswordLength: length, SecretStringTemplate: template, GenerateStringKey: key, ExcludePunctuation: _excluded, ...others } = generate ?? {};
    const [unknown] = Object.keys(others);
    if (unknown !== undefined) throw new NotModelled(`AWS::SecretsManager::Secret: GenerateSecretString.${unknown}`);
    const letters = () => Array.from({ length: Number(length ?? 32) }, () => ALPHABET[Math.floor(context.kernel.random.next() * ALPHABET.length)]).join('');
    const generated = generate && (typeof template === 'string' ? JSON.stringify({ ...(JSON.parse(template) as object), [String(key)]: letters() }) : letters());
    const SecretString = properties.optionalText('SecretString') ?? generated;
    const answer = await context.call('secretsmanager', 'CreateSecret', {
      Name,
      ...properties.pick('Description', 'KmsKeyId'),
      ...(SecretString === undefined ? {} : { SecretString }),
      ...(tags.length > 0 ? { Tags: tags } : {}),
    });
    return { physicalId: String(answer['ARN']), attributes: { Id: answer['ARN'] } };
  },
  async update(properties, old, made, context) {
    const changed = properties.raw('SecretString') !== old.raw('SecretString') && properties.has('SecretString');
    await context.call('secretsmanager', 'UpdateSecret', {
      SecretId: made.physicalId,
      ...properties.pick('Description', 'KmsKeyId'),
      ...(changed ? { SecretString: properties.text('SecretString') } : {}),
    });
    return made;
  },
  async remove(made, _properties, context) {
    await context.call('secretsmanager', 'DeleteSecret', { SecretId: made.physicalId, ForceDeleteWithoutRecovery: true });
  },
};

export const keyAndValueProviders: ResourceProvider[] = [key, alias, parameter, secret];
