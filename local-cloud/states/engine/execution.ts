// One execution of a state machine: its record, and the machine as it was when the execution began.
import type { ExecutionStatus } from '@aws-sdk/client-sfn';
import type { Caller } from '../../kernel/service.ts';
import type { Definition } from '../language/definition.ts';
import type { Json } from '../language/json.ts';
import type { History } from './history.ts';
import type { Scope } from './scope.ts';
import type { Sequence } from './sequence.ts';
import type { PendingTask } from './tokens.ts';
import type { MachineRevision } from '../machine.ts';

export interface Execution {
  readonly arn: string;
  readonly name: string;
  readonly stateMachineArn: string;
  readonly revision: MachineRevision;
  readonly definition: Definition;
  readonly inputText: string;
  readonly input: Json;
  readonly traceHeader: string | undefined;
  readonly startMs: number;
  /** `startMs` as expressions see it. */
  readonly startTime: string;
  /** Who the tasks run as. */
  readonly role: Extract<Caller, { kind: 'role' }>;
  readonly history: History;
  readonly root: Sequence;
  status: ExecutionStatus;
  stopMs: number | undefined;
  outputText: string | undefined;
  error: string | undefined;
  cause: string | undefined;
  redriveCount: number;
  redriveMs: number | undefined;
  /** States entered plus retries: what AWS bills. */
  transitions: number;
  /** Ends with the execution; a redrive begins a new one. */
  scope: Scope;
  /** Task tokens handed out so far, and the tasks that wait for theirs. */
  tokensIssued: number;
  readonly pendingTasks: Map<number, PendingTask>;
  /** Called once the execution has ended. */
  readonly onEnd: (() => void)[];
}
