// The two machines a cloud can run on. Real: processes, sockets and workers of this machine, on a real clock. Modelled: nothing
// but numbers, in virtual time.
import type { Planes, PlaneFoundation } from './cloud.ts';
import { HttpDataPlane, ModelledDataPlane } from './elb/index.ts';
import type { ModelledTraffic } from './elb/index.ts';
import type { Target, TaskSpec } from './kernel/ports.ts';
import { InProcessFunctionRunner, WorkerFunctionRunner } from './lambda/index.ts';
import type { InProcessHandler } from './lambda/index.ts';
import { ModelledTaskRunner } from './tasks/modelled-runner.ts';
import type { TaskBehaviour } from './tasks/modelled-runner.ts';
import { ProcessTaskRunner } from './tasks/index.ts';

export interface RealPlanesOptions {
  /** Listeners with a port of 1024 or higher really get that port; without it every listener gets a free one. */
  fixedListenerPorts?: boolean;
  /** A node_modules folder whose AWS SDK functions may import without bundling it, as Lambda's runtime allows. */
  runtimeModulesFolder?: string;
  /** Where folders for images are made; the system's temporary folder by default. */
  workDirectory?: string;
}

export const realPlanes =
  ({ fixedListenerPorts, runtimeModulesFolder, workDirectory }: RealPlanesOptions = {}) =>
  ({ kernel, images, logs, functionCredentials }: PlaneFoundation): Planes => ({
    taskRunner: new ProcessTaskRunner({ images, logs, random: kernel.random, workDirectory, healthCheckTimeScale: kernel.physics.healthCheckTimeScale }),
    dataPlane: new HttpDataPlane({ clock: kernel.clock, random: kernel.random, crash: (error) => kernel.crash(error), fixedListenerPorts }),
    functionRunner: new WorkerFunctionRunner({
      region: kernel.region,
      // Read when a function starts: the HTTP door may not be open yet.
      get endpointUrl() {
        return kernel.endpointUrl;
      },
      credentialsFor: functionCredentials,
      runtimeModulesFolder,
    }),
  });

export interface ModelledPlanesOptions {
  taskBehaviour: (spec: TaskSpec) => TaskBehaviour;
  healthOf: (target: Target, targetGroupArn: string) => boolean;
  traffic?: ModelledTraffic;
  /** Functions by name. */
  handlers: Record<string, InProcessHandler> | ((functionName: string) => InProcessHandler | undefined);
}

const METRIC_PERIOD_MS = 60_000;

export const modelledPlanes =
  ({ taskBehaviour, healthOf, traffic, handlers }: ModelledPlanesOptions) =>
  ({ kernel }: PlaneFoundation): Planes => ({
    taskRunner: new ModelledTaskRunner(kernel, { behaviourOf: taskBehaviour }),
    dataPlane: new ModelledDataPlane({ clock: kernel.clock, random: kernel.random, healthOf, traffic, periodMs: METRIC_PERIOD_MS * kernel.physics.metricTimeScale }),
    functionRunner: new InProcessFunctionRunner(handlers, () => kernel.clock.nowMs()),
  });
