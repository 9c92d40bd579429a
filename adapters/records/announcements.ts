// What has been said of a release in Slack: RELEASE#id / SLACK. One announcer at a time holds it; whoever comes meanwhile leaves
// word, and the holder does not let go before it has looked again.
//   A1. Who wants something said counts `wanted` up first and takes the item second.
//   A2. It is given back only if `wanted` is still what the holder saw before it looked at the release.
//   A3. A holder that died loses it at `heldUntilMs`; what it was about to post is in `attempt`.
import { UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { isAwsError } from '../aws.ts';
import { releaseKey, type Table } from './table.ts';

export interface Announcement {
  channel: string | undefined;
  /** Of the message that is kept current; undefined until it is posted. */
  ts: string | undefined;
  /** What the message shows, so that the same is not sent twice. */
  shown: string | undefined;
  /** The end of the release is shown: nothing comes after it. */
  final: boolean;
  /** Keys of the timeline entries that were told. */
  told: string[];
  /** A post whose answer has not been seen: the message itself, or a reply that tells these entries. */
  attempt: { part: string; keys: string[]; sinceMs: number } | undefined;
}

export const nothingSaid: Announcement = { channel: undefined, ts: undefined, shown: undefined, final: false, told: [], attempt: undefined };

export interface Held {
  announcement: Announcement;
  wanted: number;
}

export type Announcements = ReturnType<typeof announcementsIn>;

const KEPT_SECONDS = 400 * 86_400;

export function announcementsIn({ client, name: TableName }: Table) {
  async function update(releaseId: string, change: { set: string; condition?: string; values: Record<string, unknown> }): Promise<Record<string, unknown> | undefined> {
    try {
      const { Attributes } = await client.send(
        new UpdateCommand({
          TableName,
          Key: { pk: releaseKey(releaseId), sk: 'SLACK' },
          UpdateExpression: change.set,
          ExpressionAttributeValues: change.values,
          ReturnValues: 'ALL_NEW',
          ...(change.condition === undefined ? {} : { ConditionExpression: change.condition }),
          ...(change.set.includes('#record') ? { ExpressionAttributeNames: { '#record': 'record' } } : {}),
        }),
      );
      return Attributes ?? {};
    } catch (error) {
      if (isAwsError(error, 'ConditionalCheckFailedException')) return undefined;
      throw error;
    }
  }

  const held = (item: Record<string, unknown> | undefined): Held | undefined =>
    item && { announcement: { ...nothingSaid, ...(item['record'] as Partial<Announcement> | undefined) }, wanted: (item['wanted'] as number | undefined) ?? 0 };

  return {
    /** Leaves word that there may be something to say. */
    async want(releaseId: string, nowMs: number): Promise<void> {
      await update(releaseId, { set: 'SET expiresAtSeconds = :expires ADD wanted :one', values: { ':one': 1, ':expires': Math.floor(nowMs / 1000) + KEPT_SECONDS } });
    },

    /** Undefined while somebody else holds it. Asked again by its holder, it answers the newest `wanted`. */
    async take(releaseId: string, holder: string, nowMs: number, untilMs: number): Promise<Held | undefined> {
      return held(
        await update(releaseId, {
          set: 'SET holder = :holder, heldUntilMs = :until',
          condition: 'attribute_not_exists(heldUntilMs) OR heldUntilMs <= :now OR holder = :holder',
          values: { ':holder': holder, ':until': untilMs, ':now': nowMs },
        }),
      );
    },

    /** False when it is somebody else's by now: then nothing more may be said. */
    async save(releaseId: string, holder: string, announcement: Announcement): Promise<boolean> {
      return (await update(releaseId, { set: 'SET #record = :record', condition: 'holder = :holder', values: { ':record': announcement, ':holder': holder } })) !== undefined;
    },

    /** False when somebody left word since `wantedSeen`, or took it: the former is to be looked at before it is given back. */
    async giveBack(releaseId: string, holder: string, wantedSeen: number): Promise<boolean> {
      return (await update(releaseId, { set: 'REMOVE holder, heldUntilMs', condition: 'holder = :holder AND wanted = :seen', values: { ':holder': holder, ':seen': wantedSeen } })) !== undefined;
    },

    /** After a fault: somebody else should be able to try at once. */
    async letGo(releaseId: string, holder: string): Promise<void> {
      await update(releaseId, { set: 'REMOVE holder, heldUntilMs', condition: 'holder = :holder', values: { ':holder': holder } });
    },
  };
}
