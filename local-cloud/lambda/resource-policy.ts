// The resource policy of a function: AddPermission, RemovePermission, GetPolicy.
import type * as lambda from '@aws-sdk/client-lambda';
import { NotModelled, refuseUnknown } from '../kernel/errors.ts';
import { uuid } from '../kernel/random.ts';
import type { Answer, Operation, PolicyDocument, PolicyStatement } from '../kernel/service.ts';
import type { FunctionRecord } from './function-record.ts';
import type { FunctionStore } from './function-store.ts';
import { conflict, invalidParameter, notFound } from './function-store.ts';
import { parseFunctionName } from './names.ts';

const documents = new WeakMap<PolicyStatement[], PolicyDocument>();

/** The same document as long as the policy is the same: whoever changes it makes a new list. */
export function policyOf({ policy }: FunctionRecord): PolicyDocument | undefined {
  if (policy.length === 0) return undefined;
  let document = documents.get(policy);
  if (!document) documents.set(policy, (document = Object.freeze({ Version: '2012-10-17', Statement: policy })));
  return document;
}

function principalOf(principal: string): PolicyStatement['Principal'] {
  if (principal === '*') return '*';
  if (/^\d{12}$/.test(principal)) return { AWS: `arn:aws:iam::${principal}:root` };
  return principal.startsWith('arn:') ? { AWS: principal } : { Service: principal };
}

function conditionsOf(input: lambda.AddPermissionCommandInput): PolicyStatement['Condition'] {
  const condition: Record<string, Record<string, string>> = {};
  if (input.SourceArn) condition.ArnLike = { 'AWS:SourceArn': input.SourceArn };
  const equals = {
    ...(input.SourceAccount ? { 'AWS:SourceAccount': input.SourceAccount } : {}),
    ...(input.FunctionUrlAuthType ? { 'lambda:FunctionUrlAuthType': input.FunctionUrlAuthType } : {}),
    ...(input.PrincipalOrgID ? { 'aws:PrincipalOrgID': input.PrincipalOrgID } : {}),
  };
  if (Object.keys(equals).length > 0) condition.StringEquals = equals;
  if (input.InvokedViaFunctionUrl !== undefined) condition.Bool = { 'lambda:InvokedViaFunctionUrl': String(input.InvokedViaFunctionUrl) };
  return Object.keys(condition).length > 0 ? condition : undefined;
}

const addPermission = (store: FunctionStore): Operation<lambda.AddPermissionCommandInput, Answer<lambda.AddPermissionCommandOutput>> => ({
  permissions: (input) => [
    store.permission('AddPermission', input.FunctionName, {
      'lambda:Principal': input.Principal ?? '',
      ...(input.FunctionUrlAuthType ? { 'lambda:FunctionUrlAuthType': input.FunctionUrlAuthType } : {}),
    }),
  ],
  handle: (input) => {
    refuseUnknown('AddPermission', input, [
      'FunctionName', 'StatementId', 'Action', 'Principal', 'SourceArn', 'SourceAccount', 'FunctionUrlAuthType', 'InvokedViaFunctionUrl', 'Qualifier', 'PrincipalOrgID', 'RevisionId',
    ]);
    if (input.RevisionId !== undefined) throw new NotModelled('AddPermission: the field RevisionId');
    const record = store.get(input.FunctionName, input.Qualifier);
    const { StatementId: sid, Action: action, Principal: principal } = input;
    if (!sid || !action || !principal) throw invalidParameter('StatementId, Action and Principal are required.');
    if (!/^(lambda:\*|lambda:[A-Za-z]+|\*)$/.test(action)) throw invalidParameter(`The action ${action} is not a Lambda action.`);
    if (record.policy.some((statement) => statement.Sid === sid)) {
      throw conflict(`The statement id (${sid}) provided already exists. Please provide a new statement id, or remove the existing statement.`);
    }
    const condition = conditionsOf(input);
    const statement: PolicyStatement = { Sid: sid, Effect: 'Allow', Principal: principalOf(principal), Action: action, Resource: record.arn, ...(condition ? { Condition: condition } : {}) };
    record.policy = [...record.policy, statement];
    record.policyRevisionId = uuid(store.kernel.random);
    return { Statement: JSON.stringify(statement) };
  },
});

const removePermission = (store: FunctionStore): Operation<lambda.RemovePermissionCommandInput, object> => ({
  permissions: (input) => [store.permission('RemovePermission', input.FunctionName)],
  handle: (input) => {
    refuseUnknown('RemovePermission', input, ['FunctionName', 'StatementId', 'Qualifier']);
    const record = store.get(input.FunctionName, input.Qualifier);
    const left = record.policy.filter((statement) => statement.Sid !== input.StatementId);
    if (left.length === record.policy.length) throw notFound(`Statement ${input.StatementId} is not found in resource policy.`);
    record.policy = left;
    record.policyRevisionId = uuid(store.kernel.random);
    return {};
  },
});

const getPolicy = (store: FunctionStore): Operation<lambda.GetPolicyCommandInput, Answer<lambda.GetPolicyCommandOutput>> => ({
  permissions: (input) => [store.permission('GetPolicy', input.FunctionName)],
  handle: (input) => {
    const record = store.get(input.FunctionName, input.Qualifier);
    const policy = policyOf(record);
    if (!policy) throw notFound('The resource you requested does not exist.');
    return { Policy: JSON.stringify({ Id: 'default', ...policy }), RevisionId: record.policyRevisionId };
  },
});

export const policyOperations = (store: FunctionStore): Record<string, Operation> => ({
  AddPermission: addPermission(store),
  RemovePermission: removePermission(store),
  GetPolicy: getPolicy(store),
});

/** The policy attached to a function ARN, with or without the qualifier of the unpublished version. */
export function resourcePolicyOf(store: FunctionStore, resourceArn: string): PolicyDocument | undefined {
  if (!resourceArn.includes(':function:')) return undefined; // event source mappings have no policy
  const { name, qualifier } = parseFunctionName(resourceArn);
  const record = qualifier === undefined || qualifier === '$LATEST' ? store.functions.get(name) : undefined;
  return record && policyOf(record);
}
