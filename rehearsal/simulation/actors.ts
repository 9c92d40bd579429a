// The people and machines around Slipway: who meddles, and who answers its questions.
import type { Chance } from './chance.ts';
import type { Announced, Ledger } from './invariants/ledger.ts';
import { PEOPLE, type Act, type PeopleHabits, type Scenario, type Surface } from './scenario.ts';
import { insist, pass, pressOld, say, told, type Word } from './surfaces.ts';
import type { PersonAnswer, World } from './world.ts';

/** `about`: the notice that the act follows. */
export async function act(world: World, ledger: Ledger, one: Act, about?: Announced): Promise<void> {
  const releaseId = about?.releaseId ?? newest(ledger);
  switch (one.kind) {
    case 'approve':
    case 'reject':
    case 'abort':
    case 'override':
    case 'promote': {
      if (releaseId === undefined) return;
      const word: Word = { person: one.person, releaseId, kind: one.kind, reason: 'changed my mind', full: one.kind === 'promote' ? one.full : undefined };
      return say(world, word, one.surface ?? 'cli', world.chance.fork(`${one.person} ${one.kind} ${one.atMs}`));
    }
    case 'alarm':
      world.history.mark(`act alarm ${one.state}`);
      return world.setAlarm(one.alarm, one.state);
    case 'foreignUpdate':
      return foreignUpdate(world, one.service);
    case 'foreignStop':
      return foreignStop(world, ledger, one.service);
    case 'stopExecution':
      return stopExecution(world, ledger);
    case 'lambdasDead': {
      world.history.add('fault', `every Lambda is dead for ${Math.round(one.forMs / 60_000)} min`);
      world.history.mark('act lambdasDead');
      world.cloud.models.lambda.kill();
      await pass(world, one.forMs);
      world.cloud.models.lambda.revive();
      world.history.add('fault', 'the Lambdas live again');
      return;
    }
    case 'deploy':
      return done(world, one, one.tag, await world.ask(one.person, 'POST', '/v1/releases', { pipeline: 'checkout', tag: one.tag, reason: 'please' }));
    case 'retry':
    case 'undo':
      if (releaseId === undefined) return;
      return done(world, one, releaseId, await world.ask(one.person, 'POST', `/v1/releases/${encodeURIComponent(releaseId)}/${one.kind}`, { reason: 'I know what I do' }));
    case 'hold':
    case 'unhold': {
      const digest = world.digests.get(one.tag);
      if (digest === undefined) return;
      return done(world, one, one.tag, await world.ask(one.person, 'POST', one.kind === 'hold' ? '/v1/holds' : '/v1/holds/lift', { pipeline: 'checkout', digest, reason: 'I know what I do' }));
    }
    case 'freeze': {
      const until = one.forMs === undefined ? {} : { until: new Date(world.clock.nowMs() + one.forMs).toISOString() };
      return done(world, one, '', await world.ask(one.person, 'POST', '/v1/freezes', { pipeline: 'checkout', ...until, reason: 'the holidays' }));
    }
    case 'unfreeze':
      return done(world, one, '', await insist(world, one.person, '/v1/freezes/lift', { pipeline: 'checkout', reason: 'they are over' }));
    case 'oldButton':
      if (releaseId !== undefined) await pressOld(world, one.person, releaseId, world.chance.fork(`old button ${one.atMs}`));
  }
}

const newest = (ledger: Ledger): string | undefined => [...ledger.releaseIds].at(-1);

function done(world: World, { kind, person }: Extract<Act, { person: string }>, about: string, answer: PersonAnswer): void {
  world.history.add('people', `${person}: ${kind} ${about}: ${told(answer)}`);
  world.history.mark(`act ${kind}${answer.status < 300 ? '' : ', refused'}`);
}

async function stopExecution(world: World, ledger: Ledger): Promise<void> {
  const name = [...ledger.executions.keys()].at(-1);
  if (name === undefined) return;
  world.history.add('people', `stop the execution ${name} by hand`);
  world.history.mark('act stopExecution');
  const executionArn = `${world.slipway.stateMachineArn.replace(':stateMachine:', ':execution:')}:${name}`;
  await world.operate('states', 'StopExecution', { executionArn, error: 'ByHand', cause: 'somebody pressed Stop' });
}

async function foreignUpdate(world: World, name: string): Promise<void> {
  const service = world.service(name);
  const record = world.serviceRecord(service);
  const definition = record.taskDefinition.definition;
  world.history.add('people', `somebody's Terraform updates ${name}`);
  const { taskDefinition } = await world.operate<{ taskDefinition: { taskDefinitionArn: string } }>('ecs', 'RegisterTaskDefinition', {
    family: definition.family, cpu: definition.cpu, memory: definition.memory, networkMode: definition.networkMode, requiresCompatibilities: definition.requiresCompatibilities,
    executionRoleArn: definition.executionRoleArn,
    containerDefinitions: definition.containerDefinitions?.map((container) => ({ name: container.name, image: container.image, essential: true, portMappings: [{ containerPort: 8080, protocol: 'tcp' }], environment: [{ name: 'BY', value: 'terraform' }] })),
  });
  try {
    await world.operate('ecs', 'UpdateService', { cluster: service.cluster, service: service.name, taskDefinition: taskDefinition.taskDefinitionArn });
    world.history.mark('act foreignUpdate');
  } catch (error) {
    world.history.add('people', `ECS refuses that: ${(error as Error).message}`);
    world.history.mark('act foreignUpdate, refused');
  }
}

async function foreignStop(world: World, ledger: Ledger, name: string): Promise<void> {
  const service = world.service(name);
  const running = world.serviceRecord(service).deployments.findLast((deployment) => deployment.status === 'IN_PROGRESS');
  if (!running) return;
  world.history.add('people', `somebody stops the deployment ${running.id} of ${name}`);
  ledger.foreignTouched.add(service.arn);
  try {
    await world.operate('ecs', 'StopServiceDeployment', { serviceDeploymentArn: running.arn, stopType: 'ROLLBACK' });
    world.history.mark('act foreignStop');
  } catch (error) {
    world.history.add('people', `ECS refuses that: ${(error as Error).message}`);
    world.history.mark('act foreignStop, refused');
  }
}

// ---- what follows from a notice ----------------------------------------------------------------------------------------------------

/** Calls `heard` once for every notice, however often it was published. */
function onNotices(world: World, ledger: Ledger, heard: (notice: Announced) => void): void {
  const seen = new Set<string>();
  world.watchers.push({
    called: (call, _environment, outcome) => {
      if ('error' in outcome || call.signingName !== 'sns' || call.operation !== 'Publish') return;
      const announced = ledger.announced.at(-1);
      const message = `${announced?.kind ?? ''} ${String((call.input as { Message?: string }).Message)}`;
      if (!announced || seen.has(message)) return;
      seen.add(message);
      heard(announced);
    },
  });
}

/** Acts that wait for a notice; `begun` and `over` tell when one is under way. */
export function actOnNotices(world: World, ledger: Ledger, acts: Scenario['acts'], run: (delayMs: number, act: () => Promise<void>) => void): void {
  const waiting = acts.flatMap((one) => (one.after ? [{ one, left: one.after.nth, after: one.after }] : []));
  if (waiting.length === 0) return;
  onNotices(world, ledger, (notice) => {
    for (const each of waiting) {
      const { kind, outcome } = notice;
      if (kind !== each.after.notice || (each.after.outcome !== undefined && each.after.outcome !== outcome)) continue;
      each.left -= 1;
      if (each.left === 0) run(each.one.atMs, () => act(world, ledger, each.one, notice));
    }
  });
}

/** Whenever a question is announced, people answer it as is their habit. */
export function answerQuestions(world: World, ledger: Ledger, habits: PeopleHabits): void {
  let asked = 0;
  onNotices(world, ledger, ({ kind, releaseId }) => {
    if (kind !== 'approvalAsked' && kind !== 'approvalEscalated') return;
    const chance = world.chance.fork(`question ${asked++}`);
    if (chance.fork('race').hits(habits.race)) return race(world, releaseId, habits, chance.fork('race of all'));
    for (const person of PEOPLE) answer(world, releaseId, person, habits, chance.fork(person));
    if (chance.hits(habits.wrongPerson)) later(world, chance, habits, () => speak(world, { person: 'mallory', releaseId, kind: 'approve', reason: 'let me' }, habits, chance.fork('mallory')));
  });
}

function answer(world: World, releaseId: string, person: string, habits: PeopleHabits, chance: Chance): void {
  const drawn = chance.next();
  const kind = drawn < habits.reject ? 'reject' : drawn < habits.reject + habits.approve ? 'approve' : undefined;
  if (kind === undefined) return;
  const late = chance.hits(habits.late) ? 8 * 3_600_000 : 0;
  const word: Word = { person, releaseId, kind, reason: 'as I see it' };
  later(world, chance, habits, () => speak(world, word, habits, chance.fork('first')), late);
  if (chance.hits(habits.doubleClick)) {
    world.history.mark('people doubleClick');
    later(world, chance, { ...habits, delayMaxMs: 2_000 }, () => speak(world, word, habits, chance.fork('again')), late);
  }
  if (chance.hits(habits.bothWays)) {
    world.history.mark('people bothWays');
    later(world, chance, habits, () => speak(world, { ...word, kind: kind === 'approve' ? 'reject' : 'approve', reason: 'or rather' }, habits, chance.fork('or rather')), late);
  }
}

/** Everybody at once, each something else, and somebody twice. */
function race(world: World, releaseId: string, habits: PeopleHabits, chance: Chance): void {
  world.history.mark('people race');
  const atMs = chance.whole(2_000, Math.max(2_000, habits.delayMaxMs));
  const kinds = ['approve', 'approve', 'reject', 'abort', 'promote'] as const;
  for (const person of [...PEOPLE, chance.pick(PEOPLE)]) {
    const word: Word = { person, releaseId, kind: chance.pick(kinds), reason: 'at once' };
    const own = chance.fork(`${person} ${word.kind}`);
    world.clock.after(atMs + chance.whole(0, 400), () => speak(world, word, habits, own));
  }
}

async function speak(world: World, word: Word, habits: PeopleHabits, chance: Chance): Promise<void> {
  const drawn = chance.next();
  const surface: Surface = drawn < habits.inSlack ? 'slack' : drawn < habits.inSlack + habits.onDashboard ? 'dashboard' : 'cli';
  const said = say(world, word, surface, chance.fork('first place'));
  if (chance.hits(habits.inBoth)) {
    world.history.mark('people inBoth');
    await say(world, word, surface === 'slack' ? 'cli' : 'slack', chance.fork('other place'));
  }
  await said;
}

function later(world: World, chance: Chance, habits: PeopleHabits, run: () => Promise<void>, moreMs = 0): void {
  world.clock.after(chance.whole(500, Math.max(500, habits.delayMaxMs)) + moreMs, run);
}
