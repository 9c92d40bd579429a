// Holds: an image that went wrong on a service is not rolled out there again until a person says so.
import { DeleteCommand, GetCommand, PutCommand, QueryCommand } from '@aws-sdk/lib-dynamodb';
import type { Decision } from '../../core/release/model.ts';
import { isAwsError } from '../aws.ts';
import { serviceKey, type Table } from './table.ts';

export interface Hold {
  serviceArn: string;
  digest: string;
  reason: string;
  /** A person, or the release whose end set it. */
  by: string;
  /** Of a person: who AWS says it was, and from where. */
  callerArn?: string;
  via?: Decision['via'];
  atMs: number;
  lifted?: HoldLift;
}

export interface HoldLift {
  by: string;
  callerArn: string;
  via: Decision['via'];
  atMs: number;
  reason: string;
}

const LIFTED_KEPT_SECONDS = 400 * 86_400;

export type Holds = ReturnType<typeof holdsIn>;

export function holdsIn({ client, name: TableName }: Table) {
  const keyOf = (serviceArn: string, digest: string) => ({ pk: serviceKey(serviceArn), sk: `HOLD#${digest}` });
  return {
    async of(serviceArn: string, digest: string): Promise<Hold | undefined> {
      const { Item } = await client.send(new GetCommand({ TableName, Key: keyOf(serviceArn, digest), ConsistentRead: true }));
      return Item?.['record'] as Hold | undefined;
    },

    /** Those in force, by digest. */
    on: (serviceArn: string): Promise<Hold[]> => read(serviceArn, 'HOLD#'),

    /** Those that somebody has lifted, by digest and the time when they were set. */
    liftedOn: (serviceArn: string): Promise<Hold[]> => read(serviceArn, 'LIFTED#'),

    /** False when the image was held before; the first reason stands. */
    async set(hold: Hold): Promise<boolean> {
      return unlessLost(client.send(new PutCommand({ TableName, Item: { ...keyOf(hold.serviceArn, hold.digest), record: hold }, ConditionExpression: 'attribute_not_exists(pk)' })));
    },

    /**
     * Undefined when there was nothing to lift. First it is written down who lifts it, then it is gone: whoever dies in between has
     * said so all the same, and whoever tries again finishes it.
     */
    async lift(serviceArn: string, digest: string, lifted: HoldLift): Promise<Hold | undefined> {
      const hold = await this.of(serviceArn, digest);
      if (!hold) return undefined;
      const sk = `LIFTED#${digest}#${String(hold.atMs).padStart(15, '0')}`;
      const expiresAtSeconds = Math.floor(lifted.atMs / 1000) + LIFTED_KEPT_SECONDS;
      await unlessLost(client.send(new PutCommand({ TableName, Item: { pk: serviceKey(serviceArn), sk, record: { ...hold, lifted }, expiresAtSeconds }, ConditionExpression: 'attribute_not_exists(pk)' })));
      // Held anew in the meantime, it stays held: that is another hold.
      await unlessLost(client.send(new DeleteCommand({ TableName, Key: keyOf(serviceArn, digest), ConditionExpression: '#record.#at = :at', ExpressionAttributeNames: { '#record': 'record', '#at': 'atMs' }, ExpressionAttributeValues: { ':at': hold.atMs } })));
      return { ...hold, lifted };
    },
  };

  async function read(serviceArn: string, prefix: string): Promise<Hold[]> {
    const holds: Hold[] = [];
    let ExclusiveStartKey: Record<string, unknown> | undefined;
    do {
      const page = await client.send(
        new QueryCommand({ TableName, KeyConditionExpression: 'pk = :pk AND begins_with(sk, :prefix)', ExpressionAttributeValues: { ':pk': serviceKey(serviceArn), ':prefix': prefix }, ConsistentRead: true, ExclusiveStartKey }),
      );
      holds.push(...(page.Items ?? []).map((item) => item['record'] as Hold));
      ExclusiveStartKey = page.LastEvaluatedKey;
    } while (ExclusiveStartKey);
    return holds;
  }
}

/** False when the condition was lost. */
async function unlessLost(sent: Promise<unknown>): Promise<boolean> {
  try {
    await sent;
    return true;
  } catch (error) {
    if (isAwsError(error, 'ConditionalCheckFailedException')) return false;
    throw error;
  }
}
