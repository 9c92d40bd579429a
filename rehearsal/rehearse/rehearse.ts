// Rehearses a slipway.yml: every pipeline is deployed into a simulated account with services as it names them, and things happen to
// its releases. Slipway itself is the packaged one, with its functions, state machine, template and permissions; time is simulated.
// Every scene is held to the invariants of the simulation besides.
import { parseSpecification } from '../../core/pipeline/index.ts';
import type { Pipeline } from '../../core/pipeline/model.ts';
import { explainTag } from '../../core/tags.ts';
import type { ReleaseOutcome, TimelineEntry } from '../../core/view/model.ts';
import { packagedArtefact, type Artefact } from '../package.ts';
import { AcrossReleases } from '../simulation/invariants/across-releases.ts';
import { AtEveryStep } from '../simulation/invariants/at-every-step.ts';
import { checkTheEnd, settingsOf } from '../simulation/invariants/at-the-end.ts';
import { Ledger } from '../simulation/invariants/ledger.ts';
import { World, type WorldOptions } from '../simulation/world.ts';
import { planOf, type RehearsalPlan } from './plan.ts';
import { play, scenesOf, type Played, type Scene } from './scenes.ts';
import { RehearsalStage, type Exposure } from './stage.ts';
import { tagsFor } from './tags.ts';

export interface RehearseOptions {
  /** A valid specification, as read from the file. */
  written: unknown;
  /** All of them when left out. */
  pipeline?: string;
  /** Names of scenes; all of them when left out. */
  scenes?: readonly string[];
  /** Tags to push, where none that the pipeline takes can be thought of. */
  tags?: readonly string[];
  tasks: number;
  requestsPerSecond: number;
  seed: number;
  say: (line: string) => void;
  /** Breaks the product: how a rehearsal is seen to fail. */
  patch?: WorldOptions['patch'];
  /** After every scene. */
  played: (scene: SceneReport) => void;
}

export interface SceneReport {
  pipeline: string;
  scene: string;
  title: string;
  /** Everything went as it should. */
  ok: boolean;
  faults: string[];
  findings: string[];
  outcome?: ReleaseOutcome;
  /** Where it ended. */
  stage?: string;
  reason: string;
  tookMs: number;
  /** Who was asked, question by question. */
  asked: { stage: string; from: string[] }[];
  /** What the new image served, weight by weight. */
  served: Exposure[];
  timeline: TimelineEntry[];
  history: string;
}

export interface Rehearsal {
  ok: boolean;
  scenes: SceneReport[];
  leftOut: { pipeline: string; scene: string; why: string }[];
}

/** What was asked for cannot be rehearsed. */
export class NotRehearsable extends Error {
  override readonly name = 'NotRehearsable';
  readonly hint: string;

  constructor(message: string, hint: string) {
    super(message);
    this.hint = hint;
  }
}

export async function rehearse(options: RehearseOptions): Promise<Rehearsal> {
  const parsed = parseSpecification(options.written);
  if (!parsed.ok) throw new NotRehearsable('the specification is not valid', 'Run `slipway validate`.');
  const pipelines = parsed.specification.pipelines.filter(({ name }) => options.pipeline === undefined || name === options.pipeline);
  const programme = pipelines.flatMap((pipeline) => scenesOf(pipeline).scenes.map((scene) => ({ pipeline, scene })));
  refuseUnknown(options.scenes ?? [], [...new Set(programme.map(({ scene }) => scene.name)), ...pipelines.flatMap((pipeline) => scenesOf(pipeline).leftOut.map(({ name }) => name))]);
  const chosen = programme.filter(({ scene }) => options.scenes === undefined || options.scenes.includes(scene.name));
  const tags = new Map(pipelines.map((pipeline) => [pipeline.name, tagsOf(pipeline, options)]));
  const leftOut = pipelines.flatMap((pipeline) => scenesOf(pipeline).leftOut.map(({ name, why }) => ({ pipeline: pipeline.name, scene: name, why })));
  const artefact = await packagedArtefact(options.say);
  const scenes: SceneReport[] = [];
  for (const { pipeline, scene } of chosen) {
    const own = tags.get(pipeline.name) ?? [];
    if (own.length < scene.images) {
      leftOut.push({ pipeline: pipeline.name, scene: scene.name, why: `it takes ${scene.images} images, and the pipeline wants the tag ${own.join(', ')} only` });
      continue;
    }
    const plan = planOf({ written: options.written, pipeline, tags: own, tasks: options.tasks, requestsPerSecond: options.requestsPerSecond, seed: options.seed });
    const report = await playScene(scene, plan, artefact, options.patch);
    scenes.push(report);
    options.played(report);
  }
  return { ok: scenes.every(({ ok }) => ok), scenes, leftOut };
}

function refuseUnknown(asked: readonly string[], known: readonly string[]): void {
  const unknown = asked.find((name) => !known.includes(name));
  if (unknown !== undefined) throw new NotRehearsable(`there is no scene ${unknown}`, `The scenes are ${known.join(', ')}.`);
}

function tagsOf(pipeline: Pipeline, { tags }: RehearseOptions): string[] {
  const found = tags === undefined || tags.length === 0 ? tagsFor(pipeline.image.tags, 2) : [...new Set(tags)];
  if (found.length === 0) throw new NotRehearsable(`no tag comes to mind that ${pipeline.name} would take`, 'Name one with --tag, or two.');
  const refused = found.map((tag) => explainTag(pipeline.image.tags, tag)).find(({ matches }) => !matches);
  if (refused) throw new NotRehearsable(`${pipeline.name} would not take that tag: ${refused.reason}`, 'Name tags with --tag that all pipelines of the rehearsal take, or rehearse one pipeline at a time.');
  return found;
}

async function playScene(scene: Scene, plan: RehearsalPlan, artefact: Artefact, patch: WorldOptions['patch']): Promise<SceneReport> {
  const { scenario } = plan;
  return World.run(
    { seed: scenario.seed, artefact, door: scenario.door, switches: scenario.switches, ...(scenario.requestsPerSecond === undefined ? {} : { requestsPerSecond: scenario.requestsPerSecond }), ...(patch ? { patch } : {}) },
    scenario.services,
    async (world) => {
      const ledger = new Ledger(world, scenario);
      world.watchers.push(ledger, new AtEveryStep(ledger, scenario.faults.skewMs), new AcrossReleases(ledger));
      const stage = new RehearsalStage(plan, world, ledger);
      const applied = await world.await(world.ask(stage.somebody(), 'PUT', '/v1/specification', { specification: scenario.specification }));
      if (applied.status !== 200) throw new Error(`Slipway does not take the specification: ${JSON.stringify(applied.body)}`);
      const configurations = new Map([...world.services.values()].map((service) => [service.arn, JSON.stringify(settingsOf(world.serviceRecord(service).settings.deploymentConfiguration))]));
      const played = await play(scene, stage);
      await checkTheEnd(ledger, configurations);
      return reportOf(scene, plan, played, stage);
    },
  );
}

function reportOf(scene: Scene, plan: RehearsalPlan, { release, faults, findings }: Played, stage: RehearsalStage): SceneReport {
  const broken = stage.ledger.violations.map(({ invariant, text }) => `a promise of Slipway was broken (${invariant}): ${text}`);
  return {
    pipeline: plan.pipeline.name,
    scene: scene.name,
    title: scene.title,
    ok: faults.length + broken.length === 0,
    faults: [...faults, ...broken],
    findings,
    ...(release.outcome === undefined ? {} : { outcome: release.outcome }),
    ...(release.stage === undefined ? {} : { stage: release.stage }),
    reason: release.reason,
    tookMs: Date.parse(release.endedAt ?? release.createdAt) - Date.parse(release.createdAt),
    asked: stage.asked,
    served: stage.exposure(release.id),
    timeline: release.timeline,
    history: stage.world.history.render(),
  };
}
