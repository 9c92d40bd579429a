// The state machine itself: its shape, and its main paths with functions that are scripts.
import { readFileSync } from 'node:fs';
import validate from 'asl-validator';
import { parse } from 'yaml';
import { AwsError } from '../local-cloud/kernel/errors.ts';
import { FunctionFault, testCloud, type TestCloud } from '../local-cloud/states/test-cloud.ts';

interface State {
  Type: string;
  Comment?: string;
  Resource?: string;
  Next?: string;
  Default?: string;
  End?: boolean;
  Choices?: { Next: string; Condition: string }[];
  Retry?: { ErrorEquals: string[]; JitterStrategy?: string }[];
  Catch?: { ErrorEquals: string[]; Next: string }[];
  TimeoutSeconds?: unknown;
  Arguments?: { FunctionName?: string };
}

const text = readFileSync('statemachines/release.asl.json', 'utf8');
const definition = JSON.parse(text) as { StartAt: string; States: Record<string, State> };
const states = Object.entries(definition.States);
const of = (suffix: string) => states.filter(([, state]) => state.Resource?.endsWith(suffix));
const lambdas = [...of('lambda:invoke'), ...of('lambda:invoke.waitForTaskToken')];
const announcements = of('sns:publish');

describe('its shape', () => {
  it('is accepted by an independent judge', () => {
    const verdict = validate(definition);
    expect(verdict.isValid ? '' : verdict.errorsText('\n')).toBe('');
  });

  const nextOf = (state: State): string[] => [state.Next, state.Default, ...(state.Choices ?? []).map((choice) => choice.Next), ...(state.Catch ?? []).map((caught) => caught.Next)].filter((next) => next !== undefined);

  it('leads only to states that exist, and to every one of them', () => {
    const reached = new Set([definition.StartAt]);
    for (const name of reached) for (const next of nextOf(definition.States[name] ?? { Type: '' })) reached.add(next);
    expect([...reached].sort()).toEqual(Object.keys(definition.States).sort());
  });

  it('says of every state what it does, for those who look at it in the console', () => {
    expect(states.filter(([, state]) => !state.Comment && !['Succeed', 'Fail'].includes(state.Type)).map(([name]) => name)).toEqual([]);
  });

  it.each(lambdas.map(([name, state]) => ({ name, state })))('$name is retried with jitter on what passes, never on everything', ({ state }) => {
    const retried = (state.Retry ?? []).flatMap((retry) => retry.ErrorEquals);
    expect(retried).toEqual(expect.arrayContaining(['Transient', 'Lambda.ServiceException', 'Lambda.TooManyRequestsException', 'Sandbox.Timedout']));
    expect(retried).not.toContain('States.ALL');
    expect((state.Retry ?? []).every((retry) => retry.JitterStrategy === 'FULL')).toBe(true);
    expect(state.TimeoutSeconds).toBeDefined();
  });

  it('a fault of a function leads to the rescue, except where nothing hangs on it', () => {
    const otherwise = lambdas.filter(([, state]) => state.Catch?.at(-1)?.ErrorEquals[0] !== 'States.ALL' || state.Catch.at(-1)?.Next !== 'Rescue').map(([name]) => name);
    // A rescue that fails is rescued by EventBridge; an explanation is for people.
    expect(otherwise.sort()).toEqual(['Explain the failure', 'Rescue']);
    expect(definition.States['Explain the failure']?.Catch).toEqual([{ ErrorEquals: ['States.ALL'], Next: 'Release the service' }]);
  });

  it.each(announcements.map(([name, state]) => ({ name, state })))('$name stops nothing when the topic cannot be reached', ({ state }) => {
    expect(state.Catch?.map((caught) => [caught.ErrorEquals, caught.Next])).toEqual([[['States.ALL'], state.Next]]);
    expect((state.Retry ?? []).flatMap((retry) => retry.ErrorEquals)).not.toContain('States.ALL');
  });

  it('a wait that runs out leads back to looking', () => {
    for (const [name, state] of of('.waitForTaskToken')) expect([name, state.Catch?.[0]]).toEqual([name, expect.objectContaining({ ErrorEquals: ['States.Timeout'], Next: state.Next })]);
  });

  it('a call whose answer never comes is made again: by then the function has run out of its own time', () => {
    const asked = of('lambda:invoke');
    expect(asked.length).toBeGreaterThan(10);
    for (const [name, state] of asked) expect([name, state.Retry?.at(-1)?.ErrorEquals, state.TimeoutSeconds]).toEqual([name, expect.arrayContaining(['States.Timeout']), 120]);
  });

  it('nothing is told before a rollback is asked for', () => {
    expect(definition.States['Verdict?']?.Choices?.[0]).toMatchObject({ Next: 'Roll back' });
  });

  it('uses exactly the substitutions that the template provides', () => {
    const { Resources } = parse(readFileSync('infra/workflow.yml', 'utf8'), { logLevel: 'silent' }) as { Resources: { ReleaseStateMachine: { Properties: { DefinitionSubstitutions: object } } } };
    const used = new Set([...text.matchAll(/\$\{(\w+)\}/g)].map(([, name]) => name));
    expect([...used].sort()).toEqual(Object.keys(Resources.ReleaseStateMachine.Properties.DefinitionSubstitutions).sort());
  });
});

// ---- its paths -----------------------------------------------------------------------------------------------------------

type Answer = Record<string, unknown>;
const notice = (kind: string) => ({ subject: `[slipway] ${kind}`, message: 'text', attributes: { pipeline: 'p', stage: 's', service: 'c/s', kind, outcome: 'none', release: 'r' } });
const waits = (kind: 'people' | 'bake' | 'ecs', more: Answer = {}): Answer => ({ kind: 'wait', waitsFor: kind, bell: 1, lookAgainSeconds: 60, notice: null, reason: 'so', ...more });
const advances = (...hookIds: string[]): Answer => ({ kind: 'advance', hookIds, fromWeightPercent: 5, toWeightPercent: 25, judgedAtMs: 1_767_603_600_000, reason: 'complete', bell: 1, lookAgainSeconds: 0, notice: null, waitsFor: 'ecs' });
const ends = (outcome: string, more: Answer = {}): Answer => ({ kind: 'ended', outcome, reason: 'so it went', bell: 1, lookAgainSeconds: 0, notice: null, waitsFor: 'ecs', ...more });
const rolls: Answer = { kind: 'rollBack', reason: 'alarm', bell: 1, lookAgainSeconds: 0, notice: notice('rollbackStarted'), waitsFor: 'ecs' };
const goes: Answer = { kind: 'go', reason: 'nothing to ask', bell: 1, lookAgainSeconds: 0, notice: null, waitsFor: 'ecs' };

/** What was called, in order: `assess`, `advance` ..., `sns:kind`. */
let said: string[];
let payloads: Record<string, Answer[]>;
let snsFails: boolean;
let cloud: TestCloud;

type Script = Record<string, (Answer | FunctionFault)[]>;

/** Plays a release whose functions answer what is written, the last answer again and again. */
function play(script: Script): Promise<{ executionArn: string; status: string | undefined; output: unknown; error: string | undefined }> {
  const defaults: Script = {
    prepare: [{ stageIndex: 0, stageCount: 1, ended: false, notice: notice('releaseStarted') }],
    takeService: [{ kind: 'taken', bell: 0, underWay: false, asking: false }],
    preflight: [{ kind: 'fit' }],
    before: [goes],
    register: [{ taskDefinitionArn: 'td' }],
    start: [{ kind: 'started', notice: notice('stageStarted') }],
    assess: [ends('succeeded')],
    advance: [{ advanced: true }],
    rollBack: [{ asked: 'pause' }],
    park: [{ parked: true }],
    explain: [{ found: true }],
    finishStage: [{ goesOn: false, notice: notice('stageEnded') }],
    finish: [{ outcome: 'succeeded', reason: 'done', notice: notice('releaseEnded') }],
    rescue: [{ rescued: true, notice: notice('rescued') }],
  };
  const left = { ...defaults, ...script };
  for (const name of Object.keys(defaults).filter((one) => one !== 'before')) {
    cloud.functions[name] = (payload) => {
      const given = payload as Answer;
      const role = name === 'assess' && given['phase'] === 'before' ? 'before' : name;
      said.push(role);
      (payloads[role] ??= []).push(given);
      const answers = left[role] ?? [];
      const answer = answers.length > 1 ? answers.shift() : answers[0];
      if (answer instanceof FunctionFault) throw answer;
      return answer as never;
    };
  }
  const substituted = text.replace(/\$\{(\w+?)(?:FunctionArn)?\}/g, (_, name: string) => (name === 'TopicArn' ? 'arn:aws:sns:eu-west-1:123456789012:slipway' : `arn:aws:lambda:eu-west-1:123456789012:function:${name.charAt(0).toLowerCase()}${name.slice(1)}`));
  return cloud.run(JSON.parse(substituted) as object, { releaseId: 'r1' });
}

describe('its paths', () => {
  beforeEach(() => {
    said = [];
    payloads = {};
    snsFails = false;
    const publish = (input: object) => {
      const { MessageAttributes, Subject } = input as { Subject: string; MessageAttributes: { kind: { StringValue: string } } };
      expect(Subject).toMatch(/^\[slipway\]/);
      if (snsFails) throw new AwsError('KMSDisabledException', 'the key is disabled');
      said.push(`sns:${MessageAttributes.kind.StringValue}`);
      return { MessageId: 'm' };
    };
    cloud = testCloud({ services: { sns: { Publish: publish } } });
  });
  afterEach(() => cloud.model.close());

  const START = ['prepare', 'sns:releaseStarted', 'takeService', 'preflight', 'before', 'register', 'start', 'sns:stageStarted'];
  const END = ['finishStage', 'sns:stageEnded', 'finish', 'sns:releaseEnded'];

  it('a good canary', async () => {
    const rung = [waits('ecs'), { ...waits('bake'), notice: notice('weightReached') }, advances('h1')];
    const played = await play({ assess: [advances('h0'), ...rung, ...rung, waits('people'), advances('h2', 'h3'), waits('ecs'), ends('succeeded')] });
    expect(played).toMatchObject({ status: 'SUCCEEDED', output: { releaseId: 'r1', outcome: 'succeeded', reason: 'done' } });
    const one = ['assess', 'park', 'assess', 'sns:weightReached', 'park', 'assess', 'advance', 'park'];
    expect(said).toEqual([...START, 'assess', 'advance', 'park', ...one, ...one, 'assess', 'park', 'assess', 'advance', 'park', 'assess', 'park', 'assess', ...END]);
    // A list of one hook stays a list.
    expect(payloads['advance']?.map((payload) => payload['hookIds'])).toEqual([['h0'], ['h1'], ['h1'], ['h2', 'h3']]);
  });

  it('twenty native rungs, four of them with a bake, stay within the budget of transitions', async () => {
    const passed = Array.from({ length: 16 }, () => advances('h'));
    const baked = Array.from({ length: 4 }, () => [{ ...waits('bake'), notice: notice('weightReached') }, waits('bake'), advances('h')]).flat();
    const { executionArn, status } = await play({ assess: [...passed, ...baked, ends('succeeded')] });
    expect(status).toBe('SUCCEEDED');
    expect(cloud.model.transitionsOf(executionArn)).toBeLessThanOrEqual(150);
    expect(said.filter((name) => !name.startsWith('sns')).length).toBeLessThanOrEqual(150);
  });

  it('a release that was rejected before its stage', async () => {
    await play({ before: [{ ...waits('people'), notice: notice('approvalAsked') }, ends('rejected')] });
    expect(said).toEqual(['prepare', 'sns:releaseStarted', 'takeService', 'preflight', 'before', 'sns:approvalAsked', 'park', 'before', ...END]);
    expect(payloads['finishStage']).toMatchObject([{ outcome: 'rejected', reason: 'so it went' }]);
  });

  it('after people were waited for, the world is looked at again before anything is done, once', async () => {
    await play({ before: [waits('people'), goes, goes] });
    expect(said.slice(2, 10)).toEqual(['takeService', 'preflight', 'before', 'park', 'before', 'preflight', 'before', 'register']);
  });

  it('an alarm during the bake: rolled back first, told second, followed to its end, explained', async () => {
    await play({ assess: [waits('bake'), rolls, waits('ecs'), ends('rolledBack')] });
    expect(said).toEqual([...START, 'assess', 'park', 'assess', 'rollBack', 'sns:rollbackStarted', 'assess', 'park', 'assess', 'explain', ...END]);
    expect(payloads['rollBack']).toEqual([{ releaseId: 'r1', stageIndex: 0, hookId: null, reason: 'alarm' }]);
  });

  it('a rollback that is asked for again is not told again', async () => {
    await play({ assess: [{ ...rolls, hookId: 'h1' }, { ...rolls, notice: null }, ends('rolledBack')] });
    expect(said.filter((name) => name === 'sns:rollbackStarted')).toHaveLength(1);
    expect(payloads['rollBack']).toMatchObject([{ hookId: 'h1' }, { hookId: null }]);
  });

  it('a fault: rescued, told, ended', async () => {
    const { status, error } = await play({ assess: [new FunctionFault('Unreachable', 'no case')] });
    expect({ status, error }).toEqual({ status: 'FAILED', error: 'Unreachable' });
    expect(said).toEqual([...START, 'assess', 'rescue', 'sns:rescued']);
    expect(payloads['rescue']).toMatchObject([{ releaseId: 'r1', error: 'Unreachable', executionName: expect.any(String) as string, cause: expect.stringContaining('no case') as string }]);
  });

  it('a fault in the first state knows its release', async () => {
    await play({ prepare: [new FunctionFault('ReleaseMissing', 'x')] });
    expect(payloads['rescue']).toMatchObject([{ releaseId: 'r1' }]);
  });

  it('what passes is tried again', async () => {
    const { status } = await play({ assess: [new FunctionFault('Transient', 'x'), new FunctionFault('Transient', 'x'), ends('succeeded')] });
    expect(status).toBe('SUCCEEDED');
    expect(said.filter((name) => name === 'assess')).toHaveLength(3);
  });

  it('a deployment that an earlier execution started is taken up where it is', async () => {
    await play({ prepare: [{ stageIndex: 0, stageCount: 1, ended: false, notice: null }], takeService: [{ kind: 'taken', bell: 0, underWay: true }] });
    expect(said).toEqual(['prepare', 'takeService', 'assess', ...END]);
  });

  it('a question that an earlier execution put is waited for, and the world looked at once it is answered', async () => {
    await play({ prepare: [{ stageIndex: 0, stageCount: 1, ended: false, notice: null }], takeService: [{ kind: 'taken', bell: 0, underWay: false, asking: true }] });
    expect(said).toEqual(['prepare', 'takeService', 'before', 'preflight', 'before', 'register', 'start', 'sns:stageStarted', 'assess', ...END]);
  });

  it('looks again when somebody else has begun to deploy', async () => {
    await play({ start: [{ kind: 'notQuiet' }], preflight: [{ kind: 'fit' }, { kind: 'ended', outcome: 'refused', reason: 'x' }] });
    expect(said).toEqual(['prepare', 'sns:releaseStarted', 'takeService', 'preflight', 'before', 'register', 'start', 'preflight', ...END]);
  });

  it('waits its turn, and ends when it was overtaken', async () => {
    await play({ takeService: [{ kind: 'wait', bell: 1, lookAgainSeconds: 300, reason: 'x' }, { kind: 'ended', outcome: 'superseded', reason: 'by r2' }] });
    expect(said).toEqual(['prepare', 'sns:releaseStarted', 'takeService', 'park', 'takeService', ...END]);
    expect(payloads['park']).toMatchObject([{ releaseId: 'r1', bell: 1, token: expect.any(String) as string }]);
  });

  it('what was stopped before its start goes back to be told why', async () => {
    await play({ before: [goes, ends('aborted')], start: [{ kind: 'stopped' }] });
    expect(said.slice(2)).toEqual(['takeService', 'preflight', 'before', 'register', 'start', 'before', ...END]);
  });

  it('goes through its stages one at a time', async () => {
    const end = (goesOn: boolean) => ({ goesOn, notice: notice('stageEnded') });
    await play({ prepare: [{ stageIndex: 0, stageCount: 2, ended: false, notice: null }], finishStage: [end(true), end(true)] });
    expect(payloads['takeService']?.map((payload) => payload['stageIndex'])).toEqual([0, 1]);
    expect(said.filter((name) => name === 'finish')).toHaveLength(1);
  });

  it('a release that has ended already is only told of', async () => {
    expect(await play({ prepare: [{ stageIndex: 1, stageCount: 1, ended: true, notice: null }] })).toMatchObject({ status: 'SUCCEEDED', output: { outcome: 'succeeded' } });
    expect(said).toEqual(['prepare', 'finish', 'sns:releaseEnded']);
  });

  it('an advance that was stopped, or came too late after its verdict, looks again at once', async () => {
    const before = cloud.clock.nowMs();
    await play({ assess: [advances('h'), ends('aborted')], advance: [{ advanced: false }] });
    expect(cloud.clock.nowMs() - before).toBeLessThan(10_000);
    expect(payloads['advance']).toMatchObject([{ judgedAtMs: 1_767_603_600_000 }]);
  });

  it('a topic that cannot be reached changes nothing but what is heard', async () => {
    snsFails = true;
    const { status } = await play({ assess: [{ ...waits('bake'), notice: notice('weightReached') }, ends('succeeded')] });
    expect(status).toBe('SUCCEEDED');
    expect(said).not.toContain('rescue');
  });

  it('a failure that cannot be explained ends its stage all the same', async () => {
    await play({ assess: [ends('rolledBack')], explain: [new FunctionFault('AccessDenied', 'x')] });
    expect(said.slice(-4)).toEqual(END);
    expect(said).not.toContain('rescue');
  });

  it('a bake of a week hands over long before its history is full, and is not rescued', async () => {
    const { status, output, executionArn } = await play({ assess: [waits('bake', { lookAgainSeconds: 300 })] });
    expect({ status, output }).toEqual({ status: 'SUCCEEDED', output: { releaseId: 'r1', outcome: 'handed over' } });
    expect(payloads['rescue']).toEqual([{ handOver: true, releaseId: 'r1', executionName: executionArn.split(':').at(-1) }]);
    expect((await cloud.history(executionArn)).length).toBeLessThan(20_000);
  }, 30_000);
});
