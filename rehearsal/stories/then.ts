// What a story asserts, seen from outside.
import type { ReleaseOutcome, ReleaseView } from '../../core/view/model.ts';
import { isOver, type Ledger } from '../simulation/invariants/ledger.ts';
import type { World } from '../simulation/world.ts';
import { msOf, PRODUCTION } from './when.ts';

/** Nothing happened for this long, so nothing is on its way. */
const QUIET_MS = 10 * 60_000;

export class Then {
  private readonly world: World;
  private readonly ledger: Ledger;

  constructor(world: World, ledger: Ledger) {
    this.world = world;
    this.ledger = ledger;
  }

  /** Waits for the end, and holds what was announced, what the record says and what the control API answers to it. */
  async itEnds(releaseId: string, outcome: ReleaseOutcome, because?: RegExp, limit = '3d'): Promise<ReleaseView> {
    const ends = () => this.ledger.announced.filter((one) => one.releaseId === releaseId && one.kind === 'releaseEnded');
    if (!(await this.world.until(() => ends().length > 0, msOf(limit)))) throw new Error(`${releaseId} has not ended in ${limit}: ${JSON.stringify((await this.release(releaseId)).stages)}`);
    // The end is written down before it is announced; the execution has yet to end.
    await this.world.pass(1_000);
    const view = await this.release(releaseId);
    expect({ announced: [...new Set(ends().map((one) => one.outcome))], recorded: view.outcome, because: view.reason }).toEqual({
      announced: [outcome], recorded: outcome, because: because ? (expect.stringMatching(because) as string) : view.reason,
    });
    return view;
  }

  async release(releaseId: string): Promise<ReleaseView> {
    const answer = await this.world.await(this.world.ask('alice', 'GET', `/v1/releases/${releaseId}`));
    if (answer.status !== 200) throw new Error(`no word of ${releaseId}: ${JSON.stringify(answer.body)}`);
    return answer.body as unknown as ReleaseView;
  }

  /** All production traffic goes to healthy tasks of this image, as many as the service wants, and no other task is left. */
  async onlyServes(tag: string, service = PRODUCTION): Promise<void> {
    await this.world.until(() => this.tasks(service).every((task) => task.tag === tag), 5 * 60_000);
    const { settings } = this.world.serviceRecord(this.world.service(service));
    expect(this.serving(service)).toEqual({ [tag]: 100 });
    expect(this.tasks(service)).toEqual(Array.from({ length: settings.desiredCount }, () => ({ tag, lastStatus: 'RUNNING' })));
  }

  /** Shares of production traffic by tag; `nobody` where a target group with weight has no healthy target. */
  serving(service = PRODUCTION): Record<string, number> {
    const furnished = this.world.service(service);
    const shares: Record<string, number> = {};
    for (const [groupArn, weight] of Object.entries(this.world.weights(furnished))) {
      if (weight === 0) continue;
      const healthy = this.taskRecords(service).filter((task) => task.targets.some((one) => one.targetGroupArn === groupArn && this.world.cloud.models.elb.targetState(groupArn, one.target) === 'healthy'));
      const tags = [...new Set(healthy.map((task) => this.tagOf(task.containers[0]?.imageDigest)))];
      const name = tags.length === 0 ? 'nobody' : tags.sort().join('+');
      shares[name] = (shares[name] ?? 0) + weight;
    }
    return shares;
  }

  /** Tasks that have not stopped. */
  tasks(service = PRODUCTION): { tag: string; lastStatus: string }[] {
    return this.taskRecords(service).map((task) => ({ tag: this.tagOf(task.containers[0]?.imageDigest), lastStatus: task.lastStatus }));
  }

  /** What was told about a release, in order, each kind of news once in a row. */
  told(releaseId: string): string[] {
    const kinds = this.ledger.announced.filter((one) => one.releaseId === releaseId).map((one) => one.kind);
    return kinds.filter((kind, index) => kind !== kinds[index - 1]);
  }

  async timeline(releaseId: string): Promise<string[]> {
    return (await this.release(releaseId)).timeline.map((entry) => entry.text);
  }

  /** The service's own deployment configuration, as ECS has it. */
  configuration(service = PRODUCTION): Record<string, unknown> {
    return this.world.serviceRecord(this.world.service(service)).settings.deploymentConfiguration as Record<string, unknown>;
  }

  /** Until no execution runs, no deployment moves, and ten minutes have passed so. */
  async everythingComesToRest(limit = '20d'): Promise<void> {
    const { clock } = this.world;
    const untilMs = clock.nowMs() + msOf(limit);
    let quietSinceMs: number | undefined;
    while (quietSinceMs === undefined || clock.nowMs() - quietSinceMs < QUIET_MS) {
      const deploys = [...this.world.services.values()].some((service) => !this.world.serviceRecord(service).deployments.every(isOver));
      if (this.ledger.executions.size > 0 || deploys) quietSinceMs = undefined;
      else quietSinceMs ??= clock.nowMs();
      if (clock.nowMs() > untilMs) throw new Error(`it has not come to rest in ${limit}: ${[...this.ledger.executions.keys()].join(', ')}`);
      if (!(await this.world.step())) return;
    }
  }

  private taskRecords(service: string) {
    const { cluster, arn } = this.world.service(service);
    const tasks = this.world.cloud.models.ecs.look().find((one) => one.name === cluster)?.tasks.values() ?? [];
    return [...tasks].filter((task) => task.lastStatus !== 'STOPPED' && task.revision?.service.arn === arn);
  }

  private tagOf(digest: string | undefined): string {
    return [...this.world.digests].find(([, one]) => one === digest)?.[0] ?? `unknown (${digest ?? 'no digest'})`;
  }
}
