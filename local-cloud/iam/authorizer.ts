// Decides requests as IAM does within one account: an explicit deny wins; else a role's own policies or a resource's policy
// must allow. Keys and roles-to-be-assumed are stricter: their own policy must agree in any case.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-basics-single-account.html
import { AwsError } from '../kernel/errors.ts';
import type { Kernel } from '../kernel/kernel.ts';
import type { Caller, Permission, PolicyDocument } from '../kernel/service.ts';
import type { Identities, NamedPolicy } from './identities.ts';
import type { Ledger } from './ledger.ts';
import { matchingAction, matchStatement, matchWithAction, readStatements } from './policy.ts';
import type { PolicyRequest, Statement, StatementMatch } from './policy.ts';
import { describeCaller, isAdministrator, matchPrincipal, requestKeys } from './principals.ts';

export interface AuthorizerWorld {
  kernel: Pick<Kernel, 'accountId' | 'region' | 'clock'>;
  identities: Identities;
  ledger: Ledger;
  /** The resource policy of an ARN, asked of the model that owns it. */
  resourcePolicy(resourceArn: string): PolicyDocument | undefined;
}

type Verdict =
  | { kind: 'allowedByIdentity'; policy: string; match: StatementMatch }
  | { kind: 'allowed' }
  | { kind: 'denied'; reason: string };

interface IdentityOpinion {
  denied: boolean;
  allow: { policy: string; match: StatementMatch } | 'administrator' | undefined;
}

interface ResourceOpinion {
  present: boolean;
  denied: boolean;
  allow: 'direct' | 'delegated' | 'none';
}

/** A statement of a role's policies whose actions match the one asked for. */
interface Candidate {
  policy: string;
  statement: Statement;
  actionPattern: string;
}

const RESOURCE_POLICIES_KEPT = 1000;

export class Authorizer {
  private readonly world: AuthorizerWorld;
  private readonly readPolicies = new Map<string, readonly Statement[]>();
  /** By action. A role whose policies change gets another list of them. */
  private readonly candidates = new WeakMap<readonly NamedPolicy[], Map<string, readonly Candidate[]>>();

  constructor(world: AuthorizerWorld) {
    this.world = world;
  }

  /** Throws `AccessDeniedException` for the first permission that is not allowed. */
  authorize(caller: Caller, permissions: readonly Permission[]): void {
    for (const permission of permissions) {
      const verdict = this.decide(caller, permission);
      if (verdict.kind === 'denied') throw this.denial(caller, permission, verdict.reason);
      if (verdict.kind === 'allowedByIdentity' && caller.kind === 'role') this.world.ledger.used(caller.roleArn, verdict.policy, verdict.match, permission.action);
    }
  }

  private denial(caller: Caller, { action, resource }: Permission, reason: string): AwsError {
    const who = describeCaller(caller);
    this.world.ledger.denied(who, action, resource, reason);
    const subject = caller.kind === 'service' ? `Service: ${who}` : `User: ${who}`;
    return new AwsError('AccessDeniedException', `${subject} is not authorized to perform: ${action} on resource: ${resource} ${reason}`);
  }

  private decide(caller: Caller, permission: Permission): Verdict {
    const { action, resource } = permission;
    const request: PolicyRequest = { action, resource, keys: requestKeys(caller, permission, this.world.kernel) };
    const identity = this.identityOpinion(caller, request);
    const ofResource = this.resourceOpinion(caller, request);
    if (identity.denied) return denied('with an explicit deny in an identity-based policy');
    if (ofResource.denied) return denied('with an explicit deny in a resource-based policy');

    const resourceMustAgree = action === 'sts:AssumeRole' || (action.startsWith('kms:') && ofResource.present);
    if (ofResource.allow === 'direct') return { kind: 'allowed' };
    if (caller.kind === 'service') return denied(`because no resource-based policy allows the ${action} action`);
    if (resourceMustAgree && ofResource.allow === 'none') return denied(`because no resource-based policy allows the ${action} action`);
    if (identity.allow === 'administrator') return { kind: 'allowed' };
    if (identity.allow) return { kind: 'allowedByIdentity', ...identity.allow };
    return denied(`because no identity-based policy allows the ${action} action`);
  }

  private identityOpinion(caller: Caller, request: PolicyRequest): IdentityOpinion {
    if (isAdministrator(caller)) return { denied: false, allow: 'administrator' };
    const opinion: IdentityOpinion = { denied: false, allow: undefined };
    if (caller.kind !== 'role') return opinion;
    for (const { policy, statement, actionPattern } of this.candidatesFor(caller.roleArn, request.action)) {
      if (statement.effect === 'Allow' && opinion.allow) continue;
      const match = matchWithAction(statement, actionPattern, request);
      if (!match) continue;
      if (statement.effect === 'Deny') return { denied: true, allow: undefined };
      opinion.allow = { policy, match };
    }
    return opinion;
  }

  private candidatesFor(roleArn: string, action: string): readonly Candidate[] {
    const policies = this.world.identities.policiesOf(roleArn);
    const byAction = this.candidates.get(policies) ?? new Map<string, readonly Candidate[]>();
    this.candidates.set(policies, byAction);
    let candidates = byAction.get(action);
    if (!candidates) byAction.set(action, (candidates = candidatesIn(policies, action.toLowerCase())));
    return candidates;
  }

  private resourceOpinion(caller: Caller, request: PolicyRequest): ResourceOpinion {
    const document = this.resourcePolicyFor(request);
    const opinion: ResourceOpinion = { present: document !== undefined, denied: false, allow: 'none' };
    for (const statement of document ? this.read(document) : []) {
      const principal = matchPrincipal(statement, caller, this.world.kernel.accountId);
      if (principal === 'none' || !matchStatement(statement, request)) continue;
      if (statement.effect === 'Deny') return { ...opinion, denied: true };
      if (opinion.allow !== 'direct') opinion.allow = principal;
    }
    return opinion;
  }

  /** A role's trust policy speaks only about becoming the role, not about passing or deleting it. */
  private resourcePolicyFor({ action, resource }: PolicyRequest): PolicyDocument | undefined {
    if (!resource.startsWith('arn:')) return undefined;
    if (resource.startsWith('arn:aws:iam:') && !action.startsWith('sts:')) return undefined;
    return this.world.resourcePolicy(resource);
  }

  /** Keyed by text where a model may change its document in place. */
  private read(document: PolicyDocument): readonly Statement[] {
    if (isEmpty(document)) return [];
    return Object.isFrozen(document) ? readStatements(document) : this.readText(JSON.stringify(document), document);
  }

  private readText(text: string, document: PolicyDocument): readonly Statement[] {
    const before = this.readPolicies.get(text);
    if (before) return before;
    if (this.readPolicies.size >= RESOURCE_POLICIES_KEPT) this.readPolicies.clear();
    const statements = readStatements(document);
    this.readPolicies.set(text, statements);
    return statements;
  }
}

const candidatesIn = (policies: readonly NamedPolicy[], action: string): Candidate[] =>
  policies.flatMap(({ name, statements }) =>
    statements.flatMap((statement) => {
      const actionPattern = matchingAction(statement, action);
      return actionPattern === undefined ? [] : [{ policy: name, statement, actionPattern }];
    }),
  );

const denied = (reason: string): Verdict => ({ kind: 'denied', reason });
const isEmpty = ({ Statement }: PolicyDocument): boolean => Array.isArray(Statement) && Statement.length === 0;
