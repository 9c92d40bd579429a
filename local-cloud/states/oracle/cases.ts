// Machines that two interpreters must agree on: no functions to call, and no waiting longer than a second.
import type { Json } from '../language/json.ts';

export interface OracleCase {
  name: string;
  definition: object;
  input: Json;
  /** Branches run in threads there, and their events interleave by chance: only their number is compared. */
  interleaves?: boolean;
  /** Where moto is known to differ, and why this model does not follow. */
  motoDiffers?: { in: ('error' | 'output' | 'status' | 'types')[]; because: string };
}

const machine = (States: Record<string, object>, more: object = {}) => ({ QueryLanguage: 'JSONata', StartAt: Object.keys(States)[0], States, ...more });

const failing = (error: string) => ({ Type: 'Fail', Error: error, Cause: `because of ${error}` });
const missingTable = (more: object = {}) => ({
  Type: 'Task',
  Resource: 'arn:aws:states:::dynamodb:getItem',
  Arguments: { TableName: 'missing', Key: { id: { S: '1' } } },
  ...more,
});

/** Calls that moto's services and the stubs of the test answer alike. SDK integrations of APIs in camelCase are left out: moto does not rename their members. */
const STUBBED_CALLS: { name: string; resource: string; args: Json }[] = [
  { name: 'an SDK integration to DynamoDB has another prefix than the optimized one', resource: 'arn:aws:states:::aws-sdk:dynamodb:getItem', args: { TableName: 'missing', Key: { id: { S: '1' } } } },
];

export const ORACLE_CASES: OracleCase[] = [
  { name: 'a Pass hands its input on', definition: machine({ A: { Type: 'Pass', End: true } }), input: { a: 1 } },
  { name: 'Output replaces the input', definition: machine({ A: { Type: 'Pass', Output: { sum: '{% $states.input.a + 1 %}', text: 'plain', list: ['{% 2 * 3 %}', true, null] }, End: true } }), input: { a: 1 } },
  { name: 'an array stays an array', definition: machine({ A: { Type: 'Pass', Output: '{% [$states.input.list[n > 1].n] %}', End: true } }), input: { list: [{ n: 1 }, { n: 2 }] } },
  { name: 'a sequence of one collapses', definition: machine({ A: { Type: 'Pass', Output: { only: '{% $states.input.list[n > 1].n %}' }, End: true } }), input: { list: [{ n: 1 }, { n: 2 }] } },
  { name: 'a text can be the output', definition: machine({ A: { Type: 'Pass', Output: 'word', End: true } }), input: {}, motoDiffers: { in: ['output'], because: 'moto answers a text output without its quotes, which is not JSON' } },
  {
    name: 'assigned variables reach later states',
    definition: machine({ A: { Type: 'Pass', Assign: { x: '{% $states.input.a %}', y: 2 }, Next: 'B' }, B: { Type: 'Pass', Output: { sum: '{% $x + $y %}' }, End: true } }),
    input: { a: 40 },
  },
  {
    name: 'Assign sees the variables from before the state',
    definition: machine({ A: { Type: 'Pass', Assign: { x: 1, y: 2 }, Next: 'B' }, B: { Type: 'Pass', Assign: { x: '{% $y %}', y: '{% $x %}' }, Output: { x: '{% $x %}' }, Next: 'C' }, C: { Type: 'Pass', Output: { x: '{% $x %}', y: '{% $y %}' }, End: true } }),
    input: {},
  },
  {
    name: 'the first rule that holds decides',
    definition: machine({
      A: { Type: 'Choice', Choices: [{ Condition: '{% $states.input.n > 10 %}', Next: 'Big' }, { Condition: '{% $states.input.n > 5 %}', Next: 'Medium', Output: { was: '{% $states.input.n %}' } }], Default: 'Small' },
      Big: { Type: 'Succeed' },
      Medium: { Type: 'Succeed' },
      Small: { Type: 'Succeed' },
    }),
    input: { n: 7 },
  },
  {
    name: 'Default is taken when no rule holds',
    definition: machine({ A: { Type: 'Choice', Choices: [{ Condition: '{% false %}', Next: 'B' }], Default: 'C' }, B: { Type: 'Succeed' }, C: { Type: 'Succeed', Output: 'c' } }),
    input: {},
    motoDiffers: { in: ['output'], because: 'moto answers a text output without its quotes, which is not JSON' },
  },
  {
    name: 'a Choice without a way on fails',
    definition: machine({ A: { Type: 'Choice', Choices: [{ Condition: '{% false %}', Next: 'B' }] }, B: { Type: 'Succeed' } }),
    input: {},
  },
  { name: 'a Fail names its error', definition: machine({ A: failing('Broken') }), input: {} },
  { name: 'a Fail can compute its error', definition: machine({ A: { Type: 'Fail', Error: '{% $states.input.e & "Error" %}', Cause: '{% $states.input.c %}' } }), input: { e: 'My', c: 'why' } },
  { name: 'an undefined result fails the execution', definition: machine({ A: { Type: 'Pass', Output: '{% $states.input.missing %}', End: true } }), input: {} },
  { name: 'a type error in an expression fails the execution', definition: machine({ A: { Type: 'Pass', Output: '{% 1 + "a" %}', End: true } }), input: {}, motoDiffers: { in: ['error', 'types'], because: 'without its Java part, moto takes a fault of an expression for a fault of its own' } },
  { name: 'a Wait of no seconds', definition: machine({ A: { Type: 'Wait', Seconds: 0, Next: 'B' }, B: { Type: 'Succeed' } }), input: { kept: true } },
  { name: 'a Wait until a time that has passed', definition: machine({ A: { Type: 'Wait', Timestamp: '2020-01-01T00:00:00Z', End: true } }), input: { kept: true } },
  {
    name: 'Parallel gives the outputs in the order of its branches',
    definition: machine({ A: { Type: 'Parallel', Branches: [machineGroup('B', { Type: 'Pass', Output: { b: '{% $states.input.n + 1 %}' }, End: true }), machineGroup('C', { Type: 'Pass', Output: { c: 2 }, End: true })], End: true } }),
    input: { n: 1 },
    interleaves: true,
  },
  {
    name: 'a branch that fails fails the Parallel, and a catcher takes it',
    definition: machine({
      A: { Type: 'Parallel', Branches: [machineGroup('B', failing('Broken'))], Catch: [{ ErrorEquals: ['Broken'], Next: 'Caught', Output: { error: '{% $states.errorOutput.Error %}', cause: '{% $states.errorOutput.Cause %}' } }], Next: 'Caught' },
      Caught: { Type: 'Pass', End: true },
    }),
    input: {},
  },
  {
    name: 'a Map of nothing',
    definition: machine({ A: { Type: 'Map', Items: '{% [] %}', ItemProcessor: machineGroup('B', { Type: 'Pass', End: true }), End: true } }),
    input: {},
  },
  {
    name: 'a Map one after the other',
    definition: machine({ A: { Type: 'Map', Items: '{% $states.input.list %}', MaxConcurrency: 1, ItemProcessor: machineGroup('B', { Type: 'Pass', Output: '{% $states.input * 10 %}', End: true }), End: true } }),
    input: { list: [1, 2, 3] },
  },
  {
    name: 'a Map with an item selector',
    definition: machine({
      A: {
        Type: 'Map',
        Items: '{% $states.input.list %}',
        ItemSelector: { index: '{% $states.context.Map.Item.Index %}', value: '{% $states.context.Map.Item.Value %}', base: '{% $states.input.base %}' },
        MaxConcurrency: 1,
        ItemProcessor: machineGroup('B', { Type: 'Pass', End: true }),
        End: true,
      },
    }),
    input: { list: ['a', 'b'], base: 5 },
  },
  {
    name: 'a Map whose items are no array',
    definition: machine({ A: { Type: 'Map', Items: '{% 5 %}', ItemProcessor: machineGroup('B', { Type: 'Pass', End: true }), End: true } }),
    input: {},
  },
  {
    name: 'inner scopes read outer variables',
    definition: machine({
      A: { Type: 'Pass', Assign: { base: 100 }, Next: 'B' },
      B: { Type: 'Map', Items: '{% [1, 2] %}', MaxConcurrency: 1, ItemProcessor: machineGroup('C', { Type: 'Pass', Output: '{% $base + $states.input %}', End: true }), End: true },
    }),
    input: {},
  },
  {
    name: 'a Map can assign from its result',
    definition: machine({
      A: { Type: 'Map', Items: '{% [1, 2] %}', MaxConcurrency: 1, ItemProcessor: machineGroup('B', { Type: 'Pass', End: true }), Assign: { total: '{% $sum($states.result) %}' }, Output: { count: '{% $count($states.result) %}' }, Next: 'C' },
      C: { Type: 'Pass', Output: { total: '{% $total %}', count: '{% $states.input.count %}' }, End: true },
    }),
    input: {},
  },
  {
    name: 'a Map that fails is taken by a catcher',
    definition: machine({ A: { Type: 'Map', Items: '{% [1] %}', ItemProcessor: machineGroup('B', failing('Broken')), Catch: [{ ErrorEquals: ['States.ALL'], Next: 'C' }], End: true }, C: { Type: 'Pass', End: true } }),
    input: {},
  },
  {
    name: 'a Map that is retried starts all over',
    definition: machine({ A: { Type: 'Map', Items: '{% [1] %}', ItemProcessor: machineGroup('B', failing('Broken')), Retry: [{ ErrorEquals: ['Broken'], MaxAttempts: 1, IntervalSeconds: 1 }], End: true } }),
    input: {},
  },
  {
    name: 'a Parallel that is retried starts all over',
    definition: machine({ A: { Type: 'Parallel', Branches: [machineGroup('B', failing('Broken'))], Retry: [{ ErrorEquals: ['Broken'], MaxAttempts: 1, IntervalSeconds: 1 }], End: true } }),
    input: {},
  },
  {
    name: 'a Map inside a Parallel',
    definition: machine({
      A: { Type: 'Parallel', Arguments: { list: [1, 2] }, Branches: [machineGroup('B', { Type: 'Map', Items: '{% $states.input.list %}', MaxConcurrency: 1, ItemProcessor: machineGroup('C', { Type: 'Wait', Seconds: 0, Output: '{% $states.input + 1 %}', End: true }), End: true })], Output: { all: '{% $states.result %}' }, End: true },
    }),
    input: {},
  },
  { name: 'an undefined variable fails the execution', definition: machine({ A: { Type: 'Pass', Assign: { x: '{% $nowhere %}' }, End: true } }), input: {} },
  {
    name: 'Output and Assign of the rule that holds',
    definition: machine({ A: { Type: 'Choice', Choices: [{ Condition: '{% true %}', Next: 'B', Assign: { x: 1 }, Output: { o: 1 } }], Assign: { x: 2 }, Output: { o: 2 }, Default: 'B' }, B: { Type: 'Pass', Output: { x: '{% $x %}', o: '{% $states.input.o %}' }, End: true } }),
    input: {},
    motoDiffers: { in: ['output'], because: "moto applies the state's Assign and Output on top of the rule's; the language keeps them for the way to Default" },
  },
  {
    name: 'Output and Assign of the state, by default',
    definition: machine({ A: { Type: 'Choice', Choices: [{ Condition: '{% false %}', Next: 'B', Assign: { x: 1 } }], Assign: { x: 2 }, Output: { o: 2 }, Default: 'B' }, B: { Type: 'Pass', Output: { x: '{% $x %}', o: '{% $states.input.o %}' }, End: true } }),
    input: {},
  },
  {
    name: 'a task that fails ends the execution with the error of the service',
    definition: machine({ A: missingTable({ End: true }) }),
    input: {},
  },
  {
    name: 'a catcher sees the error of the service',
    definition: machine({
      A: missingTable({ Catch: [{ ErrorEquals: ['DynamoDB.ResourceNotFoundException'], Next: 'Caught', Assign: { seen: '{% $states.errorOutput.Error %}' }, Output: { kept: '{% $states.input.kept %}' } }], End: true }),
      Caught: { Type: 'Pass', Output: { seen: '{% $seen %}', kept: '{% $states.input.kept %}' }, End: true },
    }),
    input: { kept: 1 },
  },
  {
    name: 'States.TaskFailed takes a failed task',
    definition: machine({ A: missingTable({ Catch: [{ ErrorEquals: ['States.TaskFailed'], Next: 'Caught', Output: 1 }], End: true }), Caught: { Type: 'Succeed' } }),
    input: {},
  },
  {
    name: 'a retry without attempts goes straight to the catcher',
    definition: machine({
      A: missingTable({ Retry: [{ ErrorEquals: ['States.ALL'], MaxAttempts: 0 }], Catch: [{ ErrorEquals: ['States.ALL'], Next: 'Caught', Output: 1 }], End: true }),
      Caught: { Type: 'Succeed' },
    }),
    input: {},
  },
  {
    name: 'retries are used up before the catcher is asked',
    definition: machine({
      A: missingTable({ Retry: [{ ErrorEquals: ['States.TaskFailed'], MaxAttempts: 2, IntervalSeconds: 1, BackoffRate: 1 }], Catch: [{ ErrorEquals: ['States.ALL'], Next: 'Caught', Output: { retries: '{% $states.context.State.RetryCount %}' } }], End: true }),
      Caught: { Type: 'Succeed' },
    }),
    input: {},
  },
  ...STUBBED_CALLS.map(({ name, resource, args }) => ({ name, definition: machine({ A: { Type: 'Task', Resource: resource, Arguments: args, End: true } }), input: {} })),
  {
    name: 'the context says where it is',
    definition: machine({ Here: { Type: 'Pass', Output: { state: '{% $states.context.State.Name %}', input: '{% $states.context.Execution.Input %}', started: '{% $exists($states.context.Execution.StartTime) %}' }, End: true } }),
    input: { a: 1 },
  },
  {
    name: 'a loop counts with a variable',
    definition: machine({
      Init: { Type: 'Pass', Assign: { n: 0 }, Next: 'Add' },
      Add: { Type: 'Pass', Assign: { n: '{% $n + 1 %}' }, Next: 'Enough' },
      Enough: { Type: 'Choice', Choices: [{ Condition: '{% $n >= 3 %}', Next: 'Done' }], Default: 'Add' },
      Done: { Type: 'Succeed', Output: { n: '{% $n %}' } },
    }),
    input: {},
  },
];

function machineGroup(name: string, state: object): object {
  return { StartAt: name, States: { [name]: state } };
}
