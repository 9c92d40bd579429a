// Release records in DynamoDB. Every write is conditional; a lost condition is an answer, not an error.
import { GetCommand, PutCommand, QueryCommand, TransactWriteCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import type { Decision, Outcome, Release, StageRecord } from '../../core/release/model.ts';
import { isAwsError } from '../aws.ts';
import { BY_PIPELINE_INDEX, digestKey, pipelineKey, releaseKey, stageKey, type Table } from './table.ts';

export interface LoadedRelease {
  release: Release;
  stages: StageRecord[];
  /** The version each stage item had when it was read, for `saveStage`. */
  stageVersions: number[];
  decisions: Decision[];
  executionArn: string | undefined;
}

export type Created = { kind: 'created' } | { kind: 'existing'; releaseId: string };

export type Releases = ReturnType<typeof releasesIn>;

const FINISHED_KEPT_SECONDS = 400 * 86_400;

export function releasesIn({ client, name: TableName }: Table) {
  const keyOf = (releaseId: string) => ({ pk: releaseKey(releaseId), sk: 'RELEASE' });

  return {
    /** Stores a new release. `once`: not if this digest already has one in this pipeline. */
    async create(release: Release, stages: readonly StageRecord[], mode: 'once' | 'again'): Promise<Created> {
      const { bell, ...rest } = release;
      const pointer = { pk: pipelineKey(release.pipeline.name), sk: digestKey(release.image.digest) };
      try {
        await client.send(
          new TransactWriteCommand({
            TransactItems: [
              { Put: { TableName, Item: { ...pointer, releaseId: release.id }, ...(mode === 'once' ? { ConditionExpression: 'attribute_not_exists(pk)' } : {}) } },
              {
                Put: {
                  TableName,
                  Item: { ...keyOf(release.id), pipelineName: release.pipeline.name, createdAtMs: release.createdAtMs, bell, record: rest },
                  ConditionExpression: 'attribute_not_exists(pk)',
                },
              },
              ...stages.map((stage) => ({ Put: { TableName, Item: { pk: releaseKey(release.id), sk: stageKey(stage.index), version: 0, record: stage } } })),
            ],
          }),
        );
        return { kind: 'created' };
      } catch (error) {
        if (!isAwsError(error, 'TransactionCanceledException')) throw error;
        const existing = await this.ofDigest(release.pipeline.name, release.image.digest);
        if (existing === undefined) throw error;
        return { kind: 'existing', releaseId: existing };
      }
    },

    async ofDigest(pipeline: string, digest: string): Promise<string | undefined> {
      const { Item } = await client.send(new GetCommand({ TableName, Key: { pk: pipelineKey(pipeline), sk: digestKey(digest) }, ConsistentRead: true }));
      return Item?.['releaseId'] as string | undefined;
    },

    async load(releaseId: string): Promise<LoadedRelease | undefined> {
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

    /** False when somebody saved the stage since it was read: look again and decide again. */
    async saveStage(releaseId: string, stage: StageRecord, versionRead: number): Promise<boolean> {
      try {
        await client.send(
          new PutCommand({
            TableName,
            Item: { pk: releaseKey(releaseId), sk: stageKey(stage.index), version: versionRead + 1, record: stage },
            ConditionExpression: 'version = :read',
            ExpressionAttributeValues: { ':read': versionRead },
          }),
        );
        return true;
      } catch (error) {
        if (isAwsError(error, 'ConditionalCheckFailedException')) return false;
        throw error;
      }
    },

    /** Moves the release on to a stage; the stage before it is accounted for. */
    async enterStage(releaseId: string, stageIndex: number): Promise<void> {
      await setMembers(releaseId, { stageIndex }, 'attribute_exists(pk)');
    },

    async end(releaseId: string, outcome: Outcome, reason: string, endedAtMs: number): Promise<boolean> {
      return setMembers(releaseId, { status: 'ended', outcome, reason, endedAtMs }, '#record.#status = :running', { ':running': 'running' }, Math.floor(endedAtMs / 1000) + FINISHED_KEPT_SECONDS);
    },

    async challenge(releaseId: string, by: string): Promise<boolean> {
      return setMembers(releaseId, { challengedBy: by }, '#record.#status = :running', { ':running': 'running' });
    },

    async markForRescue(releaseId: string, reason: string): Promise<boolean> {
      return setMembers(releaseId, { rescue: reason }, '#record.#status = :running', { ':running': 'running' });
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

    /** Stores the token to be woken by, unless the bell has rung since `bellSeen`: then there is no sleeping now. */
    async park(releaseId: string, token: string, bellSeen: number): Promise<'parked' | 'rung'> {
      try {
        await client.send(
          new UpdateCommand({
            TableName,
            Key: keyOf(releaseId),
            UpdateExpression: 'SET #token = :token',
            ConditionExpression: 'bell = :seen',
            ExpressionAttributeNames: { '#token': 'token' },
            ExpressionAttributeValues: { ':token': token, ':seen': bellSeen },
          }),
        );
        return 'parked';
      } catch (error) {
        if (isAwsError(error, 'ConditionalCheckFailedException')) return 'rung';
        throw error;
      }
    },

    /**
     * The last word before weight is gained: fails once anything stands against it (an abort or a reject is recorded with
     * `stopRequested` in the same transaction).
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

    /** `already`: this person has decided this question before; what they said first stands. */
    async decide(releaseId: string, decision: Decision): Promise<'recorded' | 'already' | 'ended'> {
      const sk = `DECISION#${String(decision.stageIndex).padStart(2, '0')}#${decision.askKey ?? 'abort'}#${decision.kind === 'abort' ? '' : decision.person}`;
      const stops = decision.kind === 'abort' || decision.kind === 'reject';
      try {
        await client.send(
          new TransactWriteCommand({
            TransactItems: [
              { Put: { TableName, Item: { pk: releaseKey(releaseId), sk, record: decision }, ConditionExpression: 'attribute_not_exists(pk)' } },
              {
                Update: {
                  TableName,
                  Key: keyOf(releaseId),
                  UpdateExpression: stops ? 'SET lastDecisionAtMs = :at, stopRequested = :kind' : 'SET lastDecisionAtMs = :at',
                  ConditionExpression: '#record.#status = :running',
                  ExpressionAttributeNames: { '#record': 'record', '#status': 'status' },
                  ExpressionAttributeValues: { ':at': decision.atMs, ':running': 'running', ...(stops ? { ':kind': decision.kind } : {}) },
                },
              },
            ],
          }),
        );
        return 'recorded';
      } catch (error) {
        if (!isAwsError(error, 'TransactionCanceledException')) throw error;
        const reasons = 'CancellationReasons' in error && Array.isArray(error.CancellationReasons) ? (error.CancellationReasons as { Code?: string }[]) : [];
        if (reasons[0]?.Code === 'ConditionalCheckFailed') return 'already';
        if (reasons[1]?.Code === 'ConditionalCheckFailed') return 'ended';
        throw error;
      }
    },

    /** Newest first. */
    async ofPipeline(pipeline: string, limit: number, next?: Record<string, unknown>): Promise<{ releases: Release[]; next: Record<string, unknown> | undefined }> {
      const page = await client.send(
        new QueryCommand({
          TableName,
          IndexName: BY_PIPELINE_INDEX,
          KeyConditionExpression: 'pipelineName = :pipeline',
          ExpressionAttributeValues: { ':pipeline': pipeline },
          ScanIndexForward: false,
          Limit: limit,
          ExclusiveStartKey: next,
        }),
      );
      return { releases: (page.Items ?? []).map(releaseOf), next: page.LastEvaluatedKey };
    },
  };

  async function setMembers(
    releaseId: string,
    members: Record<string, unknown>,
    ConditionExpression: string,
    values: Record<string, unknown> = {},
    expiresAtSeconds?: number,
  ): Promise<boolean> {
    const entries = Object.entries(members);
    const needsStatus = ConditionExpression.includes('#status') && !('status' in members);
    try {
      await client.send(
        new UpdateCommand({
          TableName,
          Key: keyOf(releaseId),
          UpdateExpression: `SET ${entries.map(([member]) => `#record.#${member} = :${member}`).join(', ')}${expiresAtSeconds === undefined ? '' : ', expiresAtSeconds = :expires'}`,
          ConditionExpression,
          ExpressionAttributeNames: { '#record': 'record', ...Object.fromEntries(entries.map(([member]) => [`#${member}`, member])), ...(needsStatus ? { '#status': 'status' } : {}) },
          ExpressionAttributeValues: { ...Object.fromEntries(entries.map(([member, value]) => [`:${member}`, value])), ...values, ...(expiresAtSeconds === undefined ? {} : { ':expires': expiresAtSeconds }) },
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
  };
}
