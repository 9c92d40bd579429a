// The real data plane: every listener is an HTTP server on this machine, every health check a request.
import { type IncomingMessage, type Server, type ServerResponse, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Clock, Timer } from '../kernel/clock.ts';
import { AwsError } from '../kernel/errors.ts';
import type { Target } from '../kernel/ports.ts';
import { type Random, hexId } from '../kernel/random.ts';
import type { CheckedState, ControlPlane, DataPlane, HealthCheckPlan, ListenerEndpoint, ListenerSettings, ProbeResult, Route } from './data-plane.ts';
import { httpProbe } from './http-probe.ts';
import { answer, proxy } from './http-proxy.ts';
import { firstMatch } from './matching.ts';
import { errorPage, fixedResponse, redirect } from './own-answers.ts';
import { TargetPools } from './target-pool.ts';
import { TrafficMetrics } from './traffic-metrics.ts';
import { WeightedChoice } from './weighted-choice.ts';

export interface HttpDataPlaneOptions {
  clock: Clock;
  random: Random;
  /** A fault of the model itself (`kernel.crash`). */
  crash(error: unknown): void;
  /** Listen on the port that the listener says, when it is 1024 or higher. Without it every listener gets a free port. */
  fixedListenerPorts?: boolean;
}

interface OpenListener {
  settings: ListenerSettings;
  server: Server;
  boundPort: number;
}

const HOST = '127.0.0.1';

/**
 * Timeouts that were scaled down for a quick demo would measure how busy this machine is, and not how the target is: a real
 * process gets at least this long to answer.
 */
const CHECK_PATIENCE_MIN_MS = 2_000;

export class HttpDataPlane implements DataPlane {
  private readonly options: HttpDataPlaneOptions;
  private readonly open = new Map<string, OpenListener>();
  private readonly pools = new TargetPools();
  /** By rule; the signature notices new weights, which start a new cycle. */
  private readonly choices = new Map<string, { signature: string; choice: WeightedChoice }>();
  private readonly turns = new Map<string, number>();
  private control: ControlPlane | undefined;
  private metrics: TrafficMetrics | undefined;

  constructor(options: HttpDataPlaneOptions) {
    this.options = options;
  }

  attach(control: ControlPlane): void {
    this.control = control;
    this.metrics = new TrafficMetrics(control.metrics);
  }

  async openListener(settings: ListenerSettings): Promise<void> {
    const server = createServer({ keepAliveTimeout: 60_000 }, (incoming, outgoing) => {
      this.serve(settings, incoming, outgoing).catch((error: unknown) => {
        this.options.crash(error);
        answer(outgoing, errorPage(500));
      });
    });
    const port = this.options.fixedListenerPorts && settings.port >= 1024 ? settings.port : 0;
    await new Promise<void>((resolve, reject) => {
      server.once('error', (error) =>
        reject(new AwsError('InvalidConfigurationRequestException', `The port ${port} of this machine cannot be listened on: ${error.message}`)),
      );
      server.listen(port, HOST, resolve);
    });
    this.open.set(settings.listenerArn, { settings, server, boundPort: (server.address() as AddressInfo).port });
  }

  async closeListener(listenerArn: string): Promise<void> {
    const listener = this.open.get(listenerArn);
    if (!listener) return;
    this.open.delete(listenerArn);
    const closed = new Promise<void>((resolve) => listener.server.close(() => resolve()));
    listener.server.closeAllConnections();
    await closed;
  }

  watchHealth(plan: HealthCheckPlan, report: (result: ProbeResult) => CheckedState): { stop(): void } {
    let stopped = false;
    let timer: Timer;
    let running: ReturnType<typeof httpProbe> | undefined;
    const patient = { ...plan, timeoutMs: Math.max(plan.timeoutMs, CHECK_PATIENCE_MIN_MS) };
    // A check starts every interval, unless the last one still waits for its answer.
    const arm = () => {
      timer = this.options.clock.after(plan.intervalMs, async () => {
        arm();
        if (running) return;
        running = httpProbe(patient);
        const result = await running.result;
        running = undefined;
        if (!stopped) report(result);
      });
    };
    arm();
    return {
      stop: () => {
        stopped = true;
        timer.cancel();
        running?.cancel();
      },
    };
  }

  whenIdle(targetGroupArn: string, target: Target, onIdle: () => void): void {
    this.pools.whenIdle(targetGroupArn, target, onIdle);
  }

  endpoints(): ListenerEndpoint[] {
    return [...this.open.values()].map(({ settings, boundPort }) => ({
      listenerArn: settings.listenerArn,
      loadBalancerName: settings.loadBalancerName,
      listenerPort: settings.port,
      port: boundPort,
      url: `http://${HOST}:${boundPort}`,
    }));
  }

  async close(): Promise<void> {
    await Promise.all([...this.open.keys()].map((arn) => this.closeListener(arn)));
    this.pools.close();
  }

  private async serve(listener: ListenerSettings, incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const { control, metrics } = this;
    if (!control || !metrics) throw new Error('the data plane serves before it was attached to a control plane');
    const origin = { loadBalancerDimension: listener.loadBalancerDimension, targetGroupDimension: undefined };
    const host = incoming.headers.host ?? '';
    const url = incoming.url ?? '/';
    const route = firstMatch(control.routes(listener.listenerArn), { host, path: url.split('?')[0] ?? '/', headers: incoming.headers });
    const action = route?.action;
    if (action?.Type === 'fixed-response' && action.FixedResponseConfig) {
      metrics.answeredItself(origin, 'HTTP_Fixed_Response_Count');
      return answer(outgoing, fixedResponse(action.FixedResponseConfig));
    }
    if (action?.Type === 'redirect' && action.RedirectConfig) {
      metrics.answeredItself(origin, 'HTTP_Redirect_Count');
      return answer(outgoing, redirect(action.RedirectConfig, { host, port: listener.port, url }));
    }
    const targetGroupArn = route && this.chooseGroup(route);
    const target = targetGroupArn && this.chooseTarget(control.routableTargets(targetGroupArn), targetGroupArn);
    if (!targetGroupArn || !target) {
      metrics.loadBalancerFailed(origin, 503);
      return answer(outgoing, errorPage(503));
    }
    const { clock, random } = this.options;
    await proxy(
      {
        incoming,
        outgoing,
        target,
        targetGroupArn,
        origin: { ...origin, targetGroupDimension: control.targetGroupDimension(targetGroupArn) },
        listenerPort: listener.port,
        traceId: `Root=1-${Math.floor(clock.nowMs() / 1000).toString(16).padStart(8, '0')}-${hexId(random, 24)}`,
        idleTimeoutMs: control.idleTimeoutMs(listener.listenerArn),
      },
      this.pools,
      metrics,
    );
  }

  private chooseGroup(route: Route): string | undefined {
    const groups = (route.action.ForwardConfig?.TargetGroups ?? []).map((group) => ({ key: group.TargetGroupArn ?? '', weight: group.Weight ?? 1 }));
    const signature = groups.map(({ key, weight }) => `${key}=${weight}`).join(' ');
    let known = this.choices.get(route.ruleArn);
    if (known?.signature !== signature) {
      known = { signature, choice: new WeightedChoice(groups, this.options.random) };
      this.choices.set(route.ruleArn, known);
    }
    return known.choice.next();
  }

  private chooseTarget(targets: Target[], targetGroupArn: string): Target | undefined {
    const turn = this.turns.get(targetGroupArn) ?? 0;
    this.turns.set(targetGroupArn, turn + 1);
    return targets[turn % targets.length];
  }
}
