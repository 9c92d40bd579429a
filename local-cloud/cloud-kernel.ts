// The kernel of the composed cloud: knows every model, and lets calls through to them only as IAM allows.
import { AwsError, NotModelled } from './kernel/errors.ts';
import type { Clock } from './kernel/clock.ts';
import type { Kernel } from './kernel/kernel.ts';
import type { Physics } from './kernel/physics.ts';
import { uuid } from './kernel/random.ts';
import type { Random } from './kernel/random.ts';
import type { Caller, Permission, PolicyDocument, ServiceModel } from './kernel/service.ts';
import type { Switches } from './kernel/switches.ts';
import { Authorizer, Credentials, Identities, Ledger, roleSession } from './iam/index.ts';

/** One API call, from whoever and through whichever door. */
export interface ApiCall {
  caller: Caller;
  signingName: string;
  operation: string;
  input: object;
  requestId: string;
}

/**
 * Stands around every API call: may watch it, delay it, refuse it before it happens (`throw` without `proceed`), or lose its
 * answer (`await proceed()`, then throw).
 */
export type Intercept = (call: ApiCall, proceed: () => Promise<unknown>) => Promise<unknown>;

export interface CloudKernelOptions {
  clock: Clock;
  random: Random;
  physics: Physics;
  switches: Switches;
  accountId: string;
  region: string;
  endpointUrl: string;
  onCrash: (error: unknown) => void;
  intercept?: Intercept;
}

export class CloudKernel implements Kernel {
  readonly clock: Clock;
  readonly random: Random;
  readonly physics: Physics;
  readonly switches: Switches;
  readonly accountId: string;
  readonly region: string;
  readonly ledger: Ledger;
  readonly identities: Identities;
  readonly credentials: Credentials;
  /** Faults of the cloud itself, in order. */
  readonly crashes: unknown[] = [];
  private readonly models = new Map<string, ServiceModel>();
  private readonly authorizer: Authorizer;
  private readonly onCrash: (error: unknown) => void;
  private readonly intercept: Intercept | undefined;
  private url: string;

  constructor(options: CloudKernelOptions) {
    this.clock = options.clock;
    this.random = options.random;
    this.physics = options.physics;
    this.switches = options.switches;
    this.accountId = options.accountId;
    this.region = options.region;
    this.url = options.endpointUrl;
    this.onCrash = options.onCrash;
    this.intercept = options.intercept;
    this.ledger = new Ledger();
    this.identities = new Identities(this.ledger);
    this.credentials = new Credentials(this);
    this.authorizer = new Authorizer({ kernel: this, identities: this.identities, ledger: this.ledger, resourcePolicy: (arn) => this.resourcePolicy(arn) });
  }

  get endpointUrl(): string {
    return this.url;
  }

  /** The HTTP door has opened: from now on URLs that services hand out lead there. */
  reachableAt(endpointUrl: string): void {
    this.url = endpointUrl;
  }

  register(model: ServiceModel): void {
    if (this.models.has(model.signingName)) throw new Error(`two models claim the service ${model.signingName}`);
    this.models.set(model.signingName, model);
  }

  allModels(): ServiceModel[] {
    return [...this.models.values()];
  }

  call(caller: Caller, signingName: string, operation: string, input: object): Promise<unknown> {
    return this.callAs(caller, signingName, operation, input, uuid(this.random));
  }

  /** `call`, under the request id that the answer on the wire carries. */
  callAs(caller: Caller, signingName: string, operation: string, input: object, requestId: string): Promise<unknown> {
    const call = { caller, signingName, operation, input, requestId };
    return this.intercept ? this.intercept(call, () => this.carryOut(call)) : this.carryOut(call);
  }

  private async carryOut({ caller, signingName, operation, input, requestId }: ApiCall): Promise<unknown> {
    try {
      const found = this.models.get(signingName)?.operations[operation];
      if (!found) throw new NotModelled(`the operation ${signingName}:${operation}`);
      const context = { caller, requestId };
      this.authorize(caller, await found.permissions(input, context));
      return await found.handle(input, context);
    } catch (error) {
      if (error instanceof NotModelled) this.ledger.notModelled(error);
      throw error;
    }
  }

  authorize(caller: Caller, permissions: Permission[]): void {
    this.authorizer.authorize(caller, permissions);
  }

  assumeRole(roleArn: string, servicePrincipal: string, sessionName: string): Extract<Caller, { kind: 'role' }> {
    if (!this.identities.roleByArn(roleArn)) throw new AwsError('AccessDeniedException', `${servicePrincipal} cannot assume ${roleArn}: the role does not exist.`);
    this.authorize({ kind: 'service', principal: servicePrincipal }, [{ action: 'sts:AssumeRole', resource: roleArn }]);
    return this.sessionOf(roleArn, sessionName);
  }

  /** A session of a role, without asking whether anybody may have it. */
  sessionOf(roleArn: string, sessionName: string): Extract<Caller, { kind: 'role' }> {
    return roleSession(this.accountId, roleArn, sessionName);
  }

  crash(error: unknown): void {
    this.crashes.push(error);
    this.onCrash(error);
  }

  private resourcePolicy(resourceArn: string): PolicyDocument | undefined {
    const namespace = resourceArn.split(':')[2] ?? '';
    return this.models.get(namespace === 'cloudwatch' ? 'monitoring' : namespace)?.resourcePolicy?.(resourceArn);
  }
}
