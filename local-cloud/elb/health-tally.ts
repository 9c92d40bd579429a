// Thresholds: what a run of passed or failed health checks makes of a target. The same for real and modelled checks.
//
// AWS's own pages disagree about a new target: one passed check (ELB guide) or the whole healthy threshold (ECS guide,
// "Optimize load balancer health check parameters"). The tally takes the stricter, which is also what operators see.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/load-balancer-healthcheck.html
import type { CheckedState, ProbeResult } from './data-plane.ts';

export interface Thresholds {
  healthy: number;
  unhealthy: number;
}

export class HealthTally {
  state: CheckedState = 'initial';
  lastFailure: Extract<ProbeResult, { passed: false }> | undefined;
  private passedInARow = 0;
  private failedInARow = 0;

  observe(result: ProbeResult, thresholds: Thresholds): CheckedState {
    if (result.passed) {
      this.passedInARow++;
      this.failedInARow = 0;
      if (this.passedInARow >= thresholds.healthy) this.state = 'healthy';
    } else {
      this.failedInARow++;
      this.passedInARow = 0;
      this.lastFailure = result;
      if (this.failedInARow >= thresholds.unhealthy) this.state = 'unhealthy';
    }
    return this.state;
  }
}
