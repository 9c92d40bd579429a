// asl-validator is the independent judge of some of these: it compiles its schemas anew for each definition (0.4 s) and cannot
// say what is wrong inside a state, so the model checks by itself.
import validateWithPackage from 'asl-validator';
import { validateDefinition } from './validate.ts';

const machine = (States: Record<string, unknown>, more: object = {}): object => ({ QueryLanguage: 'JSONata', StartAt: Object.keys(States)[0], States, ...more });
const faultsOf = (definition: object) => validateDefinition(JSON.stringify(definition)).faults.map(({ code, location }) => `${code} ${location}`);

const task = (more: object = {}) => ({ Type: 'Task', Resource: 'arn:aws:states:::lambda:invoke', Arguments: { FunctionName: 'f' }, End: true, ...more });
const inner = (States: Record<string, unknown>) => ({ StartAt: Object.keys(States)[0], States });
const SCHEMA = 'SCHEMA_VALIDATION_FAILED';
const TARGET = 'MISSING_TRANSITION_TARGET';

const FULL = machine(
  {
    Prepare: task({ End: undefined, Next: 'Each', Comment: 'c', TimeoutSeconds: '{% $states.input.t %}', HeartbeatSeconds: 5, Retry: [{ ErrorEquals: ['A'], IntervalSeconds: 1, MaxAttempts: 0, BackoffRate: 1.5, MaxDelaySeconds: 5, JitterStrategy: 'FULL' }, { ErrorEquals: ['States.ALL'] }], Catch: [{ ErrorEquals: ['States.ALL'], Next: 'Lost', Assign: { why: '{% $states.errorOutput %}' }, Output: 1 }], Assign: { x: 1 } }),
    Each: { Type: 'Map', Items: '{% $states.input.list %}', ItemSelector: { v: '{% $states.context.Map.Item.Value %}' }, MaxConcurrency: '{% 2 %}', ToleratedFailureCount: 1, ItemProcessor: { ProcessorConfig: { Mode: 'INLINE' }, ...inner({ One: { Type: 'Pass', Assign: { y: 1 }, End: true } }) }, Next: 'Both' },
    Both: { Type: 'Parallel', Arguments: { a: 1 }, Branches: [inner({ Left: { Type: 'Succeed' } }), inner({ Right: { Type: 'Wait', Seconds: 1, End: true } })], Next: 'Which' },
    Which: { Type: 'Choice', Choices: [{ Condition: '{% $x > 1 %}', Next: 'Until', Assign: { x: 2 } }], Default: 'Lost' },
    Until: { Type: 'Wait', Timestamp: '{% $now() %}', Next: 'Done' },
    Done: { Type: 'Succeed', Output: '{% $x %}' },
    Lost: { Type: 'Fail', Error: 'Lost', Cause: '{% "x" %}' },
  },
  { Comment: 'everything', TimeoutSeconds: 60, Version: '1.0' },
);

describe('a definition', () => {
  it('with every modelled field is accepted, by the judge as well', () => {
    expect(faultsOf(FULL)).toEqual([]);
    expect(validateWithPackage(JSON.parse(JSON.stringify(FULL)) as object).errorsText()).toBe('');
  });

  it.each<[fault: string, definition: object, faults: string[]]>([
    ['an unknown Next', machine({ A: { Type: 'Pass', Next: 'B' } }), [`${TARGET} /States/A/Next`]],
    ['an unknown StartAt', machine({ A: { Type: 'Succeed' } }, { StartAt: 'B' }), [`${TARGET} /StartAt`, `${TARGET} /States/A`]],
    ['an unknown Default and an unknown Catch target', machine({ A: task({ Catch: [{ ErrorEquals: ['X'], Next: 'Y' }], End: undefined, Next: 'B' }), B: { Type: 'Choice', Choices: [{ Condition: true, Next: 'A' }], Default: 'Z' } }), [`${TARGET} /States/B/Default`, `${TARGET} /States/A/Catch/0/Next`]],
    ['a state nothing leads to', machine({ A: { Type: 'Succeed' }, B: { Type: 'Succeed' } }), [`${TARGET} /States/B`]],
    ['an unknown field', machine({ A: { Type: 'Pass', Nxt: 'B', End: true } }), [`${SCHEMA} /States/A/Nxt`]],
    ['a JSONPath field', machine({ A: { Type: 'Pass', ResultPath: '$.x', End: true } }), [`${SCHEMA} /States/A/ResultPath`]],
    ['a missing Resource', machine({ A: { Type: 'Task', End: true } }), [`${SCHEMA} /States/A`]],
    ['an unknown type', machine({ A: { Type: 'Pause', End: true } }), [`${SCHEMA} /States/A/Type`]],
    ['neither Next nor End', machine({ A: { Type: 'Pass' } }), [`${SCHEMA} /States/A`]],
    ['both Next and End', machine({ A: { Type: 'Pass', Next: 'B', End: true }, B: { Type: 'Succeed' } }), [`${SCHEMA} /States/A`]],
    ['broken JSONata', machine({ A: { Type: 'Pass', Output: { x: ['{% $x[ %}'] }, End: true } }), [`${SCHEMA} /States/A/Output/x/0`]],
    ['two ways to wait', machine({ A: { Type: 'Wait', Seconds: 1, Timestamp: '{% $now() %}', End: true } }), [`${SCHEMA} /States/A`]],
    ['a negative wait', machine({ A: { Type: 'Wait', Seconds: -1, End: true } }), [`${SCHEMA} /States/A/Seconds`]],
    ['a text where a number belongs', machine({ A: task({ TimeoutSeconds: '60' }) }), [`${SCHEMA} /States/A/TimeoutSeconds`]],
    ['a heartbeat no shorter than the timeout', machine({ A: task({ TimeoutSeconds: 5, HeartbeatSeconds: 5 }) }), [`${SCHEMA} /States/A/HeartbeatSeconds`]],
    ['a resource that is no ARN', machine({ A: task({ Resource: 'lambda' }) }), [`${SCHEMA} /States/A/Resource`]],
    ['a Choice without rules', machine({ A: { Type: 'Choice', Choices: [] } }), [`${SCHEMA} /States/A/Choices`]],
    ['States.ALL beside another name', machine({ A: task({ Retry: [{ ErrorEquals: ['States.ALL', 'B'] }] }) }), [`${SCHEMA} /States/A/Retry/0/ErrorEquals`]],
    ['States.ALL before another rule', machine({ A: task({ Retry: [{ ErrorEquals: ['States.ALL'] }, { ErrorEquals: ['B'] }] }) }), [`${SCHEMA} /States/A/Retry/0/ErrorEquals`]],
    ['a BackoffRate below 1', machine({ A: task({ Retry: [{ ErrorEquals: ['B'], BackoffRate: 0.5 }] }) }), [`${SCHEMA} /States/A/Retry/0/BackoffRate`]],
    ['the same name twice', machine({ A: { Type: 'Parallel', Branches: [inner({ A: { Type: 'Succeed' } })], End: true } }), ['DUPLICATE_STATE_NAME /States/A/Branches/0/States/A']],
    ['a jump out of a branch', machine({ A: { Type: 'Parallel', Branches: [inner({ B: { Type: 'Pass', Next: 'C' } })], Next: 'C' }, C: { Type: 'Succeed' } }), [`${TARGET} /States/A/Branches/0/States/B/Next`]],
    ['an inner scope that assigns an outer variable', machine({ A: { Type: 'Pass', Assign: { x: 1 }, Next: 'B' }, B: { Type: 'Parallel', Branches: [inner({ C: { Type: 'Pass', Assign: { x: 2 }, End: true } })], End: true } }), [`${SCHEMA} /States/B/Branches/0/States/C/Assign/x`]],
    ['a variable called states', machine({ A: { Type: 'Pass', Assign: { states: 1 }, End: true } }), [`${SCHEMA} /States/A/Assign/states`]],
    ['a name of 81 characters', machine({ ['A'.repeat(81)]: { Type: 'Succeed' } }), [`${SCHEMA} /States/${'A'.repeat(81)}`]],
  ])('with %s is refused', (_fault, definition, faults) => {
    expect(faultsOf(definition)).toEqual(faults);
  });

  it.each<[string, object]>([
    ['an unknown Next', machine({ A: { Type: 'Pass', Next: 'B' } })],
    ['a state nothing leads to', machine({ A: { Type: 'Succeed' }, B: { Type: 'Succeed' } })],
    ['an unknown field', machine({ A: { Type: 'Pass', Nxt: 'B', End: true } })],
    ['broken JSONata', machine({ A: { Type: 'Pass', Output: '{% $x[ %}', End: true } })],
  ])('with %s is refused by the judge as well', (_fault, definition) => {
    expect(faultsOf(definition)).not.toEqual([]);
    expect(validateWithPackage(definition).isValid).toBe(false);
  });

  it('is refused with all its faults at once', () => {
    expect(faultsOf(machine({ A: { Type: 'Pass', Next: 'B', Foo: 1 }, C: { Type: 'Wait', End: true } }))).toEqual([`${SCHEMA} /States/A/Foo`, `${SCHEMA} /States/C`, `${TARGET} /States/A/Next`, `${TARGET} /States/C`]);
  });

  it.each<[string, object]>([
    ['JSONPath', { ...machine({ A: { Type: 'Pass', End: true } }), QueryLanguage: undefined }],
    ['an activity', machine({ A: task({ Resource: 'arn:aws:states:eu-west-1:123456789012:activity:a' }) })],
    ['an optimized integration nobody wrote', machine({ A: task({ Resource: 'arn:aws:states:::batch:submitJob.sync' }) })],
    ['a distributed Map', machine({ A: { Type: 'Map', ItemProcessor: { ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' }, ...inner({ B: { Type: 'Succeed' } }) }, End: true } })],
    ['Credentials', machine({ A: task({ Credentials: { RoleArn: 'r' } }) })],
  ])('with %s is not modelled, which is said aloud', (_what, definition) => {
    expect(() => validateDefinition(JSON.stringify(definition))).toThrow(expect.objectContaining({ code: 'NotImplemented' }) as Error);
  });

  it('that is not JSON is refused', () => {
    expect(validateDefinition('{').faults).toMatchObject([{ code: 'INVALID_JSON_DESCRIPTION' }]);
  });
});
