// A stack's record: what it was asked to be, what there is of it, and what happened to it.
import type { ResourceStatus, StackStatus, Tag } from '@aws-sdk/client-cloudformation';
import type { Caller } from '../kernel/service.ts';
import type { Made } from './provider.ts';
import type { Template } from './template.ts';

/** What a create or an update asks for. */
export interface StackWish {
  template: Template;
  templateBody: string;
  parameterTexts: Readonly<Record<string, string>>;
  parameters: Readonly<Record<string, unknown>>;
  conditions: Readonly<Record<string, boolean>>;
  tags: Tag[];
  capabilities: string[];
}

export interface StackResource {
  logicalId: string;
  type: string;
  status: ResourceStatus;
  reason: string | undefined;
  changedAtMs: number;
  /** As resolved when the resource was last created or updated. */
  properties: Readonly<Record<string, unknown>>;
  made: Made | undefined;
  dependencies: string[];
  retained: boolean;
}

export interface StackEvent {
  id: string;
  atMs: number;
  logicalId: string;
  physicalId: string | undefined;
  type: string;
  status: ResourceStatus | StackStatus;
  reason: string | undefined;
  properties: Readonly<Record<string, unknown>> | undefined;
  token: string | undefined;
}

export interface StackOutput {
  key: string;
  value: string;
  description: string | undefined;
  exportName: string | undefined;
}

export interface Stack {
  id: string;
  name: string;
  wish: StackWish;
  status: StackStatus;
  reason: string | undefined;
  createdAtMs: number;
  updatedAtMs: number | undefined;
  deletedAtMs: number | undefined;
  resources: Map<string, StackResource>;
  events: StackEvent[]; // oldest first
  outputs: StackOutput[];
  /** Export names of other stacks that this one has used. */
  imports: Set<string>;
  onFailure: 'ROLLBACK' | 'DELETE' | 'DO_NOTHING';
  terminationProtection: boolean;
  /** Whom resources are created as. */
  caller: Caller;
  token: string | undefined;
}

export const inProgress = (stack: Stack): boolean => stack.status.endsWith('_IN_PROGRESS') && stack.status !== 'REVIEW_IN_PROGRESS';
