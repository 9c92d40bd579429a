// Secrets Manager: secrets with versions, of which AWSCURRENT and AWSPREVIOUS are the ones that matter. Not modelled: rotation,
// replication, binary search by filters. A secret under a customer managed key needs kms rights of whoever reads or writes it.
// https://docs.aws.amazon.com/secretsmanager/latest/userguide/security-encryption.html
import type * as Secrets from '@aws-sdk/client-secrets-manager';
import { AwsError, refuseUnknown } from '../kernel/errors.ts';
import type { Kernel } from '../kernel/kernel.ts';
import { arnOf } from '../kernel/kernel.ts';
import { base64urlId, uuid } from '../kernel/random.ts';
import { policyDocument } from '../kernel/policy-documents.ts';
import type { Answer, Caller, Operation, Permission, PolicyDocument, ServiceModel } from '../kernel/service.ts';

interface Version {
  id: string;
  text: string | undefined;
  bytes: Uint8Array | undefined;
  stages: string[];
  createdAtMs: number;
}

interface Secret {
  name: string;
  arn: string;
  description: string | undefined;
  kmsKeyArn: string | undefined;
  kmsKeyId: string | undefined;
  tags: Secrets.Tag[];
  versions: Version[]; // oldest first
  policy: string | undefined;
  createdAtMs: number;
  changedAtMs: number;
  accessedAtMs: number | undefined;
  deletionAtMs: number | undefined;
}

interface NewVersion {
  ClientRequestToken?: string;
  SecretString?: string;
  SecretBinary?: Uint8Array;
}

const DAY_MS = 24 * 3600_000;
const CURRENT = 'AWSCURRENT';
const PREVIOUS = 'AWSPREVIOUS';

export class SecretsManagerModel implements ServiceModel {
  readonly signingName = 'secretsmanager';
  readonly operations: Readonly<Record<string, Operation>>;
  private readonly kernel: Kernel;
  private readonly secrets: Secret[] = [];

  constructor(kernel: Kernel) {
    this.kernel = kernel;
    this.operations = this.makeOperations();
  }

  resourcePolicy(resourceArn: string): PolicyDocument | undefined {
    const policy = this.find(resourceArn)?.policy;
    return policy === undefined ? undefined : policyDocument(policy);
  }

  private nowMs(): number {
    return this.kernel.clock.nowMs();
  }

  /** By name, by ARN, or by the ARN without its random suffix. */
  private find(id: string | undefined): Secret | undefined {
    const gone = this.secrets.findIndex((secret) => secret.deletionAtMs !== undefined && secret.deletionAtMs <= this.nowMs());
    if (gone !== -1) this.secrets.splice(gone, 1);
    return this.secrets.find((secret) => secret.name === id || secret.arn === id || secret.arn.slice(0, -7) === id);
  }

  private get(id: string | undefined): Secret {
    const secret = this.find(id);
    if (!secret) throw new AwsError('ResourceNotFoundException', "Secrets Manager can't find the specified secret.");
    return secret;
  }

  private live(id: string | undefined): Secret {
    const secret = this.get(id);
    if (secret.deletionAtMs !== undefined) {
      throw new AwsError('InvalidRequestException', "You can't perform this operation on the secret because it was marked for deletion.");
    }
    return secret;
  }

  private on(action: string, id: string | undefined): Permission {
    const resource = this.find(id)?.arn ?? (id?.startsWith('arn:') ? id : arnOf(this.kernel, 'secretsmanager', `secret:${id ?? ''}-??????`));
    return { action: `secretsmanager:${action}`, resource };
  }

  private keyUse(secret: Secret | undefined, actions: string[]): Permission[] {
    if (secret?.kmsKeyArn === undefined) return [];
    const resource = secret.kmsKeyArn;
    const context = {
      'kms:ViaService': `secretsmanager.${this.kernel.region}.amazonaws.com`,
      'kms:CallerAccount': this.kernel.accountId,
      'kms:EncryptionContext:SecretARN': secret.arn,
    };
    return actions.map((action) => ({ action: `kms:${action}`, resource, context }));
  }

  private async keyArn(caller: Caller, keyId: string | undefined): Promise<string | undefined> {
    if (keyId === undefined || keyId === 'alias/aws/secretsmanager') return undefined;
    const answer = (await this.kernel.call(caller, 'kms', 'DescribeKey', { KeyId: keyId })) as { KeyMetadata?: { Arn?: string } };
    return answer.KeyMetadata?.Arn;
  }

  /** Moves the stages: the version that was current becomes the previous one. A token used before must bring the same content. */
  private addVersion(secret: Secret, input: NewVersion, stages: string[] = [CURRENT]): Version {
    const id = input.ClientRequestToken ?? uuid(this.kernel.random);
    const known = secret.versions.find((version) => version.id === id);
    if (known) {
      const same = known.text === input.SecretString && Buffer.from(known.bytes ?? []).equals(Buffer.from(input.SecretBinary ?? []));
      if (same) return known;
      throw new AwsError('ResourceExistsException', `You can't use ClientRequestToken ${id} because that value is already in use for a version of secret ${secret.arn}.`);
    }
    const version: Version = { id, text: input.SecretString, bytes: input.SecretBinary, stages: [], createdAtMs: this.nowMs() };
    secret.versions.push(version);
    for (const stage of stages) {
      if (stage === CURRENT) this.moveStage(secret, PREVIOUS, secret.versions.find((other) => other.stages.includes(CURRENT)));
      this.moveStage(secret, stage, version);
    }
    secret.changedAtMs = this.nowMs();
    return version;
  }

  private moveStage(secret: Secret, stage: string, to: Version | undefined): void {
    if (!to) return;
    for (const version of secret.versions) version.stages = version.stages.filter((held) => held !== stage);
    to.stages.push(stage);
  }

  private makeOperations() {
    const CreateSecret: Operation<Secrets.CreateSecretCommandInput, Answer<Secrets.CreateSecretCommandOutput>> = {
      permissions: (input) => [
        this.on('CreateSecret', input.Name),
        ...(input.Tags?.length ? [this.on('TagResource', input.Name)] : []),
      ],
      handle: async (input, { caller }) => {
        refuseUnknown('CreateSecret', input, ['Name', 'ClientRequestToken', 'Description', 'KmsKeyId', 'SecretBinary', 'SecretString', 'Tags']);
        const name = input.Name ?? '';
        const kmsKeyArn = await this.keyArn(caller, input.KmsKeyId);
        const known = this.find(name);
        if (known?.deletionAtMs !== undefined) {
          throw new AwsError('InvalidRequestException', "You can't create this secret because a secret with this name is already scheduled for deletion.");
        }
        if (known) throw new AwsError('ResourceExistsException', `The operation failed because the secret ${name} already exists.`);
        const secret: Secret = {
          name,
          arn: arnOf(this.kernel, 'secretsmanager', `secret:${name}-${base64urlId(this.kernel.random, 6).replace(/[-_]/g, 'x')}`),
          description: input.Description,
          kmsKeyArn,
          kmsKeyId: input.KmsKeyId,
          tags: input.Tags ?? [],
          versions: [],
          policy: undefined,
          createdAtMs: this.nowMs(),
          changedAtMs: this.nowMs(),
          accessedAtMs: undefined,
          deletionAtMs: undefined,
        };
        const filled = input.SecretString !== undefined || input.SecretBinary !== undefined;
        if (filled) this.kernel.authorize(caller, this.keyUse(secret, ['GenerateDataKey', 'Decrypt']));
        this.secrets.push(secret);
        const version = filled ? this.addVersion(secret, input) : undefined;
        return { ARN: secret.arn, Name: name, ...(version ? { VersionId: version.id } : {}) };
      },
    };

    const GetSecretValue: Operation<Secrets.GetSecretValueCommandInput, Answer<Secrets.GetSecretValueCommandOutput>> = {
      permissions: (input) => [this.on('GetSecretValue', input.SecretId), ...this.keyUse(this.find(input.SecretId), ['Decrypt'])],
      handle: (input) => {
        refuseUnknown('GetSecretValue', input, ['SecretId', 'VersionId', 'VersionStage']);
        const secret = this.live(input.SecretId);
        const stage = input.VersionStage ?? (input.VersionId === undefined ? CURRENT : undefined);
        const version = secret.versions.find(
          (known) => (input.VersionId === undefined || known.id === input.VersionId) && (stage === undefined || known.stages.includes(stage)),
        );
        if (!version) {
          const wanted = input.VersionId === undefined ? `staging label: ${stage}` : `VersionId: ${input.VersionId}`;
          throw new AwsError('ResourceNotFoundException', `Secrets Manager can't find the specified secret value for ${wanted}`);
        }
        secret.accessedAtMs = this.nowMs();
        return {
          ARN: secret.arn,
          Name: secret.name,
          VersionId: version.id,
          ...(version.text === undefined ? {} : { SecretString: version.text }),
          ...(version.bytes === undefined ? {} : { SecretBinary: version.bytes }),
          VersionStages: [...version.stages],
          CreatedDate: new Date(version.createdAtMs),
        };
      },
    };

    const PutSecretValue: Operation<Secrets.PutSecretValueCommandInput, Answer<Secrets.PutSecretValueCommandOutput>> = {
      permissions: (input) => [this.on('PutSecretValue', input.SecretId), ...this.keyUse(this.find(input.SecretId), ['GenerateDataKey', 'Decrypt'])],
      handle: (input) => {
        refuseUnknown('PutSecretValue', input, ['SecretId', 'ClientRequestToken', 'SecretBinary', 'SecretString', 'VersionStages']);
        if (input.SecretString === undefined && input.SecretBinary === undefined) {
          throw new AwsError('InvalidRequestException', 'You must provide either SecretString or SecretBinary.');
        }
        const secret = this.live(input.SecretId);
        const version = this.addVersion(secret, input, input.VersionStages);
        return { ARN: secret.arn, Name: secret.name, VersionId: version.id, VersionStages: [...version.stages] };
      },
    };

    const UpdateSecret: Operation<Secrets.UpdateSecretCommandInput, Answer<Secrets.UpdateSecretCommandOutput>> = {
      permissions: (input) => [this.on('UpdateSecret', input.SecretId), ...this.keyUse(this.find(input.SecretId), ['GenerateDataKey', 'Decrypt'])],
      handle: async (input, { caller }) => {
        refuseUnknown('UpdateSecret', input, ['SecretId', 'ClientRequestToken', 'Description', 'KmsKeyId', 'SecretBinary', 'SecretString']);
        const secret = this.live(input.SecretId);
        if (input.KmsKeyId !== undefined) Object.assign(secret, { kmsKeyArn: await this.keyArn(caller, input.KmsKeyId), kmsKeyId: input.KmsKeyId });
        secret.description = input.Description ?? secret.description;
        const version = input.SecretString === undefined && input.SecretBinary === undefined ? undefined : this.addVersion(secret, input);
        return { ARN: secret.arn, Name: secret.name, ...(version ? { VersionId: version.id } : {}) };
      },
    };

    const DescribeSecret: Operation<Secrets.DescribeSecretCommandInput, Answer<Secrets.DescribeSecretCommandOutput>> = {
      permissions: (input) => [this.on('DescribeSecret', input.SecretId)],
      handle: (input) => entryOf(this.get(input.SecretId)),
    };

    const ListSecrets: Operation<Secrets.ListSecretsCommandInput, Answer<Secrets.ListSecretsCommandOutput>> = {
      permissions: () => [{ action: 'secretsmanager:ListSecrets', resource: '*' }],
      handle: (input) => {
        refuseUnknown('ListSecrets', input, ['IncludePlannedDeletion', 'MaxResults']);
        this.find(undefined);
        return { SecretList: this.secrets.filter((secret) => input.IncludePlannedDeletion || secret.deletionAtMs === undefined).map(listed) };
      },
    };

    const DeleteSecret: Operation<Secrets.DeleteSecretCommandInput, Answer<Secrets.DeleteSecretCommandOutput>> = {
      permissions: (input) => [this.on('DeleteSecret', input.SecretId)],
      handle: (input) => {
        refuseUnknown('DeleteSecret', input, ['SecretId', 'RecoveryWindowInDays', 'ForceDeleteWithoutRecovery']);
        if (input.ForceDeleteWithoutRecovery && input.RecoveryWindowInDays !== undefined) {
          throw new AwsError('InvalidParameterException', "You can't use ForceDeleteWithoutRecovery in conjunction with RecoveryWindowInDays.");
        }
        const secret = this.live(input.SecretId);
        secret.deletionAtMs = this.nowMs() + (input.ForceDeleteWithoutRecovery ? 0 : (input.RecoveryWindowInDays ?? 30) * DAY_MS);
        return { ARN: secret.arn, Name: secret.name, DeletionDate: new Date(secret.deletionAtMs) };
      },
    };

    const RestoreSecret: Operation<Secrets.RestoreSecretCommandInput, Answer<Secrets.RestoreSecretCommandOutput>> = {
      permissions: (input) => [this.on('RestoreSecret', input.SecretId)],
      handle: (input) => {
        const secret = this.get(input.SecretId);
        secret.deletionAtMs = undefined;
        return { ARN: secret.arn, Name: secret.name };
      },
    };

    const PutResourcePolicy: Operation<Secrets.PutResourcePolicyCommandInput, Answer<Secrets.PutResourcePolicyCommandOutput>> = {
      permissions: (input) => [this.on('PutResourcePolicy', input.SecretId)],
      handle: (input) => {
        const secret = this.live(input.SecretId);
        secret.policy = input.ResourcePolicy;
        return { ARN: secret.arn, Name: secret.name };
      },
    };

    return { CreateSecret, GetSecretValue, PutSecretValue, UpdateSecret, DescribeSecret, ListSecrets, DeleteSecret, RestoreSecret, PutResourcePolicy };
  }
}

const stagesOf = (secret: Secret): Record<string, string[]> => Object.fromEntries(secret.versions.filter((version) => version.stages.length > 0).map((version) => [version.id, [...version.stages]]));

const shared = (secret: Secret) => ({
  ARN: secret.arn,
  Name: secret.name,
  Description: secret.description,
  KmsKeyId: secret.kmsKeyId,
  LastChangedDate: new Date(secret.changedAtMs),
  LastAccessedDate: secret.accessedAtMs === undefined ? undefined : new Date(secret.accessedAtMs),
  DeletedDate: secret.deletionAtMs === undefined ? undefined : new Date(secret.deletionAtMs),
  CreatedDate: new Date(secret.createdAtMs),
  Tags: [...secret.tags],
});

const entryOf = (secret: Secret) => ({ ...shared(secret), VersionIdsToStages: stagesOf(secret) });
const listed = (secret: Secret) => ({ ...shared(secret), SecretVersionsToStages: stagesOf(secret) });
