// Execution environments: which are warm, which one serves next, when an idle one ends. One environment serves one invocation at a time.
import type { Timer } from '../kernel/clock.ts';
import type { Kernel } from '../kernel/kernel.ts';
import { hexId } from '../kernel/random.ts';
import type { FunctionRecord } from './function-record.ts';
import { iso } from './function-record.ts';
import type { EnvironmentSpec, ExecutionEnvironment, FunctionRunner } from './runner.ts';

export interface Environment {
  readonly functionName: string;
  readonly revision: number;
  readonly logStreamName: string;
  readonly machine: ExecutionEnvironment;
  /** Where what the function prints goes now; set for the time of an invocation. */
  print: (line: string) => void;
  idleTimer: Timer | undefined;
  served: number;
}

export class Environments {
  private readonly kernel: Kernel;
  private readonly runner: FunctionRunner;
  private readonly idleLimitMs: number;
  private readonly idle = new Map<string, Environment[]>();
  private readonly busy = new Map<string, Set<Environment>>();

  constructor(kernel: Kernel, runner: FunctionRunner, idleLimitMs: number) {
    this.kernel = kernel;
    this.runner = runner;
    this.idleLimitMs = idleLimitMs;
  }

  busyCount(functionName: string): number {
    return this.busy.get(functionName)?.size ?? 0;
  }

  /** The most recently used warm environment of the current revision, or a new one (`served === 0`, not yet initialised). */
  take(record: FunctionRecord): Environment {
    const warm = this.idle.get(record.name)?.pop();
    const environment = warm ?? this.start(record);
    environment.idleTimer?.cancel();
    environment.idleTimer = undefined;
    let busy = this.busy.get(record.name);
    if (!busy) this.busy.set(record.name, (busy = new Set()));
    busy.add(environment);
    return environment;
  }

  /** After an invocation. An environment that is broken, or whose function has changed meanwhile, ends. */
  release(environment: Environment, state: 'reusable' | 'broken', currentRevision: number | undefined): void {
    this.busy.get(environment.functionName)?.delete(environment);
    environment.print = () => undefined;
    if (state === 'broken' || environment.revision !== currentRevision) {
      this.end(environment);
      return;
    }
    environment.served += 1;
    const idle = this.idle.get(environment.functionName) ?? [];
    idle.push(environment);
    this.idle.set(environment.functionName, idle);
    environment.idleTimer = this.kernel.clock.after(this.idleLimitMs, () => {
      this.idle.set(environment.functionName, (this.idle.get(environment.functionName) ?? []).filter((other) => other !== environment));
      this.end(environment);
    });
  }

  /** Ends the idle environments of a function whose code or configuration changed; busy ones end when they are done. */
  retire(functionName: string): void {
    const idle = this.idle.get(functionName) ?? [];
    this.idle.delete(functionName);
    for (const environment of idle) this.end(environment);
  }

  /** Ends everything at once, in the middle of whatever it does. */
  async endAll(functionName?: string): Promise<void> {
    const chosen = [...this.idle.values(), ...[...this.busy.values()].map((set) => [...set])].flat().filter((environment) => functionName === undefined || environment.functionName === functionName);
    for (const environment of chosen) {
      environment.idleTimer?.cancel();
      this.idle.set(environment.functionName, (this.idle.get(environment.functionName) ?? []).filter((other) => other !== environment));
    }
    await Promise.all(chosen.map((environment) => environment.machine.end()));
  }

  private end(environment: Environment): void {
    environment.idleTimer?.cancel();
    environment.machine.end().catch((error: unknown) => this.kernel.crash(error));
  }

  private start(record: FunctionRecord): Environment {
    const day = iso(this.kernel.clock.nowMs()).slice(0, 10).replaceAll('-', '/');
    const logStreamName = `${day}/[$LATEST]${hexId(this.kernel.random, 32)}`;
    const spec: EnvironmentSpec = {
      functionName: record.name,
      functionArn: record.arn,
      roleArn: record.role,
      runtime: record.runtime,
      handler: record.handler,
      memoryMb: record.memoryMb,
      variables: { ...record.variables },
      codeSha256: record.code.sha256,
      zip: record.code.zip,
      logGroupName: record.logging.group,
      logStreamName,
      logFormat: record.logging.format,
      applicationLogLevel: record.logging.applicationLevel,
    };
    const machine = this.runner.start(spec, (line) => environment.print(line));
    const environment: Environment = { functionName: record.name, revision: record.revision, logStreamName, machine, print: () => undefined, idleTimer: undefined, served: 0 };
    return environment;
  }
}
