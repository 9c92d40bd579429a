// The tables of the account: finding the one a request means, and what a request on it needs to be allowed.
import type { Kernel } from '../kernel/kernel.ts';
import { arnOf } from '../kernel/kernel.ts';
import type { Permission } from '../kernel/service.ts';
import type { AttributeValue } from './attribute-values.ts';
import { plainText } from './attribute-values.ts';
import { resourceNotFound, tableNotFound, validation } from './errors.ts';
import type { SecondaryIndex, Table } from './table.ts';

/** How long a deleted table stays visible as DELETING, in units of the physics' scheduler tick. */
const DELETION_TICKS = 1;

export class Tables {
  readonly kernel: Kernel;
  private readonly byName = new Map<string, Table>();

  constructor(kernel: Kernel) {
    this.kernel = kernel;
  }

  nowMs(): number {
    return this.kernel.clock.nowMs();
  }

  add(table: Table): void {
    this.byName.set(table.definition.name, table);
  }

  names(): string[] {
    return [...this.byName.keys()].filter((name) => this.find(name) !== undefined).sort();
  }

  /** By name or ARN, whatever its status. */
  find(nameOrArn: string): Table | undefined {
    const name = tableName(nameOrArn);
    const table = this.byName.get(name);
    if (!table) return undefined;
    const goneAtMs = table.deletedAtMs === undefined ? Infinity : table.deletedAtMs + DELETION_TICKS * this.kernel.physics.schedulerTickMs;
    if (this.nowMs() >= goneAtMs) {
      this.byName.delete(name);
      return undefined;
    }
    table.sweep(this.nowMs());
    return table;
  }

  /** For the control plane. */
  described(nameOrArn: string | undefined): Table {
    const table = this.find(nameOrArn ?? '');
    if (!table) throw tableNotFound(tableName(nameOrArn ?? ''));
    return table;
  }

  /** For the data plane: a table that takes requests. */
  live(nameOrArn: string | undefined): Table {
    const name = tableName(nameOrArn ?? '');
    if (!this.byName.has(name) && !/^[a-zA-Z0-9_.-]{3,255}$/.test(name)) {
      throw validation(
        `Invalid table/index name.  Table/index names must be between 3 and 255 characters long, and may contain only the characters a-z, A-Z, 0-9, '_', '-', and '.'`,
      );
    }
    const table = this.find(name);
    if (table?.status(this.nowMs()) !== 'ACTIVE') throw resourceNotFound();
    return table;
  }

  index(table: Table, indexName: string | undefined): SecondaryIndex | undefined {
    if (indexName === undefined) return undefined;
    const index = table.indexes.get(indexName);
    if (!index) throw validation(`The table does not have the specified index: ${indexName}`);
    if (this.nowMs() < index.activeAtMs) throw validation(`Cannot read from backfilling global secondary index: ${indexName}`);
    return index;
  }

  tableArn(nameOrArn: string | undefined): string {
    return arnOf(this.kernel, 'dynamodb', `table/${tableName(nameOrArn ?? '*')}`);
  }

  /** The action on the table, or on its index, without the use of the table's key. */
  controlPermission(action: string, nameOrArn: string | undefined): Permission {
    return { action: `dynamodb:${action}`, resource: this.tableArn(nameOrArn) };
  }

  /**
   * The action on the table or index, and the use of the table's customer managed key: DynamoDB decrypts the table key on behalf
   * of each principal, so that each needs kms:Decrypt through DynamoDB.
   * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/encryption.usagenotes.html
   * https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazondynamodb.html
   */
  dataPermissions(action: string, nameOrArn: string | undefined, details: DataDetails = {}): Permission[] {
    const indexPart = details.indexName === undefined ? '' : `/index/${details.indexName}`;
    const { leadingKeys = () => [] } = details;
    // Worked out only for policies that ask for it.
    const leading = {
      get 'dynamodb:LeadingKeys'() {
        return leadingKeys().flatMap((value) => (value === undefined ? [] : [plainText(value)]));
      },
    };
    const context = Object.assign(leading, details.context);
    const permission = { action: `dynamodb:${action}`, resource: this.tableArn(nameOrArn) + indexPart, context };
    const table = this.find(nameOrArn ?? '');
    const encryption = table?.definition.encryption;
    if (!table || !encryption?.customerManaged) return [permission];
    return [permission, { action: 'kms:Decrypt', resource: encryption.keyArn, context: keyUseContext(this.kernel, table.definition.name) }];
  }

  /** The partition key value in an item or key, as `dynamodb:LeadingKeys` sees it. */
  leadingKey(nameOrArn: string | undefined, item: Record<string, AttributeValue> | undefined): AttributeValue | undefined {
    const table = this.find(nameOrArn ?? '');
    return table && item?.[table.key.hash.name];
  }
}

export interface DataDetails {
  indexName?: string;
  leadingKeys?: () => (AttributeValue | undefined)[];
  context?: Record<string, string>;
}

/** What DynamoDB tells KMS when it uses a table's key. */
export const keyUseContext = (kernel: Kernel, name: string): Record<string, string> => ({
  'kms:ViaService': `dynamodb.${kernel.region}.amazonaws.com`,
  'kms:CallerAccount': kernel.accountId,
  'kms:EncryptionContext:aws:dynamodb:tableName': name,
  'kms:EncryptionContext:aws:dynamodb:subscriberId': kernel.accountId,
});

/** Requests may name a table by its ARN. */
export const tableName = (nameOrArn: string): string => (nameOrArn.startsWith('arn:') ? (/:table\/([^/]+)$/.exec(nameOrArn)?.[1] ?? nameOrArn) : nameOrArn);
