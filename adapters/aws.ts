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

/** Is this the SDK's error of that name? Names are the interface: classes differ between bundles. */
export const isAwsError = (error: unknown, ...names: string[]): error is Error => error instanceof Error && names.includes(error.name);
