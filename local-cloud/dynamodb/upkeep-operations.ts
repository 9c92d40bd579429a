// Time to live and continuous backups (of which only the switch is modelled: there is nothing to restore from).
import type {
  ContinuousBackupsDescription,
  DescribeContinuousBackupsCommandInput,
  DescribeContinuousBackupsCommandOutput,
  DescribeTimeToLiveCommandInput,
  DescribeTimeToLiveCommandOutput,
  UpdateContinuousBackupsCommandInput,
  UpdateContinuousBackupsCommandOutput,
  UpdateTimeToLiveCommandInput,
  UpdateTimeToLiveCommandOutput,
} from '@aws-sdk/client-dynamodb';
import { AwsError, refuseUnknown } from '../kernel/errors.ts';
import type { Answer, Operation } from '../kernel/service.ts';
import { validation } from './errors.ts';
import type { Table } from './table.ts';
import type { Tables } from './tables.ts';

/**
 * "Typically within a few days" in AWS; a quarter of an hour here, at the pace of other background work. A program may rely on neither.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/TTL.html
 */
const DELETION_DELAY_MS = 15 * 60_000;

export function upkeepOperations(tables: Tables) {
  const { physics } = tables.kernel;

  const UpdateTimeToLive: Operation<UpdateTimeToLiveCommandInput, Answer<UpdateTimeToLiveCommandOutput>> = {
    permissions: (input) => [tables.controlPermission('UpdateTimeToLive', input.TableName)],
    handle: (input) => {
      refuseUnknown('UpdateTimeToLive', input, ['TableName', 'TimeToLiveSpecification']);
      const table = active(tables, input.TableName);
      const { AttributeName: attributeName = '', Enabled: enabled = false } = input.TimeToLiveSpecification ?? {};
      if (enabled === (table.timeToLive?.enabled ?? false)) throw validation(`TimeToLive is already ${enabled ? 'enabled' : 'disabled'}`);
      if (!enabled && attributeName !== table.timeToLive?.attributeName) {
        throw validation(`TimeToLive is active on a different AttributeName: current AttributeName is ${table.timeToLive?.attributeName}`);
      }
      const nowMs = tables.nowMs();
      const settledAtMs = nowMs + physics.schedulerTickMs;
      table.setTimeToLive({ attributeName, enabled, settledAtMs, deletionDelayMs: DELETION_DELAY_MS * physics.asyncRetryTimeScale }, nowMs);
      return { TimeToLiveSpecification: { AttributeName: attributeName, Enabled: enabled } };
    },
  };

  const DescribeTimeToLive: Operation<DescribeTimeToLiveCommandInput, Answer<DescribeTimeToLiveCommandOutput>> = {
    permissions: (input) => [tables.controlPermission('DescribeTimeToLive', input.TableName)],
    handle: (input) => {
      const { timeToLive } = tables.described(input.TableName);
      const settled = timeToLive && tables.nowMs() >= timeToLive.settledAtMs;
      if (!timeToLive || (settled && !timeToLive.enabled)) return { TimeToLiveDescription: { TimeToLiveStatus: 'DISABLED' } };
      const status = timeToLive.enabled ? (settled ? 'ENABLED' : 'ENABLING') : 'DISABLING';
      return { TimeToLiveDescription: { TimeToLiveStatus: status, AttributeName: timeToLive.attributeName } };
    },
  };

  const UpdateContinuousBackups: Operation<UpdateContinuousBackupsCommandInput, Answer<UpdateContinuousBackupsCommandOutput>> = {
    permissions: (input) => [tables.controlPermission('UpdateContinuousBackups', input.TableName)],
    handle: (input) => {
      refuseUnknown('UpdateContinuousBackups', input, ['TableName', 'PointInTimeRecoverySpecification']);
      const table = active(tables, input.TableName);
      const specification = input.PointInTimeRecoverySpecification;
      table.pointInTimeRecoverySinceMs = specification?.PointInTimeRecoveryEnabled ? (table.pointInTimeRecoverySinceMs ?? tables.nowMs()) : undefined;
      table.recoveryPeriodDays = specification?.RecoveryPeriodInDays ?? table.recoveryPeriodDays;
      return { ContinuousBackupsDescription: backupsOf(table, tables.nowMs()) };
    },
  };

  const DescribeContinuousBackups: Operation<DescribeContinuousBackupsCommandInput, Answer<DescribeContinuousBackupsCommandOutput>> = {
    permissions: (input) => [tables.controlPermission('DescribeContinuousBackups', input.TableName)],
    handle: (input) => {
      const table = tables.find(input.TableName ?? '');
      if (!table) throw new AwsError('TableNotFoundException', `Table not found: ${input.TableName}`);
      return { ContinuousBackupsDescription: backupsOf(table, tables.nowMs()) };
    },
  };

  return { UpdateTimeToLive, DescribeTimeToLive, UpdateContinuousBackups, DescribeContinuousBackups };
}

function active(tables: Tables, name: string | undefined): Table {
  const table = tables.described(name);
  if (table.status(tables.nowMs()) === 'ACTIVE') return table;
  throw new AwsError('ResourceInUseException', `Attempt to change a resource which is still in use: Table is being created: ${table.definition.name}`);
}

function backupsOf(table: Table, nowMs: number): ContinuousBackupsDescription {
  const sinceMs = table.pointInTimeRecoverySinceMs;
  return {
    ContinuousBackupsStatus: 'ENABLED',
    PointInTimeRecoveryDescription:
      sinceMs === undefined
        ? { PointInTimeRecoveryStatus: 'DISABLED' }
        : {
            PointInTimeRecoveryStatus: 'ENABLED',
            RecoveryPeriodInDays: table.recoveryPeriodDays,
            EarliestRestorableDateTime: new Date(sinceMs),
            LatestRestorableDateTime: new Date(Math.max(sinceMs, nowMs - 5 * 60_000)),
          },
  };
}
