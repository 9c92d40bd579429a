// Freezes: FREEZES / when and what. Read with one query by every release that is about to begin a stage; those that are over stay
// for a while as the record of who decided what.
import { PutCommand, QueryCommand } from '@aws-sdk/lib-dynamodb';
import { isInForce, type Freeze } from '../../core/freeze/freeze.ts';
import type { Table } from './table.ts';

const FREEZES = 'FREEZES';
const KEPT_SECONDS = 400 * 86_400;

export type Freezes = ReturnType<typeof freezesIn>;

export function freezesIn({ client, name: TableName }: Table) {
  async function put(freeze: Freeze, overAtMs: number | undefined): Promise<void> {
    const sk = `${String(freeze.atMs).padStart(15, '0')}#${freeze.pipeline ?? '*'}`;
    const expiry = overAtMs === undefined ? {} : { expiresAtSeconds: Math.floor(overAtMs / 1000) + KEPT_SECONDS };
    await client.send(new PutCommand({ TableName, Item: { pk: FREEZES, sk, record: freeze, ...expiry } }));
  }

  return {
    /** Also those that are over. */
    async all(): Promise<Freeze[]> {
      const freezes: Freeze[] = [];
      let ExclusiveStartKey: Record<string, unknown> | undefined;
      do {
        const page = await client.send(new QueryCommand({ TableName, KeyConditionExpression: 'pk = :pk', ExpressionAttributeValues: { ':pk': FREEZES }, ConsistentRead: true, ExclusiveStartKey }));
        freezes.push(...(page.Items ?? []).map((item) => item['record'] as Freeze));
        ExclusiveStartKey = page.LastEvaluatedKey;
      } while (ExclusiveStartKey);
      return freezes;
    },

    set: (freeze: Freeze): Promise<void> => put(freeze, freeze.untilMs),

    /** Lifts every freeze of exactly this scope that is in force, and answers how many there were. */
    async lift(pipeline: string | undefined, lifted: NonNullable<Freeze['lifted']>): Promise<number> {
      const found = (await this.all()).filter((freeze) => freeze.pipeline === pipeline && isInForce(freeze, lifted.atMs));
      for (const freeze of found) await put({ ...freeze, lifted }, lifted.atMs);
      return found.length;
    },
  };
}
