// Putting, reading and deleting images of a repository.
import type {
  BatchDeleteImageRequest, BatchDeleteImageResponse, BatchGetImageRequest, BatchGetImageResponse, DescribeImagesRequest, DescribeImagesResponse, Image,
  ImageFailure, ImageIdentifier, ListImagesRequest, ListImagesResponse, PutImageRequest, PutImageResponse, TagStatus,
} from '@aws-sdk/client-ecr';
import { AwsError, NotModelled } from '../kernel/errors.ts';
import type { Kernel } from '../kernel/kernel.ts';
import type { EventSource } from '../kernel/ports.ts';
import { type Manifest, parseManifest, sha256 } from './manifests.ts';
import type { ImageRecord, Repository } from './repository.ts';
import { type Scans, severityCounts } from './scans.ts';

export class Images {
  private readonly kernel: Kernel;
  private readonly events: EventSource;
  private readonly scans: Scans;

  constructor(kernel: Kernel, events: EventSource, scans: Scans) {
    this.kernel = kernel;
    this.events = events;
    this.scans = scans;
  }

  put(repository: Repository, input: PutImageRequest): PutImageResponse {
    const text = input.imageManifest ?? '';
    const tag = input.imageTag;
    const manifest = parseManifest(text, input.imageManifestMediaType);
    const digest = sha256(text);
    if (input.imageDigest !== undefined && input.imageDigest !== digest) {
      throw new AwsError('ImageDigestDoesNotMatchException', `The specified image digest '${input.imageDigest}' does not match the digest '${digest}' of the manifest`);
    }
    const known = repository.images.get(digest);
    if (known && (tag === undefined || known.tags.has(tag))) {
      throw new AwsError('ImageAlreadyExistsException', `Image with digest '${digest}'${tag === undefined ? '' : ` and tag '${tag}'`} already exists in the ${repository.describe()}`);
    }
    const holder = tag === undefined ? undefined : repository.find({ imageTag: tag });
    if (tag !== undefined && holder && !repository.canMoveTag(tag)) {
      throw new AwsError(
        'ImageTagAlreadyExistsException',
        `The image tag '${tag}' already exists in the '${repository.settings.name}' repository and cannot be overwritten because the tag is immutable.`,
      );
    }
    const image = known ?? this.store(repository, text, manifest, digest);
    if (tag !== undefined) {
      holder?.tags.delete(tag);
      image.tags.add(tag);
    }
    this.emit(repository, 'PUSH', image, tag);
    if (!known && repository.settings.scanOnPush && manifest.kind === 'image') this.scans.start(repository, image);
    return { image: shapeOf(repository, image, tag) };
  }

  batchGet(repository: Repository, input: BatchGetImageRequest): BatchGetImageResponse {
    const images: Image[] = [];
    const failures: ImageFailure[] = [];
    for (const imageId of input.imageIds ?? []) {
      const image = repository.find(imageId);
      if (!image) {
        failures.push(notFound(imageId));
        continue;
      }
      // Every client of this cloud understands every media type; ECR would convert or refuse for those that do not.
      if (input.acceptedMediaTypes && !input.acceptedMediaTypes.includes(image.manifest.mediaType)) {
        throw new NotModelled(`BatchGetImage: converting a manifest of the type ${image.manifest.mediaType}`);
      }
      image.lastPulledAtMs = this.kernel.clock.nowMs();
      images.push(shapeOf(repository, image, imageId.imageTag));
    }
    return { images, failures };
  }

  describe(repository: Repository, input: DescribeImagesRequest): DescribeImagesResponse {
    const chosen = input.imageIds
      ? [...new Set(input.imageIds.map((id) => repository.image(id)))]
      : [...repository.images.values()].filter((image) => hasStatus(image, input.filter?.tagStatus));
    const { items, nextToken } = pageOf(chosen, input);
    return { imageDetails: items.map((image) => detailOf(repository, image)), nextToken };
  }

  list(repository: Repository, input: ListImagesRequest): ListImagesResponse {
    const ids = [...repository.images.values()]
      .filter((image) => hasStatus(image, input.filter?.tagStatus))
      .flatMap<ImageIdentifier>((image) =>
        image.tags.size === 0 ? [{ imageDigest: image.digest }] : [...image.tags].map((imageTag) => ({ imageDigest: image.digest, imageTag })),
      );
    const { items, nextToken } = pageOf(ids, input);
    return { imageIds: items, nextToken };
  }

  batchDelete(repository: Repository, input: BatchDeleteImageRequest): BatchDeleteImageResponse {
    const imageIds: ImageIdentifier[] = [];
    const failures: ImageFailure[] = [];
    for (const imageId of input.imageIds ?? []) {
      const image = repository.find(imageId);
      if (!image) failures.push(notFound(imageId));
      else if (imageId.imageDigest === undefined && image.tags.size > 1) {
        image.tags.delete(imageId.imageTag ?? '');
        imageIds.push({ imageDigest: image.digest, imageTag: imageId.imageTag });
      } else {
        const index = repository.indexNaming(image.digest);
        if (index) {
          failures.push({
            imageId, failureCode: 'ImageReferencedByManifestList',
            failureReason: `Requested image referenced by manifest list: [${index.digest}]`,
          });
          continue;
        }
        repository.images.delete(image.digest);
        image.scan?.timer?.cancel();
        const tags = image.tags.size > 0 ? [...image.tags] : [undefined];
        for (const imageTag of tags) imageIds.push({ imageDigest: image.digest, ...(imageTag === undefined ? {} : { imageTag }) });
        for (const imageTag of tags) this.emit(repository, 'DELETE', image, imageTag);
      }
    }
    return { imageIds, failures };
  }

  private store(repository: Repository, text: string, manifest: Manifest, digest: string): ImageRecord {
    checkReferences(repository, manifest);
    const named = manifest.kind === 'image' ? [manifest.config, ...manifest.layers] : [];
    const image: ImageRecord = {
      digest, text, manifest, tags: new Set(),
      sizeInBytes: named.reduce((sum, { size }) => sum + size, 0),
      pushedAtMs: this.kernel.clock.nowMs(), lastPulledAtMs: undefined, scan: undefined,
    };
    repository.images.set(digest, image);
    return image;
  }

  private emit(repository: Repository, action: 'PUSH' | 'DELETE', image: ImageRecord, tag: string | undefined): void {
    const untagged = this.kernel.switches.untaggedPush === 'emptyTag' ? { 'image-tag': '' } : {};
    this.events.emit({
      source: 'aws.ecr',
      detailType: 'ECR Image Action',
      resources: [],
      detail: {
        result: 'SUCCESS',
        'repository-name': repository.settings.name,
        'image-digest': image.digest,
        'action-type': action,
        ...(tag === undefined ? untagged : { 'image-tag': tag }),
        'manifest-media-type': image.manifest.mediaType,
      },
    });
  }
}

export function pageOf<Item>(items: Item[], input: { nextToken?: string | undefined; maxResults?: number | undefined }): { items: Item[]; nextToken: string | undefined } {
  const from = Number(input.nextToken ?? 0);
  const size = input.maxResults ?? 100;
  if (!Number.isInteger(from) || from < 0) throw new AwsError('InvalidParameterException', "Invalid parameter at 'nextToken' failed to satisfy constraint");
  return { items: items.slice(from, from + size), nextToken: from + size < items.length ? String(from + size) : undefined };
}

function checkReferences(repository: Repository, manifest: Manifest): void {
  if (manifest.kind === 'index') {
    const missing = manifest.children.filter((child) => !repository.images.has(child.digest)).map((child) => child.digest);
    if (missing.length > 0) throw new AwsError('ReferencedImagesNotFoundException', `Images with digests '[${missing.join(', ')}]' required for pushing image into ${repository.describe()} do not exist`);
    return;
  }
  const missing = [manifest.config, ...manifest.layers].filter(({ digest }) => !repository.blobs.has(digest)).map(({ digest }) => digest);
  if (missing.length > 0) throw new AwsError('LayersNotFoundException', `Layers with digests '[${missing.join(', ')}]' required for pushing image into ${repository.describe()} do not exist`);
}

const notFound = (imageId: ImageIdentifier): ImageFailure => ({ imageId, failureCode: 'ImageNotFound', failureReason: 'Requested image not found' });

function hasStatus(image: ImageRecord, tagStatus: TagStatus | undefined): boolean {
  if (tagStatus === undefined || tagStatus === 'ANY') return true;
  return (tagStatus === 'TAGGED') === image.tags.size > 0;
}

const shapeOf = (repository: Repository, image: ImageRecord, imageTag: string | undefined): Image => ({
  registryId: repository.settings.registryId,
  repositoryName: repository.settings.name,
  imageId: { imageDigest: image.digest, ...(imageTag === undefined ? {} : { imageTag }) },
  imageManifest: image.text,
  imageManifestMediaType: image.manifest.mediaType,
});

function detailOf(repository: Repository, image: ImageRecord) {
  const { scan } = image;
  const findings = scan?.outcome?.status === 'COMPLETE' ? scan.outcome.findings : undefined;
  return {
    registryId: repository.settings.registryId,
    repositoryName: repository.settings.name,
    imageDigest: image.digest,
    ...(image.tags.size > 0 ? { imageTags: [...image.tags] } : {}),
    imageSizeInBytes: image.sizeInBytes,
    imagePushedAt: new Date(image.pushedAtMs),
    imageManifestMediaType: image.manifest.mediaType,
    ...(image.manifest.kind === 'image' ? { artifactMediaType: image.manifest.config.mediaType } : {}),
    ...(image.lastPulledAtMs === undefined ? {} : { lastRecordedPullTime: new Date(image.lastPulledAtMs) }),
    ...(scan ? { imageScanStatus: { status: scan.outcome?.status ?? ('IN_PROGRESS' as const) } } : {}),
    ...(findings && scan?.completedAtMs !== undefined
      ? { imageScanFindingsSummary: { imageScanCompletedAt: new Date(scan.completedAtMs), findingSeverityCounts: severityCounts(findings) } }
      : {}),
    imageStatus: 'ACTIVE' as const,
  };
}
