// The operations on rules and their targets.
import type * as events from '@aws-sdk/client-eventbridge';
import { AwsError, NotModelled, refuseUnknown } from '../kernel/errors.ts';
import { isJson } from '../kernel/json.ts';
import type { Kernel } from '../kernel/kernel.ts';
import type { Answer, Operation, Permission } from '../kernel/service.ts';
import { parseSchedule } from './cron.ts';
import { targetKindOf } from './delivery.ts';
import { parsePath } from './event.ts';
import { parsePattern } from './pattern.ts';
import type { Buses, Rule } from './rule.ts';
import { busNameOf, DEFAULT_BUS, ruleArnOf, validation } from './rule.ts';
import type { Schedules } from './schedules.ts';

export interface RulePorts {
  kernel: Kernel;
  buses: Buses;
  schedules: Schedules;
}

const TARGETS_MAX = 5;

type Named = { Name?: string; EventBusName?: string };

export function ruleOperations(ports: RulePorts): Record<string, Operation> {
  const { kernel, buses, schedules } = ports;
  const on = (action: string, busName: string | undefined, ruleName: string | undefined, context?: Permission['context']): Permission => ({
    action: `events:${action}`,
    resource: ruleArnOf(kernel, busNameOf(busName), ruleName ?? ''),
    ...(context ? { context } : {}),
  });
  const passRole = (roleArn: string | undefined): Permission[] =>
    roleArn ? [{ action: 'iam:PassRole', resource: roleArn, context: { 'iam:PassedToService': 'events.amazonaws.com' } }] : [];
  const named = (action: string) => (input: Named) => [on(action, input.EventBusName, input.Name)];

  const putRule: Operation<events.PutRuleCommandInput, Answer<events.PutRuleCommandOutput>> = {
    permissions: (input) => [on('PutRule', input.EventBusName, input.Name), ...passRole(input.RoleArn), ...(input.Tags?.length ? [on('TagResource', input.EventBusName, input.Name)] : [])],
    handle: (input) => {
      refuseUnknown('PutRule', input, ['Name', 'ScheduleExpression', 'EventPattern', 'State', 'Description', 'RoleArn', 'Tags', 'EventBusName']);
      if (input.State !== undefined && input.State !== 'ENABLED' && input.State !== 'DISABLED') throw new NotModelled(`PutRule: the state ${input.State}`);
      const bus = buses.get(input.EventBusName);
      const name = input.Name ?? '';
      if (!/^[.\-_A-Za-z0-9]{1,64}$/.test(name)) throw validation(`1 validation error detected: Value '${name}' at 'name' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\.\\-_A-Za-z0-9]+`);
      if (!input.EventPattern && !input.ScheduleExpression) throw validation('Parameter(s) EventPattern or ScheduleExpression must be specified.');
      if (input.ScheduleExpression && bus.name !== DEFAULT_BUS) throw validation('ScheduleExpression is supported only on the default event bus.');
      const schedule = input.ScheduleExpression ? parseSchedule(input.ScheduleExpression) : undefined;
      if (input.ScheduleExpression && !schedule) throw validation('Parameter ScheduleExpression is not valid.');
      const pattern = input.EventPattern ? { text: input.EventPattern, matches: parsePattern(input.EventPattern) } : undefined;
      const before = bus.rules.get(name);
      const rule: Rule = {
        name,
        arn: ruleArnOf(kernel, bus.name, name),
        busName: bus.name,
        pattern,
        schedule: schedule && input.ScheduleExpression ? { text: input.ScheduleExpression, next: schedule, sinceMs: kernel.clock.nowMs() } : undefined,
        enabled: input.State !== 'DISABLED',
        description: input.Description,
        roleArn: input.RoleArn,
        targets: before?.targets ?? new Map<string, events.Target>(),
        tags: before?.tags ?? new Map((input.Tags ?? []).map((tag) => [tag.Key ?? '', tag.Value ?? ''])),
        timer: undefined,
      };
      before?.timer?.cancel();
      bus.rules.set(name, rule);
      schedules.arm(rule);
      return { RuleArn: rule.arn };
    },
  };

  const describeRule: Operation<events.DescribeRuleCommandInput, Answer<events.DescribeRuleCommandOutput>> = {
    permissions: named('DescribeRule'),
    handle: (input) => ({ ...toApi(buses.rule(input.EventBusName, input.Name)), CreatedBy: kernel.accountId }),
  };

  const deleteRule: Operation<events.DeleteRuleCommandInput, object> = {
    permissions: named('DeleteRule'),
    handle: (input) => {
      refuseUnknown('DeleteRule', input, ['Name', 'EventBusName', 'Force']);
      const bus = buses.get(input.EventBusName);
      const rule = bus.rules.get(input.Name ?? '');
      if (!rule) return {}; // deleting a rule that is not there is no error
      if (rule.targets.size > 0) throw validation("Rule can't be deleted since it has targets.");
      rule.timer?.cancel();
      bus.rules.delete(rule.name);
      return {};
    },
  };

  const setEnabled = (enabled: boolean): Operation<Named, object> => ({
    permissions: named(enabled ? 'EnableRule' : 'DisableRule'),
    handle: (input) => {
      const rule = buses.rule(input.EventBusName, input.Name);
      rule.enabled = enabled;
      schedules.arm(rule);
      return {};
    },
  });

  const listRules: Operation<events.ListRulesCommandInput, Answer<events.ListRulesCommandOutput>> = {
    permissions: (input) => [on('ListRules', input.EventBusName, '*')],
    handle: (input) => {
      refuseUnknown('ListRules', input, ['NamePrefix', 'EventBusName', 'NextToken', 'Limit']);
      const rules = [...buses.get(input.EventBusName).rules.values()].filter((rule) => rule.name.startsWith(input.NamePrefix ?? ''));
      const page = paged(rules, input.NextToken, input.Limit);
      return { Rules: page.items.map(toApi), NextToken: page.nextToken };
    },
  };

  const putTargets: Operation<events.PutTargetsCommandInput, Answer<events.PutTargetsCommandOutput>> = {
    permissions: (input) => [
      on('PutTargets', input.EventBusName, input.Rule, { 'events:TargetArn': (input.Targets ?? []).map((target) => target.Arn ?? '') }),
      ...(input.Targets ?? []).flatMap((target) => passRole(target.RoleArn)),
    ],
    handle: (input) => {
      const rule = buses.rule(input.EventBusName, input.Rule);
      const targets = input.Targets ?? [];
      for (const target of targets) checkTarget(target);
      if (new Set([...rule.targets.keys(), ...targets.map((target) => target.Id ?? '')]).size > TARGETS_MAX) {
        throw new AwsError('LimitExceededException', 'The requested resource exceeds the maximum number allowed.', { httpStatus: 400 });
      }
      for (const target of targets) rule.targets.set(target.Id ?? '', target);
      return { FailedEntryCount: 0, FailedEntries: [] };
    },
  };

  const removeTargets: Operation<events.RemoveTargetsCommandInput, Answer<events.RemoveTargetsCommandOutput>> = {
    permissions: (input) => [on('RemoveTargets', input.EventBusName, input.Rule)],
    handle: (input) => {
      const rule = buses.rule(input.EventBusName, input.Rule);
      const FailedEntries = (input.Ids ?? [])
        .filter((id) => !rule.targets.delete(id))
        .map((id) => ({ TargetId: id, ErrorCode: 'ResourceNotFoundException', ErrorMessage: `Rule ${rule.name} does not have a target with the Id ${id}.` }));
      return { FailedEntryCount: FailedEntries.length, FailedEntries };
    },
  };

  const listTargets: Operation<events.ListTargetsByRuleCommandInput, Answer<events.ListTargetsByRuleCommandOutput>> = {
    permissions: (input) => [on('ListTargetsByRule', input.EventBusName, input.Rule)],
    handle: (input) => ({ Targets: [...buses.rule(input.EventBusName, input.Rule).targets.values()] }),
  };

  const listRuleNames: Operation<events.ListRuleNamesByTargetCommandInput, Answer<events.ListRuleNamesByTargetCommandOutput>> = {
    permissions: (input) => [on('ListRuleNamesByTarget', input.EventBusName, '*')],
    handle: (input) => {
      const rules = [...buses.get(input.EventBusName).rules.values()];
      return { RuleNames: rules.filter((rule) => [...rule.targets.values()].some((target) => target.Arn === input.TargetArn)).map((rule) => rule.name) };
    },
  };

  return {
    PutRule: putRule,
    DescribeRule: describeRule,
    DeleteRule: deleteRule,
    EnableRule: setEnabled(true),
    DisableRule: setEnabled(false),
    ListRules: listRules,
    PutTargets: putTargets,
    RemoveTargets: removeTargets,
    ListTargetsByRule: listTargets,
    ListRuleNamesByTarget: listRuleNames,
  };
}

function toApi(rule: Rule): events.Rule {
  return {
    Name: rule.name,
    Arn: rule.arn,
    ...(rule.pattern ? { EventPattern: rule.pattern.text } : {}),
    ...(rule.schedule ? { ScheduleExpression: rule.schedule.text } : {}),
    State: rule.enabled ? 'ENABLED' : 'DISABLED',
    ...(rule.description === undefined ? {} : { Description: rule.description }),
    ...(rule.roleArn === undefined ? {} : { RoleArn: rule.roleArn }),
    EventBusName: rule.busName,
  };
}

export function paged<Item>(items: Item[], token: string | undefined, limit: number | undefined): { items: Item[]; nextToken: string | undefined } {
  const start = Number(token ?? 0);
  const end = start + (limit ?? 100);
  return { items: items.slice(start, end), nextToken: end < items.length ? String(end) : undefined };
}

function checkTarget(target: events.Target): void {
  refuseUnknown('PutTargets', target, ['Id', 'Arn', 'RoleArn', 'Input', 'InputPath', 'InputTransformer', 'DeadLetterConfig', 'RetryPolicy']);
  const { Id: id, Arn: arn } = target;
  if (!id || !arn) throw validation('Parameter Id and Arn of a target must be specified.');
  const kind = targetKindOf(arn);
  if (!kind) throw new NotModelled(`EventBridge targets of the kind ${arn.split(':')[2] ?? ''}`);
  if (kind === 'states' && !target.RoleArn) throw validation(`RoleArn is required for target ${arn}.`);
  if ([target.Input, target.InputPath, target.InputTransformer].filter((shape) => shape !== undefined).length > 1) {
    throw validation(`Only one of Input, InputPath, or InputTransformer must be provided for target ${id}.`);
  }
  if (target.Input !== undefined && !isJson(target.Input)) throw validation(`JSON syntax error in input for target ${id} : Invalid JSON.`);
  for (const path of [target.InputPath, ...Object.values(target.InputTransformer?.InputPathsMap ?? {})]) {
    if (path !== undefined && !parsePath(path)) throw validation(`Invalid InputPath for target ${id}.`);
  }
  const { MaximumRetryAttempts: attempts, MaximumEventAgeInSeconds: ageSeconds } = target.RetryPolicy ?? {};
  if (attempts !== undefined && (attempts < 0 || attempts > 185)) throw validation(`Value '${attempts}' at 'targets.1.member.retryPolicy.maximumRetryAttempts' failed to satisfy constraint: Member must have value less than or equal to 185`);
  if (ageSeconds !== undefined && (ageSeconds < 60 || ageSeconds > 86_400)) {
    throw validation(`Value '${ageSeconds}' at 'targets.1.member.retryPolicy.maximumEventAgeInSeconds' failed to satisfy constraint: Member must have value between 60 and 86400`);
  }
}
