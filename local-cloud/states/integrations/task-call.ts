// One call that a Task state makes.
import type { Kernel } from '../../kernel/kernel.ts';
import type { Caller } from '../../kernel/service.ts';
import type { Json } from '../language/json.ts';
import type { Resource } from './resource.ts';

export interface TaskCall {
  readonly kernel: Kernel;
  readonly role: Extract<Caller, { kind: 'role' }>;
  readonly executionArn: string;
  readonly resource: Resource;
  readonly argumentsValue: Json;
}
