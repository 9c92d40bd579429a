// Carries stacks from one state to another, one resource at a time and in dependency order, on the clock.
//   E1. A failed create removes what it made; a failed update brings back what it changed. Either ends in a *_COMPLETE state
//       that names the resource and the service's own words.
//   E2. What an update replaces or drops is removed last, when the rest of the update has succeeded.
//   E3. Resources are made as the caller of the stack operation: CloudFormation adds no permission of its own.
import type { ResourceStatus, StackStatus } from '@aws-sdk/client-cloudformation';
import { sleep } from '../kernel/clock.ts';
import { AwsError, NotModelled } from '../kernel/errors.ts';
import type { Kernel } from '../kernel/kernel.ts';
import { uuid } from '../kernel/random.ts';
import { validationError } from './errors.ts';
import { creationOrder, dependencies } from './order.ts';
import { Properties, plainText } from './properties.ts';
import type { Made, ProviderContext, ResourceProvider } from './provider.ts';
import type { Stack, StackResource, StackWish } from './stack.ts';
import type { FindExport } from './stack-scope.ts';
import { lookUpReferences, outputsOf, propertiesOf, wantedResources } from './stack-scope.ts';
import { isRecord } from './template.ts';

export interface EnginePorts {
  kernel: Kernel;
  providers: ReadonlyMap<string, ResourceProvider>;
  findExport: FindExport;
}

/** How much of the scheduler's tick one resource operation takes. */
const STEPS_PER_TICK = 20;

type Undo = () => Promise<void>;
interface Leftover {
  logicalId: string;
  type: string;
  made: Made;
  properties: Readonly<Record<string, unknown>>;
}

export class StackEngine {
  private readonly ports: EnginePorts;

  constructor(ports: EnginePorts) {
    this.ports = ports;
  }

  /** Refuses, before anything happens, types and properties that no provider knows. */
  checkModelled(wish: StackWish): void {
    for (const [logicalId, resource] of Object.entries(wish.template.Resources)) {
      const provider = this.provider(resource.Type);
      for (const property of Object.keys(resource.Properties ?? {})) {
        if (!provider.properties.includes(property)) throw new NotModelled(`${resource.Type}: the property ${property} (resource ${logicalId})`);
      }
    }
  }

  start(work: () => Promise<void>): void {
    this.ports.kernel.clock.after(0, work);
  }

  async create(stack: Stack): Promise<void> {
    const { wish } = stack;
    const graph = graphOf(wish);
    for (const logicalId of creationOrder(graph)) {
      const failure = await this.attempt(stack, logicalId, () => this.createResource(stack, wish, logicalId, graph));
      if (failure) return this.afterFailedCreate(stack, [logicalId]);
    }
    await this.finish(stack, wish, 'CREATE_COMPLETE', () => this.afterFailedCreate(stack, []));
  }

  async update(stack: Stack, wish: StackWish): Promise<void> {
    const graph = graphOf(wish);
    const undo: Undo[] = [];
    const leftovers: Leftover[] = [];
    for (const logicalId of creationOrder(graph)) {
      const failure = await this.attempt(stack, logicalId, () => this.changeResource(stack, wish, logicalId, graph, undo, leftovers));
      if (failure) return this.undoUpdate(stack, undo, `The following resource(s) failed to update: [${logicalId}]. `);
    }
    const dropped = [...stack.resources.keys()].filter((logicalId) => !graph.has(logicalId));
    await this.finish(stack, wish, 'UPDATE_COMPLETE_CLEANUP_IN_PROGRESS', () => this.undoUpdate(stack, undo, stack.reason ?? ''));
    if (stack.status !== 'UPDATE_COMPLETE_CLEANUP_IN_PROGRESS') return;
    for (const leftover of leftovers) await this.removeLeftover(stack, leftover);
    for (const logicalId of this.removalOrder(stack, dropped)) await this.removeResource(stack, logicalId);
    this.setStatus(stack, 'UPDATE_COMPLETE');
  }

  async delete(stack: Stack): Promise<void> {
    const failed = await this.removeAll(stack);
    if (failed.length > 0) return this.setStatus(stack, 'DELETE_FAILED', `The following resource(s) failed to delete: [${failed.join(', ')}]. `);
    stack.deletedAtMs = this.nowMs();
    this.setStatus(stack, 'DELETE_COMPLETE');
  }

  setStatus(stack: Stack, status: StackStatus, reason?: string): void {
    stack.status = status;
    stack.reason = reason;
    this.event(stack, { logicalId: stack.name, physicalId: stack.id, type: 'AWS::CloudFormation::Stack', status, reason, properties: undefined });
  }

  /** Would an update change anything? Values that cannot be told yet count as changed. */
  differs(stack: Stack, wish: StackWish): boolean {
    const wanted = wantedResources(wish);
    if (wanted.length !== stack.resources.size || wanted.some((logicalId) => !stack.resources.has(logicalId))) return true;
    try {
      const changed = wanted.some((logicalId) => {
        const was = stack.resources.get(logicalId);
        return was?.type !== wish.template.Resources[logicalId]?.Type || !same(was?.properties, propertiesOf(stack, wish, logicalId, this.ports.findExport));
      });
      return changed || !same(stack.outputs, outputsOf(stack, wish, this.ports.findExport)) || !same(stack.wish.tags, wish.tags);
    } catch {
      return true;
    }
  }

  private nowMs(): number {
    return this.ports.kernel.clock.nowMs();
  }

  private provider(type: string): ResourceProvider {
    const provider = this.ports.providers.get(type);
    if (!provider) throw new NotModelled(`the resource type ${type}`);
    return provider;
  }

  /** Runs one step; answers whether it failed, with the reason on the resource. */
  private async attempt(stack: Stack, logicalId: string, step: () => Promise<void>): Promise<boolean> {
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

  private async createResource(stack: Stack, wish: StackWish, logicalId: string, graph: Graph): Promise<void> {
    const { properties, provider } = this.enter(stack, wish, logicalId, graph);
    const resource = stack.resources.get(logicalId);
    if (!resource) throw new Error(`stack ${stack.name} lost its resource ${logicalId}`);
    resource.properties = properties();
    this.mark(stack, resource, 'CREATE_IN_PROGRESS');
    resource.made = await provider.create(await this.looked(stack, resource.properties), this.context(stack, wish, logicalId));
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

  private async changeResource(stack: Stack, wish: StackWish, logicalId: string, graph: Graph, undo: Undo[], leftovers: Leftover[]): Promise<void> {
    const old = stack.resources.get(logicalId);
    if (!old?.made) {
      undo.push(() => this.takeBack(stack, logicalId));
      return this.createResource(stack, wish, logicalId, graph);
    }
    const declared = wish.template.Resources[logicalId];
    old.retained = declared?.DeletionPolicy === 'Retain';
    const before: StackResource = { ...old };
    const properties = propertiesOf(stack, wish, logicalId, this.ports.findExport);
    old.dependencies = [...(graph.get(logicalId) ?? [])];
    if (old.type === declared?.Type && same(old.properties, properties)) return;
    this.mark(stack, old, 'UPDATE_IN_PROGRESS');
    const provider = this.provider(declared?.Type ?? '');
    const context = this.context(stack, wish, logicalId);
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

  private async takeBack(stack: Stack, logicalId: string): Promise<void> {
    await this.removeResource(stack, logicalId);
    stack.resources.delete(logicalId);
  }

  private async undoUpdate(stack: Stack, undo: Undo[], reason: string): Promise<void> {
    this.setStatus(stack, 'UPDATE_ROLLBACK_IN_PROGRESS', reason);
    for (const step of undo.reverse()) {
      try {
        await step();
      } catch (error) {
        if (!(error instanceof AwsError)) this.ports.kernel.crash(error);
        return this.setStatus(stack, 'UPDATE_ROLLBACK_FAILED', reasonOf(error));
      }
    }
    for (const [logicalId, resource] of stack.resources) if (!resource.made) stack.resources.delete(logicalId);
    this.setStatus(stack, 'UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS');
    this.setStatus(stack, 'UPDATE_ROLLBACK_COMPLETE');
  }

  private async afterFailedCreate(stack: Stack, failed: string[]): Promise<void> {
    const reason = failed.length > 0 ? `The following resource(s) failed to create: [${failed.join(', ')}]. ` : (stack.reason ?? '');
    if (stack.onFailure === 'DO_NOTHING') return this.setStatus(stack, 'CREATE_FAILED', reason);
    const [during, done, broken] =
      stack.onFailure === 'DELETE'
        ? (['DELETE_IN_PROGRESS', 'DELETE_COMPLETE', 'DELETE_FAILED'] as const)
        : (['ROLLBACK_IN_PROGRESS', 'ROLLBACK_COMPLETE', 'ROLLBACK_FAILED'] as const);
    this.setStatus(stack, during, `${reason}${stack.onFailure === 'DELETE' ? 'Delete' : 'Rollback'} requested by user.`);
    const left = await this.removeAll(stack);
    if (left.length > 0) return this.setStatus(stack, broken, `The following resource(s) failed to delete: [${left.join(', ')}]. `);
    if (done === 'DELETE_COMPLETE') stack.deletedAtMs = this.nowMs();
    this.setStatus(stack, done);
  }

  private async finish(stack: Stack, wish: StackWish, status: StackStatus, otherwise: () => Promise<void>): Promise<void> {
    try {
      const outputs = outputsOf(stack, wish, this.ports.findExport);
      for (const { exportName } of outputs) {
        const own = stack.outputs.some((output) => output.exportName === exportName);
        if (exportName !== undefined && !own && this.ports.findExport(exportName) !== undefined) {
          throw validationError(`Export with name ${exportName} is already exported by stack. Rollback requested by user.`);
        }
      }
      stack.outputs = outputs;
      stack.wish = wish;
      this.setStatus(stack, status);
    } catch (error) {
      if (!(error instanceof AwsError)) this.ports.kernel.crash(error);
      stack.reason = reasonOf(error);
      await otherwise();
    }
  }

  private removalOrder(stack: Stack, logicalIds: string[]): string[] {
    const graph = new Map(logicalIds.map((logicalId) => [logicalId, new Set(stack.resources.get(logicalId)?.dependencies ?? [])]));
    return creationOrder(graph).reverse();
  }

  /** Removes every resource; answers with those that could not be. */
  private async removeAll(stack: Stack): Promise<string[]> {
    const failed: string[] = [];
    for (const logicalId of this.removalOrder(stack, [...stack.resources.keys()])) {
      if (!(await this.removeResource(stack, logicalId))) failed.push(logicalId);
    }
    return failed;
  }

  private async removeResource(stack: Stack, logicalId: string): Promise<boolean> {
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

  private async removeLeftover(stack: Stack, { logicalId, type, made, properties }: Leftover): Promise<void> {
    try {
      await this.removeMade(stack, type, made, properties, logicalId);
    } catch (error) {
      // AWS, too, leaves what it cannot clean up and still calls the update complete.
      if (!(error instanceof AwsError)) this.ports.kernel.crash(error);
    }
  }

  private async removeMade(stack: Stack, type: string, made: Made, properties: StackResource['properties'], logicalId: string): Promise<void> {
    try {
      await this.provider(type).remove(made, new Properties(properties), this.context(stack, stack.wish, logicalId));
    } catch (error) {
      if (!(error instanceof AwsError) || !/NotFound|NoSuchEntity|NonExistent|DoesNotExist|NotExist/i.test(error.code)) throw error;
    }
  }

  private async looked(stack: Stack, properties: Readonly<Record<string, unknown>>): Promise<Properties> {
    const looked = await lookUpReferences(properties, this.ports.kernel, stack.caller);
    return new Properties(isRecord(looked) ? looked : {});
  }

  private context(stack: Stack, wish: StackWish, logicalId: string): ProviderContext {
    const { kernel } = this.ports;
    return {
      kernel,
      stackName: stack.name,
      stackId: stack.id,
      logicalId,
      call: async (signingName, operation, input) => {
        const answer = await kernel.call(stack.caller, signingName, operation, input);
        return isRecord(answer) ? answer : {};
      },
      tags: (own) => {
        const merged = new Map<string, string>();
        const given = Array.isArray(own) ? own.filter(isRecord) : isRecord(own) ? Object.entries(own).map(([Key, Value]) => ({ Key, Value })) : [];
        for (const tag of [...wish.tags, ...given]) merged.set(String(tag.Key), String(tag.Value));
        return [...merged].map(([Key, Value]) => ({ Key, Value }));
      },
      generatedName: (lengthMax) => {
        const random = uuid(kernel.random).replaceAll('-', '').slice(0, 12).toUpperCase();
        return `${`${stack.name}-${logicalId}`.slice(0, lengthMax - 13)}-${random}`;
      },
    };
  }

  private mark(stack: Stack, resource: StackResource, status: ResourceStatus, reason?: string): void {
    Object.assign(resource, { status, reason, changedAtMs: this.nowMs() });
    const { logicalId, type, properties, made } = resource;
    this.event(stack, { logicalId, physicalId: made?.physicalId, type, status, reason, properties });
  }

  private event(stack: Stack, event: Omit<Stack['events'][number], 'id' | 'atMs' | 'token'>): void {
    stack.events.push({ ...event, id: uuid(this.ports.kernel.random), atMs: this.nowMs(), token: stack.token });
  }
}

type Graph = ReadonlyMap<string, ReadonlySet<string>>;

/** Dependencies among the resources whose conditions hold. */
function graphOf(wish: StackWish): Graph {
  const wanted = new Set(wantedResources(wish));
  return new Map([...dependencies(wish.template)].filter(([logicalId]) => wanted.has(logicalId)).map(([logicalId, named]) => [logicalId, new Set([...named].filter((name) => wanted.has(name)))]));
}

function replaces(provider: ResourceProvider, before: StackResource, properties: Readonly<Record<string, unknown>>): boolean {
  if (before.type !== provider.type || !provider.update) return true;
  const decisive = [...(provider.replacedBy ?? []), ...(provider.nameProperty === undefined ? [] : [provider.nameProperty])];
  return decisive.some((name) => !same(before.properties[name], properties[name]));
}

function refuseNameClash(provider: ResourceProvider, before: StackResource, properties: Readonly<Record<string, unknown>>, logicalId: string): void {
  const name = provider.nameProperty === undefined ? undefined : properties[provider.nameProperty];
  if (name === undefined || before.type !== provider.type || !same(before.properties[provider.nameProperty ?? ''], name)) return;
  throw validationError(
    `CloudFormation cannot update a stack when a custom-named resource requires replacing. Rename ${plainText(name)} and update the stack again. (resource ${logicalId})`,
  );
}

const same = (left: unknown, right: unknown): boolean => JSON.stringify(sorted(left)) === JSON.stringify(sorted(right));

const sorted = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(sorted);
  if (!isRecord(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, member]) => [name, sorted(member)]));
};

const reasonOf = (error: unknown): string => {
  if (!(error instanceof AwsError)) return error instanceof Error ? error.message : String(error);
  return `Resource handler returned message: "${error.message}" (HandlerErrorCode: ${error.code})`;
};
