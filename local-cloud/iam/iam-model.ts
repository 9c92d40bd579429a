// AWS IAM: roles and policies. Users, groups, instance profiles and permission boundaries are not modelled.
import type { Kernel } from '../kernel/kernel.ts';
import type { Operation, PolicyDocument, ServiceModel } from '../kernel/service.ts';
import type { Identities } from './identities.ts';
import { policyOperations } from './policies-api.ts';
import { roleOperations } from './roles-api.ts';

export class IamModel implements ServiceModel {
  readonly signingName = 'iam';
  readonly operations: Readonly<Record<string, Operation>>;
  private readonly identities: Identities;

  constructor(kernel: Kernel, ports: { identities: Identities }) {
    this.identities = ports.identities;
    this.operations = { ...roleOperations({ kernel, ...ports }), ...policyOperations({ kernel, ...ports }) };
  }

  /** A role's trust policy, which says who may become it. */
  resourcePolicy(resourceArn: string): PolicyDocument | undefined {
    return this.identities.roleByArn(resourceArn)?.trustPolicy;
  }
}
