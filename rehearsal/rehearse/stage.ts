// The stage of a rehearsal: one simulated account, what the people in it do, and what an audience sees of it.
import type { ReleaseView } from '../../core/view/model.ts';
import type { ImageCharacter } from '../simulation/images.ts';
import { GOOD_IMAGE } from '../simulation/images.ts';
import { isOver, type Ledger, type Rollout } from '../simulation/invariants/ledger.ts';
import type { PersonAnswer, World } from '../simulation/world.ts';
import { Then } from '../stories/then.ts';
import type { RehearsalPlan } from './plan.ts';

/** Somebody who may call the control API and is named nowhere. */
const SOMEBODY = 'somebody';
const DAY_MS = 86_400_000;
/** Longer than any rollout may take. */
const LONGEST_MS = 60 * DAY_MS;
export const PEOPLE_TAKE_MS = 2 * 60_000;

/** How much of the production traffic the new image had, for how long. */
export interface Exposure {
  stage: string;
  weightPercent: number;
  forMs: number;
}

export class RehearsalStage {
  readonly plan: RehearsalPlan;
  readonly world: World;
  readonly ledger: Ledger;
  readonly then: Then;
  readonly asked: { stage: string; from: string[] }[] = [];
  private readonly shares: { stage: string; rollout: Rollout; weightPercent: number; sinceMs: number; untilMs?: number }[] = [];

  constructor(plan: RehearsalPlan, world: World, ledger: Ledger) {
    this.plan = plan;
    this.world = world;
    this.ledger = ledger;
    this.then = new Then(world, ledger);
    world.watchers.push({ called: (call) => void (call.operation === 'ModifyRule' && this.trafficMoved()) });
  }

  // ---- what happens -----------------------------------------------------------------------------------------------------------------

  /** Pushes an image and answers the id of its release. */
  async push(nth = 0, character: ImageCharacter = GOOD_IMAGE): Promise<string> {
    const tag = this.plan.tags[nth];
    if (tag === undefined) throw new Error(`there is no tag for image ${nth + 1}`);
    const digest = await this.world.push(this.plan.pipeline.image.repository, tag, character);
    const begun = () => [...this.ledger.wishes].find(([, wish]) => wish.digest === digest)?.[0];
    await this.world.until(() => begun() !== undefined, 30 * 60_000);
    const releaseId = begun();
    if (releaseId === undefined) throw new Error(`the push of ${tag} started no release`);
    return releaseId;
  }

  /** Whoever is asked answers, after a while; everybody who is asked, until it is enough. */
  everybodyAnswers(kind: 'approve' | 'reject'): void {
    let seen = 0;
    this.world.watchers.push({
      called: () => {
        for (; seen < this.ledger.announced.length; seen += 1) {
          const one = this.ledger.announced[seen];
          if (one && ASKING.includes(one.kind)) this.world.clock.after(PEOPLE_TAKE_MS, () => this.answer(one.releaseId, one.stage, kind));
        }
      },
    });
  }

  async says(person: string, kind: string, releaseId: string, more: object = {}): Promise<PersonAnswer> {
    const answer = await this.world.ask(person, 'POST', `/v1/releases/${encodeURIComponent(releaseId)}/decisions`, { kind, reason: 'as it was rehearsed', ...more });
    this.world.history.add('people', `${person} says ${kind}: ${answer.status} ${answer.body.error?.message ?? ''}`);
    return answer;
  }

  somebody(): string {
    return Object.keys(this.plan.scenario.specification.people)[0] ?? SOMEBODY;
  }

  // ---- what is seen -----------------------------------------------------------------------------------------------------------------

  /** Waits for the end, and until nothing moves any more. */
  async ends(releaseId: string): Promise<ReleaseView> {
    const ended = () => this.ledger.announced.some((one) => one.releaseId === releaseId && one.kind === 'releaseEnded');
    await this.world.until(ended, LONGEST_MS);
    await this.then.everythingComesToRest('60d');
    return this.then.release(releaseId);
  }

  /** Whether the rollout of a stage has come to serve anything; of a rolling one, whether it has begun. */
  async serves(stageIndex: number, releaseId: string): Promise<Rollout | undefined> {
    const found = () => this.ledger.rollouts.find((one) => one.stageIndex === stageIndex && one.releaseId === releaseId);
    const ended = () => this.ledger.announced.some((one) => one.releaseId === releaseId && one.kind === 'releaseEnded');
    await this.world.until(() => {
      const rollout = found();
      return ended() || (rollout !== undefined && (isOver(rollout.deployment) || rollout.stage.strategy.kind === 'rolling' || this.weightOf(rollout) > 0));
    }, LONGEST_MS);
    return found();
  }

  weightOf(rollout: Rollout): number {
    return this.world.weights(rollout.service)[rollout.deployment.target.targetGroupArns[0] ?? ''] ?? 0;
  }

  /** What each service of the plan answers with: the share of every image. */
  serving(): Record<string, number>[] {
    return this.plan.pipeline.stages.map(({ service }) => this.then.serving(`${service.cluster}/${service.name}`));
  }

  exposure(releaseId: string): Exposure[] {
    const nowMs = this.world.clock.nowMs();
    return this.shares
      .filter(({ rollout, weightPercent }) => rollout.releaseId === releaseId && weightPercent > 0)
      .map(({ stage, weightPercent, sinceMs, untilMs = nowMs }) => ({ stage, weightPercent, forMs: untilMs - sinceMs }));
  }

  // ---- inside -----------------------------------------------------------------------------------------------------------------------

  private async answer(releaseId: string, stage: string, kind: 'approve' | 'reject'): Promise<void> {
    const view = (await this.world.ask(this.somebody(), 'GET', `/v1/releases/${encodeURIComponent(releaseId)}`)).body as unknown as ReleaseView;
    const question = view.stages.find(({ name }) => name === stage)?.waitingFor;
    if (question?.kind !== 'approval') return;
    const from = question.from?.length ? question.from : [this.somebody()];
    this.asked.push({ stage, from });
    // Those who have to be among them first: the others may be enough without them, and yet not do.
    const first = (question.lacking ?? []).flatMap(({ oneOf }) => oneOf.slice(0, 1));
    for (const person of [...new Set([...first, ...from])]) {
      const { status } = await this.says(person, kind, releaseId, { stage });
      if (status !== 200 || kind === 'reject' || !(await this.stillAsks(releaseId, stage))) return;
    }
  }

  private async stillAsks(releaseId: string, stage: string): Promise<boolean> {
    const view = (await this.world.ask(this.somebody(), 'GET', `/v1/releases/${encodeURIComponent(releaseId)}`)).body as unknown as ReleaseView;
    const question = view.stages.find(({ name }) => name === stage)?.waitingFor;
    return question?.kind === 'approval' && (question.given?.length ?? 0) < (question.need ?? 1);
  }

  private trafficMoved(): void {
    const nowMs = this.world.clock.nowMs();
    for (const rollout of this.ledger.rollouts) {
      // Task by task, old and new stand in the same target group, and no weight moves.
      if (rollout.stage.strategy.kind === 'rolling') continue;
      const last = this.shares.findLast((one) => one.rollout === rollout);
      const weightPercent = this.weightOf(rollout);
      // Once it has come back to nothing, its target group is the next one's.
      if (last?.untilMs !== undefined || (last?.weightPercent ?? 0) === weightPercent) continue;
      if (last) last.untilMs = nowMs;
      if (weightPercent > 0) this.shares.push({ stage: rollout.stage.name, rollout, weightPercent, sinceMs: nowMs });
    }
  }
}

const ASKING = ['approvalAsked', 'approvalEscalated'];
