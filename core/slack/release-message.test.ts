// What a release looks like in Slack, word for word: testing/golden.json. After a change that is meant, write it again with
// `UPDATE_GOLDEN=1 npx jest core/slack` and read the difference.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { faultOfBlocks } from '../../rehearsal/slack/block-checks.ts';
import { anyText } from '../../test/any-text.ts';
import type { Outcome, Release, StageRecord } from '../release/model.ts';
import { ask, decision, NOW_MS, pipeline, release, rule, stageRecord, stageSpec } from '../testing/samples.ts';
import type { Message } from './blocks.ts';
import { releaseMessage } from './release-message.ts';
import { bar } from './stage-line.ts';
import { STATES } from './testing/states.ts';

const GOLDEN = join(process.cwd(), 'core/slack/testing/golden.json');
const made: Record<string, Message> = Object.fromEntries(Object.entries(STATES).map(([name, shown]) => [name, releaseMessage(shown, NOW_MS)]));
if (process.env['UPDATE_GOLDEN']) writeFileSync(GOLDEN, `${JSON.stringify(made, null, 1)}\n`);
const golden = (existsSync(GOLDEN) ? JSON.parse(readFileSync(GOLDEN, 'utf8')) : {}) as Record<string, Message>;

const actionsOf = (message: Message): string[] => message.blocks.flatMap((block) => (block.type === 'actions' ? block.elements.map(({ action_id }) => action_id) : []));
const allText = (message: Message): string => JSON.stringify(message);

test.each(Object.keys(STATES))('%s: is shown as it was', (name) => {
  expect(made[name]).toEqual(golden[name]);
});

test('there is nothing golden that is no state any more', () => {
  expect(Object.keys(golden).sort()).toEqual(Object.keys(STATES).sort());
});

test.each(Object.entries(made))('%s: Slack takes it', (_name, message) => {
  expect(faultOfBlocks(message.blocks)).toBeUndefined();
});

test('every end looks different from every other and from everything under way', () => {
  const headers = Object.values(made).map(({ blocks }) => (blocks[0]?.type === 'header' ? blocks[0].text.text : ''));
  const ends = headers.filter((text) => /[A-Z]{4,}/.test(text));
  const outcomes: Outcome[] = ['succeeded', 'unchanged', 'rolledBack', 'rejected', 'timedOut', 'aborted', 'superseded', 'refused', 'failed'];
  expect(new Set(ends).size).toBe(outcomes.length);
});

test.each<[string, string[]]>([
  ['just started', ['slipway.abort']],
  ['bakes at 5 %', ['slipway.promote', 'slipway.abort']],
  ['waits for requests', ['slipway.promote', 'slipway.abort']],
  ['a bake that was skipped', ['slipway.abort']],
  ['asks at 25 %', ['slipway.approve', 'slipway.reject', 'slipway.abort']],
  ['one of two approvals given', ['slipway.approve', 'slipway.reject', 'slipway.abort']],
  ['approved, about to go on', ['slipway.abort']],
  ['aborted, about to roll back', []],
  ['rolling back', []],
  ['without buttons', []],
  ['succeeded', []],
  ['rolled back', []],
])('%s: offers %j', (name, actions) => {
  expect(actionsOf(made[name]!)).toEqual(actions);
});

test('what is measured has a light beside those of the alarms: white as long as it is too little, green once it was enough', () => {
  const lightsOf = (waitingFor: StageRecord['waitingFor']) => {
    const base = release();
    const [first] = base.pipeline.stages;
    const steps = [{ weightPercent: 25, bake: { forMs: 1, requests: 2000 }, approval: rule() }];
    const about = { ...base, pipeline: { ...base.pipeline, stages: [{ ...first, strategy: { kind: 'canary' as const, steps, bakeAfterMs: 0 } }] } } as unknown as Release;
    const { blocks } = releaseMessage({ release: about, stages: [stageRecord({ weightPercent: 25, asks: [ask()], waitingFor })], decisions: [], executionArn: undefined, alarms: [{ name: 'checkout-5xx', state: 'OK', reason: '' }], buttons: true }, NOW_MS);
    return JSON.stringify(blocks);
  };
  expect(lightsOf({ kind: 'requests', have: 120, need: 2000 })).toContain('🟢 checkout-5xx   ⚪ 120 of 2000 requests');
  expect(lightsOf({ kind: 'approval', askKey: 'weight.25', untilMs: NOW_MS + 1 })).toContain('🟢 checkout-5xx   🟢 2000 requests');
  expect(lightsOf({ kind: 'deployment' })).not.toContain('requests"');
});

test('a button says which question it answers', () => {
  const [approve] = made['asks at 25 %']!.blocks.flatMap((block) => (block.type === 'actions' ? block.elements : []));
  expect(JSON.parse(approve?.value ?? '')).toEqual({ release: 'checkout-v1.2.0-ab12ab12', stage: 'production', ask: 'weight.25' });
});

test('who has approved is not waited for any more, and the author is not where somebody else is wanted', () => {
  const waits = (from: string[], author: string | undefined, given: string[]): string => {
    const stage = stageRecord({ status: 'running', asks: [ask({ rule: rule({ from, need: 2, notByAuthor: true }) })], waitingFor: { kind: 'approval', askKey: 'weight.25', untilMs: NOW_MS } });
    const about = release({ author });
    return allText(releaseMessage({ release: about, stages: [stage], decisions: given.map((person) => decision({ person, askKey: 'weight.25' })), buttons: true }, NOW_MS));
  };
  expect(waits(['alice', 'bob', 'carol'], 'carol', ['alice'])).toContain('Waits for *bob* (1 of 2: alice)');
  expect(waits([], undefined, [])).toContain('Waits for *anybody*, 2 of them needed,');
});

test.each([[0, 0], [0.1, 1], [5, 1], [50, 10], [99.9, 19], [100, 20]])('a weight of %s %% fills %s of twenty cells', (weight, cells) => {
  expect([...bar(weight)].filter((cell) => cell === '█')).toHaveLength(cells);
  expect(bar(weight)).toHaveLength(22);
});

test('the same record gives the same message, whenever it is looked at', () => {
  const shown = STATES['bakes at 5 %']!;
  expect(releaseMessage(shown, NOW_MS + 123_456)).toEqual(releaseMessage(shown, NOW_MS));
});

test('of forty stages those around the one under way are shown', () => {
  const specs = Array.from({ length: 40 }, (_, index) => stageSpec({ name: `stage-${index}` }));
  const stages = specs.map((_, index) => stageRecord({ index, status: index < 30 ? 'ended' : index === 30 ? 'running' : 'pending', outcome: index < 30 ? 'succeeded' : undefined }));
  const message = allText(releaseMessage({ release: release({ stageIndex: 30, pipeline: pipeline({ stages: specs as [ReturnType<typeof stageSpec>] }) }), stages, decisions: [], buttons: true }, NOW_MS));
  expect(message).toContain('*stage-30*');
  expect(message).toContain('*stage-19*');
  expect(message).not.toContain('*stage-18*');
  expect(message).toContain('and 28 more stages');
});

test('whatever names, tags and reasons hold, Slack takes the message and nobody is called', () => {
  const outside = fc.oneof(fc.constantFrom('<!channel>', '<!here|x>', '<@U012AB3CD>', '`', '```', '&lt;!channel&gt;', '|', '>'), anyText({ maxLength: 300 })).chain((first) => anyText({ maxLength: 300 }).map((second) => first + second));
  fc.assert(
    fc.property(outside, outside, outside, outside, (tag, name, reason, person) => {
      const spec = stageSpec({ name, service: { cluster: name, name: reason, container: 'app' }, alarms: [name] });
      const stage = stageRecord({ status: 'running', reason, asks: [ask({ question: reason, rule: rule({ from: [person] }) })], waitingFor: { kind: 'approval', askKey: 'weight.25', untilMs: NOW_MS } });
      const about = release({ id: tag || 'id', author: person, reason, image: { repository: name, registry: '', tag, digest: `sha256:${'a'.repeat(64)}` }, pipeline: pipeline({ name, stages: [spec] }) });
      const message = releaseMessage({ release: about, stages: [stage], decisions: [], executionArn: STATES['succeeded']?.executionArn, alarms: [{ name, state: 'OK', reason }], buttons: true }, NOW_MS);
      expect(faultOfBlocks(message.blocks)).toBeUndefined();
      for (const text of markupOf(message)) expect(text.replace(/<!date\^\d+\^[^<>|]*\|[^<>|]*>|<https:\/\/[^<>|]+\|[A-Za-z]+>/g, '')).not.toMatch(/[<>]/);
    }),
    { numRuns: 500 },
  );
});

/** Every text in which Slack looks for markup. */
function markupOf(message: Message): string[] {
  return [
    message.text,
    ...message.blocks.flatMap((block) => {
      if (block.type === 'section') return [block.text.text];
      if (block.type === 'context') return block.elements.map(({ text }) => text);
      if (block.type === 'actions') return block.elements.flatMap(({ confirm }) => (confirm ? [confirm.text.text] : []));
      return [];
    }),
  ];
}
