// AWS::StepFunctions::StateMachine.
import { NotModelled } from '../../kernel/errors.ts';
import { validationError } from '../errors.ts';
import { coerce, lowerFirst, lowerTags } from '../properties.ts';
import type { Properties } from '../properties.ts';
import type { ProviderContext, ResourceProvider } from '../provider.ts';

const FLAGS = new Set(['IncludeExecutionData', 'Enabled']);

/**
 * The definition with `${Name}` replaced wherever DefinitionSubstitutions names it; other `${...}` stay as they are.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-stepfunctions-statemachine.html
 */
export function definitionOf(properties: Properties): string {
  const text = properties.has('Definition') ? properties.json('Definition') : properties.optionalText('DefinitionString');
  if (text === undefined) throw validationError('Properties validation failed: one of Definition, DefinitionString or DefinitionS3Location is required');
  let substituted = text;
  for (const [name, value] of Object.entries(properties.record('DefinitionSubstitutions') ?? {})) {
    const plain = typeof value === 'string' ? value : JSON.stringify(value);
    // A value lands inside a JSON string, so it is escaped as one.
    substituted = substituted.replaceAll(`\${${name}}`, JSON.stringify(plain).slice(1, -1));
  }
  return substituted;
}

const settingsOf = (properties: Properties): Record<string, unknown> =>
  lowerFirst(coerce(properties.pick('RoleArn', 'LoggingConfiguration', 'TracingConfiguration'), new Set(), FLAGS), new Set()) as Record<string, unknown>;

const stateMachine: ResourceProvider = {
  type: 'AWS::StepFunctions::StateMachine',
  properties: ['StateMachineName', 'StateMachineType', 'RoleArn', 'Definition', 'DefinitionString', 'DefinitionSubstitutions', 'LoggingConfiguration', 'TracingConfiguration', 'EncryptionConfiguration', 'Tags'],
  nameProperty: 'StateMachineName',
  replacedBy: ['StateMachineType'],
  async create(properties, context: ProviderContext) {
    if (properties.has('EncryptionConfiguration')) throw new NotModelled('AWS::StepFunctions::StateMachine: EncryptionConfiguration');
    const name = properties.optionalText('StateMachineName') ?? context.generatedName(80);
    const tags = context.tags(properties.raw('Tags'));
    const answer = await context.call('states', 'CreateStateMachine', {
      name,
      definition: definitionOf(properties),
      ...settingsOf(properties),
      ...(properties.has('StateMachineType') ? { type: properties.text('StateMachineType') } : {}),
      ...(tags.length > 0 ? { tags: lowerTags(tags) } : {}),
    });
    const arn = String(answer['stateMachineArn']);
    return { physicalId: arn, attributes: { Arn: arn, Name: name } };
  },
  async update(properties, _old, made, context) {
    await context.call('states', 'UpdateStateMachine', { stateMachineArn: made.physicalId, definition: definitionOf(properties), ...settingsOf(properties) });
    return made;
  },
  async remove(made, _properties, context) {
    await context.call('states', 'DeleteStateMachine', { stateMachineArn: made.physicalId });
  },
};

export const statesProviders: ResourceProvider[] = [stateMachine];
