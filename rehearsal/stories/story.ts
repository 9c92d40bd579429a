// Tells a story in a simulated account: given a plan and a service, when this and that happens, then the world looks like this.
// It looks from outside only: ECS, the load balancer, what was announced, what the control API answers. Every story is held to
// the invariants of the simulation as well, and a story that fails prints its history.
import type { Interference } from '../simulation/no-interference.ts';
import type { DeliveryFate, EventEnvelope } from '../../local-cloud/events/index.ts';
import type { Physics } from '../../local-cloud/kernel/physics.ts';
import type { Switches } from '../../local-cloud/kernel/switches.ts';
import type { ApiCall } from '../../local-cloud/cloud-kernel.ts';
import { packagedArtefact, type Artefact } from '../package.ts';
import type { Handle, Parts } from '../simulation/composition.ts';
import { AcrossReleases } from '../simulation/invariants/across-releases.ts';
import { AtEveryStep } from '../simulation/invariants/at-every-step.ts';
import { checkTheEnd, settingsOf } from '../simulation/invariants/at-the-end.ts';
import { HoldsAndFreezes } from '../simulation/invariants/holds-and-freezes.ts';
import { InSlack } from '../simulation/invariants/in-slack.ts';
import { Ledger } from '../simulation/invariants/ledger.ts';
import { People } from '../simulation/invariants/people.ts';
import { ByChance } from '../simulation/interference.ts';
import { NO_FAULTS, PATIENT_PEOPLE, type FaultRates, type Scenario } from '../simulation/scenario.ts';
import type { SlackHabits } from '../simulation/slack/habits.ts';
import type { SimulatedEnvironment } from '../simulation/simulated-lambda.ts';
import { World } from '../simulation/world.ts';
import { writtenPlan, type Plan } from './plan.ts';
import { Then } from './then.ts';
import { When } from './when.ts';

export interface StoryOptions {
  /** Where somebody else's users met it first. */
  of?: string | readonly string[];
  given?: Given;
  /** Breaks the product: how a story is seen to fail. */
  patch?: (parts: Parts, environment: SimulatedEnvironment) => Parts;
  wrap?: (functionName: string, handle: Handle) => Handle;
}

export interface Given extends Plan {
  desiredCount?: number;
  /** What the team itself deploys with; rolling with a circuit breaker if left out. */
  deploymentConfiguration?: object;
  switches?: Partial<Switches>;
  physics?: Partial<Physics>;
  faults?: Partial<FaultRates>;
  requestsPerSecond?: number;
  /** A workspace with Slipway's app in it, and what goes wrong there; times count from when the specification is applied. */
  slack?: SlackHabits;
  /** What becomes of an event on its way to a rule; `deliver` if left out. */
  events?: (event: EventEnvelope) => DeliveryFate;
  /** What a Lambda function of the team answers as a lifecycle hook. */
  teamHook?: (payload: TeamHookPayload) => 'SUCCEEDED' | 'FAILED';
  /** Changes the state machine as it is deployed. */
  machine?: (definition: StateMachine) => void;
}

export type StateMachine = Record<string, unknown>;

export interface TeamHookPayload {
  lifecycleStage: string;
  executionDetails: { targetServiceRevisionArn: string; productionTrafficWeights: Record<string, number> };
}

export interface Telling {
  when: When;
  then: Then;
  world: World;
  ledger: Ledger;
}

/** The body of a test. */
export function story(options: StoryOptions, tell: (telling: Telling) => Promise<void>): () => Promise<void> {
  return async () => {
    const given = options.given ?? {};
    const scenario = scenarioOf(given);
    let chance: ByChance | undefined;
    await World.run(
      {
        seed: scenario.seed,
        artefact: changed(await artefact(), given.machine),
        switches: scenario.switches,
        ...(given.physics === undefined ? {} : { physics: given.physics }),
        interference: (world) => {
          chance = new ByChance({ ...world, rates: scenario.faults, untilMs: -Infinity });
          return interferenceOf(chance, given);
        },
        ...(given.slack === undefined ? {} : { slack: given.slack }),
        ...(given.requestsPerSecond === undefined ? {} : { requestsPerSecond: given.requestsPerSecond }),
        ...(options.patch ? { patch: options.patch } : {}),
        ...(options.wrap ? { wrap: options.wrap } : {}),
      },
      scenario.services,
      async (world) => {
        const ledger = new Ledger(world, scenario);
        new People(ledger);
        const inSlack = world.slack && new InSlack(ledger, world.slack);
        world.watchers.push(ledger, new AtEveryStep(ledger, scenario.faults.skewMs), new AcrossReleases(ledger), new HoldsAndFreezes(ledger, scenario.faults.skewMs));
        const when = new When(world, ledger);
        const then = new Then(world, ledger);
        try {
          await when.theSpecificationIsApplied(scenario.specification);
          const configurations = configurationsOf(world);
          chance?.resume(Infinity);
          world.slack?.begin(Infinity);
          await tell({ when, then, world, ledger });
          chance?.pause();
          await then.everythingComesToRest();
          const releases = await checkTheEnd(ledger, configurations);
          inSlack?.checkTheEnd(releases);
          expect(ledger.violations).toEqual([]);
        } catch (error) {
          throw withHistory(error, world, options.of);
        }
      },
    );
  };
}

let packaged: Promise<Artefact> | undefined;
const artefact = (): Promise<Artefact> => (packaged ??= packagedArtefact(() => undefined));

function scenarioOf(given: Given): Scenario {
  const { specification, services } = writtenPlan(given, { desiredCount: given.desiredCount ?? 2, deploymentConfiguration: given.deploymentConfiguration ?? TEAM_CONFIGURATION });
  return {
    seed: 1, door: 'quick', specification, services, switches: given.switches ?? {}, requestsPerSecond: given.requestsPerSecond,
    pushes: [], acts: [], people: PATIENT_PEOPLE, faults: { ...NO_FAULTS, ...given.faults }, faultsUntilMs: Infinity,
  };
}

const TEAM_CONFIGURATION = {
  strategy: 'ROLLING', bakeTimeInMinutes: 0, minimumHealthyPercent: 100, maximumPercent: 200, deploymentCircuitBreaker: { enable: true, rollback: true },
};

const configurationsOf = (world: World) =>
  new Map([...world.services.values()].map((service) => [service.arn, JSON.stringify(settingsOf(world.serviceRecord(service).settings.deploymentConfiguration))]));

/** Faults by chance, where the story has any, and events and hooks as it says. */
function interferenceOf(chance: ByChance, { events, teamHook }: Given): Interference {
  return {
    call: (environment, call, proceed) => chance.call(environment, call, proceed),
    serviceCall: async (call, proceed) => {
      const payload = teamHook && hookPayloadOf(call);
      if (payload) return { StatusCode: 200, Payload: Buffer.from(JSON.stringify({ hookStatus: teamHook(payload) })) };
      return chance.serviceCall(call, proceed);
    },
    event: (event, ruleName) => {
      const fate = events?.(event) ?? 'deliver';
      return fate === 'deliver' ? chance.event(event, ruleName) : fate;
    },
    skewMs: (functionName) => chance.skewMs(functionName),
  };
}

function hookPayloadOf(call: ApiCall): TeamHookPayload | undefined {
  const { FunctionName = '', Payload } = call.input as { FunctionName?: string; Payload?: Uint8Array };
  if (call.signingName !== 'lambda' || call.operation !== 'Invoke' || !FunctionName.includes('team-') || !Payload) return undefined;
  return JSON.parse(Buffer.from(Payload).toString()) as TeamHookPayload;
}

function changed(made: Artefact, machine: Given['machine']): Artefact {
  if (!machine) return made;
  const template = JSON.parse(made.template) as { Resources: { ReleaseStateMachine: { Properties: { Definition: StateMachine } } } };
  machine(template.Resources.ReleaseStateMachine.Properties.Definition);
  return { ...made, template: JSON.stringify(template) };
}

function withHistory(error: unknown, world: World, of: StoryOptions['of']): Error {
  const told = error instanceof Error ? error : new Error(String(error));
  told.message = `${told.message}\n\nWhat happened:\n${world.history.render()}\n\n${of === undefined ? '' : `First seen at ${[of].flat().join(' and ')}`}`;
  return told;
}
