// A function as Lambda keeps it, and how the API shows it.
import type * as lambda from '@aws-sdk/client-lambda';
import type { PolicyStatement } from '../kernel/service.ts';
import type { Code } from './code.ts';

export interface FunctionRecord {
  name: string;
  arn: string;
  /** Changes with code and configuration: environments of an older revision serve nothing new. */
  revision: number;
  revisionId: string;
  lastModifiedMs: number;
  code: Code;
  role: string;
  runtime: string;
  handler: string;
  description: string;
  timeoutSeconds: number;
  memoryMb: number;
  variables: Record<string, string>;
  kmsKeyArn: string | undefined;
  tracing: 'Active' | 'PassThrough';
  deadLetterTargetArn: string | undefined;
  architectures: lambda.Architecture[];
  ephemeralStorageMb: number;
  logging: { format: 'Text' | 'JSON'; group: string; applicationLevel: lambda.ApplicationLogLevel | undefined; systemLevel: lambda.SystemLogLevel | undefined };
  reservedConcurrency: number | undefined;
  tags: Map<string, string>;
  policy: PolicyStatement[];
  policyRevisionId: string;
  invokeConfig: AsyncConfig | undefined;
  url: FunctionUrl | undefined;
}

export interface AsyncConfig {
  maximumRetryAttempts: number | undefined;
  maximumEventAgeSeconds: number | undefined;
  onFailureArn: string | undefined;
  onSuccessArn: string | undefined;
  lastModifiedMs: number;
}

export interface FunctionUrl {
  id: string;
  authType: 'AWS_IAM' | 'NONE';
  cors: lambda.Cors | undefined;
  createdAtMs: number;
  modifiedAtMs: number;
}

export const iso = (ms: number): string => new Date(ms).toISOString();

/** Lambda writes `2026-01-15T12:00:00.000+0000`. */
export const lambdaTime = (ms: number): string => iso(ms).replace('Z', '+0000');

export function toConfiguration(record: FunctionRecord): lambda.FunctionConfiguration {
  return {
    FunctionName: record.name,
    FunctionArn: record.arn,
    Runtime: record.runtime as lambda.Runtime,
    Role: record.role,
    Handler: record.handler,
    CodeSize: record.code.zip.length,
    Description: record.description,
    Timeout: record.timeoutSeconds,
    MemorySize: record.memoryMb,
    LastModified: lambdaTime(record.lastModifiedMs),
    CodeSha256: record.code.sha256,
    Version: '$LATEST',
    ...(record.deadLetterTargetArn ? { DeadLetterConfig: { TargetArn: record.deadLetterTargetArn } } : {}),
    ...(Object.keys(record.variables).length > 0 ? { Environment: { Variables: record.variables } } : {}),
    ...(record.kmsKeyArn ? { KMSKeyArn: record.kmsKeyArn } : {}),
    TracingConfig: { Mode: record.tracing },
    RevisionId: record.revisionId,
    State: 'Active',
    LastUpdateStatus: 'Successful',
    PackageType: 'Zip',
    Architectures: record.architectures,
    EphemeralStorage: { Size: record.ephemeralStorageMb },
    SnapStart: { ApplyOn: 'None', OptimizationStatus: 'Off' },
    LoggingConfig: {
      LogFormat: record.logging.format,
      LogGroup: record.logging.group,
      ...(record.logging.applicationLevel ? { ApplicationLogLevel: record.logging.applicationLevel } : {}),
      ...(record.logging.systemLevel ? { SystemLogLevel: record.logging.systemLevel } : {}),
    },
  };
}
