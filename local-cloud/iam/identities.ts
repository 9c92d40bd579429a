// Roles and managed policies of the account: the records behind IAM's API, and what the authorizer reads.
import { AwsError, NotModelled } from '../kernel/errors.ts';
import type { PolicyDocument } from '../kernel/service.ts';
import type { Ledger } from './ledger.ts';
import { awsManagedPolicy } from './managed-policies.ts';
import { parsePolicyDocument, readStatements } from './policy.ts';
import type { Statement } from './policy.ts';

export interface RoleRecord {
  roleName: string;
  roleId: string;
  path: string;
  arn: string;
  createdAtMs: number;
  description: string | undefined;
  maxSessionDurationSeconds: number;
  trustPolicyJson: string;
  trustPolicy: PolicyDocument;
  tags: Map<string, string>;
  /** Policy documents by name, as they were put. */
  inlinePolicies: Map<string, string>;
  /** Names by ARN. */
  attachedPolicies: Map<string, string>;
}

export interface ManagedPolicyRecord {
  policyName: string;
  policyId: string;
  path: string;
  arn: string;
  createdAtMs: number;
  description: string | undefined;
  /** At most five, oldest first. */
  versions: PolicyVersionRecord[];
  defaultVersionId: string;
  nextVersion: number; // numbers are never used twice
  tags: Map<string, string>;
}

export interface PolicyVersionRecord {
  versionId: string; // v1, v2 ...
  documentJson: string;
  createdAtMs: number;
}

export interface NamedPolicy {
  name: string;
  statements: readonly Statement[];
}

const noSuchEntity = (message: string): AwsError => new AwsError('NoSuchEntityException', message);
const alreadyExists = (message: string): AwsError => new AwsError('EntityAlreadyExistsException', message);

export class Identities {
  private readonly roles = new Map<string, RoleRecord>(); // by name: names are unique across paths
  private readonly rolesByArn = new Map<string, RoleRecord>();
  private readonly managed = new Map<string, ManagedPolicyRecord>(); // by ARN
  private readonly effective = new Map<string, NamedPolicy[]>(); // by role ARN; filled on first use
  private readonly ledger: Ledger;

  constructor(ledger: Ledger) {
    this.ledger = ledger;
  }

  // ---- roles ---------------------------------------------------------------------------------------------------------------

  addRole(role: Omit<RoleRecord, 'trustPolicy' | 'inlinePolicies' | 'attachedPolicies'>): RoleRecord {
    if (this.roles.has(role.roleName)) throw alreadyExists(`Role with name ${role.roleName} already exists.`);
    const record = { ...role, trustPolicy: readTrustPolicy(role.trustPolicyJson), inlinePolicies: new Map<string, string>(), attachedPolicies: new Map<string, string>() };
    this.roles.set(role.roleName, record);
    this.rolesByArn.set(role.arn, record);
    return record;
  }

  role(roleName: string): RoleRecord {
    const role = this.roles.get(roleName);
    if (!role) throw noSuchEntity(`The role with name ${roleName} cannot be found.`);
    return role;
  }

  /** The role of that name, if it exists: permission checks must not fail before IAM has decided. */
  findRole(roleName: string): RoleRecord | undefined {
    return this.roles.get(roleName);
  }

  roleByArn(roleArn: string): RoleRecord | undefined {
    return this.rolesByArn.get(roleArn);
  }

  allRoles(): RoleRecord[] {
    return [...this.roles.values()].sort((a, b) => (a.roleName < b.roleName ? -1 : 1));
  }

  replaceTrustPolicy(role: RoleRecord, json: string): void {
    role.trustPolicy = readTrustPolicy(json);
    role.trustPolicyJson = json;
  }

  deleteRole(role: RoleRecord): void {
    if (role.attachedPolicies.size > 0) throw new AwsError('DeleteConflictException', 'Cannot delete entity, must detach all policies first.');
    if (role.inlinePolicies.size > 0) throw new AwsError('DeleteConflictException', 'Cannot delete entity, must delete policies first.');
    this.roles.delete(role.roleName);
    this.rolesByArn.delete(role.arn);
    this.effective.delete(role.arn);
  }

  putInlinePolicy(role: RoleRecord, policyName: string, json: string): void {
    const statements = readIdentityPolicy(json);
    role.inlinePolicies.set(policyName, json);
    this.changed(role);
    this.ledger.granted(role.arn, policyName, statements);
  }

  deleteInlinePolicy(role: RoleRecord, policyName: string): void {
    if (!role.inlinePolicies.delete(policyName)) throw noSuchEntity(`The role policy with name ${policyName} cannot be found.`);
    this.changed(role);
  }

  attach(role: RoleRecord, policyArn: string): void {
    const policy = this.managedPolicy(policyArn);
    role.attachedPolicies.set(policyArn, policy.policyName);
    this.changed(role);
    this.ledger.granted(role.arn, policy.policyName, statementsInForce(policy));
  }

  detach(role: RoleRecord, policyArn: string): void {
    if (!role.attachedPolicies.delete(policyArn)) throw noSuchEntity(`Policy ${policyArn} was not found.`);
    this.changed(role);
  }

  private changed(role: RoleRecord): void {
    this.effective.delete(role.arn);
  }

  /** Every policy that speaks for a role. A role that does not exist (any more) has none. */
  policiesOf(roleArn: string): readonly NamedPolicy[] {
    const before = this.effective.get(roleArn);
    if (before) return before;
    const role = this.rolesByArn.get(roleArn);
    if (!role) return [];
    const inline = [...role.inlinePolicies].map(([name, json]) => ({ name, statements: readIdentityPolicy(json) }));
    const attached = [...role.attachedPolicies].map(([arn, name]) => ({ name, statements: statementsInForce(this.managedPolicy(arn)) }));
    const policies = [...inline, ...attached];
    this.effective.set(roleArn, policies);
    return policies;
  }

  // ---- managed policies --------------------------------------------------------------------------------------------------------

  addManagedPolicy(policy: ManagedPolicyRecord): ManagedPolicyRecord {
    if (this.managed.has(policy.arn)) throw alreadyExists(`A policy called ${policy.policyName} already exists. Duplicate names are not allowed.`);
    statementsInForce(policy);
    this.managed.set(policy.arn, policy);
    return policy;
  }

  addPolicyVersion(policyArn: string, version: Omit<PolicyVersionRecord, 'versionId'>, setAsDefault: boolean): PolicyVersionRecord {
    const policy = this.customerPolicy(policyArn);
    readIdentityPolicy(version.documentJson);
    if (policy.versions.length >= MOST_POLICY_VERSIONS) {
      throw new AwsError('LimitExceededException', 'A managed policy can have up to 5 versions. Before you create a new version, you must delete an existing version.');
    }
    const record = { ...version, versionId: `v${policy.nextVersion++}` };
    policy.versions.push(record);
    if (setAsDefault) this.setDefaultVersion(policyArn, record.versionId);
    return record;
  }

  setDefaultVersion(policyArn: string, versionId: string): void {
    const policy = this.customerPolicy(policyArn);
    versionOf(policy, versionId);
    policy.defaultVersionId = versionId;
    for (const role of this.roles.values()) if (role.attachedPolicies.has(policyArn)) this.attach(role, policyArn);
  }

  deletePolicyVersion(policyArn: string, versionId: string): void {
    const policy = this.customerPolicy(policyArn);
    versionOf(policy, versionId);
    if (policy.defaultVersionId === versionId) throw new AwsError('DeleteConflictException', 'Cannot delete the default version of a policy.');
    policy.versions = policy.versions.filter((version) => version.versionId !== versionId);
  }

  private customerPolicy(policyArn: string): ManagedPolicyRecord {
    const policy = this.managed.get(policyArn);
    if (!policy) throw noSuchEntity(`Policy ${policyArn} was not found.`);
    return policy;
  }

  managedPolicy(policyArn: string): ManagedPolicyRecord {
    const own = this.managed.get(policyArn);
    if (own) return own;
    if (!policyArn.startsWith('arn:aws:iam::aws:policy/')) throw noSuchEntity(`Policy ${policyArn} does not exist or is not attachable.`);
    const document = awsManagedPolicy(policyArn);
    if (!document) throw new NotModelled(`the AWS managed policy ${policyArn}`);
    const policyName = policyArn.split('/').at(-1) ?? '';
    return {
      policyName,
      policyId: `ANPA${policyName.toUpperCase().slice(0, 17)}`,
      path: policyArn.slice('arn:aws:iam::aws:policy'.length, -policyName.length),
      arn: policyArn,
      createdAtMs: 0,
      description: undefined,
      versions: [{ versionId: 'v1', documentJson: JSON.stringify(document), createdAtMs: 0 }],
      defaultVersionId: 'v1',
      nextVersion: 2,
      tags: new Map(),
    };
  }

  customerPolicies(): ManagedPolicyRecord[] {
    return [...this.managed.values()].sort((a, b) => (a.policyName < b.policyName ? -1 : 1));
  }

  deleteManagedPolicy(policyArn: string): void {
    const policy = this.customerPolicy(policyArn);
    if (this.attachmentsOf(policyArn) > 0) throw new AwsError('DeleteConflictException', 'Cannot delete a policy attached to entities.');
    if (policy.versions.length > 1) throw new AwsError('DeleteConflictException', 'This policy has more than one version. Before you delete a policy, you must delete the policy\'s versions.');
    this.managed.delete(policyArn);
  }

  attachmentsOf(policyArn: string): number {
    return this.allRoles().filter((role) => role.attachedPolicies.has(policyArn)).length;
  }
}

const MOST_POLICY_VERSIONS = 5;

export function versionOf(policy: ManagedPolicyRecord, versionId: string): PolicyVersionRecord {
  const version = policy.versions.find((each) => each.versionId === versionId);
  if (!version) throw noSuchEntity(`Policy ${policy.arn} version ${versionId} does not exist or is not attachable.`);
  return version;
}

const statementsInForce = (policy: ManagedPolicyRecord): readonly Statement[] => readIdentityPolicy(versionOf(policy, policy.defaultVersionId).documentJson);

/** A policy that says what its holder may do: it has resources and no principals. */
function readIdentityPolicy(json: string): readonly Statement[] {
  const statements = readStatements(parsePolicyDocument(json));
  if (statements.some((statement) => statement.principals)) throw malformed('Policy document should not specify a principal.');
  if (statements.some((statement) => !statement.resources)) throw malformed('Policy statement must contain resources.');
  return statements;
}

/** A policy that says who may become a role: it has principals and no resources. */
function readTrustPolicy(json: string): PolicyDocument {
  const document = parsePolicyDocument(json);
  const statements = readStatements(document);
  if (statements.some((statement) => statement.resources)) throw malformed('Has prohibited field Resource');
  if (statements.some((statement) => !statement.principals)) throw malformed('Missing required field Principal');
  return document;
}

const malformed = (message: string): AwsError => new AwsError('MalformedPolicyDocumentException', message);
