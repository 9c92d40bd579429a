// One real health check: an HTTP GET on a connection of its own.
import { Agent, request } from 'node:http';
import type { HealthCheckPlan, ProbeResult } from './data-plane.ts';

export function httpProbe(plan: HealthCheckPlan): { result: Promise<ProbeResult>; cancel(): void } {
  const agent = new Agent({ keepAlive: false });
  let cancel = () => undefined as void;
  const result = new Promise<ProbeResult>((resolve) => {
    const check = request(
      { host: plan.target.id, port: plan.port, path: plan.path, agent, headers: { 'user-agent': 'ELB-HealthChecker/2.0', connection: 'close' } },
      (response) => {
        response.resume();
        const code = response.statusCode ?? 0;
        if (codeMatches(code, plan.httpCodes)) resolve({ passed: true });
        else resolve({ passed: false, reason: 'Target.ResponseCodeMismatch', description: `Health checks failed with these codes: [${code}]` });
      },
    );
    const timeout = setTimeout(() => {
      resolve({ passed: false, reason: 'Target.Timeout', description: 'Request timed out' });
      check.destroy();
    }, plan.timeoutMs);
    check.on('error', () => resolve({ passed: false, reason: 'Target.FailedHealthChecks', description: 'Health checks failed' }));
    check.on('close', () => clearTimeout(timeout));
    check.end();
    cancel = () => void check.destroy();
  });
  return { result, cancel: () => cancel() };
}

/** `200`, `200,202`, `200-299` and mixtures. */
export function codeMatches(code: number, httpCodes: string): boolean {
  return httpCodes.split(',').some((part) => {
    const [from = Number.NaN, to = from] = part.split('-').map(Number);
    return code >= from && code <= to;
  });
}
