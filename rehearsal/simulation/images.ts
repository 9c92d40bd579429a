// What the images of a simulation are like when they run: how long they take to start, whether they crash, whether their answers
// are good. Tasks and targets look their image up here.
import type { Target, TaskObserver, TaskRunner, TaskSpec } from '../../local-cloud/kernel/ports.ts';
import type { Clock } from '../../local-cloud/kernel/clock.ts';
import { ModelledTaskRunner, type TaskBehaviour } from '../../local-cloud/tasks/modelled-runner.ts';
import type { Chance } from './chance.ts';

export interface ImageCharacter {
  pullMs: number;
  startMs: number;
  stopMs: number;
  neverStarts: boolean;
  /** From RUNNING; undefined for an image that does not crash. */
  crashAfterMs: number | undefined;
  /** Load-balancer health checks pass. */
  healthy: boolean;
  /** From RUNNING to falling ill; undefined for never. */
  illAfterMs: number | undefined;
  /** From this production weight upwards its answers are bad enough for the alarm; undefined for a good image. */
  alarmsFromWeightPercent: number | undefined;
  /** From the bad weight to the alarm. */
  alarmDelayMs: number;
}

export const GOOD_IMAGE: ImageCharacter = {
  pullMs: 9_000, startMs: 4_000, stopMs: 2_000, neverStarts: false, crashAfterMs: undefined, healthy: true, illAfterMs: undefined, alarmsFromWeightPercent: undefined, alarmDelayMs: 0,
};

interface RunningSince {
  digest: string;
  atMs: number;
}

export class Images {
  private readonly characters = new Map<string, ImageCharacter>();
  private readonly byAddress = new Map<string, RunningSince>();
  private readonly clock: Clock;
  private readonly chance: Chance;

  constructor(clock: Clock, chance: Chance) {
    this.clock = clock;
    this.chance = chance;
  }

  know(digest: string, character: ImageCharacter): void {
    this.characters.set(digest, character);
  }

  characterOf(digest: string | undefined): ImageCharacter {
    return (digest === undefined ? undefined : this.characters.get(digest)) ?? GOOD_IMAGE;
  }

  isHealthy(target: Target): boolean {
    const running = this.byAddress.get(target.id);
    if (!running) return false;
    const { healthy, illAfterMs } = this.characterOf(running.digest);
    return healthy && (illAfterMs === undefined || this.clock.nowMs() < running.atMs + illAfterMs);
  }

  /** A runner whose tasks are like their images, and which knows what runs at which address. */
  taskRunner(illness: () => void): TaskRunner {
    const inner = new ModelledTaskRunner({ clock: this.clock }, { behaviourOf: (spec) => this.behaviourOf(spec) });
    return {
      start: (spec, observer) => inner.start(spec, this.watching(spec, observer, illness)),
      close: () => inner.close(),
    };
  }

  private behaviourOf(spec: TaskSpec): TaskBehaviour {
    const character = this.characterOf(spec.containers[0]?.imageDigest);
    const about = (ms: number) => Math.round(ms * (0.5 + this.chance.next()));
    return {
      pullMs: about(character.pullMs), startMs: about(character.startMs), stopMs: about(character.stopMs), neverStarts: character.neverStarts,
      ...(character.crashAfterMs === undefined ? {} : { crashAfterMs: about(character.crashAfterMs) }),
    };
  }

  private watching(spec: TaskSpec, observer: TaskObserver, illness: () => void): TaskObserver {
    const digest = spec.containers[0]?.imageDigest ?? '';
    let ip: string | undefined;
    return {
      pulled: () => observer.pulled(),
      running: (address) => {
        ip = address.ip;
        this.byAddress.set(address.ip, { digest, atMs: this.clock.nowMs() });
        const { illAfterMs } = this.characterOf(digest);
        if (illAfterMs !== undefined) this.clock.after(illAfterMs, illness);
        observer.running(address);
      },
      containerHealth: (name, status) => observer.containerHealth(name, status),
      exited: (name, exit) => {
        if (ip !== undefined && this.byAddress.delete(ip)) illness();
        observer.exited(name, exit);
      },
      failedToStart: (reason) => observer.failedToStart(reason),
      stopped: () => observer.stopped(),
    };
  }
}
