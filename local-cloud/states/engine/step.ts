// One visit to one state: what its expressions see, and how its result becomes the next state's input.
import type { Kernel } from '../../kernel/kernel.ts';
import type { State } from '../language/definition.ts';
import { QUERY_EVALUATION_ERROR, StatesError } from '../language/errors.ts';
import { exceedsPayloadLimit } from '../language/json.ts';
import type { Json, JsonObject } from '../language/json.ts';
import type { Bindings, Evaluator } from '../language/jsonata.ts';
import type { Integrations } from '../integrations/integrations.ts';
import type { Execution } from './execution.ts';
import type { Scope } from './scope.ts';
import type { MapItem, Sequence } from './sequence.ts';

/** What an execution runs with. */
export interface Engine {
  readonly kernel: Kernel;
  readonly evaluator: Evaluator;
  readonly integrations: Integrations;
  /** Runs a nested sequence to its end. */
  runSequence(execution: Execution, sequence: Sequence, scope: Scope): Promise<void>;
}

export interface Step<S extends State = State> {
  readonly engine: Engine;
  readonly execution: Execution;
  readonly sequence: Sequence;
  readonly scope: Scope;
  readonly name: string;
  readonly state: S;
  readonly input: Json;
  readonly enteredTime: string;
  readonly enteredEventId: number;
  readonly retryCount: number;
}

/** How a state ends: the output, the variables it sets, and where to go (nowhere: the sequence is over). */
export interface Transition {
  outputText: string;
  assign: JsonObject | undefined;
  next: string | undefined;
}

/** Faults of expressions and of the machine itself say in which state they happened. */
export const inState = ({ name, enteredEventId }: Pick<Step, 'name' | 'enteredEventId'>, cause: string | undefined): string =>
  `An error occurred while executing the state '${name}' (entered at the event id #${enteredEventId}). ${cause ?? ''}`;

/** Further parts of `$states` and of its context, by field of the state. */
export interface Extras {
  result?: Json;
  errorOutput?: Json;
  taskToken?: string;
  mapItem?: MapItem;
}

/** The context object. https://docs.aws.amazon.com/step-functions/latest/dg/input-output-contextobject.html */
function contextOf(step: Step, extras: Extras): Json {
  const { execution } = step;
  const mapItem = extras.mapItem ?? step.sequence.mapItem;
  return {
    Execution: {
      Id: execution.arn,
      Input: execution.input,
      Name: execution.name,
      RoleArn: execution.revision.roleArn,
      StartTime: execution.startTime,
      RedriveCount: execution.redriveCount,
      ...(execution.redriveMs === undefined ? {} : { RedriveTime: new Date(execution.redriveMs).toISOString() }),
    },
    State: { EnteredTime: step.enteredTime, Name: step.name, RetryCount: step.retryCount },
    StateMachine: { Id: execution.stateMachineArn, Name: execution.stateMachineArn.split(':').at(-1) ?? '' },
    ...(extras.taskToken === undefined ? {} : { Task: { Token: extras.taskToken } }),
    ...(mapItem ? { Map: { Item: { Index: mapItem.Index, Value: mapItem.Value } } } : {}),
  };
}

export function bindingsOf(step: Step, extras: Extras = {}): Bindings {
  const { result, errorOutput } = extras;
  return {
    ...step.sequence.variables.all(),
    states: {
      input: step.input,
      context: contextOf(step, extras),
      ...(result === undefined ? {} : { result }),
      ...(errorOutput === undefined ? {} : { errorOutput }),
    },
  };
}

export const evaluate = (step: Step, field: string, template: Json, extras: Extras = {}): Promise<Json> =>
  step.engine.evaluator.template(template, bindingsOf(step, extras), field);

/** A field that must come out as a whole number of at least `least`. */
export async function evaluateWhole(step: Step, field: string, template: number | string, least: number): Promise<number> {
  const value = await evaluate(step, field, template);
  if (typeof value !== 'number' || !Number.isInteger(value) || value < least) {
    throw new StatesError(QUERY_EVALUATION_ERROR, unexpectedType(template, field, least > 0 ? 'positive integer' : 'non-negative integer', value), field);
  }
  return value;
}

export function unexpectedType(template: Json, field: string, expected: string, value: Json): string {
  const actual = value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value;
  const source = typeof template === 'string' ? template.replace(/^\{%|%\}$/g, '').trim() : JSON.stringify(template);
  return `The JSONata expression '${source}' specified for the field '${field}' returned an unexpected result type. Expected '${expected}', but was '${actual}' for value: ${JSON.stringify(value)}`;
}

/** Output and Assign see the same variables: those from before the state. `whenAbsent` is the output of a state without Output. */
export async function finish(step: Step, templates: { Output?: Json; Assign?: JsonObject }, next: string | undefined, whenAbsent: Json, extras: Extras = {}): Promise<Transition> {
  const { Output, Assign } = templates;
  const output = Output === undefined ? whenAbsent : await evaluate(step, 'Output', Output, extras);
  const assign = Assign === undefined ? undefined : ((await evaluate(step, 'Assign', Assign, extras)) as JsonObject);
  if (assign && exceedsPayloadLimit(JSON.stringify(assign))) throw tooLarge(step.name);
  return { outputText: limited(step.name, output), assign, next };
}

/** The value as JSON text, when it is small enough to travel. */
export function limited(name: string, value: Json): string {
  const text = JSON.stringify(value);
  if (exceedsPayloadLimit(text)) throw tooLarge(name);
  return text;
}

const tooLarge = (name: string) =>
  new StatesError('States.DataLimitExceeded', `The state/task '${name}' returned a result with a size exceeding the maximum number of bytes service limit.`);
