// The one table, and the keys of everything in it.
//
//   pk                      sk                          what
//   PIPELINE#name           SPECIFICATION               the pipeline as last applied, with its version
//   REPOSITORY#repository   PIPELINE#name               which pipelines want images of a repository
//   PIPELINE#name           DIGEST#sha256:..            the latest release of a digest
//   RELEASE#id              RELEASE | STAGE#00 | DECISION#..   one release, read with one query
//   TIMELINE#id             entry key                   the story of a release
//   WATCH#arn               RELEASE#id                  who wants to be woken by a service or an alarm
//   SERVICE#arn             LEASE | QUEUE#pipeline      who may write the service, and who is next
//   SERVICE#arn             HOLD#sha256:..              an image that is not rolled out there again
//   SERVICE#arn             LIFTED#sha256:..#when       a hold that somebody has lifted
//   SERVICE#arn             LAST                        who last gave the service a deployment configuration of ours
//   PIPELINES               name                        the list of pipelines
//   FREEZES                 when#pipeline               times in which no rollout begins, in force and over
//   RUNNING                 RELEASE#id                  releases that have not ended, for the round that looks after them
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { AwsOptions } from '../aws.ts';

export interface Table {
  client: DynamoDBDocumentClient;
  name: string;
}

export const openTable = (name: string, options: AwsOptions): Table => ({
  name,
  client: DynamoDBDocumentClient.from(new DynamoDBClient(options), { marshallOptions: { removeUndefinedValues: true } }),
});

export const pipelineKey = (pipeline: string) => `PIPELINE#${pipeline}`;
export const repositoryKey = (repository: string) => `REPOSITORY#${repository}`;
export const digestKey = (digest: string) => `DIGEST#${digest}`;
export const releaseKey = (releaseId: string) => `RELEASE#${releaseId}`;
export const timelineKey = (releaseId: string) => `TIMELINE#${releaseId}`;
export const watchKey = (arn: string) => `WATCH#${arn}`;
export const serviceKey = (serviceArn: string) => `SERVICE#${serviceArn}`;
export const stageKey = (index: number) => `STAGE#${String(index).padStart(2, '0')}`;

/** Index over releases by pipeline, newest last. */
export const BY_PIPELINE_INDEX = 'byPipeline';

/** DynamoDB takes no longer key, so nothing has ever been stored under one. https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html */
const KEY_BYTES_MAX = 2048;
export const canBeKey = (key: string): boolean => Buffer.byteLength(key) <= KEY_BYTES_MAX;
