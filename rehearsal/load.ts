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

export interface LoadOptions {
  /** Forgets the oldest answers beyond this many, for a load that runs for days. */
  answersMax?: number;
}

const TICK_MS = 10;
const REQUEST_TIMEOUT_MS = 5_000;
/** A laptop that slept must not wake to a storm. */
const CATCH_UP_MAX_SECONDS = 5;

export function startLoad(url: string, requestsPerSecond: number, { answersMax = Infinity }: LoadOptions = {}): Load {
  const agent = new Agent({ keepAlive: true, maxSockets: 64 });
  const answers: Answer[] = [];
  const open = new Set<Promise<void>>();
  const begunAtMs = Date.now();
  let sent = 0;
  const timer = setInterval(() => {
    const due = Math.floor(((Date.now() - begunAtMs) / 1000) * requestsPerSecond);
    sent = Math.max(sent, due - requestsPerSecond * CATCH_UP_MAX_SECONDS);
    for (; sent < due; sent++) {
      const one: Promise<void> = ask(url, agent).then((answer) => {
        answers.push(answer);
        // Twice as many before it cuts: to shift an array at every answer would cost more than the answer.
        if (answers.length > 2 * answersMax) answers.splice(0, answers.length - answersMax);
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
