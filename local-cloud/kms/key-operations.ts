// Keys, their policies, rotation, deletion and tags; aliases.
import type * as Kms from '@aws-sdk/client-kms';
import { AwsError, NotModelled, refuseUnknown } from '../kernel/errors.ts';
import { arnOf } from '../kernel/kernel.ts';
import { uuid } from '../kernel/random.ts';
import type { Answer, Operation, Permission } from '../kernel/service.ts';
import type { Keys } from './keys.ts';
import { defaultPolicy, metadataOf, parsePolicy, stateOf } from './keys.ts';

const DAY_MS = 24 * 3600_000;

export function keyOperations(keys: Keys) {
  const { kernel } = keys;
  const on = (action: string, KeyId: string | undefined): Permission => ({ action: `kms:${action}`, resource: keys.arn(KeyId) });
  const nowMs = () => kernel.clock.nowMs();

  const CreateKey: Operation<Kms.CreateKeyCommandInput, Answer<Kms.CreateKeyCommandOutput>> = {
    permissions: (input) => [
      { action: 'kms:CreateKey', resource: '*' },
      ...(input.Tags?.length ? [{ action: 'kms:TagResource', resource: arnOf(kernel, 'kms', 'key/*') }] : []),
    ],
    handle: (input) => {
      refuseUnknown('CreateKey', input, ['Policy', 'Description', 'Tags', 'KeySpec', 'CustomerMasterKeySpec', 'KeyUsage', 'Origin', 'MultiRegion', 'BypassPolicyLockoutSafetyCheck']);
      if ((input.KeySpec ?? input.CustomerMasterKeySpec ?? 'SYMMETRIC_DEFAULT') !== 'SYMMETRIC_DEFAULT') throw new NotModelled(`CreateKey: the key spec ${input.KeySpec}`);
      if ((input.KeyUsage ?? 'ENCRYPT_DECRYPT') !== 'ENCRYPT_DECRYPT') throw new NotModelled(`CreateKey: the key usage ${input.KeyUsage}`);
      if ((input.Origin ?? 'AWS_KMS') !== 'AWS_KMS') throw new NotModelled(`CreateKey: the origin ${input.Origin}`);
      if (input.MultiRegion) throw new NotModelled('CreateKey: multi-Region keys');
      if (input.Policy !== undefined) parsePolicy(input.Policy);
      const id = uuid(kernel.random);
      keys.byId.set(id, {
        id,
        arn: arnOf(kernel, 'kms', `key/${id}`),
        description: input.Description ?? '',
        createdAtMs: nowMs(),
        enabled: true,
        deletionAtMs: undefined,
        rotation: undefined,
        policy: input.Policy ?? defaultPolicy(kernel.accountId),
        tags: input.Tags ?? [],
        material: keys.newMaterial(),
      });
      return { KeyMetadata: metadataOf(keys.get(id), kernel.accountId) };
    },
  };

  const DescribeKey: Operation<Kms.DescribeKeyCommandInput, Answer<Kms.DescribeKeyCommandOutput>> = {
    permissions: (input) => [on('DescribeKey', input.KeyId)],
    handle: (input) => ({ KeyMetadata: metadataOf(keys.get(input.KeyId), kernel.accountId) }),
  };

  const ListKeys: Operation<Kms.ListKeysCommandInput, Answer<Kms.ListKeysCommandOutput>> = {
    permissions: () => [{ action: 'kms:ListKeys', resource: '*' }],
    handle: () => ({ Keys: [...keys.byId.keys()].filter((id) => keys.find(id)).map((id) => ({ KeyId: id, KeyArn: keys.get(id).arn })), Truncated: false }),
  };

  const GetKeyPolicy: Operation<Kms.GetKeyPolicyCommandInput, Answer<Kms.GetKeyPolicyCommandOutput>> = {
    permissions: (input) => [on('GetKeyPolicy', input.KeyId)],
    handle: (input) => ({ Policy: keys.get(input.KeyId).policy, PolicyName: 'default' }),
  };

  const PutKeyPolicy: Operation<Kms.PutKeyPolicyCommandInput, object> = {
    permissions: (input) => [on('PutKeyPolicy', input.KeyId)],
    handle: (input) => {
      refuseUnknown('PutKeyPolicy', input, ['KeyId', 'PolicyName', 'Policy', 'BypassPolicyLockoutSafetyCheck']);
      const key = keys.changeable(input.KeyId);
      parsePolicy(input.Policy ?? '');
      key.policy = input.Policy ?? '';
      return {};
    },
  };

  const UpdateKeyDescription: Operation<Kms.UpdateKeyDescriptionCommandInput, object> = {
    permissions: (input) => [on('UpdateKeyDescription', input.KeyId)],
    handle: (input) => {
      keys.changeable(input.KeyId).description = input.Description ?? '';
      return {};
    },
  };

  const setEnabled = (action: string, enabled: boolean): Operation<{ KeyId: string | undefined }, object> => ({
    permissions: (input) => [on(action, input.KeyId)],
    handle: (input) => {
      keys.changeable(input.KeyId).enabled = enabled;
      return {};
    },
  });

  const EnableKeyRotation: Operation<Kms.EnableKeyRotationCommandInput, object> = {
    permissions: (input) => [on('EnableKeyRotation', input.KeyId)],
    handle: (input) => {
      refuseUnknown('EnableKeyRotation', input, ['KeyId', 'RotationPeriodInDays']);
      keys.changeable(input.KeyId).rotation = { sinceMs: nowMs(), periodDays: input.RotationPeriodInDays ?? 365 };
      return {};
    },
  };

  const DisableKeyRotation: Operation<Kms.DisableKeyRotationCommandInput, object> = {
    permissions: (input) => [on('DisableKeyRotation', input.KeyId)],
    handle: (input) => {
      keys.changeable(input.KeyId).rotation = undefined;
      return {};
    },
  };

  const GetKeyRotationStatus: Operation<Kms.GetKeyRotationStatusCommandInput, Answer<Kms.GetKeyRotationStatusCommandOutput>> = {
    permissions: (input) => [on('GetKeyRotationStatus', input.KeyId)],
    handle: (input) => {
      const { rotation, id } = keys.get(input.KeyId);
      if (!rotation) return { KeyRotationEnabled: false, KeyId: id };
      return { KeyRotationEnabled: true, KeyId: id, RotationPeriodInDays: rotation.periodDays, NextRotationDate: new Date(rotation.sinceMs + rotation.periodDays * DAY_MS) };
    },
  };

  const ScheduleKeyDeletion: Operation<Kms.ScheduleKeyDeletionCommandInput, Answer<Kms.ScheduleKeyDeletionCommandOutput>> = {
    permissions: (input) => [on('ScheduleKeyDeletion', input.KeyId)],
    handle: (input) => {
      const key = keys.changeable(input.KeyId);
      const days = input.PendingWindowInDays ?? 30;
      if (days < 7 || days > 30) throw new AwsError('ValidationException', `1 validation error detected: Value '${days}' at 'pendingWindowInDays' failed to satisfy constraint: Member must have value between 7 and 30`);
      key.deletionAtMs = nowMs() + days * DAY_MS;
      return { KeyId: key.arn, DeletionDate: new Date(key.deletionAtMs), KeyState: stateOf(key), PendingWindowInDays: days };
    },
  };

  const CancelKeyDeletion: Operation<Kms.CancelKeyDeletionCommandInput, Answer<Kms.CancelKeyDeletionCommandOutput>> = {
    permissions: (input) => [on('CancelKeyDeletion', input.KeyId)],
    handle: (input) => {
      const key = keys.get(input.KeyId);
      if (key.deletionAtMs === undefined) throw new AwsError('KMSInvalidStateException', `${key.arn} is not pending deletion.`);
      Object.assign(key, { deletionAtMs: undefined, enabled: false });
      return { KeyId: key.arn };
    },
  };

  const TagResource: Operation<Kms.TagResourceCommandInput, object> = {
    permissions: (input) => [on('TagResource', input.KeyId)],
    handle: (input) => {
      const key = keys.changeable(input.KeyId);
      const added = input.Tags ?? [];
      key.tags = [...key.tags.filter((tag) => !added.some((other) => other.TagKey === tag.TagKey)), ...added];
      return {};
    },
  };

  const UntagResource: Operation<Kms.UntagResourceCommandInput, object> = {
    permissions: (input) => [on('UntagResource', input.KeyId)],
    handle: (input) => {
      const key = keys.changeable(input.KeyId);
      key.tags = key.tags.filter((tag) => !(input.TagKeys ?? []).includes(tag.TagKey ?? ''));
      return {};
    },
  };

  const ListResourceTags: Operation<Kms.ListResourceTagsCommandInput, Answer<Kms.ListResourceTagsCommandOutput>> = {
    permissions: (input) => [on('ListResourceTags', input.KeyId)],
    handle: (input) => ({ Tags: [...keys.get(input.KeyId).tags], Truncated: false }),
  };

  const aliasOn = (action: string, AliasName: string | undefined): Permission => ({ action: `kms:${action}`, resource: arnOf(kernel, 'kms', AliasName ?? 'alias/*') });

  /** Alias operations need the right on the alias and on each key involved. https://docs.aws.amazon.com/kms/latest/developerguide/alias-access.html */
  const CreateAlias: Operation<Kms.CreateAliasCommandInput, object> = {
    permissions: (input) => [aliasOn('CreateAlias', input.AliasName), on('CreateAlias', input.TargetKeyId)],
    handle: (input) => {
      const name = input.AliasName ?? '';
      if (!/^alias\/[a-zA-Z0-9/_-]+$/.test(name)) throw new AwsError('ValidationException', 'Alias must start with the prefix "alias/". Please see https://docs.aws.amazon.com/kms/latest/developerguide/kms-alias.html');
      if (name.startsWith('alias/aws/')) throw new AwsError('NotAuthorizedException', '');
      if (keys.aliases.has(name)) throw new AwsError('AlreadyExistsException', `An alias with the name ${arnOf(kernel, 'kms', name)} already exists`);
      keys.aliases.set(name, { keyId: keys.changeable(input.TargetKeyId).id, createdAtMs: nowMs(), updatedAtMs: nowMs() });
      return {};
    },
  };

  const aliasOf = (name: string | undefined) => {
    const alias = keys.aliases.get(name ?? '');
    if (!alias) throw new AwsError('NotFoundException', `Alias ${arnOf(kernel, 'kms', name ?? '')} is not found.`);
    return alias;
  };

  const UpdateAlias: Operation<Kms.UpdateAliasCommandInput, object> = {
    permissions: (input) => [aliasOn('UpdateAlias', input.AliasName), on('UpdateAlias', input.AliasName), on('UpdateAlias', input.TargetKeyId)],
    handle: (input) => {
      Object.assign(aliasOf(input.AliasName), { keyId: keys.changeable(input.TargetKeyId).id, updatedAtMs: nowMs() });
      return {};
    },
  };

  const DeleteAlias: Operation<Kms.DeleteAliasCommandInput, object> = {
    permissions: (input) => [aliasOn('DeleteAlias', input.AliasName), ...(keys.find(input.AliasName) ? [on('DeleteAlias', input.AliasName)] : [])],
    handle: (input) => {
      aliasOf(input.AliasName);
      keys.aliases.delete(input.AliasName ?? '');
      return {};
    },
  };

  const ListAliases: Operation<Kms.ListAliasesCommandInput, Answer<Kms.ListAliasesCommandOutput>> = {
    permissions: () => [{ action: 'kms:ListAliases', resource: '*' }],
    handle: (input) => {
      const wanted = input.KeyId === undefined ? undefined : keys.get(input.KeyId).id;
      return {
        Aliases: [...keys.aliases]
          .filter(([, alias]) => wanted === undefined || alias.keyId === wanted)
          .map(([name, alias]) => ({
            AliasName: name,
            AliasArn: arnOf(kernel, 'kms', name),
            TargetKeyId: alias.keyId,
            CreationDate: new Date(alias.createdAtMs),
            LastUpdatedDate: new Date(alias.updatedAtMs),
          })),
        Truncated: false,
      };
    },
  };

  return {
    CreateKey, DescribeKey, ListKeys, GetKeyPolicy, PutKeyPolicy, UpdateKeyDescription,
    EnableKey: setEnabled('EnableKey', true),
    DisableKey: setEnabled('DisableKey', false),
    EnableKeyRotation, DisableKeyRotation, GetKeyRotationStatus, ScheduleKeyDeletion, CancelKeyDeletion,
    TagResource, UntagResource, ListResourceTags, CreateAlias, UpdateAlias, DeleteAlias, ListAliases,
  };
}
