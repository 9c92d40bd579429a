// Holds: an image that went wrong on a service is not rolled out there again until a person says so.
import { DeleteCommand, GetCommand, PutCommand, QueryCommand } from '@aws-sdk/lib-dynamodb';
import { isAwsError } from '../aws.ts';
import { serviceKey, type Table } from './table.ts';

export interface Hold {
  serviceArn: string;
  digest: string;
  reason: string;
  /** A person, or the release whose end set it. */
  by: string;
  atMs: number;
}

export type Holds = ReturnType<typeof holdsIn>;

export function holdsIn({ client, name: TableName }: Table) {
  const keyOf = (serviceArn: string, digest: string) => ({ pk: serviceKey(serviceArn), sk: `HOLD#${digest}` });
  return {
    async of(serviceArn: string, digest: string): Promise<Hold | undefined> {
      const { Item } = await client.send(new GetCommand({ TableName, Key: keyOf(serviceArn, digest), ConsistentRead: true }));
      return Item?.['record'] as Hold | undefined;
    },

    async on(serviceArn: string): Promise<Hold[]> {
      const { Items } = await client.send(
        new QueryCommand({ TableName, KeyConditionExpression: 'pk = :pk AND begins_with(sk, :hold)', ExpressionAttributeValues: { ':pk': serviceKey(serviceArn), ':hold': 'HOLD#' }, ConsistentRead: true }),
      );
      return (Items ?? []).map((item) => item['record'] as Hold);
    },

    /** False when the image was held before; the first reason stands. */
    async set(hold: Hold): Promise<boolean> {
      try {
        await client.send(new PutCommand({ TableName, Item: { ...keyOf(hold.serviceArn, hold.digest), record: hold }, ConditionExpression: 'attribute_not_exists(pk)' }));
        return true;
      } catch (error) {
        if (isAwsError(error, 'ConditionalCheckFailedException')) return false;
        throw error;
      }
    },

    /** False when there was nothing to lift. */
    async lift(serviceArn: string, digest: string): Promise<boolean> {
      const { Attributes } = await client.send(new DeleteCommand({ TableName, Key: keyOf(serviceArn, digest), ReturnValues: 'ALL_OLD' }));
      return Attributes !== undefined;
    },
  };
}
