// Pipelines as last applied. Versioned; the index by repository is written in the same transaction, so a push finds exactly
// the pipelines that want it.
import { GetCommand, QueryCommand } from '@aws-sdk/lib-dynamodb';
import type { Person, Pipeline, Specification } from '../../core/pipeline/model.ts';
import { SlipwayError } from '../../core/errors.ts';
import { sameRecord } from './same-record.ts';
import { transact } from './transact.ts';
import { canBeKey, pipelineKey, repositoryKey, type Table } from './table.ts';

export interface StoredPipeline {
  pipeline: Pipeline;
  people: Record<string, Person>;
  version: number;
}

export type Specifications = ReturnType<typeof specificationsIn>;

/** https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html */
const ITEMS_PER_TRANSACTION = 100;
const WRITES_PER_PIPELINE = 4;

/** All or none: that is what one transaction can hold. */
export class TooManyChanges extends SlipwayError {
  override readonly name = 'TooManyChanges';
  readonly retry = 'never';
}

const ALL_PIPELINES = 'PIPELINES';
const PAGE = 100;

export function specificationsIn({ client, name: TableName }: Table) {
  const get = async (name: string): Promise<StoredPipeline | undefined> => {
    if (!canBeKey(pipelineKey(name))) return undefined;
    const { Item } = await client.send(new GetCommand({ TableName, Key: { pk: pipelineKey(name), sk: 'SPECIFICATION' }, ConsistentRead: true }));
    return Item?.['record'] as StoredPipeline | undefined;
  };

  return {
    get,

    async wanting(repository: string): Promise<StoredPipeline[]> {
      const { Items } = await client.send(
        new QueryCommand({ TableName, KeyConditionExpression: 'pk = :pk', ExpressionAttributeValues: { ':pk': repositoryKey(repository) }, ConsistentRead: true }),
      );
      const found = await Promise.all((Items ?? []).map((item) => get(item['pipelineName'] as string)));
      return found.filter((stored): stored is StoredPipeline => stored !== undefined);
    },

    /** Some of them by name, and where to go on. */
    async page(limit: number, after?: string): Promise<{ stored: StoredPipeline[]; next: string | undefined }> {
      const ExclusiveStartKey = after === undefined ? undefined : { pk: ALL_PIPELINES, sk: after };
      const page = await client.send(
        new QueryCommand({ TableName, KeyConditionExpression: 'pk = :pk', ExpressionAttributeValues: { ':pk': ALL_PIPELINES }, ConsistentRead: true, Limit: limit, ExclusiveStartKey }),
      );
      const found = await Promise.all((page.Items ?? []).map((item) => get(item['sk'] as string)));
      return { stored: found.filter((stored): stored is StoredPipeline => stored !== undefined), next: page.LastEvaluatedKey?.['sk'] as string | undefined };
    },

    async list(): Promise<StoredPipeline[]> {
      const all: StoredPipeline[] = [];
      let after: string | undefined;
      do {
        const { stored, next } = await this.page(PAGE, after);
        all.push(...stored);
        after = next;
      } while (after !== undefined);
      return all;
    },

    /** Applies every pipeline of the file, all or none; pipelines that the file does not name stay as they are. */
    async apply(specification: Specification): Promise<{ name: string; version: number; changed: boolean }[]> {
      const plans = await Promise.all(
        specification.pipelines.map(async (pipeline) => {
          const before = await get(pipeline.name);
          const changed = !sameRecord([before?.pipeline, before?.people], [pipeline, specification.people]);
          return { pipeline, before, changed, version: (before?.version ?? 0) + (changed ? 1 : 0) };
        }),
      );
      const writes = plans.filter((plan) => plan.changed).flatMap(({ pipeline, before, version }) => [
        {
          Put: {
            TableName,
            Item: { pk: pipelineKey(pipeline.name), sk: 'SPECIFICATION', version, record: { pipeline, people: specification.people, version } },
            ConditionExpression: before ? 'version = :before' : 'attribute_not_exists(pk)',
            ...(before ? { ExpressionAttributeValues: { ':before': before.version } } : {}),
          },
        },
        { Put: { TableName, Item: { pk: repositoryKey(pipeline.image.repository), sk: pipelineKey(pipeline.name), pipelineName: pipeline.name } } },
        { Put: { TableName, Item: { pk: ALL_PIPELINES, sk: pipeline.name } } },
        ...(before && before.pipeline.image.repository !== pipeline.image.repository
          ? [{ Delete: { TableName, Key: { pk: repositoryKey(before.pipeline.image.repository), sk: pipelineKey(pipeline.name) } } }]
          : []),
      ]);
      if (writes.length > ITEMS_PER_TRANSACTION) {
        throw new TooManyChanges(`${plans.filter((plan) => plan.changed).length} pipelines change at once, which is more than can be stored together`, `Apply the file in parts of at most ${ITEMS_PER_TRANSACTION / WRITES_PER_PIPELINE} changed pipelines.`);
      }
      // Somebody else applied since the versions were read: what changed has to be found out again.
      if (writes.length > 0 && (await transact(client, writes)) !== undefined) return this.apply(specification);
      return plans.map(({ pipeline, version, changed }) => ({ name: pipeline.name, version, changed }));
    },
  };
}
