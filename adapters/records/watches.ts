// Who wants to be woken by what: finding a release by the ARN in an event is one query, however many releases are in flight.
import { DeleteCommand, PutCommand, QueryCommand } from '@aws-sdk/lib-dynamodb';
import { releaseKey, watchKey, type Table } from './table.ts';

export type Watches = ReturnType<typeof watchesIn>;

export function watchesIn({ client, name: TableName }: Table) {
  return {
    async add(releaseId: string, arns: readonly string[]): Promise<void> {
      await Promise.all(arns.map((arn) => client.send(new PutCommand({ TableName, Item: { pk: watchKey(arn), sk: releaseKey(releaseId), releaseId } }))));
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
