// Uploading layers, in parts, into a repository.
import type {
  BatchCheckLayerAvailabilityRequest, BatchCheckLayerAvailabilityResponse, CompleteLayerUploadRequest, CompleteLayerUploadResponse,
  InitiateLayerUploadRequest, InitiateLayerUploadResponse, UploadLayerPartRequest, UploadLayerPartResponse,
} from '@aws-sdk/client-ecr';
import { AwsError } from '../kernel/errors.ts';
import { type Random, uuid } from '../kernel/random.ts';
import { sha256 } from './manifests.ts';
import type { Repository } from './repository.ts';

const PART_BYTES = 20 * 1024 * 1024;

export function initiateUpload(repository: Repository, _input: InitiateLayerUploadRequest, random: Random): InitiateLayerUploadResponse {
  const uploadId = uuid(random);
  repository.uploads.set(uploadId, { parts: [], received: 0 });
  return { uploadId, partSize: PART_BYTES };
}

export function uploadPart(repository: Repository, input: UploadLayerPartRequest): UploadLayerPartResponse {
  const upload = uploadOf(repository, input.uploadId);
  const blob = input.layerPartBlob ?? new Uint8Array();
  const { registryId, name: repositoryName } = repository.settings;
  if (input.partFirstByte !== upload.received || input.partLastByte !== upload.received + blob.length - 1) {
    throw new AwsError('InvalidLayerPartException', `The layer part is not valid: byte ${upload.received} was expected to be its first`, {
      members: { registryId, repositoryName, uploadId: input.uploadId, lastValidByteReceived: upload.received - 1 },
    });
  }
  upload.parts.push(blob);
  upload.received += blob.length;
  return { registryId, repositoryName, uploadId: input.uploadId, lastByteReceived: upload.received - 1 };
}

export function completeUpload(repository: Repository, input: CompleteLayerUploadRequest): CompleteLayerUploadResponse {
  const upload = uploadOf(repository, input.uploadId);
  if (upload.received === 0) throw new AwsError('EmptyUploadException', `The upload '${input.uploadId}' does not contain any layer parts`);
  const content = Buffer.concat(upload.parts);
  const digest = sha256(content);
  if (input.layerDigests && !input.layerDigests.includes(digest)) {
    throw new AwsError('InvalidLayerException', `The layer digest '${digest}' does not match any of the digests provided`);
  }
  repository.uploads.delete(input.uploadId ?? '');
  if (repository.blobs.has(digest)) throw new AwsError('LayerAlreadyExistsException', `The layer with digest '${digest}' already exists in the ${repository.describe()}`);
  repository.blobs.set(digest, content);
  return { registryId: repository.settings.registryId, repositoryName: repository.settings.name, uploadId: input.uploadId, layerDigest: digest };
}

export function checkAvailability(repository: Repository, input: BatchCheckLayerAvailabilityRequest): BatchCheckLayerAvailabilityResponse {
  const digests = input.layerDigests ?? [];
  const wellFormed = (digest: string) => /^[a-z0-9]+:[0-9a-fA-F]+$/.test(digest);
  return {
    layers: digests.filter(wellFormed).map((layerDigest) => {
      const blob = repository.blobs.get(layerDigest);
      return { layerDigest, layerAvailability: blob ? 'AVAILABLE' : 'UNAVAILABLE', layerSize: blob?.length };
    }),
    failures: digests.filter((digest) => !wellFormed(digest)).map((layerDigest) => ({ layerDigest, failureCode: 'InvalidLayerDigest', failureReason: 'Invalid layer digest' })),
  };
}

function uploadOf(repository: Repository, uploadId: string | undefined) {
  const upload = repository.uploads.get(uploadId ?? '');
  if (upload) return upload;
  throw new AwsError('UploadNotFoundException', `The upload '${uploadId}' does not exist in the ${repository.describe()}`);
}
