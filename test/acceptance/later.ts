// Minutes that Slipway counts on its own clock, and that no physics of the cloud can shorten: what a record keeps as a time is
// made a minute older, as whoever reads it a minute later would find it.
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, UpdateCommand, type UpdateCommandInput } from '@aws-sdk/lib-dynamodb';
import { releaseKey, stageKey } from '../../adapters/records/table.ts';
import { clientOptions } from '../../rehearsal/world.ts';
import { eventually, type QuickWorld } from './quick-world.ts';

const MINUTE_MS = 60_000;

/** The first rung was reached a minute earlier than it was: its requests can be counted, for they are by whole minutes. */
export const reachedAMinuteAgo = (world: QuickWorld, releaseId: string): Promise<void> =>
  older(world, 'a rung that was reached', {
    Key: { pk: releaseKey(releaseId), sk: stageKey(0) },
    // Whoever has read the stage and is about to save it looks again.
    UpdateExpression: 'SET #record.rungsReached[0].atMs = #record.rungsReached[0].atMs - :minute ADD version :one',
    ConditionExpression: 'attribute_exists(#record.rungsReached[0])',
    ExpressionAttributeNames: { '#record': 'record' },
    ExpressionAttributeValues: { ':minute': MINUTE_MS, ':one': 1 },
  });

/** Nobody speaks of a release for a minute after Slack has given an announcer no answer. */
export const unansweredAMinuteAgo = (world: QuickWorld, releaseId: string): Promise<void> =>
  older(world, 'an announcer that holds the message', {
    Key: { pk: releaseKey(releaseId), sk: 'SLACK' },
    UpdateExpression: 'SET heldUntilMs = heldUntilMs - :minute',
    ConditionExpression: 'attribute_exists(heldUntilMs)',
    ExpressionAttributeValues: { ':minute': MINUTE_MS },
  });

async function older(world: QuickWorld, what: string, update: Omit<UpdateCommandInput, 'TableName'>): Promise<void> {
  const client = DynamoDBDocumentClient.from(new DynamoDBClient(clientOptions(world.local.url, world.region)));
  await eventually(what, async () => {
    try {
      return await client.send(new UpdateCommand({ ...update, TableName: world.tableName }));
    } catch (error) {
      if (error instanceof Error && error.name === 'ConditionalCheckFailedException') return undefined;
      throw error;
    }
  });
}
