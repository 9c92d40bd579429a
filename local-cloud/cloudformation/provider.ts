// What a resource type is to the engine: how one is made, changed and removed by calling the service it belongs to.
import type { Kernel } from '../kernel/kernel.ts';
import type { Properties } from './properties.ts';

/** What a resource is known by once it exists. */
export interface Made {
  /** PhysicalResourceId, which is also what `Ref` gives. */
  physicalId: string;
  /** What `Fn::GetAtt` gives, by attribute. */
  attributes: Record<string, unknown>;
}

export interface ProviderContext {
  kernel: Kernel;
  stackName: string;
  stackId: string;
  logicalId: string;
  /** Calls a service as the one who deploys the stack. Answers are typed loosely: providers pick single members. */
  call(signingName: string, operation: string, input: object): Promise<Record<string, unknown>>;
  /** The resource's own tags over those of the stack. */
  tags(own: unknown): { Key: string; Value: string }[];
  /** STACK-LOGICALID-RANDOM, as AWS names what a template leaves unnamed. */
  generatedName(lengthMax: number): string;
}

export interface ResourceProvider {
  readonly type: string;
  /** All properties the provider understands; any other is refused before the stack begins. */
  readonly properties: readonly string[];
  /** Properties whose change needs another resource in the place of this one. Without `update`, every change does. */
  readonly replacedBy?: readonly string[];
  /** The property that gives the resource a name of the template's choosing. */
  readonly nameProperty?: string;
  create(properties: Properties, context: ProviderContext): Promise<Made>;
  /** Brings the resource from `old` to `properties`; answers with what is known of it now. */
  update?(properties: Properties, old: Properties, made: Made, context: ProviderContext): Promise<Made>;
  /** The engine takes "it is not there" for an answer. */
  remove(made: Made, properties: Properties, context: ProviderContext): Promise<void>;
}
