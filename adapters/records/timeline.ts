// The story of a release, one item per line. An entry's key is its identity: writing it again changes nothing.
import { PutCommand, QueryCommand } from '@aws-sdk/lib-dynamodb';
import type { TimelineEntry } from '../../core/release/model.ts';
import { isAwsError } from '../aws.ts';
import { timelineKey, type Table } from './table.ts';

const KEPT_SECONDS = 400 * 86_400;

/** The first to write an entry is the one who writes it. */
export const putOfEntry = (TableName: string, releaseId: string, entry: TimelineEntry) => ({
  TableName,
  Item: { pk: timelineKey(releaseId), sk: entry.key, record: entry, expiresAtSeconds: Math.floor(entry.atMs / 1000) + KEPT_SECONDS },
  ConditionExpression: 'attribute_not_exists(pk)',
});

export type Timeline = ReturnType<typeof timelineIn>;

export function timelineIn({ client, name: TableName }: Table) {
  return {
    async write(releaseId: string, entries: readonly TimelineEntry[]): Promise<void> {
      for (const entry of entries) {
        try {
          await client.send(new PutCommand(putOfEntry(TableName, releaseId, entry)));
        } catch (error) {
          if (!isAwsError(error, 'ConditionalCheckFailedException')) throw error;
        }
      }
    },

    /** Oldest first. */
    async read(releaseId: string): Promise<TimelineEntry[]> {
      const entries: TimelineEntry[] = [];
      let ExclusiveStartKey: Record<string, unknown> | undefined;
      do {
        const page = await client.send(
          new QueryCommand({ TableName, KeyConditionExpression: 'pk = :pk', ExpressionAttributeValues: { ':pk': timelineKey(releaseId) }, ConsistentRead: true, ExclusiveStartKey }),
        );
        entries.push(...(page.Items ?? []).map((item) => item['record'] as TimelineEntry));
        ExclusiveStartKey = page.LastEvaluatedKey;
      } while (ExclusiveStartKey);
      return entries.sort((a, b) => a.atMs - b.atMs || a.key.localeCompare(b.key));
    },
  };
}
