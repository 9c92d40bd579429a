// All or nothing, over several items. A transaction may be cancelled only because another write touched one of its items at the
// same moment (a ring of the bell does); that says nothing about its conditions, so it is tried again.
// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html
import { TransactWriteCommand, type DynamoDBDocumentClient, type TransactWriteCommandInput } from '@aws-sdk/lib-dynamodb';
import { isAwsError } from '../aws.ts';
import { releaseKey, stageKey } from './table.ts';

const TRIES_MAX = 6;

/** Undefined when everything was written; otherwise nothing was, and the answer is which items' conditions did not hold. */
export async function transact(client: DynamoDBDocumentClient, items: NonNullable<TransactWriteCommandInput['TransactItems']>): Promise<number[] | undefined> {
  for (let tries = 1; ; tries++) {
    try {
      await client.send(new TransactWriteCommand({ TransactItems: items }));
      return undefined;
    } catch (error) {
      if (!isAwsError(error, 'TransactionCanceledException')) throw error;
      const codes = codesOf(error);
      const failed = codes.flatMap((code, index) => (code === 'ConditionalCheckFailed' ? [index] : []));
      if (failed.length > 0) return failed;
      if (!codes.includes('TransactionConflict') || tries >= TRIES_MAX) throw error;
    }
  }
}

/**
 * To go along with what a stage takes for itself: a call of somebody who has died may arrive a minute later, when the stage has ended
 * and given everything back, and what it left would be nobody's.
 */
export const stageIsOpen = (TableName: string, { releaseId, stageIndex }: { releaseId: string; stageIndex: number }) => ({
  ConditionCheck: {
    TableName,
    Key: { pk: releaseKey(releaseId), sk: stageKey(stageIndex) },
    ConditionExpression: 'attribute_exists(pk) AND #record.#status <> :ended',
    ExpressionAttributeNames: { '#record': 'record', '#status': 'status' },
    ExpressionAttributeValues: { ':ended': 'ended' },
  },
});

const codesOf = (error: Error): (string | undefined)[] =>
  'CancellationReasons' in error && Array.isArray(error.CancellationReasons) ? (error.CancellationReasons as { Code?: string }[]).map((reason) => reason.Code) : [];
