// The stories that every release is one of, told without chance: nothing goes wrong in them but what the story is about.
import type { Scenario } from '../scenario.ts';
import { MINUTE_MS, SECOND_MS, SILENT_PEOPLE, SWIFT_PEOPLE, told, type Told } from './telling.ts';

export type CanonicalStory = keyof typeof TOLD;

const alarmFrom = (weightPercent: number): Told => ({ images: [{ alarmsFromWeightPercent: weightPercent, alarmDelayMs: 20 * SECOND_MS }] });

const TOLD = {
  'good canary': {},
  'alarm at 25 %': alarmFrom(25),
  'alarm at 50 %': alarmFrom(50),
  'alarm at 100 %': alarmFrom(100),
  reject: { people: { ...SWIFT_PEOPLE, approve: 0, reject: 1 } },
  'nobody answers': { people: SILENT_PEOPLE },
  abort: { acts: [{ atMs: 150 * SECOND_MS, kind: 'abort', person: 'alice' }] },
  'crash at start': { images: [{ crashAfterMs: 500 }] },
  supersede: { images: [{}, {}], betweenMs: 8 * MINUTE_MS, people: { ...SWIFT_PEOPLE, delayMaxMs: 20 * MINUTE_MS } },
  rolling: { strategy: 'rolling' },
  'blue/green': { strategy: { blueGreen: { approval: { from: ['carol'], within: '30m' }, bakeAfter: '2m' } } },
  'image again': { acts: [{ atMs: 40 * MINUTE_MS, kind: 'deploy', person: 'alice', tag: '1.0.0' }] },
} satisfies Record<string, Told>;

export const CANONICAL_STORIES = Object.keys(TOLD) as CanonicalStory[];

export const canonical = (story: CanonicalStory): Scenario => told(TOLD[story]);
