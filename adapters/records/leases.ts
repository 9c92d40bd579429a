// One writer per ECS service. The holder writes; of each pipeline one release may wait, and of two that would wait the newer
// one stays. The newest that ended well is kept, so that an older one whose push event comes late is not rolled out over it.
import { DeleteCommand, GetCommand, PutCommand, QueryCommand } from '@aws-sdk/lib-dynamodb';
import { isAwsError } from '../aws.ts';
import { serviceKey, type Table } from './table.ts';
import { stageIsOpen, transact } from './transact.ts';

export interface Claim {
  releaseId: string;
  stageIndex: number;
  pipeline: string;
  pushedAtMs: number;
  createdAtMs: number;
}

/** `over`: the stage has ended meanwhile, and waits for nothing. */
export type Queued = { kind: 'waiting'; overtook: string | undefined } | { kind: 'overtaken'; by: string } | { kind: 'over' };

/** The stage of a release that last changed a service's deployment configuration. */
export interface LastChange {
  releaseId: string;
  stageIndex: number;
}

/** Which of the two parts of a transaction it is. */
const STAGE = 1;

/**
 * ECR's events tell the second of a push; of two in the same second the one whose event came later is the newer. Always the same
 * one of two, so that neither overtakes the other and is overtaken by it.
 */
export const isNewer = (one: Claim, other: Claim): boolean => (one.pushedAtMs - other.pushedAtMs || one.createdAtMs - other.createdAtMs || (one.releaseId > other.releaseId ? 1 : -1)) > 0;

export type Leases = ReturnType<typeof leasesIn>;

export function leasesIn({ client, name: TableName }: Table) {
  const leaseOf = (serviceArn: string) => ({ pk: serviceKey(serviceArn), sk: 'LEASE' });
  const queueOf = (serviceArn: string, pipeline: string) => ({ pk: serviceKey(serviceArn), sk: `QUEUE#${pipeline}` });

  const read = async (Key: Record<string, string>): Promise<Claim | undefined> => {
    const { Item } = await client.send(new GetCommand({ TableName, Key, ConsistentRead: true }));
    return Item as Claim | undefined;
  };

  const newestOf = (serviceArn: string, pipeline: string) => ({ pk: serviceKey(serviceArn), sk: `NEWEST#${pipeline}` });
  const lastOf = (serviceArn: string) => ({ pk: serviceKey(serviceArn), sk: 'LAST' });

  return {
    /** Written down before the configuration is changed, so that whoever comes next knows what of it is ours. */
    async changes(serviceArn: string, change: LastChange): Promise<void> {
      await client.send(new PutCommand({ TableName, Item: { ...lastOf(serviceArn), ...change } }));
    },

    async lastChange(serviceArn: string): Promise<LastChange | undefined> {
      const { Item } = await client.send(new GetCommand({ TableName, Key: lastOf(serviceArn), ConsistentRead: true }));
      return Item as LastChange | undefined;
    },

    /** The service runs the image of this release now: whatever the pipeline had pushed before it has nothing to do here any more. */
    async runs(serviceArn: string, claim: Claim): Promise<void> {
      try {
        await client.send(
          new PutCommand({
            TableName,
            Item: { ...newestOf(serviceArn, claim.pipeline), ...claim },
            ConditionExpression: 'attribute_not_exists(pk) OR pushedAtMs < :pushed OR (pushedAtMs = :pushed AND createdAtMs < :created)',
            ExpressionAttributeValues: { ':pushed': claim.pushedAtMs, ':created': claim.createdAtMs },
          }),
        );
      } catch (error) {
        if (!isAwsError(error, 'ConditionalCheckFailedException')) throw error;
      }
    },

    /** The release of this pipeline, pushed after the claim's, that the service has come to run: undefined when there is none. */
    async newerThan(serviceArn: string, claim: Claim): Promise<string | undefined> {
      const newest = await read(newestOf(serviceArn, claim.pipeline));
      return newest && isNewer(newest, claim) ? newest.releaseId : undefined;
    },

    holder: (serviceArn: string): Promise<Claim | undefined> => read(leaseOf(serviceArn)),

    /** Everybody who waits for the service. */
    async waiting(serviceArn: string): Promise<Claim[]> {
      const { Items } = await client.send(
        new QueryCommand({ TableName, KeyConditionExpression: 'pk = :pk AND begins_with(sk, :queue)', ExpressionAttributeValues: { ':pk': serviceKey(serviceArn), ':queue': 'QUEUE#' }, ConsistentRead: true }),
      );
      return (Items ?? []) as Claim[];
    },

    /** True when this release now holds the service; never once its stage has ended. `instead` takes it from a holder known to have ended. */
    async take(serviceArn: string, claim: Claim, instead?: string): Promise<boolean> {
      const lost = await transact(client, [
        {
          Put: {
            TableName,
            Item: { ...leaseOf(serviceArn), ...claim },
            ConditionExpression: 'attribute_not_exists(pk) OR releaseId = :me OR releaseId = :instead',
            ExpressionAttributeValues: { ':me': claim.releaseId, ':instead': instead ?? claim.releaseId },
          },
        },
        stageIsOpen(TableName, claim),
      ]);
      return lost === undefined;
    },

    /** Puts this release into the one waiting place unless a newer one is there; answers who is overtaken by it, if anybody. */
    async enqueue(serviceArn: string, claim: Claim): Promise<Queued> {
      const place = queueOf(serviceArn, claim.pipeline);
      const there = await read(place);
      if (there && isNewer(there, claim)) return { kind: 'overtaken', by: there.releaseId };
      const lost = await transact(client, [
        {
          Put: {
            TableName,
            Item: { ...place, ...claim },
            ...(there ? { ConditionExpression: 'releaseId = :there', ExpressionAttributeValues: { ':there': there.releaseId } } : { ConditionExpression: 'attribute_not_exists(pk)' }),
          },
        },
        stageIsOpen(TableName, claim),
      ]);
      if (lost === undefined) return { kind: 'waiting', overtook: there && there.releaseId !== claim.releaseId ? there.releaseId : undefined };
      // Somebody else has come or gone in between.
      return lost.includes(STAGE) ? { kind: 'over' } : this.enqueue(serviceArn, claim);
    },

    leave: (serviceArn: string, claim: Claim): Promise<void> => removeIfMine(queueOf(serviceArn, claim.pipeline), claim.releaseId),
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
