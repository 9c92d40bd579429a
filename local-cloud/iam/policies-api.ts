// IAM's operations on managed policies. A policy has one version: replacing it means a new policy.
import type * as Iam from '@aws-sdk/client-iam';
import { AwsError, refuseUnknown } from '../kernel/errors.ts';
import type { Answer, Operation } from '../kernel/service.ts';
import { entityId, page, tagConditions, tagList, tagsIn } from './api-parts.ts';
import type { IamWorld } from './api-parts.ts';
import type { ManagedPolicyRecord } from './identities.ts';

const ONLY_VERSION = 'v1';

export function policyOperations({ identities, kernel }: IamWorld): Record<string, Operation> {
  const policyArn = (policyName: string, path = '/') => `arn:aws:iam::${kernel.accountId}:policy${path}${policyName}`;

  const describe = (policy: ManagedPolicyRecord): Iam.Policy => ({
    PolicyName: policy.policyName,
    PolicyId: policy.policyId,
    Arn: policy.arn,
    Path: policy.path,
    DefaultVersionId: ONLY_VERSION,
    AttachmentCount: identities.attachmentsOf(policy.arn),
    PermissionsBoundaryUsageCount: 0,
    IsAttachable: true,
    Description: policy.description,
    CreateDate: new Date(policy.createdAtMs),
    UpdateDate: new Date(policy.createdAtMs),
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
        documentJson: input.PolicyDocument ?? '',
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
    handle: ({ PolicyArn = '', VersionId }) => {
      const policy = identities.managedPolicy(PolicyArn);
      if (VersionId !== ONLY_VERSION) throw new AwsError('NoSuchEntityException', `Policy ${PolicyArn} version ${String(VersionId)} does not exist or is not attachable.`);
      return {
        PolicyVersion: {
          Document: encodeURIComponent(policy.documentJson),
          VersionId: ONLY_VERSION,
          IsDefaultVersion: true,
          CreateDate: new Date(policy.createdAtMs),
        },
      };
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

  return { CreatePolicy: createPolicy, GetPolicy: getPolicy, GetPolicyVersion: getPolicyVersion, ListPolicies: listPolicies, DeletePolicy: deletePolicy };
}
