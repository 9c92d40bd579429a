// Elastic Container Registry: content-addressed images, tags, scans, and the events they cause.
import type {
  BatchDeleteImageRequest, BatchGetImageRequest, CreateRepositoryRequest, CreateRepositoryResponse, DeleteRepositoryRequest, DeleteRepositoryResponse,
  DescribeImageScanFindingsRequest, DescribeImagesRequest, DescribeRepositoriesRequest, DescribeRepositoriesResponse, ListImagesRequest, PutImageRequest,
  StartImageScanRequest,
  GetAuthorizationTokenRequest, GetAuthorizationTokenResponse, ListTagsForResourceRequest, ListTagsForResourceResponse, PutImageScanningConfigurationRequest, PutImageTagMutabilityRequest,
  PutImageTagMutabilityResponse, Repository as RepositoryShape, Tag, TagResourceRequest, TagResourceResponse, UntagResourceRequest, UntagResourceResponse,
} from '@aws-sdk/client-ecr';
import { AwsError, refuseUnknown } from '../kernel/errors.ts';
import { arnOf, type Kernel } from '../kernel/kernel.ts';
import type { EventSource, ImageContent, ImageStore } from '../kernel/ports.ts';
import type { Operation, Permission, ServiceModel } from '../kernel/service.ts';
import { Images, pageOf } from './images.ts';
import { checkAvailability, completeUpload, initiateUpload, uploadPart } from './layers.ts';
import { type RepositorySettings, Repository, type ScanOutcome } from './repository.ts';
import { Scans } from './scans.ts';

export interface EcrPorts {
  events: EventSource;
  /** From the start of a scan to its completion; some seconds in AWS. */
  scanDurationMs?: number;
}

/** Inputs of the operations on one repository. */
interface OnRepository {
  registryId?: string | undefined;
  repositoryName: string | undefined;
}

const NAME = /^(?:[a-z0-9]+(?:[._-][a-z0-9]+)*\/)*[a-z0-9]+(?:[._-][a-z0-9]+)*$/;

export class EcrModel implements ServiceModel, ImageStore {
  readonly signingName = 'ecr';
  readonly operations: Readonly<Record<string, Operation>>;
  private readonly kernel: Kernel;
  private readonly repositories = new Map<string, Repository>();
  private readonly scans: Scans;

  constructor(kernel: Kernel, { events, scanDurationMs = 5_000 }: EcrPorts) {
    this.kernel = kernel;
    this.scans = new Scans(kernel, events, scanDurationMs);
    const images = new Images(kernel, events, this.scans);
    const { scans } = this;
    this.operations = {
      CreateRepository: {
        permissions: (input: CreateRepositoryRequest) => this.createPermissions(input),
        handle: (input: CreateRepositoryRequest) => this.createRepository(input),
      },
      DescribeRepositories: {
        permissions: (input: DescribeRepositoriesRequest) =>
          (input.repositoryNames ?? ['*']).map((name) => ({ action: 'ecr:DescribeRepositories', resource: this.arn(name) })),
        handle: (input: DescribeRepositoriesRequest) => this.describeRepositories(input),
      },
      DeleteRepository: this.on('DeleteRepository', ['force'], (repository, input: DeleteRepositoryRequest) => this.deleteRepository(repository, input)),
      PutImageTagMutability: this.on('PutImageTagMutability', ['imageTagMutability', 'imageTagMutabilityExclusionFilters'], (repository, input: PutImageTagMutabilityRequest) =>
        this.putMutability(repository, input),
      ),
      PutImageScanningConfiguration: this.on('PutImageScanningConfiguration', ['imageScanningConfiguration'], ({ settings }, input: PutImageScanningConfigurationRequest) => {
        settings.scanOnPush = input.imageScanningConfiguration?.scanOnPush ?? false;
        return { registryId: settings.registryId, repositoryName: settings.name, imageScanningConfiguration: { scanOnPush: settings.scanOnPush } };
      }),
      PutImage: this.on('PutImage', ['imageManifest', 'imageManifestMediaType', 'imageTag', 'imageDigest'], (repository, input: PutImageRequest) => images.put(repository, input)),
      BatchGetImage: this.on('BatchGetImage', ['imageIds', 'acceptedMediaTypes'], (repository, input: BatchGetImageRequest) => images.batchGet(repository, input)),
      DescribeImages: this.on('DescribeImages', ['imageIds', 'nextToken', 'maxResults', 'filter'], (repository, input: DescribeImagesRequest) => images.describe(repository, input)),
      ListImages: this.on('ListImages', ['nextToken', 'maxResults', 'filter'], (repository, input: ListImagesRequest) => images.list(repository, input)),
      BatchDeleteImage: this.on('BatchDeleteImage', ['imageIds'], (repository, input: BatchDeleteImageRequest) => images.batchDelete(repository, input)),
      InitiateLayerUpload: this.on('InitiateLayerUpload', [], (repository, input: OnRepository) => initiateUpload(repository, input, kernel.random)),
      UploadLayerPart: this.on('UploadLayerPart', ['uploadId', 'partFirstByte', 'partLastByte', 'layerPartBlob'], uploadPart),
      CompleteLayerUpload: this.on('CompleteLayerUpload', ['uploadId', 'layerDigests'], completeUpload),
      BatchCheckLayerAvailability: this.on('BatchCheckLayerAvailability', ['layerDigests'], checkAvailability),
      StartImageScan: this.on('StartImageScan', ['imageId'], (repository, input: StartImageScanRequest) => scans.handleStart(repository, input)),
      DescribeImageScanFindings: this.on('DescribeImageScanFindings', ['imageId', 'nextToken', 'maxResults'], (repository, input: DescribeImageScanFindingsRequest) => scans.handleDescribe(repository, input)),
      GetAuthorizationToken: {
        permissions: () => [{ action: 'ecr:GetAuthorizationToken', resource: '*' }],
        handle: (_input: GetAuthorizationTokenRequest) => this.authorizationToken(),
      },
      TagResource: {
        permissions: (input: TagResourceRequest) => [{ action: 'ecr:TagResource', resource: input.resourceArn ?? '*', context: tagContext(input.tags) }],
        handle: (input: TagResourceRequest): TagResourceResponse => {
          tag(this.byArn(input.resourceArn), input.tags);
          return {};
        },
      },
      UntagResource: {
        permissions: (input: UntagResourceRequest) => [{ action: 'ecr:UntagResource', resource: input.resourceArn ?? '*', context: { 'aws:TagKeys': input.tagKeys ?? [] } }],
        handle: (input: UntagResourceRequest): UntagResourceResponse => {
          for (const key of input.tagKeys ?? []) this.byArn(input.resourceArn).tags.delete(key);
          return {};
        },
      },
      ListTagsForResource: {
        permissions: (input: ListTagsForResourceRequest) => [{ action: 'ecr:ListTagsForResource', resource: input.resourceArn ?? '*' }],
        handle: (input: ListTagsForResourceRequest): Partial<ListTagsForResourceResponse> => ({
          tags: [...this.byArn(input.resourceArn).tags].map(([Key, Value]) => ({ Key, Value })),
        }),
      },
    };
  }

  /** What scans of an image find; the image is named by tag or digest. */
  setScanOutcome(repositoryName: string, image: { imageTag?: string; imageDigest?: string }, outcome: ScanOutcome): void {
    const repository = this.repository({ repositoryName });
    this.scans.setOutcome(repository, repository.image(image), outcome);
  }

  resolve(image: string): { repositoryName: string; imageDigest: string } | undefined {
    const registry = this.registryHost();
    const local = image.startsWith(`${registry}/`) ? image.slice(registry.length + 1) : image;
    const [nameAndTag = '', digest] = local.split('@');
    const [repositoryName = '', imageTag = 'latest'] = nameAndTag.split(':');
    const found = this.repositories.get(repositoryName)?.find(digest === undefined ? { imageTag } : { imageDigest: digest });
    return found && { repositoryName, imageDigest: found.digest };
  }

  content(repositoryName: string, imageDigest: string): ImageContent | undefined {
    const repository = this.repositories.get(repositoryName);
    const manifest = repository?.images.get(imageDigest)?.manifest;
    if (!repository || !manifest) return undefined;
    if (manifest.kind === 'index') {
      const [child] = manifest.children;
      return child && this.content(repositoryName, child.digest);
    }
    const configBlob = repository.blobs.get(manifest.config.digest);
    const layers = manifest.layers.flatMap(({ digest }) => repository.blobs.get(digest) ?? []);
    if (!configBlob || layers.length !== manifest.layers.length) return undefined;
    const parsed = JSON.parse(Buffer.from(configBlob).toString()) as { config?: ImageContent['config'] };
    return { config: parsed.config ?? {}, layers };
  }

  close(): void {
    for (const repository of this.repositories.values()) for (const image of repository.images.values()) image.scan?.timer?.cancel();
  }

  /** An operation on one repository, needing permission on exactly that. */
  private on<Input extends OnRepository, Output>(name: string, members: string[], handle: (repository: Repository, input: Input) => Output): Operation<Input, Output> {
    return {
      permissions: (input) => [{ action: `ecr:${name}`, resource: this.arn(input.repositoryName), ...this.resourceTags(input.repositoryName) }],
      handle: (input) => {
        refuseUnknown(name, input, ['registryId', 'repositoryName', ...members]);
        return handle(this.repository(input), input);
      },
    };
  }

  private repository({ registryId = this.kernel.accountId, repositoryName }: OnRepository): Repository {
    const found = registryId === this.kernel.accountId ? this.repositories.get(repositoryName ?? '') : undefined;
    if (found) return found;
    throw new AwsError('RepositoryNotFoundException', `The repository with name '${repositoryName}' does not exist in the registry with id '${registryId}'`);
  }

  private byArn(arn: string | undefined): Repository {
    return this.repository({ repositoryName: (arn ?? '').split(':repository/')[1] });
  }

  private arn(repositoryName: string | undefined): string {
    return arnOf(this.kernel, 'ecr', `repository/${repositoryName}`);
  }

  /** The tags of the repository, which every permission on it can be conditioned on. */
  private resourceTags(repositoryName: string | undefined): Pick<Permission, 'context'> {
    const tags = [...(this.repositories.get(repositoryName ?? '')?.tags ?? [])];
    if (tags.length === 0) return {};
    const keys = tags.flatMap(([key, value]) => [[`aws:ResourceTag/${key}`, value], [`ecr:ResourceTag/${key}`, value]]);
    return { context: Object.fromEntries(keys) as Record<string, string> };
  }

  private registryHost(): string {
    return `${this.kernel.accountId}.dkr.ecr.${this.kernel.region}.amazonaws.com`;
  }

  private createPermissions(input: CreateRepositoryRequest): Permission[] {
    const resource = this.arn(input.repositoryName);
    const tagging = input.tags && input.tags.length > 0 ? [{ action: 'ecr:TagResource', resource, context: tagContext(input.tags) }] : [];
    return [{ action: 'ecr:CreateRepository', resource, context: tagContext(input.tags) }, ...tagging];
  }

  private createRepository(input: CreateRepositoryRequest): CreateRepositoryResponse {
    refuseUnknown('CreateRepository', input, [
      'registryId', 'repositoryName', 'tags', 'imageTagMutability', 'imageTagMutabilityExclusionFilters', 'imageScanningConfiguration', 'encryptionConfiguration',
    ]);
    const name = input.repositoryName ?? '';
    if (!NAME.test(name) || name.length < 2 || name.length > 256) {
      throw new AwsError('InvalidParameterException', `Invalid parameter at 'repositoryName' failed to satisfy constraint: 'must satisfy regular expression '${NAME.source}''`);
    }
    if (this.repositories.has(name)) {
      throw new AwsError('RepositoryAlreadyExistsException', `The repository with name '${name}' already exists in the registry with id '${this.kernel.accountId}'`);
    }
    const repository = new Repository({
      name,
      arn: this.arn(name),
      registryId: this.kernel.accountId,
      uri: `${this.registryHost()}/${name}`,
      createdAtMs: this.kernel.clock.nowMs(),
      mutability: input.imageTagMutability ?? 'MUTABLE',
      mutabilityExceptions: input.imageTagMutabilityExclusionFilters ?? [],
      scanOnPush: input.imageScanningConfiguration?.scanOnPush ?? false,
      encryption: input.encryptionConfiguration ?? { encryptionType: 'AES256' },
    });
    tag(repository, input.tags);
    this.repositories.set(name, repository);
    return { repository: shapeOf(repository.settings) };
  }

  private describeRepositories(input: DescribeRepositoriesRequest): DescribeRepositoriesResponse {
    const chosen = input.repositoryNames ? input.repositoryNames.map((repositoryName) => this.repository({ ...input, repositoryName })) : [...this.repositories.values()];
    const { items, nextToken } = pageOf(chosen, input);
    return { repositories: items.map((repository) => shapeOf(repository.settings)), nextToken };
  }

  private deleteRepository(repository: Repository, input: DeleteRepositoryRequest): DeleteRepositoryResponse {
    if (repository.images.size > 0 && !input.force) {
      throw new AwsError('RepositoryNotEmptyException', `The ${repository.describe()} cannot be deleted because it still contains images`);
    }
    for (const image of repository.images.values()) image.scan?.timer?.cancel();
    this.repositories.delete(repository.settings.name);
    return { repository: shapeOf(repository.settings) };
  }

  private putMutability({ settings }: Repository, input: PutImageTagMutabilityRequest): PutImageTagMutabilityResponse {
    settings.mutability = input.imageTagMutability ?? 'MUTABLE';
    settings.mutabilityExceptions = input.imageTagMutabilityExclusionFilters ?? [];
    return { registryId: settings.registryId, repositoryName: settings.name, imageTagMutability: settings.mutability, imageTagMutabilityExclusionFilters: settings.mutabilityExceptions };
  }

  /** Nothing here speaks the Docker protocol, so the token only has the right shape. */
  private authorizationToken(): GetAuthorizationTokenResponse {
    return {
      authorizationData: [
        {
          authorizationToken: Buffer.from('AWS:local').toString('base64'),
          expiresAt: new Date(this.kernel.clock.nowMs() + 12 * 3600_000),
          proxyEndpoint: `https://${this.registryHost()}`,
        },
      ],
    };
  }
}

const shapeOf = (settings: RepositorySettings): RepositoryShape => ({
  repositoryArn: settings.arn,
  registryId: settings.registryId,
  repositoryName: settings.name,
  repositoryUri: settings.uri,
  createdAt: new Date(settings.createdAtMs),
  imageTagMutability: settings.mutability,
  ...(settings.mutabilityExceptions.length > 0 ? { imageTagMutabilityExclusionFilters: settings.mutabilityExceptions } : {}),
  imageScanningConfiguration: { scanOnPush: settings.scanOnPush },
  encryptionConfiguration: settings.encryption,
});

function tag(repository: Repository, tags: Tag[] | undefined): void {
  for (const { Key, Value } of tags ?? []) repository.tags.set(Key ?? '', Value ?? '');
}

function tagContext(tags: Tag[] | undefined): Record<string, string | string[]> {
  if (!tags || tags.length === 0) return {};
  const context: Record<string, string | string[]> = { 'aws:TagKeys': tags.map(({ Key }) => Key ?? '') };
  for (const { Key, Value } of tags) context[`aws:RequestTag/${Key}`] = Value ?? '';
  return context;
}
