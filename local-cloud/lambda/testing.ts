// What Lambda tests share: a small cloud with queues and functions, zips made on the spot, and a log that can be read.
import type * as lambda from '@aws-sdk/client-lambda';
import { strToU8, zipSync } from 'fflate';
import { SqsModel } from '../sqs/index.ts';
import { AwsError } from '../kernel/errors.ts';
import type { Caller, Permission } from '../kernel/service.ts';
import { testKernel } from '../testing/kernel.ts';
import type { TestKernel, TestKernelOptions } from '../testing/kernel.ts';
import { LambdaModel } from './lambda-model.ts';
import type { LambdaPorts } from './lambda-model.ts';
import { InProcessFunctionRunner } from './in-process-runner.ts';
import type { InProcessHandler } from './in-process-runner.ts';
import type { FunctionRunner } from './runner.ts';

export const ROLE = 'arn:aws:iam::123456789012:role/fn';
export const ARN = 'arn:aws:lambda:eu-west-1:123456789012:function:';
export const QUEUE = 'arn:aws:sqs:eu-west-1:123456789012:';

export const zipOf = (files: Record<string, string>): Uint8Array => zipSync(Object.fromEntries(Object.entries(files).map(([name, text]) => [name, strToU8(text)])));

export interface LambdaWorld extends Omit<TestKernel, 'call' | 'register'> {
  call: TestKernel['call'];
  model: LambdaModel;
  queues: SqsModel;
  logs: { logGroupName: string; logStreamName: string; message: string }[];
  metrics: { metricName: string; dimensions: Record<string, string>; value: number }[];
  create: (name: string, more?: Partial<lambda.CreateFunctionCommandInput>) => Promise<lambda.FunctionConfiguration>;
  invoke: (name: string, payload?: unknown, more?: object) => Promise<{ answer: lambda.InvokeCommandOutput; payload: unknown }>;
  invokeLater: (name: string, payload?: unknown) => Promise<unknown>;
}

export function lambdaWorld(
  runner: Record<string, InProcessHandler> | ((nowMs: () => number) => FunctionRunner),
  options: TestKernelOptions & { ports?: Partial<LambdaPorts>; makeKernel?: (kernel: TestKernel['kernel']) => TestKernel['kernel'] } = {},
): LambdaWorld {
  const test = testKernel(options);
  const kernel = options.makeKernel?.(test.kernel) ?? test.kernel;
  const nowMs = () => kernel.clock.nowMs();
  const logs: LambdaWorld['logs'] = [];
  const metrics: LambdaWorld['metrics'] = [];
  const queues = new SqsModel(kernel);
  const model = new LambdaModel(kernel, {
    queues,
    runner: typeof runner === 'function' ? runner(nowMs) : new InProcessFunctionRunner(runner, nowMs),
    logs: { append: ({ message, ...entry }) => void logs.push({ ...entry, message: typeof message === 'string' ? message : message() }) },
    metrics: { record: (datum) => void metrics.push(datum) },
    ...options.ports,
  });
  test.register(model);
  test.register(queues);
  const call: TestKernel['call'] = (signingName, operation, input) => test.call(signingName, operation, input);
  return {
    ...test,
    call,
    model,
    queues,
    logs,
    metrics,
    create: async (name, more) =>
      (await call('lambda', 'CreateFunction', {
        FunctionName: name,
        Role: ROLE,
        Runtime: 'nodejs20.x',
        Handler: 'index.handler',
        Code: { ZipFile: zipOf({ 'index.js': 'exports.handler = async () => 1' }) },
        ...more,
      })) as lambda.FunctionConfiguration,
    invoke: async (name, payload, more) => {
      const answer = (await call('lambda', 'Invoke', { FunctionName: name, Payload: Buffer.from(JSON.stringify(payload ?? {})), ...more })) as lambda.InvokeCommandOutput;
      return { answer, payload: answer.Payload ? (JSON.parse(Buffer.from(answer.Payload).toString('utf8')) as unknown) : undefined };
    },
    invokeLater: (name, payload) => call('lambda', 'Invoke', { FunctionName: name, InvocationType: 'Event', Payload: Buffer.from(JSON.stringify(payload ?? {})) }),
  };
}

/** Denies one action to roles. */
export const denying = (action: string) => (caller: Caller, permissions: Permission[]) => {
  if (caller.kind === 'role' && permissions.some((permission) => permission.action === action)) throw new AwsError('AccessDeniedException', `not authorized to perform: ${action}`);
};

/** Sum of all data points of a metric. */
export const total = (world: LambdaWorld, metricName: string): number => world.metrics.filter((datum) => datum.metricName === metricName).reduce((sum, datum) => sum + datum.value, 0);
