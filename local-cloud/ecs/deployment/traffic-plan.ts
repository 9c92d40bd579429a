// The steps by which production traffic moves, and the load balancer weights that express a percentage. Pure.
import type { DeploymentConfiguration } from '@aws-sdk/client-ecs';

export interface TrafficStep {
  /** What the new revision gets. */
  percent: number;
  /** How long this share is held before the next step; the last step's hold is the deployment's own bake time, elsewhere. */
  bakeMinutes: number;
}

/** BLUE_GREEN 100 · CANARY p, 100 · LINEAR s, 2s, ... capped at 100. Percentages are counted in tenths, so 0.1 stays exact. */
export function trafficSteps(configuration: DeploymentConfiguration): TrafficStep[] {
  const last: TrafficStep = { percent: 100, bakeMinutes: 0 };
  switch (configuration.strategy) {
    case 'CANARY': {
      const percent = configuration.canaryConfiguration?.canaryPercent ?? 5;
      const bakeMinutes = configuration.canaryConfiguration?.canaryBakeTimeInMinutes ?? 10;
      return [{ percent, bakeMinutes }, last];
    }
    case 'LINEAR': {
      const stepTenths = Math.round((configuration.linearConfiguration?.stepPercent ?? 10) * 10);
      const bakeMinutes = configuration.linearConfiguration?.stepBakeTimeInMinutes ?? 6;
      const steps: TrafficStep[] = [];
      for (let tenths = stepTenths; tenths < 1000; tenths += stepTenths) steps.push({ percent: tenths / 10, bakeMinutes });
      return [...steps, last];
    }
    case 'BLUE_GREEN':
    case 'ROLLING':
    case undefined:
      return [last];
  }
}

/** Weights a rule may carry are whole numbers from 0 to 999, so whole percents are used where they do and tenths where they must. */
export function listenerWeights(percent: number): { green: number; blue: number } {
  if (Number.isInteger(percent)) return { green: percent, blue: 100 - percent };
  const green = Math.round(percent * 10);
  return { green, blue: 1000 - green };
}
