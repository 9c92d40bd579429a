// IAM's operations on managed policies and their versions.
import type * as Iam from '@aws-sdk/client-iam';
import { refuseUnknown } from '../kernel/errors.ts';
import type { Answer, Operation } from '../kernel/service.ts';
import { entityId, page, tagConditions, tagList, tagsIn } from './api-parts.ts';
import type { IamWorld } from './api-parts.ts';
import { versionOf } from './identities.ts';
import type { ManagedPolicyRecord, PolicyVersionRecord } from './identities.ts';

export function policyOperations({ identities, kernel }: IamWorld): Record<string, Operation> {
  const policyArn = (policyName: string, path = '/') => `arn:aws:iam::${kernel.accountId}:policy${path}${policyName}`;

  const describe = (policy: ManagedPolicyRecord): Iam.Policy => ({
    PolicyName: policy.policyName,
    PolicyId: policy.policyId,
    Arn: policy.arn,
    Path: policy.path,
    DefaultVersionId: policy.defaultVersionId,
    AttachmentCount: identities.attachmentsOf(policy.arn),
    PermissionsBoundaryUsageCount: 0,
    IsAttachable: true,
    Description: policy.description,
    CreateDate: new Date(policy.createdAtMs),
    UpdateDate: new Date(policy.versions.at(-1)?.createdAtMs ?? policy.createdAtMs),
    Tags: policy.tags.size > 0 ? tagList(policy.tags) : undefined,
  });

  const createPolicy: Operation<Iam.CreatePolicyCommandInput, Answer<Iam.CreatePolicyCommandOutput>> = {
    permissions: ({ PolicyName = '', Path, Tags = [] }) => [{ action: 'iam:CreatePolicy', resource: policyArn(PolicyName, Path), context: tagConditions(Tags) }],
    handle: (input) => {
      refuseUnknown('CreatePolicy', input, ['PolicyName', 'Path', 'PolicyDocument', 'Description', 'Tags']);
      const { PolicyName = '', Path = '/' } = input;
      const policy = identities.addManagedPolicy({
        policyName: PolicyName,
        policyId: entityId(kernel.random, 'ANPA'),
        path: Path,
        arn: policyArn(PolicyName, Path),
        createdAtMs: kernel.clock.nowMs(),
        description: input.Description,
        versions: [{ versionId: 'v1', documentJson: input.PolicyDocument ?? '', createdAtMs: kernel.clock.nowMs() }],
        defaultVersionId: 'v1',
        nextVersion: 2,
        tags: tagsIn(input.Tags),
      });
      return { Policy: describe(policy) };
    },
  };

  const getPolicy: Operation<Iam.GetPolicyCommandInput, Answer<Iam.GetPolicyCommandOutput>> = {
    permissions: ({ PolicyArn = '' }) => [{ action: 'iam:GetPolicy', resource: PolicyArn }],
    handle: ({ PolicyArn = '' }) => ({ Policy: describe(identities.managedPolicy(PolicyArn)) }),
  };

  const getPolicyVersion: Operation<Iam.GetPolicyVersionCommandInput, Answer<Iam.GetPolicyVersionCommandOutput>> = {
    permissions: ({ PolicyArn = '' }) => [{ action: 'iam:GetPolicyVersion', resource: PolicyArn }],
    handle: ({ PolicyArn = '', VersionId = '' }) => {
      const policy = identities.managedPolicy(PolicyArn);
      return { PolicyVersion: describeVersion(policy, versionOf(policy, VersionId), true) };
    },
  };

  const createPolicyVersion: Operation<Iam.CreatePolicyVersionCommandInput, Answer<Iam.CreatePolicyVersionCommandOutput>> = {
    permissions: ({ PolicyArn = '' }) => [{ action: 'iam:CreatePolicyVersion', resource: PolicyArn }],
    handle: ({ PolicyArn = '', PolicyDocument = '', SetAsDefault = false }) => {
      const version = identities.addPolicyVersion(PolicyArn, { documentJson: PolicyDocument, createdAtMs: kernel.clock.nowMs() }, SetAsDefault);
      return { PolicyVersion: describeVersion(identities.managedPolicy(PolicyArn), version, false) };
    },
  };

  const listPolicyVersions: Operation<Iam.ListPolicyVersionsCommandInput, Answer<Iam.ListPolicyVersionsCommandOutput>> = {
    permissions: ({ PolicyArn = '' }) => [{ action: 'iam:ListPolicyVersions', resource: PolicyArn }],
    handle: ({ PolicyArn = '', Marker, MaxItems }) => {
      const policy = identities.managedPolicy(PolicyArn);
      const { items, ...rest } = page([...policy.versions].reverse(), { Marker, MaxItems });
      return { Versions: items.map((version) => describeVersion(policy, version, false)), ...rest };
    },
  };

  const setDefaultPolicyVersion: Operation<Iam.SetDefaultPolicyVersionCommandInput, Answer<Iam.SetDefaultPolicyVersionCommandOutput>> = {
    permissions: ({ PolicyArn = '' }) => [{ action: 'iam:SetDefaultPolicyVersion', resource: PolicyArn }],
    handle: ({ PolicyArn = '', VersionId = '' }) => {
      identities.setDefaultVersion(PolicyArn, VersionId);
      return {};
    },
  };

  const deletePolicyVersion: Operation<Iam.DeletePolicyVersionCommandInput, Answer<Iam.DeletePolicyVersionCommandOutput>> = {
    permissions: ({ PolicyArn = '' }) => [{ action: 'iam:DeletePolicyVersion', resource: PolicyArn }],
    handle: ({ PolicyArn = '', VersionId = '' }) => {
      identities.deletePolicyVersion(PolicyArn, VersionId);
      return {};
    },
  };

  const listPolicies: Operation<Iam.ListPoliciesCommandInput, Answer<Iam.ListPoliciesCommandOutput>> = {
    permissions: () => [{ action: 'iam:ListPolicies', resource: '*' }],
    handle: (input) => {
      refuseUnknown('ListPolicies', { ...input, Scope: input.Scope === 'Local' ? undefined : (input.Scope ?? 'All') }, ['PathPrefix', 'Marker', 'MaxItems']);
      const { PathPrefix = '/', Marker, MaxItems } = input;
      const { items, ...rest } = page(identities.customerPolicies().filter((policy) => policy.path.startsWith(PathPrefix)), { Marker, MaxItems });
      return { Policies: items.map(describe), ...rest };
    },
  };

  const deletePolicy: Operation<Iam.DeletePolicyCommandInput, Answer<Iam.DeletePolicyCommandOutput>> = {
    permissions: ({ PolicyArn = '' }) => [{ action: 'iam:DeletePolicy', resource: PolicyArn }],
    handle: ({ PolicyArn = '' }) => {
      identities.deleteManagedPolicy(PolicyArn);
      return {};
    },
  };

  return {
    CreatePolicy: createPolicy,
    GetPolicy: getPolicy,
    ListPolicies: listPolicies,
    DeletePolicy: deletePolicy,
    CreatePolicyVersion: createPolicyVersion,
    GetPolicyVersion: getPolicyVersion,
    ListPolicyVersions: listPolicyVersions,
    SetDefaultPolicyVersion: setDefaultPolicyVersion,
    DeletePolicyVersion: deletePolicyVersion,
  };
}

/** Only GetPolicyVersion answers the document itself, percent-encoded. */
const describeVersion = (policy: ManagedPolicyRecord, version: PolicyVersionRecord, withDocument: boolean): Iam.PolicyVersion => ({
  VersionId: version.versionId,
  IsDefaultVersion: version.versionId === policy.defaultVersionId,
  CreateDate: new Date(version.createdAtMs),
  Document: withDocument ? encodeURIComponent(version.documentJson) : undefined,
});
