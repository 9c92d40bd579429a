// A task runner without tasks: containers that pull, start, get healthy, crash and stop by a script, in virtual (or real) time.
// What it does not imitate: output, traffic, and anything a container would do.
import type { Clock, Timer } from '../kernel/clock.ts';
import type { RunningTask, TaskObserver, TaskRunner, TaskSpec } from '../kernel/ports.ts';

export interface TaskBehaviour {
  pullMs: number;
  /** From the images being there to RUNNING. */
  startMs: number;
  /** From RUNNING to the first essential container ending by itself. */
  crashAfterMs?: number;
  /** Of a crash; 1 unless said otherwise. A stopped container ends with 0 (it heeded SIGTERM). */
  exitCode?: number;
  /** The task fails to start once its images are there. */
  neverStarts?: boolean;
  /** From SIGTERM to the end; no longer than the longest stop timeout of its containers. */
  stopMs: number;
  /** From RUNNING to the container health checks passing; never by default, and only containers that have a check report. */
  healthAfterMs?: number;
  unhealthyAfterMs?: number;
}

export class ModelledTaskRunner implements TaskRunner {
  private readonly clock: Clock;
  private readonly behaviourOf: (spec: TaskSpec) => TaskBehaviour;
  private readonly tasks = new Set<ModelledTask>();
  private addresses = 0;

  /** `behaviourOf` is asked once per task; chance, where it is wanted, is its business. */
  constructor(kernel: { clock: Clock }, options: { behaviourOf: (spec: TaskSpec) => TaskBehaviour }) {
    this.clock = kernel.clock;
    this.behaviourOf = options.behaviourOf;
  }

  start(spec: TaskSpec, observer: TaskObserver): RunningTask {
    const task = new ModelledTask({ clock: this.clock, spec, observer, behaviour: this.behaviourOf(spec), ip: this.nextIp(), onEnd: () => this.tasks.delete(task) });
    this.tasks.add(task);
    return task;
  }

  async close(): Promise<void> {
    for (const task of this.tasks) task.abandon();
    this.tasks.clear();
  }

  /** 10.0.0.1 upwards, never used twice. */
  private nextIp(): string {
    this.addresses += 1;
    return `10.${(this.addresses >> 16) & 255}.${(this.addresses >> 8) & 255}.${this.addresses & 255}`;
  }
}

interface Script {
  clock: Clock;
  spec: TaskSpec;
  observer: TaskObserver;
  behaviour: TaskBehaviour;
  ip: string;
  onEnd: () => void;
}

class ModelledTask implements RunningTask {
  private readonly script: Script;
  private timers: Timer[] = [];
  private ending = false;
  private running = false;
  private readonly ended = new Set<string>();

  constructor(script: Script) {
    this.script = script;
    this.after(script.behaviour.pullMs, () => this.pulled());
  }

  stop(): void {
    if (this.ending) return;
    const longestMs = Math.max(0, ...this.script.spec.containers.map((container) => container.stopTimeoutSeconds * 1000));
    this.end(this.running ? Math.min(this.script.behaviour.stopMs, longestMs) : 0);
  }

  abandon(): void {
    for (const timer of this.timers.splice(0)) timer.cancel();
  }

  private pulled(): void {
    const { observer, behaviour, spec } = this.script;
    observer.pulled();
    if (behaviour.neverStarts) {
      observer.failedToStart(`CannotStartContainerError: the modelled container ${spec.containers[0]?.name ?? ''} never starts`);
      this.end(0);
      return;
    }
    this.after(behaviour.startMs, () => this.started());
  }

  private started(): void {
    const { observer, behaviour, spec, ip } = this.script;
    this.running = true;
    observer.running({ ip, ports: Object.fromEntries(spec.containers.flatMap((container) => container.containerPorts).map((port) => [port, port])) });
    const report = (status: 'HEALTHY' | 'UNHEALTHY') => {
      for (const container of spec.containers) if (container.healthCheck) observer.containerHealth(container.name, status);
    };
    if (behaviour.healthAfterMs !== undefined) this.after(behaviour.healthAfterMs, () => report('HEALTHY'));
    if (behaviour.unhealthyAfterMs !== undefined) this.after(behaviour.unhealthyAfterMs, () => report('UNHEALTHY'));
    if (behaviour.crashAfterMs !== undefined) this.after(behaviour.crashAfterMs, () => this.crash());
  }

  private crash(): void {
    const { spec, behaviour, observer } = this.script;
    const victim = spec.containers.find((container) => container.essential) ?? spec.containers[0];
    if (!victim || this.ending) return;
    this.ended.add(victim.name);
    observer.exited(victim.name, { exitCode: behaviour.exitCode ?? 1 });
    // Whoever watches may have called `stop` in answer to that; the rest of the task ends either way.
    if (!this.ending) this.end(0);
  }

  private end(afterMs: number): void {
    this.ending = true;
    this.abandon();
    this.after(afterMs, () => {
      const { spec, observer, onEnd } = this.script;
      for (const container of spec.containers) {
        if (!this.ended.has(container.name)) observer.exited(container.name, this.running ? { exitCode: 0 } : {});
      }
      onEnd();
      observer.stopped();
    });
  }

  private after(delayMs: number, run: () => void): void {
    this.timers.push(this.script.clock.after(delayMs, run));
  }
}
