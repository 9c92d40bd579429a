// The optimized integrations apart from Lambda: their arguments are the API's members in PascalCase, with JSON where the API wants text.
import type { PutEventsResponse } from '@aws-sdk/client-eventbridge';
import { StatesError } from '../language/errors.ts';
import { isObject } from '../language/json.ts';
import type { Json, JsonObject } from '../language/json.ts';
import { fromApi, lowerFirst, upperFirst } from './naming.ts';
import type { Resource } from './resource.ts';
import type { TaskCall } from './task-call.ts';

export async function callOptimized(task: TaskCall, resource: Extract<Resource, { kind: 'service' }>): Promise<Json> {
  const given: JsonObject = isObject(task.argumentsValue) ? (task.argumentsValue) : {};
  const operation = upperFirst(resource.action);
  const call = (input: object) => task.kernel.call(task.role, resource.resourceType, operation, input);
  switch (resource.resourceType) {
    case 'sns':
      return fromApi(await call({ ...given, ...textMember(given, 'Message') }));
    case 'sqs':
      return fromApi(await call({ ...given, ...textMember(given, 'MessageBody') }));
    case 'dynamodb':
      return fromApi(await call(given));
    case 'events':
      return putEvents(task, given, call);
    case 'states':
      return startExecution(given, call);
    default:
      throw new Error(`no integration for ${resource.resourceType}`);
  }
}

/** A member that the API wants as text and a definition may give as JSON. */
function textMember(given: JsonObject, name: string): JsonObject {
  const value = given[name];
  return value === undefined ? {} : { [name]: typeof value === 'string' ? value : JSON.stringify(value) };
}

/** Step Functions adds the execution to the Resources of each entry, and fails the task when an entry is refused. */
async function putEvents(task: TaskCall, given: JsonObject, call: (input: object) => Promise<unknown>): Promise<Json> {
  const stateMachineArn = task.executionArn.replace(':execution:', ':stateMachine:').split(':').slice(0, 7).join(':');
  const entries = (Array.isArray(given['Entries']) ? given['Entries'] : []).map((entry) => {
    if (!isObject(entry)) return entry;
    const resources = Array.isArray(entry['Resources']) ? entry['Resources'] : [];
    const time = typeof entry['Time'] === 'string' ? { Time: new Date(entry['Time']) } : {};
    return { ...entry, ...time, ...textMember(entry, 'Detail'), Resources: [...resources, task.executionArn, stateMachineArn] };
  });
  const answer = (await call({ ...given, Entries: entries })) as PutEventsResponse;
  if ((answer.FailedEntryCount ?? 0) > 0) throw new StatesError('EventBridge.FailedEntry', JSON.stringify(answer));
  return fromApi(answer);
}

async function startExecution(given: JsonObject, call: (input: object) => Promise<unknown>): Promise<Json> {
  const input = Object.fromEntries(Object.entries({ ...given, ...textMember(given, 'Input') }).map(([key, value]) => [lowerFirst(key), value]));
  const answer = fromApi(await call(input));
  return isObject(answer) ? Object.fromEntries(Object.entries(answer).map(([key, value]) => [upperFirst(key), value])) : answer;
}
