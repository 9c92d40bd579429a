// Checks a definition the way CreateStateMachine does: all faults at once, each with the place it is at.
import jsonata from 'jsonata';
import { NotModelled } from '../../kernel/errors.ts';
import { parseResource } from '../integrations/resource.ts';
import type { Definition, StateType } from './definition.ts';
import { FIELDS, MACHINE_FIELDS, RULE_FIELDS, expectedText, isExpected } from './fields.ts';
import type { FieldKind } from './fields.ts';
import { isObject, parseJson } from './json.ts';
import { expressionIn } from './jsonata.ts';

export interface Fault {
  code: string;
  message: string;
  /** A JSON pointer into the definition. */
  location: string;
}

export type Validation = { definition: Definition; faults: [] } | { definition: undefined; faults: Fault[] };

const MEMO_LIMIT = 100;
const memo = new Map<string, Validation>();

/** Throws `NotModelled` for what AWS would accept and the interpreter does not run. Pure, so answers are kept. */
export function validateDefinition(text: string): Validation {
  const known = memo.get(text);
  if (known) return known;
  const answer = new Validator().validate(text);
  if (memo.size >= MEMO_LIMIT) memo.clear();
  memo.set(text, answer);
  return answer;
}

type Node = Record<string, unknown>;

class Validator {
  private readonly faults: Fault[] = [];
  private readonly stateNames = new Set<string>();
  private readonly unmodelled: string[] = [];

  validate(text: string): Validation {
    const parsed = parseJson(text);
    if (!parsed) this.fault('INVALID_JSON_DESCRIPTION', 'the definition is not JSON', '');
    else if (!isObject(parsed.value)) this.schema('', 'must be a JSON object');
    else this.machine(parsed.value);
    if (this.faults.length > 0) return { definition: undefined, faults: this.faults };
    if (this.unmodelled.length > 0) throw new NotModelled(this.unmodelled.join('; '));
    return { definition: parsed?.value as unknown as Definition, faults: [] };
  }

  private fault(code: string, message: string, location: string): void {
    this.faults.push({ code, message, location });
  }

  private schema(location: string, message: string): void {
    this.fault('SCHEMA_VALIDATION_FAILED', message, location);
  }

  private machine(machine: Node): void {
    const language = machine['QueryLanguage'] ?? 'JSONPath';
    if (language !== 'JSONata' && language !== 'JSONPath') this.schema('/QueryLanguage', 'must be JSONata or JSONPath');
    if (language === 'JSONPath') {
      this.unmodelled.push('state machines in JSONPath: set QueryLanguage to JSONata');
      return;
    }
    this.fields(machine, MACHINE_FIELDS, ['StartAt', 'States'], '');
    this.group(machine, '', new Set());
  }

  /** A StartAt with its States. `outerVariables` must not be assigned again inside. */
  private group(group: Node, at: string, outerVariables: ReadonlySet<string>): void {
    const states = group['States'];
    if (!isObject(states)) return;
    if (Object.keys(states).length === 0) this.schema(`${at}/States`, 'must contain at least one state');
    const variables = new Set(outerVariables);
    for (const state of Object.values(states)) for (const name of assignedIn(state)) variables.add(name);
    for (const [name, state] of Object.entries(states)) {
      const location = `${at}/States/${name}`;
      if (name.length > 80) this.schema(location, 'the name of a state has at most 80 characters');
      if (this.stateNames.has(name)) this.fault('DUPLICATE_STATE_NAME', `the state name '${name}' is used more than once`, location);
      this.stateNames.add(name);
      if (isObject(state)) this.state(state, location, variables, outerVariables);
      else this.schema(location, 'must be an object');
    }
    this.transitions(group, states, at);
  }

  private state(state: Node, at: string, variables: ReadonlySet<string>, outerVariables: ReadonlySet<string>): void {
    const type = state['Type'];
    if (typeof type !== 'string' || !(type in FIELDS)) {
      this.schema(`${at}/Type`, `must be one of ${Object.keys(FIELDS).join(', ')}`);
      return;
    }
    if (state['QueryLanguage'] === 'JSONPath') this.schema(`${at}/QueryLanguage`, 'a JSONata state machine cannot hold JSONPath states');
    const { fields, required } = FIELDS[type as StateType];
    this.fields(state, fields, required, at);
    for (const name of assignedIn(state)) this.variable(name, `${at}/Assign`, outerVariables);
    if (type !== 'Choice' && type !== 'Succeed' && type !== 'Fail') {
      if (('Next' in state) === (state['End'] === true)) this.schema(at, 'must have exactly one of Next and "End": true');
    }
    if (type === 'Wait' && 'Seconds' in state === 'Timestamp' in state) this.schema(at, 'must have exactly one of Seconds and Timestamp');
    if (type === 'Task') this.task(state, at);
    for (const rules of ['Retry', 'Catch', 'Choices'] as const) this.rules(state, rules, at, outerVariables);
    if (Array.isArray(state['Branches'])) {
      for (const [index, branch] of state['Branches'].entries()) this.innerGroup(branch, `${at}/Branches/${index}`, variables, []);
    }
    if (type === 'Map') this.map(state, at, variables);
  }

  private innerGroup(group: unknown, at: string, variables: ReadonlySet<string>, more: string[]): void {
    if (!isObject(group)) return this.schema(at, 'must be an object');
    this.fields(group, { StartAt: 'text', States: 'object', Comment: 'text', ...Object.fromEntries(more.map((name) => [name, 'object'])) }, ['StartAt', 'States'], at);
    this.group(group, at, variables);
  }

  private map(state: Node, at: string, variables: ReadonlySet<string>): void {
    for (const field of ['ItemReader', 'ItemBatcher', 'ResultWriter', 'Label']) {
      if (field in state) this.unmodelled.push(`${at}/${field} (distributed Map)`);
    }
    const processor = state['ItemProcessor'];
    const config = isObject(processor) ? processor['ProcessorConfig'] : undefined;
    if (isObject(config) && config['Mode'] === 'DISTRIBUTED') this.unmodelled.push(`${at}: distributed Map`);
    if (processor !== undefined) this.innerGroup(processor, `${at}/ItemProcessor`, variables, ['ProcessorConfig']);
  }

  private task(state: Node, at: string): void {
    if ('Credentials' in state) this.unmodelled.push(`${at}/Credentials`);
    const { TimeoutSeconds: timeout, HeartbeatSeconds: heartbeat, Resource: resource } = state;
    if (typeof timeout === 'number' && typeof heartbeat === 'number' && heartbeat >= timeout) this.schema(`${at}/HeartbeatSeconds`, 'must be smaller than TimeoutSeconds');
    if (typeof resource !== 'string') return;
    try {
      if (!parseResource(resource)) this.schema(`${at}/Resource`, `The resource provided ${resource} is not recognized. The value is not a valid resource ARN, or the resource is not available in this region.`);
    } catch (error) {
      if (!(error instanceof NotModelled)) throw error;
      this.unmodelled.push(`${at}/Resource: ${resource}`);
    }
  }

  private rules(state: Node, name: keyof typeof RULE_FIELDS, at: string, outerVariables: ReadonlySet<string>): void {
    const rules = state[name];
    if (!Array.isArray(rules)) return;
    const { fields, required } = RULE_FIELDS[name];
    if (name === 'Choices' && rules.length === 0) this.schema(`${at}/Choices`, 'must contain at least one rule');
    for (const [index, rule] of rules.entries()) {
      const location = `${at}/${name}/${index}`;
      if (!isObject(rule)) {
        this.schema(location, 'must be an object');
        continue;
      }
      this.fields(rule, fields, required, location);
      for (const variable of assignedIn({ Assign: rule['Assign'] })) this.variable(variable, `${location}/Assign`, outerVariables);
      const names = rule['ErrorEquals'];
      if (Array.isArray(names) && names.includes('States.ALL') && (names.length > 1 || index < rules.length - 1)) {
        this.schema(`${location}/ErrorEquals`, 'States.ALL must stand alone, in the last rule');
      }
    }
  }

  private variable(name: string, at: string, outerVariables: ReadonlySet<string>): void {
    if (name === 'states' || !/^[\p{L}_][\p{L}\p{N}_]{0,79}$/u.test(name)) this.schema(`${at}/${name}`, 'is not a variable name');
    else if (outerVariables.has(name)) this.schema(`${at}/${name}`, 'is a variable of an outer scope, which an inner scope cannot assign');
  }

  private fields(node: Node, fields: Readonly<Record<string, FieldKind>>, required: readonly string[], at: string): void {
    for (const field of required) if (!(field in node)) this.schema(at, `the field ${field} is missing`);
    for (const [field, value] of Object.entries(node)) {
      const kind = Object.hasOwn(fields, field) ? fields[field] : undefined;
      const location = `${at}/${field}`;
      if (kind === undefined) this.schema(location, `the field ${field} is not supported here`);
      else if (!isExpected(kind, value)) this.schema(location, expectedText(kind));
      else if (kind !== 'object' && kind !== 'list') this.expressions(value, location);
    }
  }

  private expressions(template: unknown, at: string): void {
    if (Array.isArray(template)) template.forEach((item, index) => this.expressions(item, `${at}/${index}`));
    else if (isObject(template)) for (const [key, value] of Object.entries(template)) this.expressions(value, `${at}/${key}`);
    if (typeof template !== 'string') return;
    const source = expressionIn(template);
    if (source === undefined) return;
    try {
      jsonata(source);
    } catch (error) {
      this.schema(at, `is not a JSONata expression: ${String((error as { message?: unknown }).message)}`);
    }
  }

  private transitions(group: Node, states: Node, at: string): void {
    const reached = new Set<string>();
    const visit = (target: unknown, from: string) => {
      if (typeof target !== 'string') return;
      if (!Object.hasOwn(states, target)) return this.fault('MISSING_TRANSITION_TARGET', `there is no state '${target}'`, from);
      if (reached.has(target)) return;
      reached.add(target);
      const state = states[target];
      if (!isObject(state)) return;
      const here = `${at}/States/${target}`;
      visit(state['Next'], `${here}/Next`);
      visit(state['Default'], `${here}/Default`);
      for (const name of ['Catch', 'Choices']) {
        const rules = state[name];
        if (Array.isArray(rules)) rules.forEach((rule, index) => visit(isObject(rule) ? rule['Next'] : undefined, `${here}/${name}/${index}/Next`));
      }
    };
    visit(group['StartAt'], `${at}/StartAt`);
    if (typeof group['StartAt'] !== 'string') return;
    for (const name of Object.keys(states)) {
      if (!reached.has(name)) this.fault('MISSING_TRANSITION_TARGET', `the state '${name}' cannot be reached`, `${at}/States/${name}`);
    }
  }
}

/** The variables a state sets, in its Assign and in those of its Choice rules and catchers. */
function assignedIn(state: unknown): string[] {
  if (!isObject(state)) return [];
  const rules = [state['Choices'], state['Catch']].flatMap((list) => (Array.isArray(list) ? (list as unknown[]) : []));
  return [state, ...rules].flatMap((node) => (isObject(node) && isObject(node['Assign']) ? Object.keys(node['Assign']) : []));
}
