// How callers name a function: a name, a partial ARN or an ARN, each with or without a qualifier.
import { NotModelled } from '../kernel/errors.ts';
import type { Kernel } from '../kernel/kernel.ts';
import { arnOf } from '../kernel/kernel.ts';

type Place = Pick<Kernel, 'accountId' | 'region'>;

export const functionArnOf = (kernel: Place, name: string): string => arnOf(kernel, 'lambda', `function:${name}`);

/** https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html (FunctionName): `my-function`, `123456789012:function:my-function`, or the ARN. */
export function parseFunctionName(given: string): { name: string; qualifier: string | undefined } {
  const afterFunction = given.match(/(?:^|:)function:(.*)$/)?.[1] ?? given;
  const [name = '', qualifier] = afterFunction.split(':');
  return { name, qualifier };
}

/** Only the unpublished version exists here. */
export function refuseQualifier(qualifier: string | undefined): void {
  if (qualifier !== undefined && qualifier !== '$LATEST') throw new NotModelled(`published versions and aliases of functions (${qualifier})`);
}
