// The control plane: creating, describing, changing and deleting tables, their tags, time to live and backups.
import type {
  CreateTableCommandInput,
  CreateTableCommandOutput,
  DeleteTableCommandInput,
  DeleteTableCommandOutput,
  DescribeTableCommandInput,
  DescribeTableCommandOutput,
  ListTablesCommandInput,
  ListTablesCommandOutput,
  ListTagsOfResourceCommandInput,
  ListTagsOfResourceCommandOutput,
  SSESpecification,
  TagResourceCommandInput,
  UntagResourceCommandInput,
  UpdateTableCommandInput,
  UpdateTableCommandOutput,
} from '@aws-sdk/client-dynamodb';
import type { DescribeKeyCommandOutput } from '@aws-sdk/client-kms';
import { AwsError, NotModelled, refuseUnknown } from '../kernel/errors.ts';
import { uuid } from '../kernel/random.ts';
import type { Answer, CallContext, Caller, Operation } from '../kernel/service.ts';
import { invalidParameterValues, tableNotFound, validation } from './errors.ts';
import { checkDefinitions, describe } from './table-description.ts';
import type { TableDefinition } from './table.ts';
import { Table } from './table.ts';
import type { Tables } from './tables.ts';
import { keyUseContext, tableName } from './tables.ts';

const CREATE_FIELDS = [
  'TableName', 'AttributeDefinitions', 'KeySchema', 'BillingMode', 'ProvisionedThroughput', 'GlobalSecondaryIndexes',
  'SSESpecification', 'Tags', 'TableClass', 'DeletionProtectionEnabled', 'StreamSpecification', 'LocalSecondaryIndexes',
];
const UPDATE_FIELDS = [
  'TableName', 'AttributeDefinitions', 'BillingMode', 'ProvisionedThroughput', 'GlobalSecondaryIndexUpdates',
  'SSESpecification', 'TableClass', 'DeletionProtectionEnabled', 'StreamSpecification',
];

export function tableOperations(tables: Tables) {
  const { kernel } = tables;
  const creationMs = () => kernel.physics.schedulerTickMs;

  const encryptionFor = async (caller: Caller, name: string, wanted: SSESpecification | undefined): Promise<TableDefinition['encryption']> => {
    if (!wanted?.Enabled) return undefined;
    if (wanted.KMSMasterKeyId === undefined || wanted.KMSMasterKeyId.endsWith('alias/aws/dynamodb')) {
      return { keyArn: `arn:aws:kms:${kernel.region}:${kernel.accountId}:key/aws-managed-dynamodb`, customerManaged: false };
    }
    const answer = (await kernel.call(caller, 'kms', 'DescribeKey', { KeyId: wanted.KMSMasterKeyId })) as DescribeKeyCommandOutput;
    const keyArn = answer.KeyMetadata?.Arn ?? '';
    if (!answer.KeyMetadata?.Enabled) throw validation(`KMS key ${keyArn} is not enabled`);
    // DynamoDB keeps using the key through a grant that whoever names the key must be allowed to create.
    // https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/encryption.usagenotes.html
    const context = keyUseContext(kernel, name);
    const grant = { action: 'kms:CreateGrant', resource: keyArn, context: { ...context, 'kms:GrantIsForAWSResource': 'true' } };
    kernel.authorize(caller, [grant, ...['kms:Encrypt', 'kms:Decrypt', 'kms:GenerateDataKey'].map((action) => ({ action, resource: keyArn, context }))]);
    return { keyArn, customerManaged: true };
  };

  const CreateTable: Operation<CreateTableCommandInput, Answer<CreateTableCommandOutput>> = {
    permissions: (input) => [
      tables.controlPermission('CreateTable', input.TableName),
      ...(input.Tags?.length ? [tables.controlPermission('TagResource', input.TableName)] : []),
    ],
    handle: async (input, { caller }) => {
      refuseUnknown('CreateTable', input, CREATE_FIELDS);
      refuseStreamsAndLocalIndexes('CreateTable', input);
      const name = checkedName(input.TableName);
      const definitions = input.AttributeDefinitions ?? [];
      checkDefinitions(input.KeySchema ?? [], definitions, input.GlobalSecondaryIndexes ?? []);
      const billingMode = input.BillingMode ?? 'PROVISIONED';
      checkThroughput(billingMode, input.ProvisionedThroughput);
      if (tables.find(name)) throw new AwsError('ResourceInUseException', `Table already exists: ${name}`);
      const encryption = await encryptionFor(caller, name, input.SSESpecification);
      if (tables.find(name)) throw new AwsError('ResourceInUseException', `Table already exists: ${name}`);
      const nowMs = tables.nowMs();
      const table = new Table({
        name,
        arn: tables.tableArn(name),
        id: uuid(kernel.random),
        createdAtMs: nowMs,
        activeAtMs: nowMs + creationMs(),
        keySchema: input.KeySchema ?? [],
        attributeDefinitions: definitions,
        billingMode,
        throughput: throughputOf(input.ProvisionedThroughput),
        tableClass: input.TableClass,
        encryption,
        deletionProtection: input.DeletionProtectionEnabled ?? false,
        tags: input.Tags ?? [],
      });
      for (const index of input.GlobalSecondaryIndexes ?? []) table.addIndex(index, table.definition.activeAtMs);
      tables.add(table);
      return { TableDescription: describe(table, nowMs) };
    },
  };

  const DescribeTable: Operation<DescribeTableCommandInput, Answer<DescribeTableCommandOutput>> = {
    permissions: (input) => [tables.controlPermission('DescribeTable', input.TableName)],
    handle: (input) => ({ Table: describe(tables.described(input.TableName), tables.nowMs()) }),
  };

  const UpdateTable: Operation<UpdateTableCommandInput, Answer<UpdateTableCommandOutput>> = {
    permissions: (input) => [tables.controlPermission('UpdateTable', input.TableName)],
    handle: async (input, { caller }) => {
      refuseUnknown('UpdateTable', input, UPDATE_FIELDS);
      refuseStreamsAndLocalIndexes('UpdateTable', input);
      const table = tables.described(input.TableName);
      if (table.status(tables.nowMs()) !== 'ACTIVE') throw busy(table, tables.nowMs());
      const { definition } = table;
      const billingMode = input.BillingMode ?? definition.billingMode;
      if (input.BillingMode) checkThroughput(billingMode, input.ProvisionedThroughput);
      const encryption = input.SSESpecification ? await encryptionFor(caller, definition.name, input.SSESpecification) : definition.encryption;
      for (const added of input.AttributeDefinitions ?? []) {
        definition.attributeDefinitions = [...definition.attributeDefinitions.filter((known) => known.AttributeName !== added.AttributeName), added];
      }
      for (const { Create: create, Delete: remove, Update: update } of input.GlobalSecondaryIndexUpdates ?? []) {
        if (update) throw new NotModelled('UpdateTable: the throughput of a global secondary index');
        if (create) {
          if (table.indexes.has(create.IndexName ?? '')) throw validation(`Attempting to create an index which already exists: ${create.IndexName}`);
          table.addIndex(create, tables.nowMs() + creationMs());
        }
        if (remove && !table.indexes.delete(remove.IndexName ?? '')) {
          throw new AwsError('ResourceNotFoundException', `Requested resource not found: Index: ${remove.IndexName} not found`);
        }
      }
      Object.assign(definition, {
        billingMode,
        encryption,
        throughput: billingMode === 'PAY_PER_REQUEST' ? throughputOf(undefined) : input.ProvisionedThroughput ? throughputOf(input.ProvisionedThroughput) : definition.throughput,
        tableClass: input.TableClass ?? definition.tableClass,
        deletionProtection: input.DeletionProtectionEnabled ?? definition.deletionProtection,
      });
      return { TableDescription: describe(table, tables.nowMs()) };
    },
  };

  const DeleteTable: Operation<DeleteTableCommandInput, Answer<DeleteTableCommandOutput>> = {
    permissions: (input) => [tables.controlPermission('DeleteTable', input.TableName)],
    handle: (input) => {
      const table = tables.described(input.TableName);
      if (table.status(tables.nowMs()) !== 'ACTIVE') throw busy(table, tables.nowMs());
      if (table.definition.deletionProtection) {
        throw validation(`Resource cannot be deleted as it is currently protected against deletion. Disable deletion protection first.`);
      }
      table.deletedAtMs = tables.nowMs();
      return { TableDescription: describe(table, tables.nowMs()) };
    },
  };

  const ListTables: Operation<ListTablesCommandInput, Answer<ListTablesCommandOutput>> = {
    permissions: () => [{ action: 'dynamodb:ListTables', resource: '*' }],
    handle: (input) => {
      refuseUnknown('ListTables', input, ['ExclusiveStartTableName', 'Limit']);
      const start = input.ExclusiveStartTableName;
      const names = tables.names().filter((name) => start === undefined || name > start);
      const shown = names.slice(0, input.Limit ?? 100);
      return { TableNames: shown, ...(shown.length < names.length ? { LastEvaluatedTableName: shown.at(-1) } : {}) };
    },
  };

  const byArn = (arn: string | undefined) => {
    const table = tables.find(arn ?? '');
    if (!table) throw tableNotFound(tableName(arn ?? ''));
    return table;
  };

  const TagResource: Operation<TagResourceCommandInput, object> = {
    permissions: (input) => [tables.controlPermission('TagResource', input.ResourceArn)],
    handle: (input) => {
      const { definition } = byArn(input.ResourceArn);
      const added = input.Tags ?? [];
      definition.tags = [...definition.tags.filter((tag) => !added.some((other) => other.Key === tag.Key)), ...added];
      return {};
    },
  };

  const UntagResource: Operation<UntagResourceCommandInput, object> = {
    permissions: (input) => [tables.controlPermission('UntagResource', input.ResourceArn)],
    handle: (input) => {
      const { definition } = byArn(input.ResourceArn);
      definition.tags = definition.tags.filter((tag) => !(input.TagKeys ?? []).includes(tag.Key ?? ''));
      return {};
    },
  };

  const ListTagsOfResource: Operation<ListTagsOfResourceCommandInput, Answer<ListTagsOfResourceCommandOutput>> = {
    permissions: (input) => [tables.controlPermission('ListTagsOfResource', input.ResourceArn)],
    handle: (input: ListTagsOfResourceCommandInput, _context: CallContext) => ({ Tags: [...byArn(input.ResourceArn).definition.tags] }),
  };

  return { CreateTable, DescribeTable, UpdateTable, DeleteTable, ListTables, TagResource, UntagResource, ListTagsOfResource };
}

const busy = (table: Table, nowMs: number): AwsError =>
  new AwsError(
    'ResourceInUseException',
    table.status(nowMs) === 'CREATING'
      ? `Attempt to change a resource which is still in use: Table is being created: ${table.definition.name}`
      : `Attempt to change a resource which is still in use: Table is being deleted: ${table.definition.name}`,
  );

function refuseStreamsAndLocalIndexes(operation: string, input: Pick<CreateTableCommandInput, 'StreamSpecification' | 'LocalSecondaryIndexes'>): void {
  if (input.StreamSpecification?.StreamEnabled) throw new NotModelled(`${operation}: DynamoDB Streams`);
  if (input.LocalSecondaryIndexes?.length) throw new NotModelled(`${operation}: local secondary indexes`);
}

function checkedName(name: string | undefined): string {
  if (name !== undefined && /^[a-zA-Z0-9_.-]{3,255}$/.test(name)) return name;
  if (name !== undefined && (name.length < 3 || name.length > 255)) {
    throw validation('TableName must be at least 3 characters long and at most 255 characters long');
  }
  throw validation(
    `1 validation error detected: Value '${name ?? ''}' at 'tableName' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+`,
  );
}

type Throughput = CreateTableCommandInput['ProvisionedThroughput'];

function checkThroughput(billingMode: string, throughput: Throughput): void {
  if (billingMode === 'PROVISIONED' && !throughput) {
    throw invalidParameterValues('ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode is PROVISIONED');
  }
  if (billingMode === 'PAY_PER_REQUEST' && throughput) {
    throw invalidParameterValues('Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST');
  }
}

const throughputOf = (throughput: Throughput): TableDefinition['throughput'] => ({
  ReadCapacityUnits: throughput?.ReadCapacityUnits ?? 0,
  WriteCapacityUnits: throughput?.WriteCapacityUnits ?? 0,
});
