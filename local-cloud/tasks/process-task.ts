// One task as child processes of this machine: one process group per container, from start to the last exit.
import type { ContainerSpec, LogSink, RunningTask, TaskObserver, TaskSpec } from '../kernel/ports.ts';
import { type Random, hexId } from '../kernel/random.ts';
import { watchContainerHealth } from './container-health.ts';
import type { FreePorts } from './free-ports.ts';
import type { ImageFolders, UnpackedImage } from './image-folders.ts';
import { ProcessGroup } from './process-group.ts';
import type { Reaper } from './reaper.ts';

export interface Machine {
  folders: ImageFolders;
  ports: FreePorts;
  reaper: () => Promise<Reaper>;
  logs: LogSink;
  random: Random;
  healthCheckTimeScale: number;
}

const HOST = '127.0.0.1';

interface Container {
  spec: ContainerSpec;
  image: UnpackedImage;
  group: ProcessGroup | undefined;
}

export class ProcessTask implements RunningTask {
  /** Resolves after `observer.stopped()`. */
  readonly done: Promise<void>;
  private readonly spec: TaskSpec;
  private readonly observer: TaskObserver;
  private readonly machine: Machine;
  private containers: Container[] = [];
  private readonly killTimers = new Set<NodeJS.Timeout>();
  private stopping = false;

  constructor(spec: TaskSpec, observer: TaskObserver, machine: Machine) {
    this.spec = spec;
    this.observer = observer;
    this.machine = machine;
    this.done = Promise.resolve().then(() => this.live());
  }

  stop(): void {
    if (this.stopping) return;
    this.stopping = true;
    for (const { spec, group } of this.containers) {
      if (!group) continue;
      group.terminate();
      this.killTimers.add(setTimeout(() => group.kill(), spec.stopTimeoutSeconds * 1000));
    }
  }

  /** At shutdown: no grace. */
  kill(): void {
    this.stopping = true;
    for (const { group } of this.containers) group?.kill();
  }

  private async live(): Promise<void> {
    const ports = new Map<number, number>();
    try {
      try {
        await this.pull();
      } catch (error) {
        this.observer.failedToStart(`CannotPullContainerError: ${error instanceof Error ? error.message : String(error)}`);
        return;
      }
      if (this.stopping) return;
      this.observer.pulled();
      for (const port of this.spec.containers.flatMap((container) => container.containerPorts)) ports.set(port, await this.machine.ports.take());
      const reaper = await this.machine.reaper();
      if (this.stopping) return;
      await this.run(ports, reaper);
    } finally {
      for (const timer of this.killTimers) clearTimeout(timer);
      this.machine.ports.giveBack(ports.values());
      this.observer.stopped();
    }
  }

  private async pull(): Promise<void> {
    this.containers = await Promise.all(
      this.spec.containers.map(async (spec) => {
        if (spec.imageDigest === undefined) throw new Error(`the image ${spec.image} is not in this cloud's registry, and no other can be reached`);
        return { spec, image: await this.machine.folders.unpack(spec.image, spec.imageDigest), group: undefined };
      }),
    );
  }

  private async run(ports: Map<number, number>, reaper: Reaper): Promise<void> {
    const ends = this.containers.map((container) => this.startContainer(container, ports, reaper));
    const started = await Promise.all(this.containers.flatMap(({ group }) => group?.started ?? []));
    if (started.every((processGroup) => processGroup !== undefined)) this.observer.running({ ip: HOST, ports: Object.fromEntries(ports) });
    await Promise.all(ends);
  }

  /** Starts one container; resolves when it has ended and its end has been told. */
  private async startContainer(container: Container, ports: Map<number, number>, reaper: Reaper): Promise<void> {
    const { spec, image } = container;
    const folder = image.workingDirectory;
    const environment = this.environmentOf(container, ports);
    const command = [...(image.config.Entrypoint ?? []), ...(spec.command ?? image.config.Cmd ?? [])];
    const onLine = (message: string) => {
      if (spec.log) this.machine.logs.append({ ...spec.log, message });
    };
    const group = new ProcessGroup({ command, folder, environment, onLine });
    container.group = group;
    const processGroup = await group.started;
    if (processGroup !== undefined) reaper.watch(processGroup);
    const stopChecking = spec.healthCheck
      ? watchContainerHealth({
          check: spec.healthCheck, folder, environment, timeScale: this.machine.healthCheckTimeScale,
          onHealth: (status) => this.observer.containerHealth(spec.name, status),
        })
      : () => undefined;
    const { exitCode, startError } = await group.ended;
    stopChecking();
    if (processGroup !== undefined) reaper.forget(processGroup);
    this.observer.exited(spec.name, startError ? { reason: `CannotStartContainerError: ${startError.message}` } : { exitCode });
    if (spec.essential) this.stop(); // the task ends with its first essential container
  }

  private environmentOf({ spec, image }: Container, ports: Map<number, number>): Record<string, string> {
    const [only, ...others] = spec.containerPorts;
    const ownPort = only === undefined || others.length > 0 ? undefined : ports.get(only);
    return {
      PATH: process.env.PATH ?? '/usr/local/bin:/usr/bin:/bin', // the machine's programs; nothing else of its environment
      HOME: image.root,
      HOSTNAME: hexId(this.machine.random, 12),
      ...Object.fromEntries((image.config.Env ?? []).filter((line) => !line.startsWith('PATH=')).map(splitAssignment)),
      ...spec.environment,
      // Of the whole task: its containers find each other on the loopback interface, as they would in one network namespace.
      ...Object.fromEntries([...ports].map(([port, hostPort]) => [`PORT_${port}`, String(hostPort)])),
      ...(ownPort === undefined ? {} : { PORT: String(ownPort) }),
    };
  }
}

function splitAssignment(line: string): [string, string] {
  const at = line.indexOf('=');
  return at < 0 ? [line, ''] : [line.slice(0, at), line.slice(at + 1)];
}
