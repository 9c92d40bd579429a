// The one place that reads the Lambda's environment; a missing variable is a packaging fault and is said at start-up.
import { SlipwayError } from '../core/errors.ts';

export class EnvironmentIncomplete extends SlipwayError {
  override readonly name = 'EnvironmentIncomplete';
  readonly retry = 'never';
}

export type EnvironmentVariable = 'TABLE_NAME' | 'STATE_MACHINE_ARN' | 'PREFLIGHT_FUNCTION' | 'IMAGE_PUSHED_FUNCTION' | 'ANNOUNCE_FUNCTION' | 'AWS_LAMBDA_FUNCTION_NAME' | 'SIGNAL_FUNCTION' | 'OBSERVE_FUNCTION' | 'AWS_REGION' | 'ACCOUNT_ID';

export type Environment = Readonly<Partial<Record<string, string>>>;

export function required(environment: Environment, name: EnvironmentVariable): string {
  const value = environment[name];
  if (!value) throw new EnvironmentIncomplete(`the environment variable ${name} is not set`, 'Deploy the packaged template again: it sets every variable its functions need.');
  return value;
}
