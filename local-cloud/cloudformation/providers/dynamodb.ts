// AWS::DynamoDB::Table.
import { sleep } from '../../kernel/clock.ts';
import { coerce } from '../properties.ts';
import type { Properties } from '../properties.ts';
import type { Made, ProviderContext, ResourceProvider } from '../provider.ts';
import { isRecord } from '../template.ts';

const NUMBERS = new Set(['ReadCapacityUnits', 'WriteCapacityUnits', 'RecoveryPeriodInDays']);
const FLAGS = new Set(['Enabled', 'SSEEnabled', 'PointInTimeRecoveryEnabled', 'DeletionProtectionEnabled']);
const UPDATABLE = ['AttributeDefinitions', 'BillingMode', 'ProvisionedThroughput', 'TableClass', 'DeletionProtectionEnabled'];

const typed = (value: unknown) => coerce(value, NUMBERS, FLAGS) as Record<string, unknown>;

async function untilActive(name: string, context: ProviderContext): Promise<Made> {
  for (;;) {
    const { Table: table } = await context.call('dynamodb', 'DescribeTable', { TableName: name });
    const found = isRecord(table) ? table : {};
    const indexes = Array.isArray(found['GlobalSecondaryIndexes']) ? found['GlobalSecondaryIndexes'].filter(isRecord) : [];
    if (found['TableStatus'] === 'ACTIVE' && indexes.every((index) => index['IndexStatus'] === 'ACTIVE')) {
      return { physicalId: name, attributes: { Arn: found['TableArn'], TableId: found['TableId'] } };
    }
    await sleep(context.kernel.clock, context.kernel.physics.schedulerTickMs);
  }
}

function encryptionOf(properties: Properties): Record<string, unknown> {
  const specification = properties.record('SSESpecification');
  if (!specification) return {};
  const { SSEEnabled: Enabled, ...rest } = typed(specification);
  return { SSESpecification: { Enabled, ...rest } };
}

/** Time to live and recovery have operations of their own. */
async function setUpkeep(name: string, properties: Properties, old: Properties | undefined, context: ProviderContext): Promise<void> {
  const changed = (member: string) => JSON.stringify(properties.raw(member)) !== JSON.stringify(old?.raw(member));
  const ttl = properties.record('TimeToLiveSpecification');
  if (ttl && changed('TimeToLiveSpecification')) {
    const specification = typed(ttl);
    const had = typed(old?.record('TimeToLiveSpecification') ?? {});
    if (specification['Enabled'] !== (had['Enabled'] ?? false)) {
      await context.call('dynamodb', 'UpdateTimeToLive', { TableName: name, TimeToLiveSpecification: specification });
    }
  }
  const recovery = properties.record('PointInTimeRecoverySpecification');
  if (recovery && changed('PointInTimeRecoverySpecification')) {
    await context.call('dynamodb', 'UpdateContinuousBackups', { TableName: name, PointInTimeRecoverySpecification: typed(recovery) });
  }
}

const indexesByName = (properties: Properties) => new Map(properties.records('GlobalSecondaryIndexes').map((index) => [String(index['IndexName']), index]));

const table: ResourceProvider = {
  type: 'AWS::DynamoDB::Table',
  properties: [
    'TableName', 'KeySchema', 'GlobalSecondaryIndexes', 'SSESpecification', 'Tags', 'TimeToLiveSpecification', 'PointInTimeRecoverySpecification', ...UPDATABLE,
  ],
  nameProperty: 'TableName',
  replacedBy: ['KeySchema'],
  async create(properties, context) {
    const name = properties.optionalText('TableName') ?? context.generatedName(255);
    const tags = context.tags(properties.raw('Tags'));
    await context.call('dynamodb', 'CreateTable', {
      TableName: name,
      ...typed(properties.pick('KeySchema', 'GlobalSecondaryIndexes', ...UPDATABLE)),
      ...encryptionOf(properties),
      ...(tags.length > 0 ? { Tags: tags } : {}),
    });
    const made = await untilActive(name, context);
    await setUpkeep(name, properties, undefined, context);
    return made;
  },
  async update(properties, old, made, context) {
    const name = made.physicalId;
    const changed = (member: string) => JSON.stringify(properties.raw(member)) !== JSON.stringify(old.raw(member));
    const [wanted, had] = [indexesByName(properties), indexesByName(old)];
    const removed = [...had.keys()].filter((index) => !wanted.has(index)).map((IndexName) => ({ Delete: { IndexName } }));
    const added = [...wanted].filter(([index]) => !had.has(index)).map(([, Create]) => ({ Create: typed(Create) }));
    const settings = UPDATABLE.filter((member) => member !== 'AttributeDefinitions' && changed(member));
    if (settings.length > 0 || changed('SSESpecification')) {
      await context.call('dynamodb', 'UpdateTable', { TableName: name, ...typed(properties.pick(...settings)), ...(changed('SSESpecification') ? encryptionOf(properties) : {}) });
      await untilActive(name, context);
    }
    // DynamoDB takes one index change at a time.
    for (const change of [...removed, ...added]) {
      const definitions = 'Create' in change ? typed(properties.pick('AttributeDefinitions')) : {};
      await context.call('dynamodb', 'UpdateTable', { TableName: name, ...definitions, GlobalSecondaryIndexUpdates: [change] });
      await untilActive(name, context);
    }
    await setUpkeep(name, properties, old, context);
    if (changed('Tags')) await context.call('dynamodb', 'TagResource', { ResourceArn: made.attributes['Arn'], Tags: context.tags(properties.raw('Tags')) });
    return made;
  },
  async remove(made, _properties, context) {
    await context.call('dynamodb', 'DeleteTable', { TableName: made.physicalId });
  },
};

export const dynamoDbProviders: ResourceProvider[] = [table];
