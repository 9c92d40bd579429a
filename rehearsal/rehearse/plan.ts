// From somebody's slipway.yml to the account that it is rehearsed in: the services and alarms that one pipeline names, and the
// people it knows, as those who sign in there.
import { rungsOf } from '../../core/ladder/index.ts';
import { parseSpecification } from '../../core/pipeline/index.ts';
import type { Pipeline } from '../../core/pipeline/model.ts';
import type { ServiceWish } from '../simulation/furnish.ts';
import { NO_FAULTS, PATIENT_PEOPLE, type Scenario, type WrittenSpecification } from '../simulation/scenario.ts';

export interface RehearsalPlan {
  pipeline: Pipeline;
  scenario: Scenario;
  /** Images by the tags they are pushed with; what runs before is not among them. */
  tags: string[];
}

export interface PlanOptions {
  /** As read from the file: valid, and not parsed. */
  written: unknown;
  pipeline: Pipeline;
  tags: string[];
  tasks: number;
  requestsPerSecond: number;
  seed: number;
}

/** What every service runs before the curtain rises. */
const FIRST_TAG = 'before';
/** What a team deploys with that has not set anything; ECS turns the breaker on in its console. */
const TEAM_CONFIGURATION = {
  strategy: 'ROLLING', bakeTimeInMinutes: 0, minimumHealthyPercent: 100, maximumPercent: 200, deploymentCircuitBreaker: { enable: true, rollback: true },
};

export function planOf({ written, pipeline, tags, tasks, requestsPerSecond, seed }: PlanOptions): RehearsalPlan {
  const specification = forRehearsal(written, pipeline.name);
  const parsed = parseSpecification(specification);
  if (!parsed.ok) throw new Error(`the part of the specification that is about ${pipeline.name} is not valid by itself: ${parsed.faults.map(({ message }) => message).join('; ')}`);
  const counts = pipeline.stages.some(({ strategy }) => rungsOf(strategy).some(({ bake }) => bake.requests !== undefined));
  const services = pipeline.stages.map(({ service: { cluster, name, container }, alarms }, index): ServiceWish => ({
    cluster, name, container, label: `service-${index + 1}`, desiredCount: tasks, deploymentConfiguration: TEAM_CONFIGURATION, repository: pipeline.image.repository, firstTag: FIRST_TAG, alarms,
  }));
  return {
    pipeline,
    tags,
    scenario: {
      seed, door: 'quick', specification, services, switches: {}, requestsPerSecond: counts ? requestsPerSecond : undefined, pushes: [], acts: [], people: PATIENT_PEOPLE, faults: NO_FAULTS, faultsUntilMs: Infinity,
    },
  };
}

/** One pipeline of the file. Everybody signs in through the role of people here, so that is what their names are bound to. */
function forRehearsal(written: unknown, pipelineName: string): WrittenSpecification {
  const { people = {}, pipelines, ...rest } = written as { people?: Record<string, unknown>; pipelines: Record<string, object> | { name: string }[] };
  const own = Array.isArray(pipelines) ? pipelines.find(({ name }) => name === pipelineName) : pipelines[pipelineName];
  const bound = Object.fromEntries(Object.keys(people).map((name) => [name, { aws: [`*:assumed-role/slipway-people/${name}`] }]));
  // As it was written, apart from that: what is applied in the rehearsal goes through the same checks as everywhere.
  return { ...rest, people: bound, pipelines: Array.isArray(pipelines) ? [own] : { [pipelineName]: own } } as unknown as WrittenSpecification;
}
