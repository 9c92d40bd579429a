// Everything Slipway remembers, to be compared with what it remembers later.
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, ScanCommand } from '@aws-sdk/lib-dynamodb';
import { clientOptions, type World } from '../world.ts';

export type Records = ReadonlyMap<string, string>;

/**
 * Two kinds of field may differ: that somebody wanted the message in Slack to be looked at again, and how often a release was
 * rung and fell asleep again. Neither is a decision; both are what makes a retry of Slack's and a second click harmless.
 */
const BELLS: readonly { sk: RegExp; fields: readonly string[] }[] = [
  { sk: /^SLACK$/, fields: ['wanted', 'holder', 'heldUntilMs', 'expiresAtSeconds'] },
  { sk: /^RELEASE$/, fields: ['bell', 'token', 'parkedIn'] },
];

export async function recordsOf(world: Pick<World, 'local' | 'region' | 'tableName'>): Promise<Records> {
  const client = DynamoDBDocumentClient.from(new DynamoDBClient(clientOptions(world.local.url, world.region)));
  const items: Record<string, unknown>[] = [];
  let ExclusiveStartKey: Record<string, unknown> | undefined;
  do {
    const page = await client.send(new ScanCommand({ TableName: world.tableName, ConsistentRead: true, ExclusiveStartKey }));
    items.push(...(page.Items ?? []));
    ExclusiveStartKey = page.LastEvaluatedKey;
  } while (ExclusiveStartKey);
  return new Map(items.map((item) => [`${String(item['pk'])} ${String(item['sk'])}`, textOf(item)]));
}

function textOf(item: Record<string, unknown>): string {
  const bells = BELLS.find(({ sk }) => sk.test(String(item['sk'])))?.fields ?? [];
  return JSON.stringify(item, (_member, value: unknown) =>
    typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.fromEntries(Object.entries(value).filter(([name]) => !bells.includes(name)).sort(([a], [b]) => (a < b ? -1 : 1))) : value,
  );
}

/** One line for every record that came, went or changed. */
export function differences(before: Records, after: Records): string[] {
  const keys = [...new Set([...before.keys(), ...after.keys()])].sort();
  return keys.flatMap((key) => {
    const [was, is] = [before.get(key), after.get(key)];
    if (was === is) return [];
    return [was === undefined ? `${key} is new: ${is}` : is === undefined ? `${key} is gone` : `${key} was ${was} and is ${is}`];
  });
}
