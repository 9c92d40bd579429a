// Who wants to be woken by what: finding a release by the ARN in an event is one query, however many releases are in flight.
import { DeleteCommand, QueryCommand } from '@aws-sdk/lib-dynamodb';
import { releaseKey, watchKey, type Table } from './table.ts';
import { stageIsOpen, transact } from './transact.ts';

/** A transaction holds a hundred items, and one of them is the stage. */
const AT_ONCE_MAX = 99;

export type Watches = ReturnType<typeof watchesIn>;

export function watchesIn({ client, name: TableName }: Table) {
  return {
    /** Nothing is watched for a stage that has ended. */
    async add(stage: { releaseId: string; stageIndex: number }, arns: readonly string[]): Promise<void> {
      const { releaseId } = stage;
      for (let from = 0; from < arns.length; from += AT_ONCE_MAX) {
        const puts = arns.slice(from, from + AT_ONCE_MAX).map((arn) => ({ Put: { TableName, Item: { pk: watchKey(arn), sk: releaseKey(releaseId), releaseId } } }));
        await transact(client, [...puts, stageIsOpen(TableName, stage)]);
      }
    },
    async remove(releaseId: string, arns: readonly string[]): Promise<void> {
      await Promise.all(arns.map((arn) => client.send(new DeleteCommand({ TableName, Key: { pk: watchKey(arn), sk: releaseKey(releaseId) } }))));
    },
    async of(arn: string): Promise<string[]> {
      const { Items } = await client.send(new QueryCommand({ TableName, KeyConditionExpression: 'pk = :pk', ExpressionAttributeValues: { ':pk': watchKey(arn) }, ConsistentRead: true }));
      return (Items ?? []).map((item) => item['releaseId'] as string);
    },
  };
}
