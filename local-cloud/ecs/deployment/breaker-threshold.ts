// After how many failed tasks the circuit breaker trips.
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ThresholdConfiguration.html
import type { DeploymentCircuitBreaker } from '@aws-sdk/client-ecs';

const DEFAULT_PERCENT = 50;

export function breakerThreshold(breaker: DeploymentCircuitBreaker | undefined, desiredCount: number): number {
  const { type = 'BOUNDED_PERCENT', value = DEFAULT_PERCENT } = breaker?.thresholdConfiguration ?? {};
  const share = Math.ceil((value * desiredCount) / 100);
  switch (type) {
    case 'COUNT':
      return value;
    case 'UNBOUNDED_PERCENT':
      return share;
    case 'BOUNDED_PERCENT':
      return Math.min(200, Math.max(3, share));
  }
}
