// Release records in DynamoDB. Every write is conditional; a lost condition is an answer, not an error.
import { DeleteCommand, GetCommand, QueryCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import type { Decision, Outcome, Release, StageRecord, TimelineEntry } from '../../core/release/model.ts';
import { isAwsError } from '../aws.ts';
import { putOfEntry } from './timeline.ts';
import { transact } from './transact.ts';
import { BY_PIPELINE_INDEX, canBeKey, digestKey, pipelineKey, releaseKey, stageKey, type Table } from './table.ts';

export interface LoadedRelease {
  release: Release;
  stages: StageRecord[];
  /** The version each stage item had when it was read, for `saveStage`. */
  stageVersions: number[];
  decisions: Decision[];
  executionArn: string | undefined;
  /** The step that was last allowed by `mayAdvance`. */
  lastAdvance: string | undefined;
}

/** A place in the list of a pipeline's releases. */
export interface ReleasePlace {
  pipeline: string;
  id: string;
  createdAtMs: number;
}

export type Created = { kind: 'created' } | { kind: 'existing'; releaseId: string };

export type Releases = ReturnType<typeof releasesIn>;

const FINISHED_KEPT_SECONDS = 400 * 86_400;
const IN_FLIGHT = 'RUNNING';

const WHILE_RUNNING = '#record.#status = :running';
const RUNNING = { ':running': 'running' };

export function releasesIn({ client, name: TableName }: Table) {
  const keyOf = (releaseId: string) => ({ pk: releaseKey(releaseId), sk: 'RELEASE' });

  return {
    /** Stores a new release. `once`: not if this digest already has one in this pipeline. */
    async create(release: Release, stages: readonly StageRecord[], mode: 'once' | 'again'): Promise<Created> {
      const { bell, ...rest } = release;
      const pointer = { pk: pipelineKey(release.pipeline.name), sk: digestKey(release.image.digest) };
      const lost = await transact(client, [
        { Put: { TableName, Item: { ...pointer, releaseId: release.id }, ...(mode === 'once' ? { ConditionExpression: 'attribute_not_exists(pk)' } : {}) } },
        {
          Put: {
            TableName,
            Item: { ...keyOf(release.id), pipelineName: release.pipeline.name, createdAtMs: release.createdAtMs, bell, record: rest },
            ConditionExpression: 'attribute_not_exists(pk)',
          },
        },
        { Put: { TableName, Item: { pk: IN_FLIGHT, sk: releaseKey(release.id), releaseId: release.id } } },
        ...stages.map((stage) => ({ Put: { TableName, Item: { pk: releaseKey(release.id), sk: stageKey(stage.index), version: 0, record: stage } } })),
      ]);
      if (lost === undefined) return { kind: 'created' };
      // Without a pointer it is the id that another release has already: `again` answers which, so that another id is tried.
      return { kind: 'existing', releaseId: (await this.ofDigest(release.pipeline.name, release.image.digest)) ?? release.id };
    },

    async ofDigest(pipeline: string, digest: string): Promise<string | undefined> {
      const { Item } = await client.send(new GetCommand({ TableName, Key: { pk: pipelineKey(pipeline), sk: digestKey(digest) }, ConsistentRead: true }));
      return Item?.['releaseId'] as string | undefined;
    },

    async load(releaseId: string): Promise<LoadedRelease | undefined> {
      if (!canBeKey(releaseKey(releaseId))) return undefined;
      const items: Record<string, unknown>[] = [];
      let ExclusiveStartKey: Record<string, unknown> | undefined;
      do {
        const page = await client.send(
          new QueryCommand({ TableName, KeyConditionExpression: 'pk = :pk', ExpressionAttributeValues: { ':pk': releaseKey(releaseId) }, ConsistentRead: true, ExclusiveStartKey }),
        );
        items.push(...(page.Items ?? []));
        ExclusiveStartKey = page.LastEvaluatedKey;
      } while (ExclusiveStartKey);
      return assemble(items);
    },

    /**
     * False when somebody saved the stage since it was read: look again and decide again. The entries that tell of the change are
     * written with it or not at all: nobody reads of a decision that was never made, and none is made that nobody can read.
     */
    async saveStage(releaseId: string, stage: StageRecord, versionRead: number, entries: readonly TimelineEntry[] = []): Promise<boolean> {
      const Put = {
        TableName,
        Item: { pk: releaseKey(releaseId), sk: stageKey(stage.index), version: versionRead + 1, record: stage },
        ConditionExpression: 'version = :read',
        ExpressionAttributeValues: { ':read': versionRead },
      };
      const lost = await transact(client, [{ Put }, ...entries.map((entry) => ({ Put: putOfEntry(TableName, releaseId, entry) }))]);
      if (lost === undefined) return true;
      // An entry that is there already stays as it is.
      return lost.includes(0) ? false : this.saveStage(releaseId, stage, versionRead, entries.filter((_entry, index) => !lost.includes(index + 1)));
    },

    /** Moves the release on to a stage, never back; the stage before it is accounted for, and with it whoever wanted its service. */
    async enterStage(releaseId: string, stageIndex: number): Promise<void> {
      await change(releaseId, { members: { stageIndex }, also: ' REMOVE #record.challengedBy', condition: '#record.#stageIndex < :stageIndex' });
    },

    async end(releaseId: string, outcome: Outcome, reason: string, endedAtMs: number): Promise<boolean> {
      const expiresAtSeconds = Math.floor(endedAtMs / 1000) + FINISHED_KEPT_SECONDS;
      const ended = await change(releaseId, {
        members: { status: 'ended', outcome, reason, endedAtMs },
        // Nobody is woken any more.
        also: ', expiresAtSeconds = :expires REMOVE #token',
        condition: WHILE_RUNNING,
        names: { '#token': 'token' },
        values: { ...RUNNING, ':expires': expiresAtSeconds },
      });
      // Also when somebody ended it before: that one may have died here.
      await expireParts(releaseId, expiresAtSeconds);
      return ended;
    },

    /** Every release whose end nobody has checked yet: those under way, and some that have just ended. */
    async inFlight(): Promise<string[]> {
      const releaseIds: string[] = [];
      let ExclusiveStartKey: Record<string, unknown> | undefined;
      do {
        const page = await client.send(
          new QueryCommand({ TableName, KeyConditionExpression: 'pk = :pk', ExpressionAttributeValues: { ':pk': IN_FLIGHT }, ConsistentRead: true, ExclusiveStartKey }),
        );
        releaseIds.push(...(page.Items ?? []).map((item) => item['releaseId'] as string));
        ExclusiveStartKey = page.LastEvaluatedKey;
      } while (ExclusiveStartKey);
      return releaseIds;
    },

    /** Takes a release off the list of those in flight. */
    async landed(releaseId: string): Promise<void> {
      await client.send(new DeleteCommand({ TableName, Key: { pk: IN_FLIGHT, sk: releaseKey(releaseId) } }));
    },

    /** A challenge is about one stage's service: it is not made to a release that has gone on to another stage. */
    async challenge(releaseId: string, by: string, stageIndex: number): Promise<boolean> {
      return change(releaseId, { members: { challengedBy: by }, condition: `${WHILE_RUNNING} AND #record.stageIndex = :at`, values: { ...RUNNING, ':at': stageIndex } });
    },

    async markForRescue(releaseId: string, reason: string): Promise<boolean> {
      return change(releaseId, { members: { rescue: reason }, also: ', stopRequested = :kind', condition: WHILE_RUNNING, values: { ...RUNNING, ':kind': 'rescue' } });
    },

    async setExecution(releaseId: string, executionArn: string): Promise<void> {
      await client.send(new UpdateCommand({ TableName, Key: keyOf(releaseId), UpdateExpression: 'SET executionArn = :arn', ConditionExpression: 'attribute_exists(pk)', ExpressionAttributeValues: { ':arn': executionArn } }));
    },

    /** The doorbell. Answers the token to wake, if the release is parked; undefined when there is nothing to ring. */
    async ring(releaseId: string): Promise<{ token: string | undefined } | undefined> {
      try {
        const { Attributes } = await client.send(
          new UpdateCommand({
            TableName,
            Key: keyOf(releaseId),
            UpdateExpression: 'ADD bell :one',
            ConditionExpression: '#record.#status = :running',
            ExpressionAttributeNames: { '#record': 'record', '#status': 'status' },
            ExpressionAttributeValues: { ':one': 1, ':running': 'running' },
            ReturnValues: 'ALL_NEW',
          }),
        );
        return { token: Attributes?.['token'] as string | undefined };
      } catch (error) {
        if (isAwsError(error, 'ConditionalCheckFailedException')) return undefined;
        throw error;
      }
    },

    /**
     * Stores the token to be woken by, unless the bell has rung since it stood at `bell`: then there is no sleeping now. `wait` rises
     * from each try of each wait to the next, so that a call of one that has died, however late it comes, takes the place of none.
     * A release that has ended waits for nobody.
     */
    async park(releaseId: string, { token, bell, wait }: { token: string; bell: number; wait: string | undefined }): Promise<'parked' | 'rung'> {
      try {
        await client.send(
          new UpdateCommand({
            TableName,
            Key: keyOf(releaseId),
            UpdateExpression: wait === undefined ? 'SET #token = :token' : 'SET #token = :token, parkedIn = :wait',
            ConditionExpression: `bell = :seen AND ${WHILE_RUNNING}${wait === undefined ? '' : ' AND (attribute_not_exists(parkedIn) OR parkedIn <= :wait)'}`,
            ExpressionAttributeNames: { '#token': 'token', '#record': 'record', '#status': 'status' },
            ExpressionAttributeValues: { ':token': token, ':seen': bell, ...RUNNING, ...(wait === undefined ? {} : { ':wait': wait }) },
          }),
        );
        return 'parked';
      } catch (error) {
        if (isAwsError(error, 'ConditionalCheckFailedException')) return 'rung';
        throw error;
      }
    },

    /**
     * The last word before weight is gained: fails once anything stands against it (an abort, a reject and a rescue are
     * recorded together with `stopRequested`).
     */
    async mayAdvance(releaseId: string, step: string): Promise<boolean> {
      try {
        await client.send(
          new UpdateCommand({
            TableName,
            Key: keyOf(releaseId),
            UpdateExpression: 'SET lastAdvance = :step',
            ConditionExpression: '#record.#status = :running AND attribute_not_exists(stopRequested)',
            ExpressionAttributeNames: { '#record': 'record', '#status': 'status' },
            ExpressionAttributeValues: { ':step': step, ':running': 'running' },
          }),
        );
        return true;
      } catch (error) {
        if (isAwsError(error, 'ConditionalCheckFailedException')) return false;
        throw error;
      }
    },

    /** `already`: this person has said this before. Who approved may still reject, and never the other way round. */
    async decide(releaseId: string, decision: Decision): Promise<'recorded' | 'already' | 'ended'> {
      const sk = `DECISION#${String(decision.stageIndex).padStart(2, '0')}#${decision.askKey ?? 'abort'}#${decision.kind === 'abort' ? '' : `${decision.person}#${decision.kind}`}`;
      const stops = decision.kind === 'abort' || decision.kind === 'reject';
      const lost = await transact(client, [
        { Put: { TableName, Item: { pk: releaseKey(releaseId), sk, record: decision }, ConditionExpression: 'attribute_not_exists(pk)' } },
        {
          Update: {
            TableName,
            Key: keyOf(releaseId),
            UpdateExpression: stops ? 'SET lastDecisionAtMs = :at, stopRequested = :kind' : 'SET lastDecisionAtMs = :at',
            ConditionExpression: WHILE_RUNNING,
            ExpressionAttributeNames: { '#record': 'record', '#status': 'status' },
            ExpressionAttributeValues: { ':at': decision.atMs, ...RUNNING, ...(stops ? { ':kind': decision.kind } : {}) },
          },
        },
      ]);
      if (lost === undefined) return 'recorded';
      return lost.includes(0) ? 'already' : 'ended';
    },

    /** Newest first; from the beginning, after a place in the list, or only those created before a moment. */
    async ofPipeline(pipeline: string, limit: number, from: { after?: ReleasePlace; beforeMs?: number } = {}): Promise<{ releases: Release[]; more: boolean }> {
      const page = await client.send(
        new QueryCommand({
          TableName,
          IndexName: BY_PIPELINE_INDEX,
          KeyConditionExpression: from.beforeMs === undefined ? 'pipelineName = :pipeline' : 'pipelineName = :pipeline AND createdAtMs < :before',
          ExpressionAttributeValues: { ':pipeline': pipeline, ...(from.beforeMs === undefined ? {} : { ':before': from.beforeMs }) },
          ScanIndexForward: false,
          Limit: limit,
          ExclusiveStartKey: from.after && { ...keyOf(from.after.id), pipelineName: from.after.pipeline, createdAtMs: from.after.createdAtMs },
        }),
      );
      return { releases: (page.Items ?? []).map(releaseOf), more: page.LastEvaluatedKey !== undefined };
    },
  };

  /** Stages and decisions go with their release; while it runs, nothing of it does. */
  async function expireParts(releaseId: string, expiresAtSeconds: number): Promise<void> {
    let ExclusiveStartKey: Record<string, unknown> | undefined;
    do {
      const page = await client.send(
        new QueryCommand({ TableName, KeyConditionExpression: 'pk = :pk', ExpressionAttributeValues: { ':pk': releaseKey(releaseId) }, ConsistentRead: true, ExclusiveStartKey }),
      );
      const parts = (page.Items ?? []).filter((item) => item['expiresAtSeconds'] === undefined);
      await Promise.all(
        parts.map((item) =>
          client.send(new UpdateCommand({ TableName, Key: { pk: item['pk'] as string, sk: item['sk'] as string }, UpdateExpression: 'SET expiresAtSeconds = :expires', ConditionExpression: 'attribute_exists(pk)', ExpressionAttributeValues: { ':expires': expiresAtSeconds } })),
        ),
      );
      ExclusiveStartKey = page.LastEvaluatedKey;
    } while (ExclusiveStartKey);
  }

  /** Sets members of the record under a condition; false when the condition does not hold. `also` goes on with the update expression. */
  async function change(releaseId: string, given: { members: Record<string, unknown>; also?: string; condition: string; names?: Record<string, string>; values?: Record<string, unknown> }): Promise<boolean> {
    const { members, also = '', condition, values = {} } = given;
    const entries = Object.entries(members);
    const names = [...entries.map(([member]) => member), ...(condition.includes('#status') ? ['status'] : [])];
    try {
      await client.send(
        new UpdateCommand({
          TableName,
          Key: keyOf(releaseId),
          UpdateExpression: `SET ${entries.map(([member]) => `#record.#${member} = :${member}`).join(', ')}${also}`,
          ConditionExpression: condition,
          ExpressionAttributeNames: { '#record': 'record', ...Object.fromEntries(names.map((member) => [`#${member}`, member])), ...given.names },
          ExpressionAttributeValues: { ...Object.fromEntries(entries.map(([member, value]) => [`:${member}`, value])), ...values },
        }),
      );
      return true;
    } catch (error) {
      if (isAwsError(error, 'ConditionalCheckFailedException')) return false;
      throw error;
    }
  }
}

const releaseOf = (item: Record<string, unknown>): Release => ({ ...(item['record'] as Omit<Release, 'bell'>), bell: item['bell'] as number });

function assemble(items: Record<string, unknown>[]): LoadedRelease | undefined {
  const head = items.find((item) => item['sk'] === 'RELEASE');
  if (!head) return undefined;
  const stages = items.filter((item) => String(item['sk']).startsWith('STAGE#'));
  return {
    release: releaseOf(head),
    stages: stages.map((item) => item['record'] as StageRecord),
    stageVersions: stages.map((item) => item['version'] as number),
    decisions: items.filter((item) => String(item['sk']).startsWith('DECISION#')).map((item) => item['record'] as Decision),
    executionArn: head['executionArn'] as string | undefined,
    lastAdvance: head['lastAdvance'] as string | undefined,
  };
}
