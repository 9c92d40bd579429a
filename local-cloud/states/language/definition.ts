// The Amazon States Language, JSONata flavour, as far as it is modelled. https://states-language.net/spec.html
// A value of these types has passed `validateDefinition`; the interpreter does not check the shape again.
import type { Json, JsonObject } from './json.ts';

/** A number, or a JSONata expression that yields one. */
export type NumberTemplate = number | string;

export interface StateGroup {
  StartAt: string;
  States: Record<string, State>;
}

export interface Definition extends StateGroup {
  Comment?: string;
  QueryLanguage: 'JSONata';
  TimeoutSeconds?: number;
  Version?: string;
}

export interface Retrier {
  ErrorEquals: string[];
  IntervalSeconds?: number;
  MaxAttempts?: number;
  BackoffRate?: number;
  MaxDelaySeconds?: number;
  JitterStrategy?: 'FULL' | 'NONE';
}

export interface Catcher {
  ErrorEquals: string[];
  Next: string;
  Output?: Json;
  Assign?: JsonObject;
}

interface Common {
  Comment?: string;
  Output?: Json;
  Assign?: JsonObject;
}

/** Where a state goes: exactly one of the two is set. */
interface Onward {
  Next?: string;
  End?: boolean;
}

interface Recovering {
  Retry?: Retrier[];
  Catch?: Catcher[];
}

export interface PassState extends Common, Onward {
  Type: 'Pass';
}
export interface SucceedState extends Common {
  Type: 'Succeed';
}
export interface FailState {
  Type: 'Fail';
  Comment?: string;
  Error?: string;
  Cause?: string;
}
export interface WaitState extends Common, Onward {
  Type: 'Wait';
  Seconds?: NumberTemplate;
  Timestamp?: string;
}
export interface ChoiceRule {
  Condition: string | boolean;
  Next: string;
  Output?: Json;
  Assign?: JsonObject;
}
export interface ChoiceState extends Common {
  Type: 'Choice';
  Choices: ChoiceRule[];
  Default?: string;
}
export interface TaskState extends Common, Onward, Recovering {
  Type: 'Task';
  Resource: string;
  Arguments?: Json;
  TimeoutSeconds?: NumberTemplate;
  HeartbeatSeconds?: NumberTemplate;
}
export interface ParallelState extends Common, Onward, Recovering {
  Type: 'Parallel';
  Branches: StateGroup[];
  Arguments?: Json;
}
export interface MapState extends Common, Onward, Recovering {
  Type: 'Map';
  Items?: Json;
  ItemSelector?: Json;
  ItemProcessor: StateGroup & { ProcessorConfig?: { Mode?: 'INLINE' } };
  MaxConcurrency?: NumberTemplate;
  ToleratedFailureCount?: NumberTemplate;
  ToleratedFailurePercentage?: NumberTemplate;
}

export type State = PassState | SucceedState | FailState | WaitState | ChoiceState | TaskState | ParallelState | MapState;
export type StateType = State['Type'];

/** The groups of states nested in a state. */
export function groupsOf(state: State): StateGroup[] {
  if (state.Type === 'Parallel') return state.Branches;
  return state.Type === 'Map' ? [state.ItemProcessor] : [];
}

/** Every state of a definition with its name, nested ones included. */
export function* everyState(group: StateGroup): Generator<[string, State]> {
  for (const [name, state] of Object.entries(group.States)) {
    yield [name, state];
    for (const inner of groupsOf(state)) yield* everyState(inner);
  }
}

export function unreachable(value: never): never {
  throw new Error(`no case for ${JSON.stringify(value)}`);
}
