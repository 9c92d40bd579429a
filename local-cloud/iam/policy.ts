// Policy documents, read once into statements that can be asked quickly, and the question itself: what do these statements
// say about one request? Pure: who has which policies is elsewhere.
import { AwsError } from '../kernel/errors.ts';
import { policyDocument } from '../kernel/policy-documents.ts';
import type { PolicyDocument, PolicyStatement } from '../kernel/service.ts';
import { conditionsHold, readConditions } from './conditions.ts';
import type { Condition } from './conditions.ts';
import { globMatches, withVariables } from './pattern.ts';
import type { Keys } from './pattern.ts';

export interface Statement {
  /** `Sid`, or the statement's place in the document. */
  name: string;
  effect: 'Allow' | 'Deny';
  actions: { patterns: readonly string[]; lowerCase: readonly string[]; negated: boolean };
  /** Absent in trust policies, whose resource is the role itself. */
  resources: { patterns: readonly string[]; negated: boolean } | undefined;
  principals: { patterns: readonly PrincipalPattern[]; negated: boolean } | undefined;
  conditions: readonly Condition[];
}

export interface PrincipalPattern {
  type: string; // `*`, `AWS`, `Service`, `Federated`
  pattern: string;
}

export interface PolicyRequest {
  action: string;
  resource: string;
  keys: Keys;
}

const STATEMENT_MEMBERS = new Set(['Sid', 'Effect', 'Principal', 'NotPrincipal', 'Action', 'NotAction', 'Resource', 'NotResource', 'Condition']);

const malformed = (message: string): AwsError => new AwsError('MalformedPolicyDocumentException', message);
const listOf = (value: string | string[] | undefined): string[] | undefined => (value === undefined ? undefined : Array.isArray(value) ? value : [value]);

export function parsePolicyDocument(json: string): PolicyDocument {
  try {
    return policyDocument(json);
  } catch {
    throw malformed('This policy contains invalid Json');
  }
}

const statementsOf = new WeakMap<PolicyDocument, readonly Statement[]>();

/** Of a frozen document, which stays what it is, once. */
export function readStatements(document: PolicyDocument): readonly Statement[] {
  const known = statementsOf.get(document);
  if (known) return known;
  const statements = statementsIn(document);
  if (Object.isFrozen(document)) statementsOf.set(document, statements);
  return statements;
}

function statementsIn(document: PolicyDocument): Statement[] {
  const statements = Array.isArray(document.Statement) ? document.Statement : document.Statement === undefined ? [] : [document.Statement];
  if (statements.length === 0) throw malformed('Syntax errors in policy.');
  return statements.map(readStatement);
}

function readStatement(statement: PolicyStatement, index: number): Statement {
  const stranger = Object.keys(statement).find((member) => !STATEMENT_MEMBERS.has(member));
  if (stranger !== undefined) throw malformed(`Syntax errors in policy: a statement has no element ${stranger}.`);
  if (statement.Effect !== 'Allow' && statement.Effect !== 'Deny') throw malformed('Syntax errors in policy: Effect must be Allow or Deny.');
  const actions = listOf(statement.Action) ?? listOf(statement.NotAction);
  if (!actions) throw malformed('Policy statement must contain actions.');
  const badAction = actions.find((action) => action !== '*' && !/^[a-z0-9-]+:[\w*?-]+$/i.test(action));
  if (badAction !== undefined) throw malformed(`Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc. (${badAction})`);
  const resources = listOf(statement.Resource) ?? listOf(statement.NotResource);
  const principals = statement.Principal ?? statement.NotPrincipal;
  return {
    name: statement.Sid ?? `statement ${index}`,
    effect: statement.Effect,
    actions: { patterns: actions, lowerCase: actions.map((action) => action.toLowerCase()), negated: statement.Action === undefined },
    resources: resources && { patterns: resources, negated: statement.Resource === undefined },
    principals: principals === undefined ? undefined : { patterns: principalPatterns(principals), negated: statement.Principal === undefined },
    conditions: readConditions(statement.Condition ?? {}),
  };
}

const principalPatterns = (principals: NonNullable<PolicyStatement['Principal']>): PrincipalPattern[] =>
  principals === '*'
    ? [{ type: '*', pattern: '*' }]
    : Object.entries(principals).flatMap(([type, patterns]) => (listOf(patterns) ?? []).map((pattern) => ({ type, pattern })));

export interface StatementMatch {
  statement: Statement;
  /** Which of the statement's patterns matched; what a negated list (`NotAction`) matched by is `*`. */
  actionPattern: string;
  resourcePattern: string;
}

/** How a statement speaks about a request, apart from its principals; undefined when it does not. */
export function matchStatement(statement: Statement, request: PolicyRequest): StatementMatch | undefined {
  const actionPattern = matchingAction(statement, request.action.toLowerCase());
  return actionPattern === undefined ? undefined : matchWithAction(statement, actionPattern, request);
}

/** `matchStatement`, for a statement whose actions are known to match. */
export function matchWithAction(statement: Statement, actionPattern: string, request: PolicyRequest): StatementMatch | undefined {
  const resourcePattern = matchingResource(statement, request);
  if (resourcePattern === undefined) return undefined;
  return conditionsHold(statement.conditions, request.keys) ? { statement, actionPattern, resourcePattern } : undefined;
}

/** `action` in lower case. */
export function matchingAction({ actions }: Statement, action: string): string | undefined {
  const index = actions.lowerCase.findIndex((pattern) => globMatches(pattern, action));
  if (actions.negated) return index < 0 ? '*' : undefined;
  return actions.patterns[index];
}

function matchingResource({ resources }: Statement, request: PolicyRequest): string | undefined {
  if (!resources) return '*';
  const found = resources.patterns.find((pattern) => {
    if (pattern === '*' || pattern === request.resource) return true;
    const filled = withVariables(pattern, request.keys);
    return filled !== undefined && globMatches(filled, request.resource);
  });
  if (resources.negated) return found === undefined ? '*' : undefined;
  return found;
}
