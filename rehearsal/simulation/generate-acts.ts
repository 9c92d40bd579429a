// What people and machines do of their own accord in a scenario from a seed. Most of it follows a notice, so that it falls into
// the moments in which it matters; acts after the same notice race each other.
import type { Chance } from './chance.ts';
import { PEOPLE, type Act, type ActTime, type Push, type Surface, type WrittenStage } from './scenario.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

interface Given {
  stages: readonly WrittenStage[];
  pushes: readonly Push[];
  spanMs: number;
  slack: boolean;
  /** Who may override a freeze. */
  overrider: string | undefined;
  on: (name: string) => boolean;
}

export function generateActs(chance: Chance, { stages, pushes, spanMs, slack, overrider, on }: Given): Act[] {
  const acts: Act[] = on('alarms') ? alarms(chance.fork('alarms'), stages, spanMs) : [];
  if (!on('acts')) return acts.sort((a, b) => a.atMs - b.atMs);

  const drawing = (name: string, share: number, draw: (own: Chance) => void) => {
    const own = chance.fork(name);
    if (own.hits(share)) draw(own);
  };
  const sometime = (own: Chance) => own.whole(2_000, spanMs);
  const surface = (own: Chance): Surface => own.pick(slack ? ['cli', 'dashboard', 'slack', 'slack', 'slack'] : ['cli', 'dashboard']);
  const person = (own: Chance) => own.pick(PEOPLE);
  const tag = (own: Chance) => own.pick(pushes as [Push, ...Push[]]).tag;
  const during = (own: Chance): ActTime => ({ atMs: soon(own), after: { notice: own.pick(['stageStarted', 'weightReached', 'weightReached', 'approvalAsked']), nth: own.pick([1, 1, 2, 3]) } });
  const ended = (own: Chance, ...outcomes: [string, ...string[]]): ActTime => ({ atMs: own.whole(500, 3 * MINUTE_MS), after: { notice: 'releaseEnded', outcome: own.pick(outcomes), nth: own.pick([1, 1, 2]) } });
  const { cluster, name } = (stages.at(-1) as WrittenStage).service;
  const service = `${cluster}/${name}`;

  // ---- people, about a release under way
  drawing('abort', 0.15, (own) => acts.push({ ...during(own), kind: 'abort', person: person(own), surface: surface(own) }));
  drawing('abort sometime', 0.08, (own) => acts.push({ atMs: sometime(own), kind: 'abort', person: person(own) }));
  drawing('promote', 0.3, (own) => acts.push({ ...during(own), kind: 'promote', person: person(own), surface: surface(own), full: own.hits(0.4) }));
  drawing('abort and promote at once', 0.12, (own) => {
    const { after, atMs } = during(own);
    acts.push({ atMs, ...(after ? { after } : {}), kind: 'promote', person: person(own), surface: surface(own), full: own.hits(0.5) });
    acts.push({ atMs: atMs + own.whole(0, 300), ...(after ? { after } : {}), kind: 'abort', person: person(own), surface: surface(own) });
  });
  // A button must be there, and whoever rejects must be one of those asked.
  drawing('promote in Slack', slack ? 0.2 : 0, (own) => acts.push({ atMs: soon(own), after: { notice: 'weightReached', nth: own.pick([1, 1, 2]) }, kind: 'promote', person: person(own), surface: 'slack', full: own.hits(0.4) }));
  drawing('reject in Slack', slack ? 0.4 : 0, (own) => acts.push({ atMs: own.whole(0, 5_000), after: { notice: 'approvalAsked', nth: 1 }, kind: 'reject', person: PEOPLE[0], surface: 'slack' }));
  drawing('old buttons', slack ? 0.5 : 0, (own) => {
    for (let times = own.whole(1, 3); times > 0; times--) acts.push({ ...during(own), atMs: own.whole(500, 30 * MINUTE_MS), kind: 'oldButton', person: own.pick([...PEOPLE, 'mallory']) });
  });

  // ---- people, about what has ended
  drawing('undo', 0.25, (own) => acts.push({ ...ended(own, 'succeeded'), kind: 'undo', person: person(own) }));
  drawing('retry', 0.3, (own) => acts.push({ ...ended(own, 'rolledBack', 'rolledBack', 'rejected', 'aborted', 'timedOut'), kind: 'retry', person: person(own) }));
  drawing('deployed again', 0.15, (own) => acts.push({ ...ended(own, 'rolledBack', 'rolledBack', 'rejected'), kind: 'deploy', person: person(own), tag: pushes[0]?.tag ?? '' }));
  drawing('deploy', 0.15, (own) => acts.push({ atMs: sometime(own), kind: 'deploy', person: person(own), tag: own.hits(0.5) ? '1.0.0' : (pushes.at(-1)?.tag ?? '1.0.0') }));
  drawing('the image that runs already', 0.5, (own) => {
    const first = own.hits(0.3);
    acts.push({ ...(first ? { atMs: own.whole(0, 1_500) } : ended(own, 'succeeded')), kind: 'deploy', person: person(own), tag: first ? '1.0.0' : own.pick(pushes as [Push, ...Push[]]).tag });
  });
  drawing('hold', 0.15, (own) => {
    const push = own.pick(pushes as [Push, ...Push[]]);
    acts.push({ atMs: push.atMs + own.whole(200, own.hits(0.5) ? 20_000 : 10 * MINUTE_MS), kind: 'hold', person: person(own), tag: push.tag });
    if (own.hits(0.5)) acts.push({ ...ended(own, 'refused', 'rolledBack'), kind: 'unhold', person: person(own), tag: push.tag });
  });
  drawing('unhold', 0.2, (own) => acts.push({ ...ended(own, 'rolledBack', 'rolledBack', 'rejected', 'aborted'), kind: 'unhold', person: person(own), tag: pushes[0]?.tag ?? tag(own) }));
  drawing('freeze', 0.4, (own) => {
    const { atMs } = own.pick(pushes as [Push, ...Push[]]);
    const fromMs = Math.max(0, own.hits(0.7) ? atMs - own.whole(0, 2_000) : sometime(own));
    const lifted = own.hits(0.5);
    acts.push({ atMs: fromMs, kind: 'freeze', person: person(own), forMs: lifted ? undefined : own.whole(30_000, 2 * HOUR_MS) });
    if (lifted) acts.push({ atMs: fromMs + own.whole(30_000, 2 * HOUR_MS), kind: 'unfreeze', person: person(own) });
    if (own.hits(0.9)) acts.push({ atMs: soon(own), after: { notice: 'frozen', nth: 1 }, kind: 'override', person: overrider !== undefined && own.hits(0.85) ? overrider : person(own), surface: surface(own) });
    if (slack && overrider !== undefined && own.hits(0.4)) acts.push({ atMs: own.whole(0, 20_000), after: { notice: 'frozen', nth: 1 }, kind: 'override', person: overrider, surface: 'slack' });
  });

  // ---- what happens past Slipway
  drawing('foreign update', 0.15, (own) => acts.push({ ...(own.hits(0.7) ? during(own) : { atMs: sometime(own) }), kind: 'foreignUpdate', service }));
  drawing('foreign stop', 0.35, (own) => acts.push({ ...during(own), kind: 'foreignStop', service }));
  drawing('execution stopped', 0.3, (own) => {
    for (let times = own.pick([1, 1, 2, 4]); times > 0; times--) acts.push({ ...(own.hits(0.7) ? during(own) : { atMs: sometime(own) }), kind: 'stopExecution' });
  });
  drawing('Lambdas dead', 0.12, (own) => acts.push({ ...(own.hits(0.7) ? during(own) : { atMs: sometime(own) }), kind: 'lambdasDead', forMs: own.pick([MINUTE_MS, 20 * MINUTE_MS, 3 * HOUR_MS, 24 * HOUR_MS]) }));
  return acts.sort((a, b) => a.atMs - b.atMs);
}

/** Mostly at once, when things are in the air. */
const soon = (own: Chance): number => (own.hits(0.6) ? own.whole(0, 5_000) : own.whole(5_000, 8 * MINUTE_MS));

/** Flapping, silent, and already red. */
function alarms(chance: Chance, stages: readonly WrittenStage[], spanMs: number): Act[] {
  const acts: Act[] = [];
  const [alarm] = stages.flatMap((stage) => stage.alarms ?? []);
  if (alarm === undefined || !chance.hits(0.3)) return acts;
  for (let flaps = chance.whole(1, 4); flaps > 0; flaps--) {
    const follows = chance.hits(0.5);
    const atMs = follows ? soon(chance) : chance.hits(0.3) ? 0 : chance.whole(2_000, spanMs);
    const after = follows ? { after: { notice: chance.pick(['stageStarted', 'weightReached', 'approvalAsked']), nth: chance.pick([1, 1, 2]) } } : {};
    const state = chance.pick(['ALARM', 'ALARM', 'INSUFFICIENT_DATA', 'INSUFFICIENT_DATA'] as const);
    acts.push({ atMs, ...after, kind: 'alarm', alarm, state }, { atMs: atMs + chance.whole(5_000, 40 * MINUTE_MS), ...after, kind: 'alarm', alarm, state: 'OK' });
  }
  return acts;
}
