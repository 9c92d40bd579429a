// Lambda tasks: the optimized `lambda:invoke` and plain function ARNs.
import type { InvocationRequest, InvocationResponse } from '@aws-sdk/client-lambda';
import { refuseUnknown } from '../../kernel/errors.ts';
import { StatesError } from '../language/errors.ts';
import { isObject, parseJson } from '../language/json.ts';
import type { Json } from '../language/json.ts';
import type { TaskCall } from './task-call.ts';

/** The task's output is the function's answer. */
export async function invokeFunction(task: TaskCall, functionArn: string): Promise<Json> {
  return payloadOf(await invoke(task, { FunctionName: functionArn, Payload: encode(task.argumentsValue) }));
}

/** The task's output has the members of the Invoke API, with Payload as JSON. */
export async function lambdaInvoke(task: TaskCall): Promise<Json> {
  const members = isObject(task.argumentsValue) ? task.argumentsValue : {};
  refuseUnknown('arn:aws:states:::lambda:invoke', members, ['FunctionName', 'Payload', 'InvocationType', 'Qualifier']);
  const answer = await invoke(task, {
    ...(members as Omit<InvocationRequest, 'Payload'>),
    Payload: 'Payload' in members ? encode(members['Payload']) : undefined,
  });
  return { ExecutedVersion: answer.ExecutedVersion ?? '$LATEST', Payload: payloadOf(answer), StatusCode: answer.StatusCode ?? 200 };
}

const encode = (value: Json) => new TextEncoder().encode(JSON.stringify(value));

async function invoke(task: TaskCall, input: InvocationRequest): Promise<InvocationResponse> {
  const answer = (await task.kernel.call(task.role, 'lambda', 'Invoke', input)) as InvocationResponse;
  if (answer.FunctionError !== undefined) throw functionError(textOf(answer));
  return answer;
}

/** The error is the function's `errorType`, the cause its whole answer as text. */
function functionError(payloadText: string): StatesError {
  const answer = parseJson(payloadText)?.value;
  const errorType = isObject(answer) ? answer['errorType'] : undefined;
  return new StatesError(typeof errorType === 'string' && errorType !== '' ? errorType : 'Lambda.Unknown', payloadText);
}

const textOf = (answer: InvocationResponse): string => (answer.Payload ? new TextDecoder().decode(answer.Payload) : '');

function payloadOf(answer: InvocationResponse): Json {
  const text = textOf(answer);
  if (text === '') return {};
  const parsed = parseJson(text);
  return parsed ? parsed.value : text;
}
