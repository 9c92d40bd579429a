// Steady load through a load balancer, and an account of every answer: which version gave it, when, and whether it failed.
import { Agent, request } from 'node:http';

export interface Answer {
  startedAtMs: number;
  endedAtMs: number;
  /** `none` when nobody of the service answered. */
  version: string;
  /** 0 when the connection failed. */
  status: number;
}

export interface Load {
  readonly answers: readonly Answer[];
  stop(): Promise<void>;
}

const TICK_MS = 10;
const REQUEST_TIMEOUT_MS = 5_000;

export function startLoad(url: string, requestsPerSecond: number): Load {
  const agent = new Agent({ keepAlive: true, maxSockets: 64 });
  const answers: Answer[] = [];
  const open = new Set<Promise<void>>();
  const begunAtMs = Date.now();
  let sent = 0;
  const timer = setInterval(() => {
    const due = Math.floor(((Date.now() - begunAtMs) / 1000) * requestsPerSecond);
    for (; sent < due; sent++) {
      const one: Promise<void> = ask(url, agent).then((answer) => {
        answers.push(answer);
        open.delete(one);
      });
      open.add(one);
    }
  }, TICK_MS);
  return {
    answers,
    stop: async () => {
      clearInterval(timer);
      await Promise.all(open);
      agent.destroy();
    },
  };
}

function ask(url: string, agent: Agent): Promise<Answer> {
  const startedAtMs = Date.now();
  return new Promise((resolve) => {
    const done = (version: string, status: number) => resolve({ startedAtMs, endedAtMs: Date.now(), version, status });
    const sent = request(url, { agent, timeout: REQUEST_TIMEOUT_MS }, (response) => {
      response.resume();
      response.on('end', () => done(String(response.headers['x-version'] ?? 'none'), response.statusCode ?? 0));
      response.on('error', () => done('none', 0));
    });
    sent.on('timeout', () => sent.destroy());
    sent.on('error', () => done('none', 0));
    sent.end();
  });
}
