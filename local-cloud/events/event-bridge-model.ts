// Amazon EventBridge: buses, rules, schedules, delivery. Not modelled: archives, replays, pipes, API destinations, cross-account buses,
// bus policies, `cidr` patterns, targets other than Lambda, SQS, SNS, Step Functions and log groups.
import type { Kernel } from '../kernel/kernel.ts';
import type { EventSource, MetricSink } from '../kernel/ports.ts';
import { uuid } from '../kernel/random.ts';
import type { Operation, ServiceModel } from '../kernel/service.ts';
import { busOperations } from './bus-operations.ts';
import type { DeliveryFaults } from './delivery.ts';
import { Deliveries } from './delivery.ts';
import type { EventEnvelope } from './event.ts';
import { eventTime } from './event.ts';
import type { Rule } from './rule.ts';
import { Buses, busArnOf, DEFAULT_BUS } from './rule.ts';
import { ruleOperations } from './rule-operations.ts';
import { Schedules } from './schedules.ts';

export interface EventBridgePorts {
  metrics?: MetricSink;
  /** Loses, doubles or delays deliveries; without it every event arrives once, in order. */
  faults?: DeliveryFaults;
  /** Sees every event on any bus as it is taken in. */
  onEvent?: (event: EventEnvelope) => void;
}

export class EventBridgeModel implements ServiceModel, EventSource {
  readonly signingName = 'events';
  readonly operations: Readonly<Record<string, Operation>>;
  private readonly kernel: Kernel;
  private readonly buses = new Buses();
  private readonly deliveries: Deliveries;
  private readonly onEvent: ((event: EventEnvelope) => void) | undefined;

  constructor(kernel: Kernel, ports: EventBridgePorts = {}) {
    this.kernel = kernel;
    this.onEvent = ports.onEvent;
    this.deliveries = new Deliveries(kernel, ports.metrics, ports.faults);
    this.buses.all.set(DEFAULT_BUS, {
      name: DEFAULT_BUS,
      arn: busArnOf(kernel, DEFAULT_BUS),
      description: undefined,
      createdAtMs: kernel.clock.nowMs(),
      rules: new Map(),
      tags: new Map(),
    });
    const schedules = new Schedules(kernel, (rule) => this.fireSchedule(rule));
    this.operations = {
      ...ruleOperations({ kernel, buses: this.buses, schedules }),
      ...busOperations({ kernel, buses: this.buses, route: (busName, event) => this.route(busName, event) }),
    };
  }

  emit(event: Parameters<EventSource['emit']>[0]): void {
    this.route(
      DEFAULT_BUS,
      this.envelope({
        source: event.source,
        detailType: event.detailType,
        resources: [...event.resources],
        // A copy: the event must not change when the emitter's records do.
        detail: JSON.parse(JSON.stringify(event.detail)) as unknown,
        timeMs: event.timeMs ?? this.kernel.clock.nowMs(),
      }),
    );
  }

  /** Deliveries under way or waiting for a retry. */
  get pendingDeliveries(): number {
    return this.deliveries.pending;
  }

  close(): void {
    for (const bus of this.buses.all.values()) for (const rule of bus.rules.values()) rule.timer?.cancel();
  }

  private envelope(facts: { source: string; detailType: string; resources: string[]; detail: unknown; timeMs: number }): EventEnvelope {
    return {
      version: '0',
      id: uuid(this.kernel.random),
      'detail-type': facts.detailType,
      source: facts.source,
      account: this.kernel.accountId,
      time: eventTime(facts.timeMs),
      region: this.kernel.region,
      resources: facts.resources,
      detail: facts.detail,
    };
  }

  private route(busName: string, event: EventEnvelope): void {
    this.onEvent?.(event);
    for (const rule of this.buses.get(busName).rules.values()) {
      if (!rule.enabled || !rule.pattern?.matches(event)) continue;
      this.deliveries.measure(rule, 'MatchedEvents');
      this.trigger(rule, event);
    }
  }

  private fireSchedule(rule: Rule): void {
    const event = this.envelope({ source: 'aws.events', detailType: 'Scheduled Event', resources: [rule.arn], detail: {}, timeMs: this.kernel.clock.nowMs() });
    this.onEvent?.(event);
    this.trigger(rule, event);
  }

  private trigger(rule: Rule, event: EventEnvelope): void {
    this.deliveries.measure(rule, 'TriggeredRules');
    for (const target of rule.targets.values()) this.deliveries.begin(event, rule, target);
  }
}
