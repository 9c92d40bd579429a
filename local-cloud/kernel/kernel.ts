// What every model is given: time, randomness, the account, and the one way to call another service under IAM.
import type { Clock } from './clock.ts';
import type { Physics } from './physics.ts';
import type { Random } from './random.ts';
import type { Caller, Permission } from './service.ts';
import type { Switches } from './switches.ts';

export interface Kernel {
  readonly clock: Clock;
  readonly random: Random;
  readonly accountId: string; // 12 digits
  readonly region: string;
  readonly physics: Physics;
  readonly switches: Switches;
  /** The base URL clients reach this cloud at (`http://127.0.0.1:4577`); services that hand out URLs build on it. */
  readonly endpointUrl: string;
  /**
   * Calls an operation of any registered service in process, with IAM enforced exactly as over HTTP.
   * Rejects with `AwsError` (`AccessDeniedException` when a permission is missing).
   */
  call(caller: Caller, signingName: string, operation: string, input: object): Promise<unknown>;
  /** Checks permissions without calling an operation (X-Ray segments, log deliveries, KMS use by a service). Throws `AwsError` when denied. */
  authorize(caller: Caller, permissions: Permission[]): void;
  /** The caller that a role's credentials would be, for a service that runs something as that role. */
  assumeRole(roleArn: string, servicePrincipal: string, sessionName: string): Extract<Caller, { kind: 'role' }>;
  /** A fault of the model itself, not of a caller: kept, printed, and the process's exit code becomes non-zero. */
  crash(error: unknown): void;
}

/** `arn:aws:SERVICE:REGION:ACCOUNT:REST` of this cloud. */
export const arnOf = (kernel: Pick<Kernel, 'accountId' | 'region'>, service: string, rest: string): string =>
  `arn:aws:${service}:${kernel.region}:${kernel.accountId}:${rest}`;
