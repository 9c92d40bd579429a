// What DescribeTable says of a table, and the refusals of a table definition that does not fit together.
import type { AttributeDefinition, GlobalSecondaryIndex, KeySchemaElement, TableDescription } from '@aws-sdk/client-dynamodb';
import { invalidParameterValues } from './errors.ts';
import { keyFrom } from './keys.ts';
import type { Table } from './table.ts';

export function checkDefinitions(keySchema: KeySchemaElement[], definitions: AttributeDefinition[], indexes: GlobalSecondaryIndex[]): void {
  keyFrom(keySchema, definitions);
  for (const index of indexes) keyFrom(index.KeySchema ?? [], definitions);
  const names = indexes.map((index) => index.IndexName);
  if (new Set(names).size !== names.length) throw invalidParameterValues(`Duplicate index name: ${names.join(', ')}`);
  for (const { IndexName: name, Projection: projection } of indexes) {
    if (!projection?.ProjectionType) throw invalidParameterValues('Unknown ProjectionType: null');
    if (projection.ProjectionType !== 'INCLUDE' && projection.NonKeyAttributes?.length) {
      throw invalidParameterValues(`ProjectionType is ${projection.ProjectionType}, but NonKeyAttributes is specified. Index: ${name}`);
    }
  }
  const used = new Set([...keySchema, ...indexes.flatMap((index) => index.KeySchema ?? [])].map((element) => element.AttributeName));
  const unused = definitions.filter((definition) => !used.has(definition.AttributeName));
  if (unused.length > 0) {
    throw invalidParameterValues(
      `Some AttributeDefinitions are not used. AttributeDefinitions: [${definitions.map((definition) => definition.AttributeName).join(', ')}], keys used: [${[...used].join(', ')}]`,
    );
  }
}

export function describe(table: Table, nowMs: number): TableDescription {
  const { definition } = table;
  const throughput = { ...definition.throughput, NumberOfDecreasesToday: 0 };
  return {
    TableName: definition.name,
    TableArn: definition.arn,
    TableId: definition.id,
    TableStatus: table.status(nowMs),
    CreationDateTime: new Date(definition.createdAtMs),
    AttributeDefinitions: [...definition.attributeDefinitions],
    KeySchema: [...definition.keySchema],
    ProvisionedThroughput: throughput,
    ItemCount: table.itemCount,
    TableSizeBytes: table.sizeBytes,
    DeletionProtectionEnabled: definition.deletionProtection,
    ...(definition.billingMode === 'PAY_PER_REQUEST'
      ? { BillingModeSummary: { BillingMode: 'PAY_PER_REQUEST', LastUpdateToPayPerRequestDateTime: new Date(definition.createdAtMs) } }
      : {}),
    ...(definition.tableClass ? { TableClassSummary: { TableClass: definition.tableClass as 'STANDARD' } } : {}),
    ...(definition.encryption ? { SSEDescription: { Status: 'ENABLED', SSEType: 'KMS', KMSMasterKeyArn: definition.encryption.keyArn } } : {}),
    ...(table.indexes.size > 0
      ? {
          GlobalSecondaryIndexes: [...table.indexes.values()].map((index) => ({
            IndexName: index.name,
            IndexArn: `${definition.arn}/index/${index.name}`,
            IndexStatus: nowMs < index.activeAtMs ? 'CREATING' : 'ACTIVE',
            KeySchema: [...index.keySchema],
            Projection: index.projection,
            ProvisionedThroughput: throughput,
            ItemCount: [...index.items.all()].length,
            IndexSizeBytes: 0,
          })),
        }
      : {}),
  };
}
