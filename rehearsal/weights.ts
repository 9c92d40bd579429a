// What the load balancer's production rule says over time, and what share of the answers a version really gave at each weight.
import { DescribeRulesCommand, type ElasticLoadBalancingV2Client } from '@aws-sdk/client-elastic-load-balancing-v2';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Answer } from './load.ts';

export interface WeightSpan {
  fromMs: number;
  untilMs: number;
  /** Weights by target group ARN. */
  weights: Record<string, number>;
}

export interface WeightWatch {
  readonly spans: readonly WeightSpan[];
  stop(): Promise<void>;
}

const LOOK_EVERY_MS = 40;

export function watchWeights(client: ElasticLoadBalancingV2Client, ruleArn: string): WeightWatch {
  const spans: WeightSpan[] = [];
  let stopped = false;
  const watching = (async () => {
    while (!stopped) {
      const askedAtMs = Date.now();
      const { Rules: [rule] = [] } = await client.send(new DescribeRulesCommand({ RuleArns: [ruleArn] }));
      const groups = rule?.Actions?.find((action) => action.ForwardConfig)?.ForwardConfig?.TargetGroups ?? [];
      const weights = Object.fromEntries(groups.map((group) => [group.TargetGroupArn ?? '', group.Weight ?? 0]));
      const last = spans.at(-1);
      // A span holds only what two looks agree on: between them the weights may have been anything.
      if (last && JSON.stringify(last.weights) === JSON.stringify(weights)) last.untilMs = askedAtMs;
      else spans.push({ fromMs: Date.now(), untilMs: Date.now(), weights });
      await sleep(LOOK_EVERY_MS);
    }
  })();
  return {
    spans,
    stop: async () => {
      stopped = true;
      await watching;
    },
  };
}

export interface MeasuredShare {
  weightPercent: number;
  answers: number;
  sharePercent: number;
}

/**
 * Of all answers begun and ended while the group that starts the window with nothing had `weightPercent`: how many came from
 * `version`. Groups swap roles with every release, so which one is new is read from the window's first look.
 */
export function measureShare(spans: readonly WeightSpan[], answers: readonly Answer[], version: string, weightPercent: number, window: { fromMs: number; untilMs: number }): MeasuredShare {
  const during = spans.filter((span) => span.untilMs >= window.fromMs && span.fromMs <= window.untilMs);
  const newGroup = Object.entries(during[0]?.weights ?? {}).find(([, weight]) => weight === 0)?.[0] ?? '';
  const inside = during.filter((span) => Math.abs((span.weights[newGroup] ?? -1) - weightPercent) < 0.05);
  const counted = answers.filter((answer) => inside.some((span) => answer.startedAtMs >= span.fromMs && answer.endedAtMs <= span.untilMs));
  const ours = counted.filter((answer) => answer.version === version).length;
  return { weightPercent, answers: counted.length, sharePercent: counted.length === 0 ? 0 : (100 * ours) / counted.length };
}
