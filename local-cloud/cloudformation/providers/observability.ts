// AWS::Logs::LogGroup, AWS::CloudWatch::Alarm and CompositeAlarm.
import { coerce, tagMap } from '../properties.ts';
import type { Properties } from '../properties.ts';
import type { Made, ProviderContext, ResourceProvider } from '../provider.ts';
import { arnOf } from '../../kernel/kernel.ts';

const setRetention = async (logGroupName: string, days: number | undefined, had: number | undefined, context: ProviderContext): Promise<void> => {
  if (days === had) return;
  if (days === undefined) await context.call('logs', 'DeleteRetentionPolicy', { logGroupName });
  else await context.call('logs', 'PutRetentionPolicy', { logGroupName, retentionInDays: days });
};

const logGroup: ResourceProvider = {
  type: 'AWS::Logs::LogGroup',
  properties: ['LogGroupName', 'RetentionInDays', 'KmsKeyId', 'LogGroupClass', 'Tags'],
  nameProperty: 'LogGroupName',
  replacedBy: ['LogGroupClass'],
  async create(properties, context) {
    const logGroupName = properties.optionalText('LogGroupName') ?? context.generatedName(512);
    const tags = context.tags(properties.raw('Tags'));
    await context.call('logs', 'CreateLogGroup', {
      logGroupName,
      ...(properties.has('KmsKeyId') ? { kmsKeyId: properties.text('KmsKeyId') } : {}),
      ...(properties.has('LogGroupClass') ? { logGroupClass: properties.text('LogGroupClass') } : {}),
      ...(tags.length > 0 ? { tags: tagMap(tags) } : {}),
    });
    await setRetention(logGroupName, properties.number('RetentionInDays'), undefined, context);
    return { physicalId: logGroupName, attributes: { Arn: arnOf(context.kernel, 'logs', `log-group:${logGroupName}:*`) } };
  },
  async update(properties, old, made, context) {
    await setRetention(made.physicalId, properties.number('RetentionInDays'), old.number('RetentionInDays'), context);
    if (properties.raw('KmsKeyId') !== old.raw('KmsKeyId')) {
      const [operation, key] = properties.has('KmsKeyId') ? ['AssociateKmsKey', { kmsKeyId: properties.text('KmsKeyId') }] : ['DisassociateKmsKey', {}];
      await context.call('logs', String(operation), { logGroupName: made.physicalId, ...(key as object) });
    }
    return made;
  },
  async remove(made, _properties, context) {
    await context.call('logs', 'DeleteLogGroup', { logGroupName: made.physicalId });
  },
};

const ALARM_FIELDS = [
  'AlarmDescription', 'ActionsEnabled', 'OKActions', 'AlarmActions', 'InsufficientDataActions', 'MetricName', 'Namespace', 'Statistic', 'ExtendedStatistic',
  'Dimensions', 'Period', 'Unit', 'EvaluationPeriods', 'DatapointsToAlarm', 'Threshold', 'ComparisonOperator', 'TreatMissingData',
  'EvaluateLowSampleCountPercentile', 'Metrics', 'ThresholdMetricId',
];
const COMPOSITE_FIELDS = [
  'AlarmDescription', 'ActionsEnabled', 'OKActions', 'AlarmActions', 'InsufficientDataActions', 'AlarmRule', 'ActionsSuppressor', 'ActionsSuppressorWaitPeriod',
  'ActionsSuppressorExtensionPeriod',
];
const NUMBERS = new Set(['Period', 'EvaluationPeriods', 'DatapointsToAlarm', 'Threshold', 'ActionsSuppressorWaitPeriod', 'ActionsSuppressorExtensionPeriod']);
const FLAGS = new Set(['ActionsEnabled', 'ReturnData']);

/** Both kinds of alarm are put by name, whether new or not. */
function alarmProvider(type: string, operation: string, fields: string[]): ResourceProvider {
  const put = async (properties: Properties, AlarmName: string, context: ProviderContext): Promise<Made> => {
    const tags = context.tags(properties.raw('Tags'));
    const settings = coerce(properties.pick(...fields), NUMBERS, FLAGS) as object;
    await context.call('monitoring', operation, { AlarmName, ...settings, ...(tags.length > 0 ? { Tags: tags } : {}) });
    return { physicalId: AlarmName, attributes: { Arn: arnOf(context.kernel, 'cloudwatch', `alarm:${AlarmName}`) } };
  };
  return {
    type,
    properties: ['AlarmName', 'Tags', ...fields],
    nameProperty: 'AlarmName',
    create: (properties, context) => put(properties, properties.optionalText('AlarmName') ?? context.generatedName(255), context),
    update: (properties, _old, made, context) => put(properties, made.physicalId, context),
    async remove(made, _properties, context) {
      await context.call('monitoring', 'DeleteAlarms', { AlarmNames: [made.physicalId] });
    },
  };
}

const alarm = alarmProvider('AWS::CloudWatch::Alarm', 'PutMetricAlarm', ALARM_FIELDS);
const compositeAlarm = alarmProvider('AWS::CloudWatch::CompositeAlarm', 'PutCompositeAlarm', COMPOSITE_FIELDS);

export const observabilityProviders: ResourceProvider[] = [logGroup, alarm, compositeAlarm];
