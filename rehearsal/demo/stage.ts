// What every chapter of the demo works with: the world, a client of the control API, the load and what was measured of it.
import { setTimeout as sleep } from 'node:timers/promises';
import { ControlClient } from '../../cli/control-client.ts';
import type { ReleaseView } from '../../core/view/index.ts';
import type { Answer, Load } from '../load.ts';
import type { WeightWatch } from '../weights.ts';
import type { World } from '../world.ts';
import type { Progress } from './progress.ts';

export interface DemoStage {
  world: World;
  load: Load;
  weights: WeightWatch;
  control: ControlClient;
  progress: Progress;
}

const LOOK_EVERY_MS = 150;

export const controlOf = (world: World): ControlClient =>
  new ControlClient({ url: new URL(world.controlUrl), region: world.region, credentials: { accessKeyId: 'local', secretAccessKey: 'local' }, sleep: (durationMs) => sleep(durationMs) });

/** The release that the push of `tag` starts. */
export async function releaseOfTag({ control }: DemoStage, tag: string, limitMs = 10_000): Promise<string> {
  const untilMs = Date.now() + limitMs;
  for (;;) {
    const { releases } = await control.listReleases({ pipeline: 'checkout', limit: 10 });
    const found = releases.find((release) => release.image.tag === tag);
    if (found) return found.id;
    if (Date.now() > untilMs) throw new Error(`the push of ${tag} started no release within ${limitMs} ms`);
    await sleep(LOOK_EVERY_MS);
  }
}

/** Looks until `done` holds; throws with the last look when it does not in time. */
export async function followUntil({ control, progress }: DemoStage, releaseId: string, what: string, done: (view: ReleaseView) => boolean, limitMs = 60_000): Promise<ReleaseView> {
  const untilMs = Date.now() + limitMs;
  for (;;) {
    const view = await control.getRelease(releaseId);
    progress.show(view);
    if (done(view)) return view;
    if (view.status === 'ended') throw new Error(`${releaseId} ended (${view.outcome ?? ''}: ${view.reason}) before ${what}`);
    if (Date.now() > untilMs) throw new Error(`${releaseId}: not ${what} within ${limitMs / 1000} s; it is at: ${view.reason}`);
    await sleep(LOOK_EVERY_MS);
  }
}

export const hasEnded = (view: ReleaseView): boolean => view.status === 'ended';

export const asksInProduction = (view: ReleaseView): boolean => view.stages.some((stage) => stage.name === 'production' && stage.waitingFor?.kind === 'approval');

/** Answers that began and ended inside the window. */
export const answersIn = (answers: readonly Answer[], fromMs: number, untilMs: number): Answer[] => answers.filter((answer) => answer.startedAtMs >= fromMs && answer.endedAtMs <= untilMs);

export const failuresOf = (answers: readonly Answer[]): number => answers.filter((answer) => answer.status !== 200).length;

/** `502 x3, no answer x1`: what failed requests got. */
export function failureKinds(answers: readonly Answer[]): string {
  const count = new Map<string, number>();
  for (const { status } of answers.filter((answer) => answer.status !== 200)) {
    const kind = status === 0 ? 'no answer' : String(status);
    count.set(kind, (count.get(kind) ?? 0) + 1);
  }
  return [...count].map(([kind, number]) => `${kind} x${number}`).join(', ');
}

/** The share of answers per version, of what is served from now on. */
export async function servedNow({ load }: DemoStage, durationMs = 800): Promise<Record<string, number>> {
  const fromMs = Date.now();
  await sleep(durationMs);
  const answers = answersIn(load.answers, fromMs, Date.now());
  const count = new Map<string, number>();
  for (const answer of answers) count.set(answer.version, (count.get(answer.version) ?? 0) + 1);
  return Object.fromEntries([...count].map(([version, number]) => [version, Math.round((1000 * number) / answers.length) / 10]));
}
