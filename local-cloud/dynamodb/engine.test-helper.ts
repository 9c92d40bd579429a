// A DynamoDB model with one table, for the tests of this folder.
import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { AwsError } from '../kernel/errors.ts';
import { testKernel } from '../testing/kernel.ts';
import { DynamoDbModel } from './index.ts';

export const S = (text: string): AttributeValue => ({ S: text });
export const N = (number: number | string): AttributeValue => ({ N: String(number) });

export function engine() {
  const test = testKernel();
  test.register(new DynamoDbModel(test.kernel));
  const call = async (operation: string, input: object) => (await test.call('dynamodb', operation, input)) as Answer;
  return { ...test, call };
}

/** Loose on purpose: tests compare whole answers. */
interface Answer {
  [member: string]: unknown;
  Item?: Record<string, AttributeValue>;
  Items?: Record<string, AttributeValue>[];
  Attributes?: Record<string, AttributeValue>;
  LastEvaluatedKey?: Record<string, AttributeValue>;
}

export async function engineWithTable() {
  const made = engine();
  await made.call('CreateTable', {
    TableName: 'things',
    BillingMode: 'PAY_PER_REQUEST',
    AttributeDefinitions: [
      { AttributeName: 'pk', AttributeType: 'S' },
      { AttributeName: 'sk', AttributeType: 'S' },
      { AttributeName: 'ownerId', AttributeType: 'S' },
      { AttributeName: 'rank', AttributeType: 'N' },
    ],
    KeySchema: [
      { AttributeName: 'pk', KeyType: 'HASH' },
      { AttributeName: 'sk', KeyType: 'RANGE' },
    ],
    GlobalSecondaryIndexes: [
      {
        IndexName: 'by-owner',
        KeySchema: [
          { AttributeName: 'ownerId', KeyType: 'HASH' },
          { AttributeName: 'rank', KeyType: 'RANGE' },
        ],
        Projection: { ProjectionType: 'INCLUDE', NonKeyAttributes: ['title'] },
      },
    ],
  });
  await made.clock.advance(60_000);
  return made;
}

/** The refusal a promise rejects with, as something a test can compare. */
export async function refusal(promise: Promise<unknown>): Promise<{ code: string; message: string; members: Record<string, unknown> }> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof AwsError) return { code: error.code, message: error.message, members: error.members };
    throw error;
  }
  throw new Error('nothing was refused');
}
