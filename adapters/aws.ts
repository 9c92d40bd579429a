// What every SDK client here is made with. Everything is explicit, so that no client looks for configuration files, and so
// that a simulation can put its own transport and credentials under the same clients.
import type { HttpHandlerUserInput } from '@smithy/core/protocols';
import type { AwsCredentialIdentity } from '@smithy/types';

export interface AwsOptions {
  region: string;
  endpoint?: string;
  credentials?: AwsCredentialIdentity;
  requestHandler?: HttpHandlerUserInput;
  /** Attempts per call, the first included. */
  maxAttempts: number;
}

/** In a Lambda: region and credentials from the environment; a local endpoint only when one is set. */
export const awsFromEnvironment = (region: string): AwsOptions => ({ region, maxAttempts: 4 });

/**
 * For calls that must not be sent twice: the SDK would try again after an answer that was lost, and ECS has no token to know a
 * repetition by. Who uses it looks for what an earlier try did, and is itself tried again.
 */
export const once = (options: AwsOptions): AwsOptions => ({ ...options, maxAttempts: 1 });

/** Is this the SDK's error of that name? Names are the interface: classes differ between bundles. */
export const isAwsError = (error: unknown, ...names: string[]): error is Error => error instanceof Error && names.includes(error.name);
