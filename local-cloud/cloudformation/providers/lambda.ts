// AWS::Lambda::Function, Permission, Url, EventInvokeConfig and EventSourceMapping.
import { sleep } from '../../kernel/clock.ts';
import { NotModelled } from '../../kernel/errors.ts';
import { coerce, tagMap } from '../properties.ts';
import type { Properties } from '../properties.ts';
import type { Made, ProviderContext, ResourceProvider } from '../provider.ts';

const CONFIGURATION = [
  'Handler', 'Runtime', 'Role', 'Description', 'Timeout', 'MemorySize', 'Environment', 'TracingConfig', 'DeadLetterConfig', 'KMSKeyArn',
  'LoggingConfig', 'EphemeralStorage', 'Layers', 'VpcConfig', 'SnapStart',
];
const NUMBERS = new Set(['Timeout', 'MemorySize', 'Size', 'MaximumEventAgeInSeconds', 'MaximumRetryAttempts', 'BatchSize', 'MaximumBatchingWindowInSeconds', 'MaximumConcurrency']);
const FLAGS = new Set(['Enabled', 'BisectBatchOnFunctionError', 'AllowCredentials']);

/** CloudFormation spells `KmsKeyArn` where the API says `KMSKeyArn`. */
const configurationOf = (properties: Properties): Record<string, unknown> => {
  const { KmsKeyArn: key, ...rest } = properties.pick(...CONFIGURATION, 'KmsKeyArn');
  return coerce({ ...rest, ...(key === undefined ? {} : { KMSKeyArn: key }) }, NUMBERS, FLAGS) as Record<string, unknown>;
};

/** Lambda fetches the package from where the template says. Source text inside a template would have to be zipped first. */
function codeOf(properties: Properties): Record<string, unknown> {
  const code = properties.record('Code') ?? {};
  if (code['ZipFile'] !== undefined) throw new NotModelled('AWS::Lambda::Function: source code inside the template (Code.ZipFile)');
  return code;
}

async function untilSettled(name: string, context: ProviderContext): Promise<Record<string, unknown>> {
  for (;;) {
    const found = await context.call('lambda', 'GetFunctionConfiguration', { FunctionName: name });
    if (found['State'] !== 'Pending' && found['LastUpdateStatus'] !== 'InProgress') return found;
    await sleep(context.kernel.clock, context.kernel.physics.schedulerTickMs);
  }
}

const madeFunction = (name: string, configuration: Record<string, unknown>): Made => ({ physicalId: name, attributes: { Arn: configuration['FunctionArn'] } });

async function setConcurrency(name: string, wanted: number | undefined, had: number | undefined, context: ProviderContext): Promise<void> {
  if (wanted === had) return;
  if (wanted === undefined) await context.call('lambda', 'DeleteFunctionConcurrency', { FunctionName: name });
  else await context.call('lambda', 'PutFunctionConcurrency', { FunctionName: name, ReservedConcurrentExecutions: wanted });
}

const lambdaFunction: ResourceProvider = {
  type: 'AWS::Lambda::Function',
  properties: ['FunctionName', 'Code', 'Architectures', 'PackageType', 'ReservedConcurrentExecutions', 'Tags', 'KmsKeyArn', ...CONFIGURATION],
  nameProperty: 'FunctionName',
  replacedBy: ['PackageType'],
  async create(properties, context) {
    const name = properties.optionalText('FunctionName') ?? context.generatedName(64);
    const tags = context.tags(properties.raw('Tags'));
    await context.call('lambda', 'CreateFunction', {
      FunctionName: name,
      Code: codeOf(properties),
      ...configurationOf(properties),
      ...properties.pick('Architectures', 'PackageType'),
      ...(tags.length > 0 ? { Tags: tagMap(tags) } : {}),
    });
    await setConcurrency(name, properties.number('ReservedConcurrentExecutions'), undefined, context);
    return madeFunction(name, await untilSettled(name, context));
  },
  async update(properties, old, made, context) {
    const name = made.physicalId;
    const changed = (member: string) => JSON.stringify(properties.raw(member)) !== JSON.stringify(old.raw(member));
    if (changed('Code') || changed('Architectures')) {
      await context.call('lambda', 'UpdateFunctionCode', { FunctionName: name, ...codeOf(properties), ...properties.pick('Architectures') });
      await untilSettled(name, context);
    }
    if ([...CONFIGURATION, 'KmsKeyArn'].some(changed)) {
      // What the template no longer sets goes back to its default.
      const cleared = { ...(changed('Environment') ? { Environment: { Variables: {} } } : {}), ...(changed('Description') ? { Description: '' } : {}) };
      await context.call('lambda', 'UpdateFunctionConfiguration', { FunctionName: name, ...cleared, ...configurationOf(properties) });
    }
    await setConcurrency(name, properties.number('ReservedConcurrentExecutions'), old.number('ReservedConcurrentExecutions'), context);
    if (changed('Tags')) await context.call('lambda', 'TagResource', { Resource: made.attributes['Arn'], Tags: tagMap(context.tags(properties.raw('Tags'))) });
    return madeFunction(name, await untilSettled(name, context));
  },
  async remove(made, _properties, context) {
    await context.call('lambda', 'DeleteFunction', { FunctionName: made.physicalId });
  },
};

const PERMISSION_FIELDS = ['Action', 'Principal', 'SourceArn', 'SourceAccount', 'EventSourceToken', 'FunctionUrlAuthType', 'PrincipalOrgID', 'InvokedViaFunctionUrl'];

const permission: ResourceProvider = {
  type: 'AWS::Lambda::Permission',
  properties: ['FunctionName', ...PERMISSION_FIELDS],
  async create(properties, context) {
    const id = context.generatedName(100);
    const granted = coerce(properties.pick(...PERMISSION_FIELDS), NUMBERS, new Set(['InvokedViaFunctionUrl'])) as object;
    await context.call('lambda', 'AddPermission', { FunctionName: properties.text('FunctionName'), StatementId: id, ...granted });
    return { physicalId: id, attributes: { Id: id, FunctionName: properties.text('FunctionName') } };
  },
  async remove(made, _properties, context) {
    await context.call('lambda', 'RemovePermission', { FunctionName: made.attributes['FunctionName'], StatementId: made.physicalId });
  },
};

const URL_FIELDS = ['AuthType', 'Cors', 'InvokeMode', 'Qualifier'];

async function putUrl(operation: string, properties: Properties, context: ProviderContext): Promise<Made> {
  const settings = coerce(properties.pick(...URL_FIELDS), new Set(['MaxAge']), FLAGS) as object;
  const answer = await context.call('lambda', operation, { FunctionName: properties.text('TargetFunctionArn'), ...settings });
  return { physicalId: String(answer['FunctionArn']), attributes: { FunctionUrl: answer['FunctionUrl'], FunctionArn: answer['FunctionArn'] } };
}

const url: ResourceProvider = {
  type: 'AWS::Lambda::Url',
  properties: ['TargetFunctionArn', ...URL_FIELDS],
  replacedBy: ['TargetFunctionArn', 'Qualifier'],
  create: (properties, context) => putUrl('CreateFunctionUrlConfig', properties, context),
  update: (properties, _old, _made, context) => putUrl('UpdateFunctionUrlConfig', properties, context),
  async remove(made, properties, context) {
    await context.call('lambda', 'DeleteFunctionUrlConfig', { FunctionName: made.attributes['FunctionArn'], ...properties.pick('Qualifier') });
  },
};

const INVOKE_FIELDS = ['Qualifier', 'MaximumEventAgeInSeconds', 'MaximumRetryAttempts', 'DestinationConfig'];

async function putInvokeConfig(properties: Properties, context: ProviderContext): Promise<Made> {
  const settings = coerce(properties.pick(...INVOKE_FIELDS), NUMBERS, FLAGS) as Record<string, unknown>;
  const target = { FunctionName: properties.text('FunctionName'), ...settings };
  await context.call('lambda', 'PutFunctionEventInvokeConfig', target);
  return { physicalId: context.generatedName(100), attributes: { FunctionName: target.FunctionName, Qualifier: settings['Qualifier'] } };
}

const eventInvokeConfig: ResourceProvider = {
  type: 'AWS::Lambda::EventInvokeConfig',
  properties: ['FunctionName', ...INVOKE_FIELDS],
  replacedBy: ['FunctionName', 'Qualifier'],
  create: putInvokeConfig,
  update: async (properties, _old, made, context) => ({ ...(await putInvokeConfig(properties, context)), physicalId: made.physicalId }),
  async remove(made, _properties, context) {
    await context.call('lambda', 'DeleteFunctionEventInvokeConfig', { FunctionName: made.attributes['FunctionName'], Qualifier: made.attributes['Qualifier'] });
  },
};

const MAPPING_FIELDS = ['BatchSize', 'Enabled', 'MaximumBatchingWindowInSeconds', 'FunctionResponseTypes', 'ScalingConfig', 'FilterCriteria'];

const eventSourceMapping: ResourceProvider = {
  type: 'AWS::Lambda::EventSourceMapping',
  properties: ['EventSourceArn', 'FunctionName', ...MAPPING_FIELDS],
  replacedBy: ['EventSourceArn'],
  async create(properties, context) {
    const settings = coerce(properties.pick('EventSourceArn', 'FunctionName', ...MAPPING_FIELDS), NUMBERS, FLAGS) as object;
    const answer = await context.call('lambda', 'CreateEventSourceMapping', settings);
    return { physicalId: String(answer['UUID']), attributes: { Id: answer['UUID'], EventSourceMappingArn: answer['EventSourceMappingArn'] } };
  },
  async update(properties, _old, made, context) {
    const settings = coerce(properties.pick('FunctionName', ...MAPPING_FIELDS), NUMBERS, FLAGS) as object;
    await context.call('lambda', 'UpdateEventSourceMapping', { UUID: made.physicalId, ...settings });
    return made;
  },
  async remove(made, _properties, context) {
    await context.call('lambda', 'DeleteEventSourceMapping', { UUID: made.physicalId });
  },
};

export const lambdaProviders: ResourceProvider[] = [lambdaFunction, permission, url, eventInvokeConfig, eventSourceMapping];
