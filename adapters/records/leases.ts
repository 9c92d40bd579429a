// One writer per ECS service. The holder writes; one release may wait, and of two that would wait the newer one stays.
import { DeleteCommand, GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import { isAwsError } from '../aws.ts';
import { serviceKey, type Table } from './table.ts';

export interface Claim {
  releaseId: string;
  pushedAtMs: number;
}

export type Leases = ReturnType<typeof leasesIn>;

export function leasesIn({ client, name: TableName }: Table) {
  const leaseOf = (serviceArn: string) => ({ pk: serviceKey(serviceArn), sk: 'LEASE' });
  const queueOf = (serviceArn: string) => ({ pk: serviceKey(serviceArn), sk: 'QUEUE' });

  const read = async (Key: Record<string, string>): Promise<Claim | undefined> => {
    const { Item } = await client.send(new GetCommand({ TableName, Key, ConsistentRead: true }));
    return Item as Claim | undefined;
  };

  return {
    holder: (serviceArn: string): Promise<Claim | undefined> => read(leaseOf(serviceArn)),
    waiting: (serviceArn: string): Promise<Claim | undefined> => read(queueOf(serviceArn)),

    /** True when this release now holds the service. `instead` takes it from a holder known to have ended. */
    async take(serviceArn: string, claim: Claim, instead?: string): Promise<boolean> {
      try {
        await client.send(
          new PutCommand({
            TableName,
            Item: { ...leaseOf(serviceArn), ...claim },
            ConditionExpression: 'attribute_not_exists(pk) OR releaseId = :me OR releaseId = :instead',
            ExpressionAttributeValues: { ':me': claim.releaseId, ':instead': instead ?? claim.releaseId },
          }),
        );
        return true;
      } catch (error) {
        if (isAwsError(error, 'ConditionalCheckFailedException')) return false;
        throw error;
      }
    },

    /** Puts this release into the one waiting place unless a newer one is there; answers who is overtaken by it, if anybody. */
    async enqueue(serviceArn: string, claim: Claim): Promise<{ kind: 'waiting'; overtook: string | undefined } | { kind: 'overtaken'; by: string }> {
      try {
        const { Attributes } = await client.send(
          new PutCommand({
            TableName,
            Item: { ...queueOf(serviceArn), ...claim },
            ConditionExpression: 'attribute_not_exists(pk) OR releaseId = :me OR pushedAtMs < :pushed OR (pushedAtMs = :pushed AND releaseId < :me)',
            ExpressionAttributeValues: { ':me': claim.releaseId, ':pushed': claim.pushedAtMs },
            ReturnValues: 'ALL_OLD',
          }),
        );
        const before = Attributes as Claim | undefined;
        return { kind: 'waiting', overtook: before && before.releaseId !== claim.releaseId ? before.releaseId : undefined };
      } catch (error) {
        if (!isAwsError(error, 'ConditionalCheckFailedException')) throw error;
        const newer = await read(queueOf(serviceArn));
        return newer ? { kind: 'overtaken', by: newer.releaseId } : { kind: 'waiting', overtook: undefined };
      }
    },

    leave: (serviceArn: string, releaseId: string): Promise<void> => removeIfMine(queueOf(serviceArn), releaseId),
    release: (serviceArn: string, releaseId: string): Promise<void> => removeIfMine(leaseOf(serviceArn), releaseId),
  };

  async function removeIfMine(Key: Record<string, string>, releaseId: string): Promise<void> {
    try {
      await client.send(new DeleteCommand({ TableName, Key, ConditionExpression: 'releaseId = :me', ExpressionAttributeValues: { ':me': releaseId } }));
    } catch (error) {
      if (!isAwsError(error, 'ConditionalCheckFailedException')) throw error;
    }
  }
}
