// What a modelled AWS service looks like to the rest of the local cloud.

/** Who calls. IAM decides on this; services put it into their records. */
export type Caller =
  /** The person at the laptop: administrator of the account. */
  | { kind: 'operator'; arn: string }
  /** A role session: `arn` is the `arn:aws:sts::A:assumed-role/NAME/SESSION` form, `roleArn` the role itself. */
  | { kind: 'role'; arn: string; roleArn: string; sessionName: string }
  /** An AWS service acting for itself (`events.amazonaws.com`); only resource policies can allow it. `sourceArn` fills `aws:SourceArn`. */
  | { kind: 'service'; principal: string; sourceArn?: string };

export interface CallContext {
  caller: Caller;
  requestId: string;
}

/** One thing a call needs to be allowed: all permissions of a call must be. `context` holds the condition keys of this request. */
export interface Permission {
  action: string; // e.g. `ecs:UpdateService`
  resource: string; // an ARN, or `*` for actions without resource-level permissions
  context?: Record<string, string | string[]>;
}

/**
 * One API operation. `permissions` runs first and must not change anything; `handle` runs when all of them are allowed.
 * Method syntax on purpose: it lets an `Operation<UpdateServiceInput, ...>` stand where an `Operation` is asked for.
 */
export interface Operation<Input = unknown, Output = unknown> {
  permissions(input: Input, context: CallContext): Permission[] | Promise<Permission[]>;
  handle(input: Input, context: CallContext): Output | Promise<Output>;
}

export interface ServiceModel {
  /** The SigV4 service name, which is also how the wire tells services apart: `ecs`, `elasticloadbalancing`, `monitoring`, `states` ... */
  readonly signingName: string;
  /** By operation name as in the API (`UpdateService`). An operation that is absent is answered with `NotModelled`. */
  readonly operations: Readonly<Record<string, Operation>>;
  /** The resource policy attached to an ARN of this service, where the service has such a thing. */
  resourcePolicy?(resourceArn: string): PolicyDocument | undefined;
  /** Stops timers, processes and sockets. Called once, at shutdown. */
  close?(): void | Promise<void>;
}

export interface PolicyDocument {
  Version?: string;
  Statement: PolicyStatement | PolicyStatement[];
}

export interface PolicyStatement {
  Sid?: string;
  Effect: 'Allow' | 'Deny';
  Principal?: '*' | Record<string, string | string[]>;
  NotPrincipal?: '*' | Record<string, string | string[]>;
  Action?: string | string[];
  NotAction?: string | string[];
  Resource?: string | string[];
  NotResource?: string | string[];
  Condition?: Record<string, Record<string, string | string[]>>;
}

/** The API shape of an SDK output without what only the client adds. */
export type Answer<Output> = Omit<Output, '$metadata'>;
