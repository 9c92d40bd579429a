// The people and machines around Slipway: who answers its questions, and who meddles.
import type { Chance } from './chance.ts';
import type { Ledger } from './invariants/ledger.ts';
import type { Act, PeopleHabits } from './scenario.ts';
import type { World } from './world.ts';

const EVERYBODY = ['alice', 'bob', 'carol'];

export async function act(world: World, ledger: Ledger, one: Act): Promise<void> {
  switch (one.kind) {
    case 'abort':
    case 'promote': {
      const releaseId = newest(ledger);
      if (releaseId !== undefined) await say(world, one.person, releaseId, one.kind, 'changed my mind');
      return;
    }
    case 'alarm':
      return world.setAlarm(one.alarm, one.state);
    case 'foreignUpdate':
      return foreignUpdate(world, one.service);
    case 'foreignStop':
      return foreignStop(world, ledger, one.service);
    case 'stopExecution': {
      const name = [...ledger.executions].at(-1);
      if (name === undefined) return;
      world.history.add('people', `stop the execution ${name} by hand`);
      const executionArn = `${world.slipway.stateMachineArn.replace(':stateMachine:', ':execution:')}:${name}`;
      await world.operate('states', 'StopExecution', { executionArn, error: 'ByHand', cause: 'somebody pressed Stop' });
      return;
    }
    case 'lambdasDead': {
      world.history.add('fault', `every Lambda is dead for ${Math.round(one.forMs / 60_000)} min`);
      world.cloud.models.lambda.kill();
      await new Promise<void>((resolve) => void world.clock.after(one.forMs, resolve));
      world.cloud.models.lambda.revive();
      world.history.add('fault', 'the Lambdas live again');
      return;
    }
    case 'deploy': {
      const answer = await world.ask(one.person, 'POST', '/v1/releases', { pipeline: 'checkout', tag: one.tag, reason: 'please' });
      world.history.add('people', `${one.person} deploys ${one.tag} by hand: ${answer.status} ${answer.body.error?.message ?? ''}`);
    }
  }
}

const newest = (ledger: Ledger): string | undefined => [...ledger.releaseIds].at(-1);

async function say(world: World, person: string, releaseId: string, kind: string, reason: string): Promise<void> {
  const answer = await world.ask(person, 'POST', `/v1/releases/${encodeURIComponent(releaseId)}/decisions`, { kind, reason });
  world.history.add('people', `${person} says ${kind} to ${releaseId}: ${answer.status} ${answer.body.error?.message ?? (typeof answer.body['message'] === 'string' ? answer.body['message'] : '')}`);
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
  } catch (error) {
    world.history.add('people', `ECS refuses that: ${(error as Error).message}`);
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
  } catch (error) {
    world.history.add('people', `ECS refuses that: ${(error as Error).message}`);
  }
}

// ---- answers ----------------------------------------------------------------------------------------------------------------------

/** Whenever a question is announced, people answer it as is their habit. */
export function answerQuestions(world: World, ledger: Ledger, habits: PeopleHabits): void {
  let asked = 0;
  const seen = new Set<string>();
  world.watchers.push({
    called: (call, _environment, outcome) => {
      if ('error' in outcome || call.signingName !== 'sns' || call.operation !== 'Publish') return;
      const announced = ledger.announced.at(-1);
      const message = String((call.input as { Message?: string }).Message);
      if (!announced || !['approvalAsked', 'approvalEscalated'].includes(announced.kind) || seen.has(message)) return;
      seen.add(message);
      const chance = world.chance.fork(`question ${asked++}`);
      for (const person of EVERYBODY) answer(world, announced.releaseId, person, habits, chance.fork(person));
      if (chance.hits(habits.wrongPerson)) later(world, chance, habits, () => say(world, 'mallory', announced.releaseId, 'approve', 'let me'));
    },
  });
}

function answer(world: World, releaseId: string, person: string, habits: PeopleHabits, chance: Chance): void {
  const drawn = chance.next();
  const kind = drawn < habits.reject ? 'reject' : drawn < habits.reject + habits.approve ? 'approve' : undefined;
  if (kind === undefined) return;
  const late = chance.hits(habits.late) ? 8 * 3_600_000 : 0;
  later(world, chance, habits, () => say(world, person, releaseId, kind, 'as I see it'), late);
  if (chance.hits(habits.doubleClick)) later(world, chance, { ...habits, delayMaxMs: 2_000 }, () => say(world, person, releaseId, kind, 'as I see it'), late);
  if (chance.hits(habits.bothWays)) later(world, chance, habits, () => say(world, person, releaseId, kind === 'approve' ? 'reject' : 'approve', 'or rather'), late);
}

function later(world: World, chance: Chance, habits: PeopleHabits, run: () => Promise<void>, moreMs = 0): void {
  world.clock.after(chance.whole(500, Math.max(500, habits.delayMaxMs)) + moreMs, run);
}
