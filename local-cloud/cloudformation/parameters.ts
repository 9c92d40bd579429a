// Template parameters: the values a stack was given, checked against what the template allows.
import type { Parameter } from '@aws-sdk/client-cloudformation';
import { NotModelled } from '../kernel/errors.ts';
import { validationError } from './errors.ts';
import { plainText } from './properties.ts';
import type { Template, TemplateParameter } from './template.ts';

const PLAIN_TYPES = ['String', 'Number', 'List<Number>', 'CommaDelimitedList', 'List<String>'];
const SSM_TYPE = /^AWS::SSM::Parameter::Value<(.+)>$/;

/** Each parameter's text as given; `previous` serves `UsePreviousValue`. */
export function parameterTexts(template: Template, given: Parameter[], previous: Readonly<Record<string, string>> = {}): Record<string, string> {
  const strange = given.map((parameter) => parameter.ParameterKey ?? '').filter((name) => !Object.hasOwn(template.Parameters, name));
  if (strange.length > 0) throw validationError(`Parameters: [${strange.join(', ')}] do not exist in the template`);
  const texts: Record<string, string> = {};
  const missing: string[] = [];
  for (const [name, declared] of Object.entries(template.Parameters)) {
    const supplied = given.find((parameter) => parameter.ParameterKey === name);
    const text = supplied?.UsePreviousValue ? previous[name] : (supplied?.ParameterValue ?? defaultText(declared));
    if (text === undefined) missing.push(name);
    else texts[name] = checked(name, declared, text);
  }
  if (missing.length > 0) throw validationError(`Parameters: [${missing.join(', ')}] must have values`);
  return texts;
}

const defaultText = ({ Default: value }: TemplateParameter): string | undefined => {
  if (value === undefined) return undefined;
  return Array.isArray(value) ? value.join(',') : plainText(value);
};

function checked(name: string, declared: TemplateParameter, text: string): string {
  const refuse = (rule: string): never => {
    throw validationError(declared.ConstraintDescription ? `Parameter '${name}' must ${declared.ConstraintDescription}` : `Parameter '${name}' ${rule}`);
  };
  if (declared.AllowedValues && !declared.AllowedValues.map(String).includes(text)) {
    refuse(`must be one of AllowedValues`);
  }
  if (declared.AllowedPattern !== undefined && !new RegExp(`^(?:${declared.AllowedPattern})$`).test(text)) {
    refuse(`must match pattern ${declared.AllowedPattern}`);
  }
  if (declared.MinLength !== undefined && text.length < Number(declared.MinLength)) refuse(`must contain at least ${Number(declared.MinLength)} characters`);
  if (declared.MaxLength !== undefined && text.length > Number(declared.MaxLength)) refuse(`must contain at most ${Number(declared.MaxLength)} characters`);
  if (declared.Type === 'Number') {
    if (text.trim() === '' || Number.isNaN(Number(text))) throw validationError(`Parameter '${name}' must be a number`);
    if (declared.MinValue !== undefined && Number(text) < Number(declared.MinValue)) refuse(`must be a number not less than ${Number(declared.MinValue)}`);
    if (declared.MaxValue !== undefined && Number(text) > Number(declared.MaxValue)) refuse(`must be a number not greater than ${Number(declared.MaxValue)}`);
  }
  return text;
}

/** What `Ref` of a parameter gives. `ssmValue` reads a parameter of Systems Manager. */
export async function parameterValues(
  template: Template,
  texts: Readonly<Record<string, string>>,
  ssmValue: (name: string) => Promise<string>,
): Promise<Record<string, unknown>> {
  const values: Record<string, unknown> = {};
  for (const [name, text] of Object.entries(texts)) {
    const type = template.Parameters[name]?.Type ?? 'String';
    const stored = SSM_TYPE.exec(type)?.[1];
    values[name] = stored === undefined ? valueOf(type, text) : valueOf(stored, await ssmValue(text));
  }
  return values;
}

function valueOf(type: string, text: string): unknown {
  if (type === 'CommaDelimitedList' || type.startsWith('List<')) return text === '' ? [] : text.split(',').map((part) => part.trim());
  // AWS-specific types (`AWS::EC2::VPC::Id`) name things this cloud has no service for; their values are only handed on.
  if (PLAIN_TYPES.includes(type) || type.startsWith('AWS::')) return text;
  throw new NotModelled(`the parameter type ${type}`);
}
