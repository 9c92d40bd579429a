// Evaluates template values for one stack: its parameters, its resources so far, other stacks' exports, and the references to
// parameters and secrets that are looked up when a resource is made (`{{resolve:ssm:NAME}}`).
import type { Kernel } from '../kernel/kernel.ts';
import type { Caller } from '../kernel/service.ts';
import { NotModelled } from '../kernel/errors.ts';
import { validationError } from './errors.ts';
import { evaluate } from './intrinsics.ts';
import type { Stack, StackOutput, StackWish } from './stack.ts';
import { plainText } from './properties.ts';
import { isRecord } from './template.ts';

export type FindExport = (exportName: string) => string | undefined;

export function evaluateFor(stack: Stack, wish: StackWish, value: unknown, findExport: FindExport): unknown {
  return evaluate(value, {
    template: wish.template,
    parameters: wish.parameters,
    conditions: wish.conditions,
    resource: (logicalId) => {
      const made = stack.resources.get(logicalId)?.made;
      return made && { ref: made.physicalId, attributes: made.attributes };
    },
    importValue: (name) => {
      const found = findExport(name);
      if (found === undefined) throw validationError(`No export named ${name} found. Rollback requested by user.`);
      stack.imports.add(name);
      return found;
    },
  });
}

/** Resolved properties, without dynamic references looked up: what two templates are compared by. */
export const propertiesOf = (stack: Stack, wish: StackWish, logicalId: string, findExport: FindExport): Record<string, unknown> => {
  const value = evaluateFor(stack, wish, wish.template.Resources[logicalId]?.Properties ?? {}, findExport);
  return isRecord(value) ? value : {};
};

export const outputsOf = (stack: Stack, wish: StackWish, findExport: FindExport): StackOutput[] =>
  Object.entries(wish.template.Outputs)
    .filter(([, output]) => output.Condition === undefined || wish.conditions[output.Condition])
    .map(([key, output]) => {
      const value = evaluateFor(stack, wish, output.Value, findExport);
      if (typeof value === 'object' || value === undefined) {
        throw validationError(`Template format error: The Value field of every Outputs member must evaluate to a String (output ${key}).`);
      }
      const exportName = output.Export && evaluateFor(stack, wish, output.Export.Name, findExport);
      return { key, value: plainText(value), description: output.Description, exportName: exportName as string | undefined };
    });

/** The logical ids whose conditions hold. */
export const wantedResources = (wish: StackWish): string[] =>
  Object.entries(wish.template.Resources)
    .filter(([, resource]) => resource.Condition === undefined || wish.conditions[resource.Condition])
    .map(([logicalId]) => logicalId);

const REFERENCE = /\{\{resolve:(ssm|ssm-secure|secretsmanager):([^}]+)\}\}/g;

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/dynamic-references.html */
export async function lookUpReferences(value: unknown, kernel: Kernel, caller: Caller): Promise<unknown> {
  if (!holdsReference(value)) return value;
  if (Array.isArray(value)) return Promise.all(value.map((element) => lookUpReferences(element, kernel, caller)));
  if (isRecord(value)) {
    const members = await Promise.all(
      Object.entries(value).map(async ([name, member]): Promise<[string, unknown]> => [name, await lookUpReferences(member, kernel, caller)]),
    );
    return Object.fromEntries(members);
  }
  if (typeof value !== 'string') return value;
  let text = value;
  for (const [place, service = '', rest = ''] of value.matchAll(REFERENCE)) text = text.replace(place, await lookUp(service, rest, kernel, caller));
  return text;
}

/** Nearly nothing does, and a promise for each member of a long template is dear. */
function holdsReference(value: unknown): boolean {
  if (typeof value === 'string') return value.includes('{{resolve:');
  if (typeof value !== 'object' || value === null) return false;
  return Object.values(value).some(holdsReference);
}

async function lookUp(service: string, rest: string, kernel: Kernel, caller: Caller): Promise<string> {
  if (service !== 'secretsmanager') {
    const answer = (await kernel.call(caller, 'ssm', 'GetParameter', { Name: rest, WithDecryption: service === 'ssm-secure' })) as { Parameter?: { Value?: string } };
    return answer.Parameter?.Value ?? '';
  }
  const match = /^((?:arn:aws:secretsmanager:[^:]*:[^:]*:secret:)?[^:]+)(?::SecretString(?::([^:]*))?(?::([^:]*))?(?::([^:]*))?)?$/.exec(rest);
  const [, id = rest, jsonKey = '', stage = '', version = ''] = match ?? [];
  if (!match) throw new NotModelled(`the dynamic reference {{resolve:secretsmanager:${rest}}}`);
  const answer = (await kernel.call(caller, 'secretsmanager', 'GetSecretValue', {
    SecretId: id,
    ...(stage ? { VersionStage: stage } : {}),
    ...(version ? { VersionId: version } : {}),
  })) as { SecretString?: string };
  if (jsonKey === '') return answer.SecretString ?? '';
  const parsed = JSON.parse(answer.SecretString ?? '{}') as Record<string, unknown>;
  if (parsed[jsonKey] === undefined) throw validationError(`Could not find a value associated with JSONKey in SecretString`);
  return plainText(parsed[jsonKey]);
}
