// Intrinsic functions: turns a template value into a plain one, and finds out which resources a value depends on.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference.html
import { NotModelled } from '../kernel/errors.ts';
import { validationError } from './errors.ts';
import type { Template } from './template.ts';
import { isRecord } from './template.ts';

/** What a template value is evaluated in. */
export interface Scope {
  template: Template;
  /** Parameters and pseudo parameters; lists stay lists. */
  parameters: Readonly<Record<string, unknown>>;
  conditions: Readonly<Record<string, boolean>>;
  /** Ref and GetAtt of a resource that exists by now; undefined while it does not. */
  resource(logicalId: string): { ref: string; attributes: Readonly<Record<string, unknown>> } | undefined;
  importValue(exportName: string): string;
}

/** What `AWS::NoValue` evaluates to: the property or element that holds it is left out. */
const NO_VALUE = Symbol('AWS::NoValue');

export function evaluate(value: unknown, scope: Scope): unknown {
  const result = resolve(value, scope);
  return result === NO_VALUE ? undefined : result;
}

function resolve(value: unknown, scope: Scope): unknown {
  if (Array.isArray(value)) return value.map((element) => resolve(element, scope)).filter((element) => element !== NO_VALUE);
  if (!isRecord(value)) return value;
  const call = functionCall(value);
  if (call) return apply(call.name, call.argument, scope);
  return Object.fromEntries(
    Object.entries(value)
      .map(([name, member]): [string, unknown] => [name, resolve(member, scope)])
      .filter(([, member]) => member !== NO_VALUE),
  );
}

function functionCall(value: Record<string, unknown>): { name: string; argument: unknown } | undefined {
  const [name, ...others] = Object.keys(value);
  if (name === undefined || others.length > 0 || (name !== 'Ref' && !name.startsWith('Fn::'))) return undefined;
  return { name, argument: value[name] };
}

function apply(name: string, argument: unknown, scope: Scope): unknown {
  switch (name) {
    case 'Ref':
      return reference(String(argument), scope);
    case 'Fn::GetAtt': {
      const [logicalId, attribute] = typeof argument === 'string' ? splitOnce(argument) : listOf(argument, name).map((part) => textOf(resolve(part, scope), name));
      return attributeOf(logicalId ?? '', attribute ?? '', scope);
    }
    case 'Fn::Sub':
      return substitute(argument, scope);
    case 'Fn::Join': {
      const [delimiter, parts] = listOf(argument, name);
      return listOf(resolve(parts, scope), name).map((part) => textOf(part, name)).join(textOf(resolve(delimiter, scope), name));
    }
    case 'Fn::Select': {
      const [index, list] = listOf(argument, name);
      const elements = listOf(resolve(list, scope), name);
      const element = elements[Number(resolve(index, scope))];
      if (element === undefined) throw validationError(`Template error: Fn::Select cannot select nonexistent value at index ${String(resolve(index, scope))}`);
      return element;
    }
    case 'Fn::Split': {
      const [delimiter, text] = listOf(argument, name);
      return textOf(resolve(text, scope), name).split(textOf(delimiter, name));
    }
    case 'Fn::If': {
      const [condition, whenTrue, whenFalse] = listOf(argument, name);
      return resolve(isTrue(String(condition), scope) ? whenTrue : whenFalse, scope);
    }
    case 'Fn::ImportValue':
      return scope.importValue(textOf(resolve(argument, scope), name));
    case 'Fn::FindInMap': {
      const keys = listOf(argument, name).map((key) => textOf(resolve(key, scope), name));
      const [map = '', top = '', second = ''] = keys;
      const found = scope.template.Mappings[map]?.[top]?.[second];
      if (found === undefined) throw validationError(`Template error: Unable to get mapping for ${keys.join('::')}`);
      return found;
    }
    case 'Fn::Base64':
      return Buffer.from(textOf(resolve(argument, scope), name)).toString('base64');
    case 'Fn::GetAZs':
      return ['a', 'b', 'c'].map((zone) => `${String(scope.parameters['AWS::Region'])}${zone}`);
    default:
      throw new NotModelled(`the intrinsic function ${name}`);
  }
}

function reference(name: string, scope: Scope): unknown {
  if (name === 'AWS::NoValue') return NO_VALUE;
  if (Object.hasOwn(scope.parameters, name)) return scope.parameters[name];
  const resource = scope.resource(name);
  if (!resource) throw validationError(`Template format error: Unresolved resource dependencies [${name}] in the Resources block of the template`);
  return resource.ref;
}

function attributeOf(logicalId: string, attribute: string, scope: Scope): unknown {
  const resource = scope.resource(logicalId);
  if (!resource) throw validationError(`Template error: instance of Fn::GetAtt references undefined resource ${logicalId}`);
  const value = resource.attributes[attribute];
  if (value === undefined) throw validationError(`Template error: resource ${logicalId} does not support attribute type ${attribute} in Fn::GetAtt`);
  return value;
}

const PLACE = /\$\{(!?)([^}]*)\}/g;

function substitute(argument: unknown, scope: Scope): string {
  const [text, variables = {}] = Array.isArray(argument) ? (argument as unknown[]) : [argument];
  const own = isRecord(variables) ? variables : {};
  return textOf(text, 'Fn::Sub').replace(PLACE, (_place, literal: string, inner: string) => {
    if (literal) return `\${${inner}}`;
    const name = inner.trim();
    if (Object.hasOwn(own, name)) return textOf(resolve(own[name], scope), 'Fn::Sub');
    if (name.includes('.') && !name.startsWith('AWS::')) {
      const [logicalId, attribute] = splitOnce(name);
      return textOf(attributeOf(logicalId, attribute, scope), 'Fn::Sub');
    }
    return textOf(reference(name, scope), 'Fn::Sub');
  });
}

/** Conditions may use only parameters, mappings and other conditions, so they are known before anything is created. */
export function evaluateConditions(scope: Omit<Scope, 'conditions'>): Record<string, boolean> {
  const known: Record<string, boolean> = {};
  const visiting = new Set<string>();
  const named = (name: string): boolean => {
    const expression = scope.template.Conditions[name];
    if (expression === undefined) throw validationError(`Template error: unresolved condition dependency ${name} in Conditions block of template`);
    if (visiting.has(name)) throw validationError(`Template error: circular condition dependency on ${name}`);
    visiting.add(name);
    known[name] ??= holds(expression);
    visiting.delete(name);
    return known[name];
  };
  const holds = (expression: unknown): boolean => {
    if (!isRecord(expression)) throw validationError('Template error: every Conditions member must be a condition function');
    const [name] = Object.keys(expression);
    const argument = name === undefined ? undefined : expression[name];
    const inner = { ...scope, conditions: known };
    switch (name) {
      case 'Condition':
        return named(String(argument));
      case 'Fn::Equals': {
        const [left, right] = listOf(argument, name).map((side) => evaluate(side, inner));
        return JSON.stringify(scalar(left)) === JSON.stringify(scalar(right));
      }
      case 'Fn::And':
        return listOf(argument, name).every(holds);
      case 'Fn::Or':
        return listOf(argument, name).some(holds);
      case 'Fn::Not':
        return !listOf(argument, name).every(holds);
      default:
        throw validationError(`Template error: ${name ?? 'nothing'} is not a condition function`);
    }
  };
  for (const name of Object.keys(scope.template.Conditions)) named(name);
  return known;
}

function isTrue(condition: string, scope: Scope): boolean {
  const value = scope.conditions[condition];
  if (value === undefined) throw validationError(`Template error: unresolved condition dependency ${condition} in Resources block of template`);
  return value;
}

/** Logical ids (and parameter names) a value refers to by Ref, GetAtt or Sub. Both branches of an If count: AWS orders by both. */
export function referencesIn(value: unknown): Set<string> {
  const found = new Set<string>();
  const visit = (node: unknown): void => {
    if (Array.isArray(node)) return node.forEach(visit);
    if (!isRecord(node)) return;
    const call = functionCall(node);
    if (call?.name === 'Ref') return void found.add(String(call.argument));
    if (call?.name === 'Fn::GetAtt') {
      const [logicalId] = typeof call.argument === 'string' ? splitOnce(call.argument) : listOf(call.argument, call.name);
      return void found.add(String(logicalId));
    }
    if (call?.name === 'Fn::Sub') {
      const [text, variables = {}] = Array.isArray(call.argument) ? (call.argument as unknown[]) : [call.argument];
      const own = isRecord(variables) ? variables : {};
      for (const [, literal, inner = ''] of String(text).matchAll(PLACE)) {
        const name = inner.trim();
        if (!literal && !Object.hasOwn(own, name)) found.add(name.startsWith('AWS::') ? name : splitOnce(name)[0]);
      }
      return visit(own);
    }
    Object.values(node).forEach(visit);
  };
  visit(value);
  return found;
}

const splitOnce = (text: string): [string, string] => {
  const dot = text.indexOf('.');
  return dot === -1 ? [text, ''] : [text.slice(0, dot), text.slice(dot + 1)];
};

const scalar = (value: unknown): unknown => (typeof value === 'number' || typeof value === 'boolean' ? String(value) : value);

function listOf(value: unknown, name: string): unknown[] {
  if (Array.isArray(value)) return value;
  throw validationError(`Template error: every ${name} object requires a list of arguments`);
}

function textOf(value: unknown, name: string): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  throw validationError(`Template error: every ${name} object requires string values, not ${JSON.stringify(value) ?? 'nothing'}`);
}
