// Operations on listener rules.
import type {
  Action, CreateRuleInput, CreateRuleOutput, DeleteRuleInput, DeleteRuleOutput, DescribeRulesInput, DescribeRulesOutput, ModifyRuleInput, ModifyRuleOutput,
  Rule, SetRulePrioritiesInput, SetRulePrioritiesOutput,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import { refuseUnknown } from '../kernel/errors.ts';
import { arnOf, type Kernel } from '../kernel/kernel.ts';
import { hexId } from '../kernel/random.ts';
import type { Answer } from '../kernel/service.ts';
import { creating, describing, operation } from './operation.ts';
import { completeActions, completeConditions } from './rule-input.ts';
import { type RuleRecord, type Records, page, refuse, resourceOf } from './records.ts';

interface Surroundings {
  kernel: Kernel;
  records: Records;
  checkGroups: (actions: Action[], loadBalancerArn: string) => void;
  usageChanged: () => void;
}

const shapeOf = (rule: RuleRecord): Rule => ({
  RuleArn: rule.arn,
  Priority: rule.priority === undefined ? 'default' : String(rule.priority),
  Conditions: rule.conditions,
  Actions: rule.actions,
  IsDefault: rule.priority === undefined,
});

export function ruleOperations({ kernel, records, checkGroups, usageChanged }: Surroundings) {
  const onRule = (operationName: string, ruleArn: string | undefined) => [{ action: `elasticloadbalancing:${operationName}`, resource: ruleArn ?? '*' }];

  return {
    CreateRule: operation<CreateRuleInput, Answer<CreateRuleOutput>>(
      (input) => creating('CreateRule', input.ListenerArn ?? '*', (input.ListenerArn ?? '*').replace(':listener/', ':listener-rule/') + '/*', input.Tags),
      (input) => {
        refuseUnknown('CreateRule', input, ['ListenerArn', 'Conditions', 'Priority', 'Actions', 'Tags']);
        const listener = records.listener(input.ListenerArn);
        const priority = checkPriority(input.Priority);
        if (records.rulesOf(listener.arn).some((rule) => rule.priority === priority)) refuse('PriorityInUseException', `Priority '${priority}' is currently in use`);
        const conditions = completeConditions(input.Conditions);
        const actions = completeActions(input.Actions);
        checkGroups(actions, listener.loadBalancerArn);
        const path = resourceOf(listener.arn).replace(/^listener\//, '');
        const arn = arnOf(kernel, 'elasticloadbalancing', `listener-rule/${path}/${hexId(kernel.random, 16)}`);
        const rule: RuleRecord = { arn, listenerArn: listener.arn, priority, conditions, actions };
        records.rules.set(arn, rule);
        records.tag(arn, input.Tags);
        usageChanged();
        return { Rules: [shapeOf(rule)] };
      },
    ),

    DescribeRules: operation<DescribeRulesInput, Answer<DescribeRulesOutput>>(describing('DescribeRules'), (input) => {
      if (!input.ListenerArn === !input.RuleArns) refuse('ValidationError', 'You must specify either a listener ARN or one or more rule ARNs');
      const chosen = input.RuleArns ? input.RuleArns.map((arn) => records.rule(arn)) : records.rulesOf(records.listener(input.ListenerArn).arn);
      const { items, nextMarker } = page(chosen, input);
      return { Rules: items.map(shapeOf), NextMarker: nextMarker };
    }),

    ModifyRule: operation<ModifyRuleInput, Answer<ModifyRuleOutput>>(
      (input) => onRule('ModifyRule', input.RuleArn),
      (input) => {
        refuseUnknown('ModifyRule', input, ['RuleArn', 'Conditions', 'Actions']);
        const rule = records.rule(input.RuleArn);
        if (rule.priority === undefined) refuse('OperationNotPermittedException', `Default rule '${rule.arn}' cannot be modified`);
        const conditions = input.Conditions ? completeConditions(input.Conditions) : rule.conditions;
        const actions = input.Actions ? completeActions(input.Actions) : rule.actions;
        checkGroups(actions, records.listener(rule.listenerArn).loadBalancerArn);
        Object.assign(rule, { conditions, actions });
        usageChanged();
        return { Rules: [shapeOf(rule)] };
      },
    ),

    DeleteRule: operation<DeleteRuleInput, Answer<DeleteRuleOutput>>(
      (input) => onRule('DeleteRule', input.RuleArn),
      (input) => {
        const rule = records.rule(input.RuleArn);
        if (rule.priority === undefined) refuse('OperationNotPermittedException', `Default rule '${rule.arn}' cannot be deleted`);
        records.rules.delete(rule.arn);
        records.tags.delete(rule.arn);
        usageChanged();
        return {};
      },
    ),

    SetRulePriorities: operation<SetRulePrioritiesInput, Answer<SetRulePrioritiesOutput>>(
      (input) => (input.RulePriorities ?? []).flatMap((pair) => onRule('SetRulePriorities', pair.RuleArn)),
      (input) => {
        const wanted = (input.RulePriorities ?? []).map((pair) => ({ rule: records.rule(pair.RuleArn), priority: checkPriority(pair.Priority) }));
        for (const { rule, priority } of wanted) {
          if (rule.priority === undefined) refuse('OperationNotPermittedException', `Default rule '${rule.arn}' priority cannot be modified`);
          const moving = (other: RuleRecord) => wanted.some((each) => each.rule === other);
          const takenByOther = records.rulesOf(rule.listenerArn).some((other) => other.priority === priority && !moving(other));
          const takenTwice = wanted.some((each) => each.rule !== rule && each.rule.listenerArn === rule.listenerArn && each.priority === priority);
          if (takenByOther || takenTwice) refuse('PriorityInUseException', `Priority '${priority}' is currently in use`);
        }
        for (const { rule, priority } of wanted) rule.priority = priority;
        return { Rules: wanted.map(({ rule }) => shapeOf(rule)) };
      },
    ),
  };
}

function checkPriority(priority: number | undefined): number {
  if (priority === undefined || !Number.isInteger(priority) || priority < 1 || priority > 50_000) {
    return refuse('ValidationError', `The priority '${priority}' must be a number between 1 and 50000`);
  }
  return priority;
}
