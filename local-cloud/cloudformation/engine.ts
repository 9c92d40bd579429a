// Carries stacks from one state to another, one resource at a time and in dependency order, on the clock.
//   E1. A failed create removes what it made; a failed update brings back what it changed. Either ends in a *_COMPLETE state
//       that names the resource and the service's own words.
//   E2. What an update replaces or drops is removed last, when the rest of the update has succeeded.
//   E3. Resources are made as the caller of the stack operation: CloudFormation adds no permission of its own.
import type { StackStatus } from '@aws-sdk/client-cloudformation';
import { AwsError, NotModelled } from '../kernel/errors.ts';
import { graphOf, same } from './changes.ts';
import { validationError } from './errors.ts';
import { creationOrder } from './order.ts';
import { reasonOf, StackResources, type EnginePorts, type Leftover, type Undo } from './resources.ts';
import type { Stack, StackWish } from './stack.ts';
import { outputsOf, propertiesOf, wantedResources } from './stack-scope.ts';

export class StackEngine {
  private readonly ports: EnginePorts;
  private readonly resources: StackResources;

  constructor(ports: EnginePorts) {
    this.ports = ports;
    this.resources = new StackResources(ports);
  }

  /** Refuses, before anything happens, types and properties that no provider knows. */
  checkModelled(wish: StackWish): void {
    for (const [logicalId, resource] of Object.entries(wish.template.Resources)) {
      const provider = this.resources.provider(resource.Type);
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
      const failure = await this.resources.attempt(stack, logicalId, () => this.resources.create(stack, wish, logicalId, graph));
      if (failure) return this.afterFailedCreate(stack, [logicalId]);
    }
    await this.finish(stack, wish, 'CREATE_COMPLETE', () => this.afterFailedCreate(stack, []));
  }

  async update(stack: Stack, wish: StackWish): Promise<void> {
    const graph = graphOf(wish);
    const undo: Undo[] = [];
    const leftovers: Leftover[] = [];
    for (const logicalId of creationOrder(graph)) {
      const failure = await this.resources.attempt(stack, logicalId, () => this.resources.change(stack, wish, logicalId, graph, undo, leftovers));
      if (failure) return this.undoUpdate(stack, undo, `The following resource(s) failed to update: [${logicalId}]. `);
    }
    const dropped = [...stack.resources.keys()].filter((logicalId) => !graph.has(logicalId));
    await this.finish(stack, wish, 'UPDATE_COMPLETE_CLEANUP_IN_PROGRESS', () => this.undoUpdate(stack, undo, stack.reason ?? ''));
    if (stack.status !== 'UPDATE_COMPLETE_CLEANUP_IN_PROGRESS') return;
    for (const leftover of leftovers) await this.resources.removeLeftover(stack, leftover);
    for (const logicalId of this.resources.removalOrder(stack, dropped)) await this.resources.remove(stack, logicalId);
    this.setStatus(stack, 'UPDATE_COMPLETE');
  }

  async delete(stack: Stack): Promise<void> {
    const failed = await this.resources.removeAll(stack);
    if (failed.length > 0) return this.setStatus(stack, 'DELETE_FAILED', `The following resource(s) failed to delete: [${failed.join(', ')}]. `);
    stack.deletedAtMs = this.resources.nowMs();
    this.setStatus(stack, 'DELETE_COMPLETE');
  }

  setStatus(stack: Stack, status: StackStatus, reason?: string): void {
    stack.status = status;
    stack.reason = reason;
    this.resources.event(stack, { logicalId: stack.name, physicalId: stack.id, type: 'AWS::CloudFormation::Stack', status, reason, properties: undefined });
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
    const left = await this.resources.removeAll(stack);
    if (left.length > 0) return this.setStatus(stack, broken, `The following resource(s) failed to delete: [${left.join(', ')}]. `);
    if (done === 'DELETE_COMPLETE') stack.deletedAtMs = this.resources.nowMs();
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

}
