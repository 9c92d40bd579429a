// Makes, changes and removes the resources of a stack, one at a time, and notes on the stack what became of each.
import type { ResourceStatus } from '@aws-sdk/client-cloudformation';
import { sleep } from '../kernel/clock.ts';
import { AwsError, NotModelled } from '../kernel/errors.ts';
import type { Kernel } from '../kernel/kernel.ts';
import { uuid } from '../kernel/random.ts';
import { refuseNameClash, replaces, same, type Graph } from './changes.ts';
import { creationOrder } from './order.ts';
import { Properties } from './properties.ts';
import { contextOf } from './provider-context.ts';
import type { Made, ResourceProvider } from './provider.ts';
import type { Stack, StackResource, StackWish } from './stack.ts';
import type { FindExport } from './stack-scope.ts';
import { lookUpReferences, propertiesOf } from './stack-scope.ts';
import { isRecord } from './template.ts';

export interface EnginePorts {
  kernel: Kernel;
  providers: ReadonlyMap<string, ResourceProvider>;
  findExport: FindExport;
}

/** How much of the scheduler's tick one resource operation takes. */
const STEPS_PER_TICK = 20;

export type Undo = () => Promise<void>;

export interface Leftover {
  logicalId: string;
  type: string;
  made: Made;
  properties: Readonly<Record<string, unknown>>;
}

export class StackResources {
  private readonly ports: EnginePorts;

  constructor(ports: EnginePorts) {
    this.ports = ports;
  }

  nowMs(): number {
    return this.ports.kernel.clock.nowMs();
  }

  provider(type: string): ResourceProvider {
    const provider = this.ports.providers.get(type);
    if (!provider) throw new NotModelled(`the resource type ${type}`);
    return provider;
  }

  /** Runs one step; answers whether it failed, with the reason on the resource. */
  async attempt(stack: Stack, logicalId: string, step: () => Promise<void>): Promise<boolean> {
    const { kernel } = this.ports;
    await sleep(kernel.clock, kernel.physics.schedulerTickMs / STEPS_PER_TICK);
    try {
      await step();
      return false;
    } catch (error) {
      if (!(error instanceof AwsError)) kernel.crash(error);
      const resource = stack.resources.get(logicalId);
      const status = resource?.status === 'UPDATE_IN_PROGRESS' ? 'UPDATE_FAILED' : resource?.status === 'DELETE_IN_PROGRESS' ? 'DELETE_FAILED' : 'CREATE_FAILED';
      if (resource) this.mark(stack, resource, status, reasonOf(error));
      return true;
    }
  }

  async create(stack: Stack, wish: StackWish, logicalId: string, graph: Graph): Promise<void> {
    const { properties, provider } = this.enter(stack, wish, logicalId, graph);
    const resource = stack.resources.get(logicalId);
    if (!resource) throw new Error(`stack ${stack.name} lost its resource ${logicalId}`);
    resource.properties = properties();
    this.mark(stack, resource, 'CREATE_IN_PROGRESS');
    resource.made = await provider.create(await this.looked(stack, resource.properties), contextOf(this.ports.kernel, stack, wish, logicalId));
    this.mark(stack, resource, 'CREATE_COMPLETE');
  }

  /** Puts a fresh resource on the stack; its properties are resolved later, so that a refusal lands on it. */
  private enter(stack: Stack, wish: StackWish, logicalId: string, graph: Graph) {
    const declared = wish.template.Resources[logicalId];
    const provider = this.provider(declared?.Type ?? '');
    stack.resources.set(logicalId, {
      logicalId,
      type: provider.type,
      status: 'CREATE_IN_PROGRESS',
      reason: undefined,
      changedAtMs: this.nowMs(),
      properties: {},
      made: undefined,
      dependencies: [...(graph.get(logicalId) ?? [])],
      retained: declared?.DeletionPolicy === 'Retain',
    });
    return { provider, properties: () => propertiesOf(stack, wish, logicalId, this.ports.findExport) };
  }

  async change(stack: Stack, wish: StackWish, logicalId: string, graph: Graph, undo: Undo[], leftovers: Leftover[]): Promise<void> {
    const old = stack.resources.get(logicalId);
    if (!old?.made) {
      undo.push(() => this.takeBack(stack, logicalId));
      return this.create(stack, wish, logicalId, graph);
    }
    const declared = wish.template.Resources[logicalId];
    old.retained = declared?.DeletionPolicy === 'Retain';
    const before: StackResource = { ...old };
    const properties = propertiesOf(stack, wish, logicalId, this.ports.findExport);
    old.dependencies = [...(graph.get(logicalId) ?? [])];
    if (old.type === declared?.Type && same(old.properties, properties)) return;
    this.mark(stack, old, 'UPDATE_IN_PROGRESS');
    const provider = this.provider(declared?.Type ?? '');
    const context = contextOf(this.ports.kernel, stack, wish, logicalId);
    const now = await this.looked(stack, properties);
    const restore = () => void stack.resources.set(logicalId, { ...before, status: 'UPDATE_COMPLETE', changedAtMs: this.nowMs() });
    if (replaces(provider, before, properties)) {
      refuseNameClash(provider, before, properties, logicalId);
      const made = await provider.create(now, context);
      undo.push(async () => {
        await provider.remove(made, now, context);
        restore();
      });
      const kept = declared?.UpdateReplacePolicy === 'Retain';
      if (!kept) leftovers.push({ logicalId, type: before.type, made: old.made, properties: before.properties });
      Object.assign(old, { type: provider.type, made, properties });
    } else if (provider.update) {
      const made = old.made;
      const was = await this.looked(stack, before.properties);
      undo.push(async () => {
        await provider.update?.(was, now, old.made ?? made, context);
        restore();
      });
      old.made = await provider.update(now, was, made, context);
      old.properties = properties;
    }
    this.mark(stack, old, 'UPDATE_COMPLETE');
  }

  async takeBack(stack: Stack, logicalId: string): Promise<void> {
    await this.remove(stack, logicalId);
    stack.resources.delete(logicalId);
  }

  removalOrder(stack: Stack, logicalIds: string[]): string[] {
    const graph = new Map(logicalIds.map((logicalId) => [logicalId, new Set(stack.resources.get(logicalId)?.dependencies ?? [])]));
    return creationOrder(graph).reverse();
  }

  /** Removes every resource; answers with those that could not be. */
  async removeAll(stack: Stack): Promise<string[]> {
    const failed: string[] = [];
    for (const logicalId of this.removalOrder(stack, [...stack.resources.keys()])) {
      if (!(await this.remove(stack, logicalId))) failed.push(logicalId);
    }
    return failed;
  }

  async remove(stack: Stack, logicalId: string): Promise<boolean> {
    const resource = stack.resources.get(logicalId);
    if (!resource || resource.status === 'DELETE_COMPLETE') return true;
    if (resource.retained && resource.made) {
      this.mark(stack, resource, 'DELETE_SKIPPED');
      stack.resources.delete(logicalId);
      return true;
    }
    this.mark(stack, resource, 'DELETE_IN_PROGRESS');
    const failed = await this.attempt(stack, logicalId, async () => {
      if (resource.made) await this.removeMade(stack, resource.type, resource.made, resource.properties, logicalId);
    });
    if (failed) return false;
    this.mark(stack, resource, 'DELETE_COMPLETE');
    stack.resources.delete(logicalId);
    return true;
  }

  async removeLeftover(stack: Stack, { logicalId, type, made, properties }: Leftover): Promise<void> {
    try {
      await this.removeMade(stack, type, made, properties, logicalId);
    } catch (error) {
      // AWS, too, leaves what it cannot clean up and still calls the update complete.
      if (!(error instanceof AwsError)) this.ports.kernel.crash(error);
    }
  }

  private async removeMade(stack: Stack, type: string, made: Made, properties: StackResource['properties'], logicalId: string): Promise<void> {
    try {
      await this.provider(type).remove(made, new Properties(properties), contextOf(this.ports.kernel, stack, stack.wish, logicalId));
    } catch (error) {
      if (!(error instanceof AwsError) || !/NotFound|NoSuchEntity|NonExistent|DoesNotExist|NotExist/i.test(error.code)) throw error;
    }
  }

  private async looked(stack: Stack, properties: Readonly<Record<string, unknown>>): Promise<Properties> {
    const looked = await lookUpReferences(properties, this.ports.kernel, stack.caller);
    return new Properties(isRecord(looked) ? looked : {});
  }

  private mark(stack: Stack, resource: StackResource, status: ResourceStatus, reason?: string): void {
    Object.assign(resource, { status, reason, changedAtMs: this.nowMs() });
    const { logicalId, type, properties, made } = resource;
    this.event(stack, { logicalId, physicalId: made?.physicalId, type, status, reason, properties });
  }

  event(stack: Stack, event: Omit<Stack['events'][number], 'id' | 'atMs' | 'token'>): void {
    stack.events.push({ ...event, id: uuid(this.ports.kernel.random), atMs: this.nowMs(), token: stack.token });
  }
}

export const reasonOf = (error: unknown): string => {
  if (!(error instanceof AwsError)) return error instanceof Error ? error.message : String(error);
  return `Resource handler returned message: "${error.message}" (HandlerErrorCode: ${error.code})`;
};
