// DynamoDB as one in-memory engine. Not modelled: streams, PartiQL, global tables, local secondary indexes, backups themselves,
// throttling, and the legacy parameters (AttributeUpdates, Expected, KeyConditions ...) that expressions replaced.
import type { Kernel } from '../kernel/kernel.ts';
import type { Operation, ServiceModel } from '../kernel/service.ts';
import { batchOperations } from './batch-operations.ts';
import { itemOperations } from './item-operations.ts';
import { queryOperations } from './query-operations.ts';
import { tableOperations } from './table-operations.ts';
import { Tables } from './tables.ts';
import { transactOperations } from './transact-operations.ts';
import { upkeepOperations } from './upkeep-operations.ts';

export class DynamoDbModel implements ServiceModel {
  readonly signingName = 'dynamodb';
  readonly operations: Readonly<Record<string, Operation>>;

  constructor(kernel: Kernel) {
    const tables = new Tables(kernel);
    this.operations = {
      ...tableOperations(tables),
      ...upkeepOperations(tables),
      ...itemOperations(tables),
      ...queryOperations(tables),
      ...batchOperations(tables),
      ...transactOperations(tables),
    };
  }
}
