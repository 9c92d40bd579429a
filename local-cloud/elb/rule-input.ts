// Checks and completes the actions and conditions of listeners and rules, as AWS hands them back.
import type { Action, RuleCondition, TargetGroupTuple } from '@aws-sdk/client-elastic-load-balancing-v2';
import { NotModelled, refuseUnknown } from '../kernel/errors.ts';
import { valuesOf } from './matching.ts';
import { refuse } from './records.ts';

const WEIGHT_LIMIT = 999;
const GROUPS_LIMIT = 5;

/** The actions with the defaults that AWS fills in: the weight 1, and the short form of a lone target group. */
export function completeActions(actions: Action[] | undefined): Action[] {
  const [action, ...more] = actions ?? [];
  if (!action) return refuse('ValidationError', 'A listener or rule must have exactly one action of type forward, redirect or fixed-response');
  if (more.length > 0) throw new NotModelled('more than one action per rule (authentication before forwarding)');
  refuseUnknown('Action', action, ['Type', 'TargetGroupArn', 'Order', 'RedirectConfig', 'FixedResponseConfig', 'ForwardConfig']);
  switch (action.Type) {
    case 'forward':
      return [completeForward(action)];
    case 'fixed-response': {
      const status = action.FixedResponseConfig?.StatusCode ?? '';
      if (!/^[245]\d\d$/.test(status)) refuse('ValidationError', `Invalid status code '${status}' in a fixed-response action`);
      return [{ ...action, FixedResponseConfig: { ...action.FixedResponseConfig, StatusCode: status } }];
    }
    case 'redirect': {
      const wanted = action.RedirectConfig;
      if (!wanted?.StatusCode) return refuse('ValidationError', 'A redirect action must have a status code');
      return [{ ...action, RedirectConfig: { Protocol: '#{protocol}', Port: '#{port}', Host: '#{host}', Path: '/#{path}', Query: '#{query}', ...wanted } }];
    }
    case 'authenticate-cognito':
    case 'authenticate-oidc':
    case 'jwt-validation':
    case undefined:
      throw new NotModelled(`listener actions of type ${action.Type}`);
    default:
      throw new NotModelled(`listener actions of type ${String(action.Type satisfies never)}`);
  }
}

function completeForward(action: Action): Action {
  const named: TargetGroupTuple[] = action.ForwardConfig?.TargetGroups ?? (action.TargetGroupArn ? [{ TargetGroupArn: action.TargetGroupArn }] : []);
  if (action.ForwardConfig?.TargetGroupStickinessConfig?.Enabled) throw new NotModelled('target group stickiness');
  if (named.length === 0) refuse('ValidationError', 'A forward action must name at least one target group');
  if (named.length > GROUPS_LIMIT) refuse('TooManyTargetGroupsException', `A forward action can name at most ${GROUPS_LIMIT} target groups`);
  const groups = named.map((group) => ({ TargetGroupArn: group.TargetGroupArn, Weight: group.Weight ?? 1 }));
  for (const { Weight: weight } of groups) {
    if (!Number.isInteger(weight) || weight < 0 || weight > WEIGHT_LIMIT) refuse('ValidationError', `Weight '${weight}' must be between 0 and ${WEIGHT_LIMIT} inclusive`);
  }
  const arns = groups.map((group) => group.TargetGroupArn);
  if (new Set(arns).size !== arns.length) refuse('ValidationError', 'A target group must not appear twice in a forward action');
  if (action.TargetGroupArn && !(arns.length === 1 && arns[0] === action.TargetGroupArn)) {
    refuse('ValidationError', 'TargetGroupArn and ForwardConfig must name the same single target group');
  }
  return {
    Type: 'forward',
    ...(arns.length === 1 ? { TargetGroupArn: arns[0] } : {}),
    ...(action.Order === undefined ? {} : { Order: action.Order }),
    ForwardConfig: { TargetGroups: groups, TargetGroupStickinessConfig: { Enabled: false } },
  };
}

const MODELLED_FIELDS = ['path-pattern', 'host-header', 'http-header'];
const VALUES_LIMIT = 5;

export function completeConditions(conditions: RuleCondition[] | undefined): RuleCondition[] {
  if (!conditions || conditions.length === 0) return refuse('ValidationError', 'A condition must be specified');
  const complete = conditions.map((condition) => {
    refuseUnknown('RuleCondition', condition, ['Field', 'Values', 'HostHeaderConfig', 'PathPatternConfig', 'HttpHeaderConfig']);
    if (!MODELLED_FIELDS.includes(condition.Field ?? '')) throw new NotModelled(`rule conditions on ${condition.Field}`);
    for (const config of [condition.HostHeaderConfig, condition.PathPatternConfig, condition.HttpHeaderConfig]) {
      if (config?.RegexValues) throw new NotModelled('rule conditions with regular expressions');
    }
    const values = valuesOf(condition);
    if (values.length === 0) refuse('ValidationError', 'A condition value must be specified');
    return withBothNotations(condition, values);
  });
  const count = complete.reduce((sum, condition) => sum + valuesOf(condition).length, 0);
  if (count > VALUES_LIMIT) refuse('ValidationError', `A rule can have at most ${VALUES_LIMIT} condition values`);
  return complete;
}

/** AWS answers with the plain `Values` as well as with the typed config, whichever was sent. */
function withBothNotations(condition: RuleCondition, values: string[]): RuleCondition {
  switch (condition.Field) {
    case 'path-pattern':
      return { Field: condition.Field, Values: values, PathPatternConfig: { Values: values } };
    case 'host-header':
      return { Field: condition.Field, Values: values, HostHeaderConfig: { Values: values } };
    default:
      if (!condition.HttpHeaderConfig?.HttpHeaderName) refuse('ValidationError', 'An http-header condition must name the header');
      return { Field: 'http-header', HttpHeaderConfig: { HttpHeaderName: condition.HttpHeaderConfig?.HttpHeaderName, Values: values } };
  }
}
