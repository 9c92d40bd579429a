// What a one-hour canary costs, counted in virtual time over the production functions and the packaged state machine; and what
// the same ladder costs a state machine that looks once a minute.
import type { Artefact } from '../rehearsal/package.ts';
import { GOOD_IMAGE } from '../rehearsal/simulation/images.ts';
import { World } from '../rehearsal/simulation/world.ts';
import { percentile, type Figure } from './figures.ts';
import { pollingMachine, POLLING_ROLE_POLICY, type Polling } from './polling-machine.ts';

const HOUR_MS = 3_600_000;
const LIMIT_MS = 6 * HOUR_MS;
const RUNGS = [5, 25, 50];
const BAKE_MINUTES = 20;
const STEP_PERCENT = 5;
const SERVICE = { cluster: 'prod', name: 'checkout', desiredCount: 2, deploymentConfiguration: { strategy: 'BLUE_GREEN' }, repository: 'shop/checkout', firstTag: '1.0.0', alarms: ['checkout-5xx'] };
const SPECIFICATION = {
  pipelines: {
    checkout: {
      image: { repository: 'shop/checkout', tags: { semver: '>=1.0.0' } },
      stages: [
        {
          name: 'production',
          service: { cluster: 'prod', name: 'checkout', container: 'app' },
          strategy: { canary: { steps: RUNGS.map((weight) => ({ weight, bake: `${BAKE_MINUTES}m` })) } },
          alarms: SERVICE.alarms,
        },
      ],
    },
  },
};
/** When in the first bake the alarm fires: every phase of a minute counts the same. */
const ALARM_OFFSETS_MS = Array.from({ length: 12 }, (_, index) => 300_000 + index * 5_000);

interface Bill {
  transitions: number;
  invocations: number;
  minutes: number;
}

export async function measureCost(artefact: Artefact, say: (line: string) => void): Promise<{ figures: Figure[]; detail: object }> {
  say('an hour of canary, in virtual time');
  const { bill: slipway, byFunction } = await slipwayCanary(artefact);
  say('the same ladder, polled once a minute');
  const polling = await pollingCanary(artefact, undefined);
  say(`${ALARM_OFFSETS_MS.length} alarms during a bake, under both`);
  const pollingReactionsMs = [];
  for (const offsetMs of ALARM_OFFSETS_MS) pollingReactionsMs.push((await pollingCanary(artefact, offsetMs)).reactionMs ?? Number.NaN);
  const slipwayReactionsMs = [];
  for (const offsetMs of ALARM_OFFSETS_MS.slice(0, 4)) slipwayReactionsMs.push(await slipwayAlarm(artefact, offsetMs));
  const [reactionMs, pollingReactionMs] = [percentile(slipwayReactionsMs, 99), percentile(pollingReactionsMs, 99)];
  const group = 'cost of a one-hour canary';
  return {
    detail: { slipway, byFunction, polling: polling.bill, slipwayReactionsMs, pollingReactionsMs },
    figures: [
      { group, name: 'state transitions', value: slipway.transitions, unit: '', target: 150, note: `5 -> 25 -> 50 -> 100, twenty native rungs, three bakes of ${BAKE_MINUTES} min` },
      { group, name: 'Lambda invocations', value: slipway.invocations, unit: '', target: 150 },
      { group, name: 'state transitions, polling once a minute', value: polling.bill.transitions, unit: '', note: `${(polling.bill.transitions / slipway.transitions).toFixed(1)} times Slipway's` },
      { group, name: 'from start to end', value: slipway.minutes, unit: 'min' },
      { group, name: 'from start to end, polling', value: polling.bill.minutes, unit: 'min' },
      { group, name: 'alarm -> ECS told to roll back, p99, virtual time', value: reactionMs, unit: 'ms', note: 'with 500 ms of EventBridge delivery' },
      { group, name: 'alarm -> ECS told to roll back, p99, polling', value: pollingReactionMs, unit: 'ms', note: `${(pollingReactionMs / reactionMs).toFixed(0)} times slower` },
    ],
  };
}

async function slipwayCanary(artefact: Artefact): Promise<{ bill: Bill; byFunction: Record<string, number> }> {
  const byFunction: Record<string, number> = {};
  let counting = false;
  const wrap: NonNullable<Parameters<typeof World.run>[0]['wrap']> = (name, handle) => (event) => {
    if (counting) byFunction[name] = (byFunction[name] ?? 0) + 1;
    return handle(event);
  };
  return World.run({ seed: 1, artefact, wrap }, [SERVICE], async (world) => {
    await apply(world);
    counting = true;
    const startMs = world.clock.nowMs();
    await world.push('shop/checkout', '1.1.0', GOOD_IMAGE);
    const arn = await endOf(world, world.slipway.stateMachineArn);
    const invocations = Object.values(byFunction).reduce((sum, count) => sum + count, 0);
    return { byFunction, bill: { transitions: world.cloud.models.states.transitionsOf(arn), invocations, minutes: (world.clock.nowMs() - startMs) / 60_000 } };
  });
}

async function slipwayAlarm(artefact: Artefact, offsetMs: number): Promise<number> {
  return World.run({ seed: 1, artefact, physics: { ecsAlarmPollMs: LIMIT_MS } }, [SERVICE], async (world) => {
    await apply(world);
    let bakingAtMs: number | undefined;
    await world.push('shop/checkout', '1.1.0', GOOD_IMAGE);
    world.watchers.push({ event: (event) => void (event['detail-type'] === 'ECS Hook State Change' && weightOf(world) === RUNGS[0] && (bakingAtMs ??= world.clock.nowMs())) });
    if (!(await world.until(() => bakingAtMs !== undefined, LIMIT_MS))) throw new Error('the canary never stood on its first rung');
    return reaction(world, offsetMs);
  });
}

async function pollingCanary(artefact: Artefact, alarmOffsetMs: number | undefined): Promise<{ bill: Bill; reactionMs: number | undefined }> {
  return World.run({ seed: 1, artefact, physics: { ecsAlarmPollMs: LIMIT_MS } }, [SERVICE], async (world) => {
    const startMs = world.clock.nowMs();
    const polling: Polling = { serviceDeploymentArn: await startByHand(world), rungs: RUNGS, bakeMinutes: BAKE_MINUTES, alarm: SERVICE.alarms[0] ?? '' };
    await world.operate('iam', 'CreateRole', { RoleName: 'polling', AssumeRolePolicyDocument: JSON.stringify({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', Principal: { Service: 'states.amazonaws.com' }, Action: 'sts:AssumeRole' }] }) });
    await world.operate('iam', 'PutRolePolicy', { RoleName: 'polling', PolicyName: 'all', PolicyDocument: JSON.stringify(POLLING_ROLE_POLICY) });
    const roleArn = `arn:aws:iam::${world.cloud.kernel.accountId}:role/polling`;
    const { stateMachineArn } = await world.operate<{ stateMachineArn: string }>('states', 'CreateStateMachine', { name: 'polling', roleArn, definition: JSON.stringify(pollingMachine(polling)) });
    await world.operate('states', 'StartExecution', { stateMachineArn, input: '{}' });
    let reactionMs: number | undefined;
    if (alarmOffsetMs !== undefined) {
      if (!(await world.until(() => weightOf(world) === RUNGS[0], LIMIT_MS))) throw new Error('the polled canary never stood on its first rung');
      reactionMs = await reaction(world, alarmOffsetMs);
    }
    const arn = await endOf(world, stateMachineArn);
    return { reactionMs, bill: { transitions: world.cloud.models.states.transitionsOf(arn), invocations: 0, minutes: (world.clock.nowMs() - startMs) / 60_000 } };
  });
}

// ---- in the world -----------------------------------------------------------------------------------------------------------------

async function apply(world: World): Promise<void> {
  const answer = await world.await(world.ask('alice', 'PUT', '/v1/specification', { specification: SPECIFICATION }));
  if (answer.status !== 200) throw new Error(`the specification was not taken: ${JSON.stringify(answer.body)}`);
}

/** The same native deployment that Slipway would start: twenty shifts, a pause before each. */
async function startByHand(world: World): Promise<string> {
  await world.push('shop/checkout', '1.1.0', GOOD_IMAGE);
  const record = world.serviceRecord(world.service('prod/checkout'));
  const { definition } = record.taskDefinition;
  const { taskDefinition } = await world.operate<{ taskDefinition: { taskDefinitionArn: string } }>('ecs', 'RegisterTaskDefinition', {
    family: definition.family, cpu: definition.cpu, memory: definition.memory, networkMode: definition.networkMode, requiresCompatibilities: definition.requiresCompatibilities, executionRoleArn: definition.executionRoleArn,
    containerDefinitions: definition.containerDefinitions?.map((container) => ({ ...container, image: container.image?.replace(/:[^:]*$/, ':1.1.0') })),
  });
  await world.operate('ecs', 'UpdateService', {
    cluster: 'prod', service: 'checkout', taskDefinition: taskDefinition.taskDefinitionArn,
    deploymentConfiguration: {
      strategy: 'LINEAR', bakeTimeInMinutes: 0, linearConfiguration: { stepPercent: STEP_PERCENT, stepBakeTimeInMinutes: 0 },
      lifecycleHooks: [{ targetType: 'PAUSE', lifecycleStages: ['PRE_PRODUCTION_TRAFFIC_SHIFT'], timeoutConfiguration: { timeoutInMinutes: 1440, action: 'ROLLBACK' } }],
    },
  });
  const { serviceDeployments } = await world.operate<{ serviceDeployments: { serviceDeploymentArn: string; createdAt: Date }[] }>('ecs', 'ListServiceDeployments', { cluster: 'prod', service: 'checkout' });
  return serviceDeployments.sort((a, b) => b.createdAt.getTime() - a.createdAt.getTime())[0]?.serviceDeploymentArn ?? '';
}

/** Lets the alarm fire so long after now, and answers how long it takes until ECS is told to roll back. */
async function reaction(world: World, offsetMs: number): Promise<number> {
  await world.pass(offsetMs);
  let toldAtMs: number | undefined;
  world.watchers.push({
    called: ({ operation, input }) => {
      const told = operation === 'StopServiceDeployment' || (operation === 'ContinueServiceDeployment' && (input as { action?: string }).action === 'ROLLBACK');
      if (told) toldAtMs ??= world.clock.nowMs();
    },
  });
  const firedAtMs = world.clock.nowMs();
  await world.setAlarm(SERVICE.alarms[0] ?? '', 'ALARM');
  if (!(await world.until(() => toldAtMs !== undefined, LIMIT_MS))) throw new Error('ECS was never told to roll back');
  return (toldAtMs ?? Number.NaN) - firedAtMs;
}

/** The greater weight is the old revision's, while the canary climbs its first rungs. */
const weightOf = (world: World): number => Math.min(...Object.values(world.weights(world.service('prod/checkout'))));

/** Lets time pass until the one execution of the machine has ended well; answers its ARN. */
async function endOf(world: World, stateMachineArn: string): Promise<string> {
  interface Execution { executionArn: string; status: string }
  let executions: Execution[] = [];
  let looked: Promise<void> | undefined;
  const look = async () => void ({ executions } = await world.operate<{ executions: Execution[] }>('states', 'ListExecutions', { stateMachineArn }));
  const ended = () => executions.length > 0 && executions.every(({ status }) => status !== 'RUNNING');
  const untilMs = world.clock.nowMs() + LIMIT_MS;
  while (!ended()) {
    if (world.clock.nowMs() > untilMs || !(await world.step())) throw new Error(`the execution did not end: ${JSON.stringify(executions)}`);
    looked = look();
    await looked;
  }
  const [execution, ...others] = executions;
  if (!execution || others.length > 0 || execution.status !== 'SUCCEEDED') throw new Error(`not one execution that succeeded: ${JSON.stringify(executions)}`);
  return execution.executionArn;
}
