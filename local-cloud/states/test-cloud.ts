// For the tests of this folder: the model in a test kernel, beside functions that are plain TypeScript and services that are stubs.
import type { DescribeExecutionOutput, GetExecutionHistoryOutput, HistoryEvent, StartExecutionOutput } from '@aws-sdk/client-sfn';
import { AwsError } from '../kernel/errors.ts';
import type { Operation, ServiceModel } from '../kernel/service.ts';
import { testKernel } from '../testing/kernel.ts';
import type { TestKernelOptions } from '../testing/kernel.ts';
import { StepFunctionsModel } from './index.ts';
import type { Json } from './language/json.ts';

export const ROLE_ARN = 'arn:aws:iam::123456789012:role/machine';
const YEAR_MS = 366 * 24 * 3600 * 1000;

/** A function of a test: answers, throws a `FunctionFault` as a function would, or an `AwsError` as the service would. */
export type TestFunction = (payload: Json) => Json | Promise<Json>;

/** An error a function throws: its class name and message. */
export class FunctionFault extends Error {
  readonly errorType: string;

  constructor(errorType: string, message: string) {
    super(message);
    this.errorType = errorType;
  }
}

export interface Outcome {
  status: string | undefined;
  output: Json | undefined;
  error: string | undefined;
  cause: string | undefined;
  /** From start to end, in virtual time. */
  tookMs: number;
  executionArn: string;
  events: HistoryEvent[];
  types: string[];
}

export function testCloud(options: TestKernelOptions & { functions?: Record<string, TestFunction>; services?: Record<string, Record<string, (input: object) => unknown>> } = {}) {
  const kernel = testKernel(options);
  const emitted: { detailType: string; resources: string[]; detail: Record<string, unknown> }[] = [];
  const metrics: { metricName: string; value: number; dimensions: Record<string, string> }[] = [];
  const logLines: { logGroupName: string; logStreamName: string; message: string }[] = [];
  const model = new StepFunctionsModel(kernel.kernel, {
    events: { emit: (event) => void emitted.push(event) },
    metrics: { record: (datum) => void metrics.push(datum) },
    logs: { append: ({ message, ...entry }) => void logLines.push({ ...entry, message: typeof message === 'string' ? message : message() }) },
  });
  kernel.register(model);
  const functions: Record<string, TestFunction> = { ...options.functions };
  kernel.register(lambdaStub(functions));
  for (const [signingName, operations] of Object.entries(options.services ?? {})) kernel.register(serviceStub(signingName, operations));

  const states = <Output>(operation: string, input: object) => kernel.call('states', operation, input) as Promise<Output>;

  async function createMachine(definition: object, more: object = {}): Promise<string> {
    const complete = { QueryLanguage: 'JSONata', ...definition };
    const name = `machine-${kernel.calls.length}`;
    const { stateMachineArn } = await states<{ stateMachineArn: string }>('CreateStateMachine', { name, definition: JSON.stringify(complete), roleArn: ROLE_ARN, ...more });
    return stateMachineArn;
  }

  async function start(definition: object, input: Json = {}, more: object = {}): Promise<string> {
    const stateMachineArn = await createMachine(definition, more);
    const { executionArn = '' } = await states<StartExecutionOutput>('StartExecution', { stateMachineArn, input: JSON.stringify(input) });
    return executionArn;
  }

  async function history(executionArn: string): Promise<HistoryEvent[]> {
    const events: HistoryEvent[] = [];
    let nextToken: string | undefined;
    do {
      const page: GetExecutionHistoryOutput = await states('GetExecutionHistory', { executionArn, maxResults: 1000, nextToken });
      events.push(...(page.events ?? []));
      nextToken = page.nextToken;
    } while (nextToken !== undefined);
    return events;
  }

  async function outcomeOf(executionArn: string): Promise<Outcome> {
    const described = await states<DescribeExecutionOutput>('DescribeExecution', { executionArn });
    const events = await history(executionArn);
    const { status, output, error, cause, startDate, stopDate } = described;
    return {
      status,
      output: output === undefined ? undefined : (JSON.parse(output) as Json),
      error,
      cause,
      tookMs: (stopDate?.getTime() ?? NaN) - (startDate?.getTime() ?? NaN),
      executionArn,
      events,
      types: events.map(({ type }) => type ?? ''),
    };
  }

  /** Lets an execution run until it ends. */
  async function finish(executionArn: string): Promise<Outcome> {
    const hasEnded = () => emitted.some(({ resources, detail }) => resources[0] === executionArn && detail['stopDate'] !== null);
    await kernel.clock.advanceUntil(hasEnded, YEAR_MS);
    return outcomeOf(executionArn);
  }

  const run = async (definition: object, input: Json = {}): Promise<Outcome> => finish(await start(definition, input));

  return { ...kernel, model, functions, emitted, metrics, logLines, states, createMachine, start, history, outcomeOf, finish, run };
}

export type TestCloud = ReturnType<typeof testCloud>;

function serviceStub(signingName: string, operations: Record<string, (input: object) => unknown>): ServiceModel {
  const entries = Object.entries(operations).map(([name, handle]): [string, Operation] => [name, { permissions: () => [], handle: (input) => handle(input as object) }]);
  return { signingName, operations: Object.fromEntries(entries) };
}

function lambdaStub(functions: Record<string, TestFunction>): ServiceModel {
  const invoke = async (given: unknown): Promise<unknown> => {
    const { FunctionName = '', Payload } = given as { FunctionName?: string; Payload?: Uint8Array };
    const run = functions[FunctionName.split(':').at(-1) ?? ''];
    if (!run) throw new AwsError('ResourceNotFoundException', `Function not found: ${FunctionName}`);
    const encode = (value: Json) => new TextEncoder().encode(JSON.stringify(value));
    try {
      const answer = await run(Payload ? (JSON.parse(new TextDecoder().decode(Payload)) as Json) : {});
      return { StatusCode: 200, ExecutedVersion: '$LATEST', Payload: encode(answer) };
    } catch (error) {
      if (!(error instanceof FunctionFault)) throw error;
      return { StatusCode: 200, FunctionError: 'Unhandled', Payload: encode({ errorType: error.errorType, errorMessage: error.message }) };
    }
  };
  return serviceStub('lambda', { Invoke: invoke });
}

/** A Task state that invokes a test function. */
export const invoking = (name: string, more: object = {}): Record<string, unknown> => ({
  Type: 'Task',
  Resource: 'arn:aws:states:::lambda:invoke',
  Arguments: { FunctionName: name, Payload: '{% $states.input %}' },
  Output: '{% $states.result.Payload %}',
  ...more,
});
