// A container's own health check: run in the container, again and again.
//   CMD        the words are the program and its arguments      CMD-SHELL  the one word is a line for the shell
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_HealthCheck.html
import type { ContainerSpec } from '../kernel/ports.ts';
import { ProcessGroup } from './process-group.ts';

type HealthCheck = NonNullable<ContainerSpec['healthCheck']>;

export interface Checked {
  check: HealthCheck;
  folder: string;
  environment: Record<string, string>;
  /** Multiplies interval, timeout and start period. */
  timeScale: number;
  onHealth: (status: 'HEALTHY' | 'UNHEALTHY') => void;
}

/** Starts checking; the answer stops it. Tells only changes. */
export function watchContainerHealth({ check, folder, environment, timeScale, onHealth }: Checked): () => void {
  const command = commandOf(check.command);
  if (!command) return () => undefined;
  const scaledMs = (seconds: number) => seconds * 1000 * timeScale;
  const startedAt = performance.now();
  let stopped = false;
  let status: 'HEALTHY' | 'UNHEALTHY' | undefined;
  let failedInARow = 0;
  let running: ProcessGroup | undefined;
  let timer: NodeJS.Timeout;

  const tell = (now: 'HEALTHY' | 'UNHEALTHY') => {
    if (now === status) return;
    status = now;
    onHealth(now);
  };
  const run = async () => {
    running = new ProcessGroup({ command, folder, environment, onLine: () => undefined });
    const timeout = setTimeout(() => running?.kill(), scaledMs(check.timeoutSeconds));
    const { exitCode } = await running.ended;
    clearTimeout(timeout);
    if (stopped) return;
    if (exitCode === 0) {
      failedInARow = 0;
      tell('HEALTHY');
    } else if (status !== undefined || performance.now() - startedAt >= scaledMs(check.startPeriodSeconds)) {
      if (++failedInARow >= check.retries) tell('UNHEALTHY');
    }
    arm();
  };
  const arm = () => {
    timer = setTimeout(() => void run(), scaledMs(check.intervalSeconds));
  };
  arm();
  return () => {
    stopped = true;
    clearTimeout(timer);
    running?.kill();
  };
}

function commandOf([kind, ...words]: string[]): string[] | undefined {
  if (kind === 'NONE') return undefined;
  if (kind === 'CMD') return words;
  return ['/bin/sh', '-c', kind === 'CMD-SHELL' ? words.join(' ') : [kind, ...words].join(' ')];
}
