// AWS Lambda. Not modelled: versions and aliases, layers, container images, VPC, streaming, provisioned concurrency, SnapStart.
import type { Kernel } from '../kernel/kernel.ts';
import type { FunctionUrlRequest, FunctionUrlResponse, FunctionUrls, LogSink, MetricSink, QueueArrivals } from '../kernel/ports.ts';
import type { Caller, Operation, PolicyDocument, ServiceModel } from '../kernel/service.ts';
import { AsyncQueue } from './async-queue.ts';
import type { Artefacts } from './code.ts';
import { Destinations } from './destinations.ts';
import { Environments } from './environments.ts';
import { EventSources } from './event-sources.ts';
import { functionOperations } from './function-operations.ts';
import { FunctionStore } from './function-store.ts';
import { answerUrl, urlOperations } from './function-urls.ts';
import type { UrlPorts } from './function-urls.ts';
import { invokeOperations } from './invoke-operations.ts';
import { Invoker } from './invoker.ts';
import { policyOperations, resourcePolicyOf } from './resource-policy.ts';
import type { FunctionRunner } from './runner.ts';

export interface LambdaPorts {
  runner: FunctionRunner;
  /** What event source mappings wait for. */
  queues: QueueArrivals;
  /** Packages in S3, by bucket and key. */
  artefacts?: Artefacts;
  logs?: LogSink;
  metrics?: MetricSink;
  /** Where the HTTP door serves a function URL; below the endpoint's `/lambda-url/` by default. */
  functionUrl?: (urlId: string) => string;
  /** How long an idle execution environment stays warm. */
  idleLimitMs?: number;
}

export class LambdaModel implements ServiceModel, FunctionUrls {
  readonly signingName = 'lambda';
  readonly operations: Readonly<Record<string, Operation>>;
  private readonly store: FunctionStore;
  private readonly environments: Environments;
  private readonly invoker: Invoker;
  private readonly queue: AsyncQueue;
  private readonly eventSources: EventSources;
  private readonly urls: UrlPorts;
  private readonly runner: FunctionRunner;

  constructor(kernel: Kernel, ports: LambdaPorts) {
    this.runner = ports.runner;
    this.environments = new Environments(kernel, ports.runner, ports.idleLimitMs ?? kernel.physics.lambdaIdleMs);
    this.store = new FunctionStore(kernel, (name) => this.environments.retire(name));
    this.invoker = new Invoker(kernel, this.environments, { logs: ports.logs, metrics: ports.metrics });
    const destinations = new Destinations(kernel, ports.metrics);
    this.queue = new AsyncQueue(this.store, this.invoker, destinations);
    this.eventSources = new EventSources(this.store, this.invoker, ports.queues);
    this.urls = { store: this.store, invoker: this.invoker, urlOf: ports.functionUrl ?? ((urlId) => `${kernel.endpointUrl}/lambda-url/${urlId}/`) };
    this.operations = {
      ...functionOperations({ store: this.store, artefacts: ports.artefacts, destinations }),
      ...invokeOperations({ store: this.store, invoker: this.invoker, queue: this.queue, destinations }),
      ...policyOperations(this.store),
      ...urlOperations(this.urls),
      ...this.eventSources.operations,
    };
  }

  resourcePolicy(resourceArn: string): PolicyDocument | undefined {
    return resourcePolicyOf(this.store, resourceArn);
  }

  invokeUrl(urlId: string, request: FunctionUrlRequest, caller: Caller | undefined): Promise<FunctionUrlResponse> {
    return answerUrl(this.urls, urlId, request, caller);
  }

  // ---- for tests and the demo -----------------------------------------------------------------------------------------------------

  /** A service outage: running invocations break off, new ones are refused, queued ones wait. */
  kill(): void {
    this.invoker.setDead(undefined, true);
  }

  revive(): void {
    this.invoker.setDead(undefined, false);
  }

  /** The same for one function. */
  setDead(functionName: string, dead: boolean): void {
    this.invoker.setDead(functionName, dead);
  }

  /** Asynchronous events accepted and neither done nor given up. */
  get queuedEvents(): number {
    return this.queue.depth;
  }

  /** Log and trace deliveries that a function's role was not allowed to make. AWS drops these silently; a test may insist on none. */
  get deniedDeliveries(): readonly { functionName: string; action: string; message: string }[] {
    return this.invoker.deniedDeliveries;
  }

  async close(): Promise<void> {
    this.eventSources.close();
    await this.environments.endAll();
    await this.runner.close();
  }
}
