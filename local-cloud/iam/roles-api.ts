// IAM's operations on roles and the policies they hold.
import type * as Iam from '@aws-sdk/client-iam';
import { AwsError, refuseUnknown } from '../kernel/errors.ts';
import type { Answer, Operation, Permission } from '../kernel/service.ts';
import { entityId, page, tagConditions, tagList, tagsIn } from './api-parts.ts';
import type { IamWorld } from './api-parts.ts';
import type { RoleRecord } from './identities.ts';

const DEFAULT_SESSION_SECONDS = 3600;

export function roleOperations(world: IamWorld): Record<string, Operation> {
  const { identities, kernel } = world;
  const roleArn = (roleName: string, path = '/') => `arn:aws:iam::${kernel.accountId}:role${path}${roleName}`;

  /** The permission for an operation on a role that may exist: existing roles bring their path and tags. */
  const onRole = (action: string, roleName: string | undefined, context: Record<string, string | string[]> = {}): Permission[] => {
    const role = identities.findRole(roleName ?? '');
    const tags = Object.fromEntries([...(role?.tags ?? [])].flatMap(([key, value]) => [[`aws:ResourceTag/${key}`, value], [`iam:ResourceTag/${key}`, value]]));
    return [{ action: `iam:${action}`, resource: role?.arn ?? roleArn(roleName ?? ''), context: { ...tags, ...context } }];
  };

  const createRole: Operation<Iam.CreateRoleCommandInput, Answer<Iam.CreateRoleCommandOutput>> = {
    permissions: ({ RoleName = '', Path, Tags = [] }) => {
      const resource = roleArn(RoleName, Path);
      const context = tagConditions(Tags);
      const create = { action: 'iam:CreateRole', resource, context };
      return Tags.length > 0 ? [create, { action: 'iam:TagRole', resource, context }] : [create];
    },
    handle: (input) => {
      refuseUnknown('CreateRole', input, ['RoleName', 'Path', 'AssumeRolePolicyDocument', 'Description', 'MaxSessionDuration', 'Tags']);
      const { RoleName = '', Path = '/' } = input;
      if (!/^[\w+=,.@-]{1,64}$/.test(RoleName)) throw new AwsError('ValidationError', `The specified value for roleName is invalid: ${RoleName}`);
      const role = identities.addRole({
        roleName: RoleName,
        roleId: entityId(kernel.random, 'AROA'),
        path: Path,
        arn: roleArn(RoleName, Path),
        createdAtMs: kernel.clock.nowMs(),
        description: input.Description,
        maxSessionDurationSeconds: input.MaxSessionDuration ?? DEFAULT_SESSION_SECONDS,
        trustPolicyJson: input.AssumeRolePolicyDocument ?? '',
        tags: tagsIn(input.Tags),
      });
      return { Role: describeRole(role) };
    },
  };

  const getRole: Operation<Iam.GetRoleCommandInput, Answer<Iam.GetRoleCommandOutput>> = {
    permissions: ({ RoleName }) => onRole('GetRole', RoleName),
    handle: ({ RoleName = '' }) => ({ Role: describeRole(identities.role(RoleName)) }),
  };

  const listRoles: Operation<Iam.ListRolesCommandInput, Answer<Iam.ListRolesCommandOutput>> = {
    permissions: () => [{ action: 'iam:ListRoles', resource: `arn:aws:iam::${kernel.accountId}:role/` }],
    handle: ({ PathPrefix = '/', Marker, MaxItems }) => {
      const { items, ...rest } = page(identities.allRoles().filter((role) => role.path.startsWith(PathPrefix)), { Marker, MaxItems });
      return { Roles: items.map((role) => ({ ...describeRole(role), Tags: undefined })), ...rest };
    },
  };

  const updateRole: Operation<Iam.UpdateRoleCommandInput, Answer<Iam.UpdateRoleCommandOutput>> = {
    permissions: ({ RoleName }) => onRole('UpdateRole', RoleName),
    handle: ({ RoleName = '', Description, MaxSessionDuration }) => {
      const role = identities.role(RoleName);
      if (Description !== undefined) role.description = Description;
      if (MaxSessionDuration !== undefined) role.maxSessionDurationSeconds = MaxSessionDuration;
      return {};
    },
  };

  const updateAssumeRolePolicy: Operation<Iam.UpdateAssumeRolePolicyCommandInput, Answer<Iam.UpdateAssumeRolePolicyCommandOutput>> = {
    permissions: ({ RoleName }) => onRole('UpdateAssumeRolePolicy', RoleName),
    handle: ({ RoleName = '', PolicyDocument = '' }) => {
      identities.replaceTrustPolicy(identities.role(RoleName), PolicyDocument);
      return {};
    },
  };

  const deleteRole: Operation<Iam.DeleteRoleCommandInput, Answer<Iam.DeleteRoleCommandOutput>> = {
    permissions: ({ RoleName }) => onRole('DeleteRole', RoleName),
    handle: ({ RoleName = '' }) => {
      identities.deleteRole(identities.role(RoleName));
      return {};
    },
  };

  const tagRole: Operation<Iam.TagRoleCommandInput, Answer<Iam.TagRoleCommandOutput>> = {
    permissions: ({ RoleName, Tags = [] }) => onRole('TagRole', RoleName, tagConditions(Tags)),
    handle: ({ RoleName = '', Tags }) => {
      const role = identities.role(RoleName);
      for (const [key, value] of tagsIn(Tags)) role.tags.set(key, value);
      return {};
    },
  };

  const untagRole: Operation<Iam.UntagRoleCommandInput, Answer<Iam.UntagRoleCommandOutput>> = {
    permissions: ({ RoleName, TagKeys = [] }) => onRole('UntagRole', RoleName, { 'aws:TagKeys': TagKeys }),
    handle: ({ RoleName = '', TagKeys = [] }) => {
      const role = identities.role(RoleName);
      for (const key of TagKeys) role.tags.delete(key);
      return {};
    },
  };

  const listRoleTags: Operation<Iam.ListRoleTagsCommandInput, Answer<Iam.ListRoleTagsCommandOutput>> = {
    permissions: ({ RoleName }) => onRole('ListRoleTags', RoleName),
    handle: ({ RoleName = '' }) => ({ Tags: tagList(identities.role(RoleName).tags), IsTruncated: false }),
  };

  const putRolePolicy: Operation<Iam.PutRolePolicyCommandInput, Answer<Iam.PutRolePolicyCommandOutput>> = {
    permissions: ({ RoleName }) => onRole('PutRolePolicy', RoleName),
    handle: ({ RoleName = '', PolicyName = '', PolicyDocument = '' }) => {
      identities.putInlinePolicy(identities.role(RoleName), PolicyName, PolicyDocument);
      return {};
    },
  };

  const getRolePolicy: Operation<Iam.GetRolePolicyCommandInput, Answer<Iam.GetRolePolicyCommandOutput>> = {
    permissions: ({ RoleName }) => onRole('GetRolePolicy', RoleName),
    handle: ({ RoleName = '', PolicyName = '' }) => {
      const json = identities.role(RoleName).inlinePolicies.get(PolicyName);
      if (json === undefined) throw new AwsError('NoSuchEntityException', `The role policy with name ${PolicyName} cannot be found.`);
      return { RoleName, PolicyName, PolicyDocument: encodeURIComponent(json) };
    },
  };

  const listRolePolicies: Operation<Iam.ListRolePoliciesCommandInput, Answer<Iam.ListRolePoliciesCommandOutput>> = {
    permissions: ({ RoleName }) => onRole('ListRolePolicies', RoleName),
    handle: ({ RoleName = '', Marker, MaxItems }) => {
      const { items, ...rest } = page([...identities.role(RoleName).inlinePolicies.keys()].sort(), { Marker, MaxItems });
      return { PolicyNames: items, ...rest };
    },
  };

  const deleteRolePolicy: Operation<Iam.DeleteRolePolicyCommandInput, Answer<Iam.DeleteRolePolicyCommandOutput>> = {
    permissions: ({ RoleName }) => onRole('DeleteRolePolicy', RoleName),
    handle: ({ RoleName = '', PolicyName = '' }) => {
      identities.deleteInlinePolicy(identities.role(RoleName), PolicyName);
      return {};
    },
  };

  const attachRolePolicy: Operation<Iam.AttachRolePolicyCommandInput, Answer<Iam.AttachRolePolicyCommandOutput>> = {
    permissions: ({ RoleName, PolicyArn = '' }) => onRole('AttachRolePolicy', RoleName, { 'iam:PolicyARN': PolicyArn }),
    handle: ({ RoleName = '', PolicyArn = '' }) => {
      identities.attach(identities.role(RoleName), PolicyArn);
      return {};
    },
  };

  const detachRolePolicy: Operation<Iam.DetachRolePolicyCommandInput, Answer<Iam.DetachRolePolicyCommandOutput>> = {
    permissions: ({ RoleName, PolicyArn = '' }) => onRole('DetachRolePolicy', RoleName, { 'iam:PolicyARN': PolicyArn }),
    handle: ({ RoleName = '', PolicyArn = '' }) => {
      identities.detach(identities.role(RoleName), PolicyArn);
      return {};
    },
  };

  const listAttachedRolePolicies: Operation<Iam.ListAttachedRolePoliciesCommandInput, Answer<Iam.ListAttachedRolePoliciesCommandOutput>> = {
    permissions: ({ RoleName }) => onRole('ListAttachedRolePolicies', RoleName),
    handle: ({ RoleName = '', Marker, MaxItems }) => {
      const { items, ...rest } = page([...identities.role(RoleName).attachedPolicies], { Marker, MaxItems });
      return { AttachedPolicies: items.map(([PolicyArn, PolicyName]) => ({ PolicyArn, PolicyName })), ...rest };
    },
  };

  return {
    CreateRole: createRole,
    GetRole: getRole,
    ListRoles: listRoles,
    UpdateRole: updateRole,
    UpdateAssumeRolePolicy: updateAssumeRolePolicy,
    DeleteRole: deleteRole,
    TagRole: tagRole,
    UntagRole: untagRole,
    ListRoleTags: listRoleTags,
    PutRolePolicy: putRolePolicy,
    GetRolePolicy: getRolePolicy,
    ListRolePolicies: listRolePolicies,
    DeleteRolePolicy: deleteRolePolicy,
    AttachRolePolicy: attachRolePolicy,
    DetachRolePolicy: detachRolePolicy,
    ListAttachedRolePolicies: listAttachedRolePolicies,
  };
}

const describeRole = (role: RoleRecord): Iam.Role => ({
  Path: role.path,
  RoleName: role.roleName,
  RoleId: role.roleId,
  Arn: role.arn,
  CreateDate: new Date(role.createdAtMs),
  // IAM answers policy documents percent-encoded: https://docs.aws.amazon.com/IAM/latest/APIReference/API_Role.html
  AssumeRolePolicyDocument: encodeURIComponent(role.trustPolicyJson),
  Description: role.description,
  MaxSessionDuration: role.maxSessionDurationSeconds,
  Tags: role.tags.size > 0 ? tagList(role.tags) : undefined,
});
