// Connections from the load balancer to its targets: one keep-alive pool per target, and who has requests in flight.
import { Agent } from 'node:http';
import type { Target } from '../kernel/ports.ts';
import { targetKey } from './records.ts';

const UNUSED_POOLS_LIMIT = 64;

export class TargetPools {
  private readonly agents = new Map<string, Agent>();
  private readonly inFlight = new Map<string, number>();
  private readonly waiting = new Map<string, (() => void)[]>();

  agentFor(target: Target): Agent {
    const key = targetKey(target);
    const known = this.agents.get(key);
    if (known) return known;
    if (this.agents.size >= UNUSED_POOLS_LIMIT) this.dropUnused();
    // ALB keeps unused connections to targets for long; the target's own keep-alive timeout usually ends them first.
    const agent = new Agent({ keepAlive: true, maxFreeSockets: 64 });
    this.agents.set(key, agent);
    return agent;
  }

  /** Counts a request in; the answer counts it out (once). */
  enter(targetGroupArn: string, target: Target): () => void {
    const key = `${targetGroupArn} ${targetKey(target)}`;
    this.inFlight.set(key, (this.inFlight.get(key) ?? 0) + 1);
    let left = false;
    return () => {
      if (left) return;
      left = true;
      const remaining = (this.inFlight.get(key) ?? 1) - 1;
      if (remaining > 0) {
        this.inFlight.set(key, remaining);
        return;
      }
      this.inFlight.delete(key);
      const ready = this.waiting.get(key) ?? [];
      this.waiting.delete(key);
      for (const run of ready) run();
    };
  }

  whenIdle(targetGroupArn: string, target: Target, onIdle: () => void): void {
    const key = `${targetGroupArn} ${targetKey(target)}`;
    if (!this.inFlight.has(key)) onIdle();
    else this.waiting.set(key, [...(this.waiting.get(key) ?? []), onIdle]);
  }

  close(): void {
    for (const agent of this.agents.values()) agent.destroy();
    this.agents.clear();
  }

  /** Targets come and go with every rollout; pools without any connection are forgotten. */
  private dropUnused(): void {
    for (const [key, agent] of this.agents) {
      const used = Object.keys(agent.sockets).length + Object.keys(agent.freeSockets).length + Object.keys(agent.requests).length;
      if (used === 0) this.agents.delete(key);
    }
  }
}
