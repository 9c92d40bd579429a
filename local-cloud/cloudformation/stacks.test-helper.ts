// CloudFormation over services that answer from a script and remember what they were asked.
import type { ServiceModel } from '../kernel/service.ts';
import { AwsError } from '../kernel/errors.ts';
import { testKernel } from '../testing/kernel.ts';
import { CloudFormationModel } from './index.ts';

/** The answer to an operation, or what to make of its input. */
export type Script = Record<string, unknown>;

export function cloudWith(script: Record<string, Script>, files: Record<string, string> = {}) {
  const test = testKernel();
  for (const [signingName, answers] of Object.entries(script)) {
    const operations = Object.fromEntries(
      Object.entries(answers).map(([operation, answer]) => [
        operation,
        {
          permissions: () => [],
          handle: (input: unknown) => (typeof answer === 'function' ? (answer as (given: unknown) => unknown)(input) : answer),
        },
      ]),
    );
    test.register({ signingName, operations } satisfies ServiceModel);
  }
  const artefacts = {
    get: (bucket: string, key: string) => (files[`${bucket}/${key}`] === undefined ? undefined : Buffer.from(files[`${bucket}/${key}`] ?? '')),
  };
  test.register(new CloudFormationModel(test.kernel, { artefacts }));
  const call = async (operation: string, input: object) => (await test.call('cloudformation', operation, input)) as Record<string, never>;
  const stack = async (StackName: string) => {
    const answer = (await call('DescribeStacks', { StackName })) as { Stacks?: { StackStatus: string; StackStatusReason?: string; Outputs: { OutputKey: string; OutputValue: string }[] }[] };
    return answer.Stacks![0]!;
  };
  /** Lets the clock run until the stack rests. */
  const settled = async (StackName: string) => {
    for (let turn = 0; turn < 500; turn++) {
      await test.clock.advance(1_000);
      const found = await stack(StackName);
      if (!found.StackStatus.endsWith('_IN_PROGRESS')) return found;
    }
    throw new Error(`stack ${StackName} never rested`);
  };
  const made = () => test.calls.filter((recorded) => recorded.signingName !== 'cloudformation').map(({ signingName, operation, input }) => ({ call: `${signingName}:${operation}`, input }));
  return { ...test, call, stack, settled, made };
}

export const refuse = (code: string, message: string) => () => {
  throw new AwsError(code, message);
};
