// One repository: blobs, manifests and tags. Blobs and manifests are kept by their sha256; a tag names one manifest.
import type { EncryptionConfiguration, ImageIdentifier, ImageTagMutability, ImageTagMutabilityExclusionFilter, ImageScanFinding } from '@aws-sdk/client-ecr';
import type { Timer } from '../kernel/clock.ts';
import { AwsError } from '../kernel/errors.ts';
import type { Manifest } from './manifests.ts';

export type ScanOutcome =
  | { status: 'COMPLETE'; findings: ImageScanFinding[] }
  | { status: 'FAILED' | 'UNSUPPORTED_IMAGE'; description: string };

export interface ScanRecord {
  startedAtMs: number;
  completedAtMs: number | undefined;
  outcome: ScanOutcome | undefined;
  timer: Timer | undefined;
}

export interface ImageRecord {
  digest: string;
  text: string;
  manifest: Manifest;
  tags: Set<string>;
  sizeInBytes: number;
  pushedAtMs: number;
  lastPulledAtMs: number | undefined;
  scan: ScanRecord | undefined;
}

export interface RepositorySettings {
  name: string;
  arn: string;
  registryId: string;
  uri: string;
  createdAtMs: number;
  mutability: ImageTagMutability;
  mutabilityExceptions: ImageTagMutabilityExclusionFilter[];
  scanOnPush: boolean;
  encryption: EncryptionConfiguration;
}

export class Repository {
  readonly settings: RepositorySettings;
  readonly images = new Map<string, ImageRecord>();
  readonly blobs = new Map<string, Uint8Array>();
  readonly uploads = new Map<string, { parts: Uint8Array[]; received: number }>();
  readonly tags = new Map<string, string>();

  constructor(settings: RepositorySettings) {
    this.settings = settings;
  }

  find(id: ImageIdentifier | undefined): ImageRecord | undefined {
    if (id?.imageDigest !== undefined) {
      const image = this.images.get(id.imageDigest);
      return id.imageTag === undefined || image?.tags.has(id.imageTag) ? image : undefined;
    }
    return [...this.images.values()].find((image) => id?.imageTag !== undefined && image.tags.has(id.imageTag));
  }

  image(id: ImageIdentifier | undefined): ImageRecord {
    const found = this.find(id);
    if (found) return found;
    throw new AwsError(
      'ImageNotFoundException',
      `The image with imageId {imageDigest:'${id?.imageDigest ?? 'null'}', imageTag:'${id?.imageTag ?? 'null'}'} does not exist within the ${this.describe()}`,
    );
  }

  /** `repository with name 'shop' in the registry with id '123456789012'`, as AWS's messages put it. */
  describe(): string {
    return `repository with name '${this.settings.name}' in the registry with id '${this.settings.registryId}'`;
  }

  /** May an existing tag be moved to another image? */
  canMoveTag(tag: string): boolean {
    const excepted = this.settings.mutabilityExceptions.some(({ filter }) => matchesWildcard(filter ?? '', tag));
    switch (this.settings.mutability) {
      case 'MUTABLE':
        return true;
      case 'IMMUTABLE':
        return false;
      case 'MUTABLE_WITH_EXCLUSION':
        return !excepted;
      case 'IMMUTABLE_WITH_EXCLUSION':
        return excepted;
      default:
        return this.settings.mutability satisfies never;
    }
  }

  /** The index, if any, that still names an image and so forbids its deletion. */
  indexNaming(digest: string): ImageRecord | undefined {
    return [...this.images.values()].find(({ manifest }) => manifest.kind === 'index' && manifest.children.some((child) => child.digest === digest));
  }
}

function matchesWildcard(filter: string, tag: string): boolean {
  const source = filter.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.*');
  return new RegExp(`^${source}$`).test(tag);
}
