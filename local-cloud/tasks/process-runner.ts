// Runs tasks for real: every container is a process of this machine, started from the pushed image's files.
//
// What a container gets
//   files     the image's layers, unpacked once per digest (containers of one image share the folder; nothing is isolated)
//   command   the image's Entrypoint and Cmd, or the task definition's command in place of Cmd; `node` is this very Node.js
//   ports     container port P is a free port of 127.0.0.1, told to the whole task as PORT_<P>, and to its container as PORT
//             when that has only one
//   signals   SIGTERM to the program, SIGKILL to its whole process group after the stop timeout or when the program ends
//   death     its processes die with this one, even on SIGKILL (see reaper.ts)
// What it does not get: a root file system, its own network or users, limits of CPU and memory.
import type { ImageStore, LogSink, RunningTask, TaskObserver, TaskRunner, TaskSpec } from '../kernel/ports.ts';
import type { Random } from '../kernel/random.ts';
import { FreePorts } from './free-ports.ts';
import { ImageFolders } from './image-folders.ts';
import { type Machine, ProcessTask } from './process-task.ts';
import { Reaper } from './reaper.ts';

export interface ProcessTaskRunnerOptions {
  images: ImageStore;
  logs: LogSink;
  random: Random;
  /** Where folders for images are made; the system's temporary folder by default. */
  workDirectory?: string;
  /** Takes what an observer throws, which is a fault of the model that watches. By default it ends the process. */
  crash?: (error: unknown) => void;
  /** `physics.healthCheckTimeScale`: multiplies the times of container health checks. */
  healthCheckTimeScale?: number;
}

export class ProcessTaskRunner implements TaskRunner {
  private readonly machine: Machine;
  private readonly tasks = new Set<ProcessTask>();
  private reaper: Promise<Reaper> | undefined;
  private readonly crash: ((error: unknown) => void) | undefined;
  private closed = false;

  constructor({ images, logs, random, workDirectory, healthCheckTimeScale = 1, crash }: ProcessTaskRunnerOptions) {
    this.crash = crash;
    const folders = new ImageFolders(images, workDirectory);
    const reaper = () => (this.reaper ??= folders.folder().then((folder) => new Reaper(folder)));
    this.machine = { folders, ports: new FreePorts(), reaper, logs, random, healthCheckTimeScale };
  }

  start(spec: TaskSpec, observer: TaskObserver): RunningTask {
    if (this.closed) throw new Error('the task runner is closed');
    const task = new ProcessTask(spec, observer, this.machine);
    this.tasks.add(task);
    const ended = task.done.finally(() => this.tasks.delete(task));
    if (this.crash) ended.catch(this.crash);
    return task;
  }

  async close(): Promise<void> {
    this.closed = true;
    for (const task of this.tasks) task.kill();
    await Promise.allSettled([...this.tasks].map((task) => task.done));
    await (await this.reaper)?.close();
    await this.machine.folders.remove();
  }
}
