// The fields each part of a JSONata definition may have, and what they hold.
import type { StateType } from './definition.ts';
import { isObject } from './json.ts';
import { expressionIn } from './jsonata.ts';

export type FieldKind = 'text' | 'textOrExpression' | 'flag' | 'flagOrExpression' | 'whole' | 'positive' | 'wholeOrExpression' | 'positiveOrExpression' | 'factor' | 'jitter' | 'errorNames' | 'template' | 'templateObject' | 'items' | 'object' | 'list' | 'language';

interface Shape {
  fields: Readonly<Record<string, FieldKind>>;
  required: readonly string[];
}

const anywhere = { Type: 'text', Comment: 'text', QueryLanguage: 'language' } as const;
const onward = { Next: 'text', End: 'flag' } as const;
const results = { Output: 'template', Assign: 'templateObject' } as const;
const recovering = { Retry: 'list', Catch: 'list' } as const;

export const MACHINE_FIELDS: Readonly<Record<string, FieldKind>> = {
  Comment: 'text',
  QueryLanguage: 'language',
  StartAt: 'text',
  States: 'object',
  TimeoutSeconds: 'positive',
  Version: 'text',
};

export const FIELDS: Readonly<Record<StateType, Shape>> = {
  Pass: { fields: { ...anywhere, ...onward, ...results }, required: [] },
  Succeed: { fields: { ...anywhere, ...results }, required: [] },
  Fail: { fields: { ...anywhere, Error: 'textOrExpression', Cause: 'textOrExpression' }, required: [] },
  Wait: { fields: { ...anywhere, ...onward, ...results, Seconds: 'wholeOrExpression', Timestamp: 'textOrExpression' }, required: [] },
  Choice: { fields: { ...anywhere, ...results, Choices: 'list', Default: 'text' }, required: ['Choices'] },
  Task: {
    fields: { ...anywhere, ...onward, ...results, ...recovering, Resource: 'text', Arguments: 'template', TimeoutSeconds: 'positiveOrExpression', HeartbeatSeconds: 'positiveOrExpression', Credentials: 'template' },
    required: ['Resource'],
  },
  Parallel: { fields: { ...anywhere, ...onward, ...results, ...recovering, Branches: 'list', Arguments: 'template' }, required: ['Branches'] },
  Map: {
    fields: {
      ...anywhere,
      ...onward,
      ...results,
      ...recovering,
      Items: 'items',
      ItemSelector: 'template',
      ItemProcessor: 'object',
      MaxConcurrency: 'wholeOrExpression',
      ToleratedFailureCount: 'wholeOrExpression',
      ToleratedFailurePercentage: 'wholeOrExpression',
      ItemReader: 'template',
      ItemBatcher: 'template',
      ResultWriter: 'template',
      Label: 'text',
    },
    required: ['ItemProcessor'],
  },
};

export const RULE_FIELDS: Readonly<Record<'Retry' | 'Catch' | 'Choices', Shape>> = {
  Retry: {
    fields: { Comment: 'text', ErrorEquals: 'errorNames', IntervalSeconds: 'positive', MaxAttempts: 'whole', BackoffRate: 'factor', MaxDelaySeconds: 'positive', JitterStrategy: 'jitter' },
    required: ['ErrorEquals'],
  },
  Catch: { fields: { Comment: 'text', ErrorEquals: 'errorNames', Next: 'text', ...results }, required: ['ErrorEquals', 'Next'] },
  Choices: { fields: { Comment: 'text', Condition: 'flagOrExpression', Next: 'text', ...results }, required: ['Condition', 'Next'] },
};

const isWhole = (value: unknown, least: number) => typeof value === 'number' && Number.isInteger(value) && value >= least && value <= 99_999_999;
const isExpression = (value: unknown) => typeof value === 'string' && expressionIn(value) !== undefined;

const KINDS: Readonly<Record<FieldKind, { holds: (value: unknown) => boolean; text: string }>> = {
  text: { holds: (value) => typeof value === 'string', text: 'must be a string' },
  textOrExpression: { holds: (value) => typeof value === 'string', text: 'must be a string' },
  flag: { holds: (value) => typeof value === 'boolean', text: 'must be a boolean' },
  flagOrExpression: { holds: (value) => typeof value === 'boolean' || isExpression(value), text: 'must be a boolean or a JSONata expression' },
  whole: { holds: (value) => isWhole(value, 0), text: 'must be a whole number from 0 to 99999999' },
  positive: { holds: (value) => isWhole(value, 1), text: 'must be a whole number from 1 to 99999999' },
  wholeOrExpression: { holds: (value) => isWhole(value, 0) || isExpression(value), text: 'must be a whole number from 0 to 99999999 or a JSONata expression' },
  positiveOrExpression: { holds: (value) => isWhole(value, 1) || isExpression(value), text: 'must be a whole number from 1 to 99999999 or a JSONata expression' },
  factor: { holds: (value) => typeof value === 'number' && value >= 1, text: 'must be a number of at least 1' },
  jitter: { holds: (value) => value === 'FULL' || value === 'NONE', text: 'must be FULL or NONE' },
  errorNames: { holds: (value) => Array.isArray(value) && value.length > 0 && value.every((name) => typeof name === 'string'), text: 'must be a list of at least one error name' },
  template: { holds: () => true, text: '' },
  templateObject: { holds: isObject, text: 'must be an object' },
  items: { holds: (value) => Array.isArray(value) || isExpression(value), text: 'must be an array or a JSONata expression' },
  object: { holds: isObject, text: 'must be an object' },
  list: { holds: Array.isArray, text: 'must be a list' },
  language: { holds: (value) => value === 'JSONata' || value === 'JSONPath', text: 'must be JSONata or JSONPath' },
};

export const isExpected = (kind: FieldKind, value: unknown): boolean => KINDS[kind].holds(value);
export const expectedText = (kind: FieldKind): string => KINDS[kind].text;
