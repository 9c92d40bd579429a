// CloudFormation: templates become resources of the other services, made by calling them as the one who deploys.
// Not modelled: change sets of nested stacks, stack sets, drift, hooks, macros, custom resources, service roles, stack policies.
import type { Kernel } from '../kernel/kernel.ts';
import type { Operation, ServiceModel } from '../kernel/service.ts';
import { describeOperations } from './describe-operations.ts';
import { allProviders } from './providers/index.ts';
import { stackOperations } from './stack-operations.ts';
import type { Artefacts } from './stacks.ts';
import { Stacks } from './stacks.ts';

export type { Artefacts } from './stacks.ts';

export class CloudFormationModel implements ServiceModel {
  readonly signingName = 'cloudformation';
  readonly operations: Readonly<Record<string, Operation>>;

  constructor(kernel: Kernel, ports: { artefacts: Artefacts }) {
    const stacks = new Stacks(kernel, ports.artefacts, allProviders);
    this.operations = { ...stackOperations(stacks), ...describeOperations(stacks) };
  }
}
