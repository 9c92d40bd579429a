// State machines as records. An execution keeps the revision it was started with.
import type { LoggingConfiguration, StateMachineStatus, Tag, TracingConfiguration } from '@aws-sdk/client-sfn';
import type { Definition } from './language/definition.ts';

export interface MachineRevision {
  readonly revisionId: string;
  readonly definitionText: string;
  readonly definition: Definition;
  readonly roleArn: string;
  readonly logging: LoggingConfiguration;
  readonly tracing: TracingConfiguration;
  readonly updatedMs: number;
}

export interface StateMachine {
  readonly arn: string;
  readonly name: string;
  readonly createdMs: number;
  revision: MachineRevision;
  status: StateMachineStatus;
  tags: Tag[];
}
