// What policy statements say, as tables: patterns, conditions, and documents that are refused.
import type { PolicyStatement } from '../kernel/service.ts';
import { arnMatches, globMatches, withVariables } from './pattern.ts';
import { matchStatement, readStatements } from './policy.ts';

test.each([
  ['ecs:*', 'ecs:updateservice', true],
  ['*', '', true],
  ['a*b*c', 'aXXbYYc', true],
  ['a*b*c', 'aXXcYYb', false],
  ['a?c', 'abc', true],
  ['a?c', 'ac', false],
  ['a**', 'a', true],
  ['abc', 'abcd', false],
  ['*abc', 'ababc', true],
])('%s against %s is %s', (pattern, text, matches) => {
  expect(globMatches(pattern, text)).toBe(matches);
});

test.each([
  ['arn:aws:sns:*:1:t', 'arn:aws:sns:eu:1:t', true],
  ['arn:aws:sns:*:t', 'arn:aws:sns:eu:1:t', false],
  ['arn:aws:lambda:eu:1:function:*', 'arn:aws:lambda:eu:1:function:f:live', true],
])('as an ARN, %s against %s is %s', (pattern, arn, matches) => {
  expect(arnMatches(pattern, arn)).toBe(matches);
});

test.each([
  ['${aws:PrincipalArn}/x', 'me/x'],
  ['${aws:principalarn}', 'me'],
  ["${aws:Absent, 'nobody'}", 'nobody'],
  ['${aws:Absent}', undefined],
  ['a${*}b', 'a*b'],
])('the variable pattern %s becomes %s', (pattern, filled) => {
  expect(withVariables(pattern, new Map([['aws:principalarn', ['me']]]))).toBe(filled);
});

const KEYS = new Map([
  ['aws:sourcearn', ['arn:aws:sns:eu:1:topic']],
  ['ecs:cluster', ['prod']],
  ['aws:tagkeys', ['team', 'env']],
  ['aws:securetransport', ['true']],
  ['lambda:count', ['7']],
  ['aws:currenttime', ['2026-01-15T12:00:00Z']],
  ['empty:list', []],
]);

test.each<[operator: string, key: string, value: string | string[], holds: boolean]>([
  ['StringEquals', 'ecs:cluster', 'prod', true],
  ['StringEquals', 'ECS:Cluster', ['staging', 'prod'], true],
  ['StringEquals', 'ecs:cluster', 'Prod', false],
  ['StringEqualsIgnoreCase', 'ecs:cluster', 'Prod', true],
  ['StringEquals', 'ecs:absent', 'prod', false],
  ['StringEqualsIfExists', 'ecs:absent', 'prod', true],
  ['StringEqualsIfExists', 'ecs:cluster', 'other', false],
  ['StringNotEquals', 'ecs:cluster', 'prod', false],
  ['StringNotEquals', 'ecs:cluster', ['staging', 'prod'], false],
  ['StringNotEquals', 'ecs:absent', 'prod', true],
  ['StringLike', 'ecs:cluster', 'pr*', true],
  ['StringNotLike', 'ecs:cluster', 'pr*', false],
  ['StringEquals', 'ecs:cluster', '${ecs:cluster}', true],
  ['StringEquals', 'ecs:cluster', '${ecs:absent}', false],
  ['ArnEquals', 'aws:SourceArn', 'arn:aws:sns:*:1:topic', true],
  ['ArnLike', 'aws:SourceArn', 'arn:aws:sqs:*:1:*', false],
  ['ArnNotLike', 'aws:SourceArn', 'arn:aws:sqs:*:1:*', true],
  ['Bool', 'aws:SecureTransport', 'true', true],
  ['Bool', 'aws:SecureTransport', 'false', false],
  ['Null', 'ecs:absent', 'true', true],
  ['Null', 'ecs:cluster', 'true', false],
  ['Null', 'ecs:cluster', 'false', true],
  ['NumericLessThan', 'lambda:count', '8', true],
  ['NumericGreaterThanEquals', 'lambda:count', '8', false],
  ['NumericEquals', 'lambda:count', '7.0', true],
  ['DateGreaterThan', 'aws:CurrentTime', '2026-01-15T11:59:59Z', true],
  ['DateLessThan', 'aws:CurrentTime', '2026-01-15T11:59:59Z', false],
  ['ForAnyValue:StringEquals', 'aws:TagKeys', 'env', true],
  ['ForAnyValue:StringEquals', 'aws:TagKeys', 'owner', false],
  ['ForAnyValue:StringEquals', 'empty:list', 'owner', false],
  ['ForAllValues:StringEquals', 'aws:TagKeys', ['env', 'team', 'owner'], true],
  ['ForAllValues:StringEquals', 'aws:TagKeys', ['env'], false],
  ['ForAllValues:StringEquals', 'empty:list', ['env'], true],
])('%s of %s with %j holds: %s', (operator, key, value, holds) => {
  const [statement] = readStatements({ Statement: { Effect: 'Allow', Action: '*', Resource: '*', Condition: { [operator]: { [key]: value } } } });
  expect(matchStatement(statement!, { action: 'a:b', resource: '*', keys: KEYS }) !== undefined).toBe(holds);
});

test.each<[name: string, part: Partial<PolicyStatement>, matches: boolean]>([
  ['an action in another case', { Action: 'ECS:updateservice' }, true],
  ['an action wildcard', { Action: ['sns:*', 'ecs:Update*'] }, true],
  ['another action', { Action: 'ecs:UpdateTaskSet' }, false],
  ['NotAction of another action', { Action: undefined, NotAction: 'ecs:Delete*' }, true],
  ['NotAction of this action', { Action: undefined, NotAction: 'ecs:*' }, false],
  ['the resource', { Resource: 'arn:aws:ecs:eu:1:service/prod/*' }, true],
  ['another resource', { Resource: 'arn:aws:ecs:eu:1:service/staging/*' }, false],
  ['NotResource of another resource', { Resource: undefined, NotResource: 'arn:aws:ecs:eu:1:service/staging/*' }, true],
  ['NotResource of this resource', { Resource: undefined, NotResource: '*' }, false],
])('a statement with %s matches: %#', (_name, part, matches) => {
  const [statement] = readStatements({ Statement: [{ Effect: 'Allow', Action: 'ecs:UpdateService', Resource: '*', ...part }] });
  expect(matchStatement(statement!, { action: 'ecs:UpdateService', resource: 'arn:aws:ecs:eu:1:service/prod/web', keys: KEYS }) !== undefined).toBe(matches);
});

test.each([
  ['an unknown operator', { Condition: { StringSoundsLike: { 'a:b': 'c' } } }, 'StringSoundsLike'],
  ['an unknown quantifier', { Condition: { 'ForSome:StringEquals': { 'a:b': 'c' } } }, 'ForSome:StringEquals'],
  ['a condition key without a service', { Condition: { StringEquals: { cluster: 'c' } } }, 'the condition key cluster'],
  ['a misspelt element', { Resources: '*' }, 'no element Resources'],
  ['an action without a service', { Action: 'UpdateService' }, 'UpdateService'],
  ['another effect', { Effect: 'Maybe' }, 'Effect'],
])('refuses a policy with %s', (_name, part, says) => {
  expect(() => readStatements({ Statement: { Effect: 'Allow', Action: '*', Resource: '*', ...part } as PolicyStatement })).toThrow(says);
});
