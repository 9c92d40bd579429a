// Image manifests and indexes: which blobs and children they name, and their content address.
import { createHash } from 'node:crypto';
import { AwsError } from '../kernel/errors.ts';

export const MEDIA_TYPES = {
  index: 'application/vnd.oci.image.index.v1+json',
  manifest: 'application/vnd.oci.image.manifest.v1+json',
  config: 'application/vnd.oci.image.config.v1+json',
  tarLayer: 'application/vnd.oci.image.layer.v1.tar',
  dockerList: 'application/vnd.docker.distribution.manifest.list.v2+json',
  dockerManifest: 'application/vnd.docker.distribution.manifest.v2+json',
} as const;

export interface Descriptor {
  mediaType: string;
  digest: string;
  size: number;
  platform?: { architecture: string; os: string };
}

export type Manifest =
  | { kind: 'image'; mediaType: string; config: Descriptor; layers: Descriptor[] }
  | { kind: 'index'; mediaType: string; children: Descriptor[] };

export const sha256 = (content: Uint8Array | string): string => `sha256:${createHash('sha256').update(content).digest('hex')}`;

/** Reads the text of a manifest; `mediaType` is the one given beside it, for manifests that do not say theirs. */
export function parseManifest(text: string, mediaType: string | undefined): Manifest {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    throw invalid();
  }
  if (typeof parsed !== 'object' || parsed === null) throw invalid();
  const { mediaType: own, config, layers, manifests } = parsed as { mediaType?: unknown; config?: unknown; layers?: unknown; manifests?: unknown };
  const type = typeof own === 'string' ? own : mediaType;
  if (Array.isArray(manifests)) {
    if (type !== undefined && type !== MEDIA_TYPES.index && type !== MEDIA_TYPES.dockerList) throw invalid();
    return { kind: 'index', mediaType: type ?? MEDIA_TYPES.index, children: manifests.map(descriptor) };
  }
  if (!Array.isArray(layers) || (type !== undefined && type !== MEDIA_TYPES.manifest && type !== MEDIA_TYPES.dockerManifest)) throw invalid();
  return { kind: 'image', mediaType: type ?? MEDIA_TYPES.manifest, config: descriptor(config), layers: layers.map(descriptor) };
}

function descriptor(value: unknown): Descriptor {
  if (typeof value !== 'object' || value === null) throw invalid();
  const { digest, size, mediaType, platform } = value as Partial<Descriptor>;
  if (typeof digest !== 'string' || typeof size !== 'number' || typeof mediaType !== 'string') throw invalid();
  return { digest, size, mediaType, ...(platform ? { platform } : {}) };
}

const invalid = (): AwsError =>
  new AwsError('InvalidParameterException', "Invalid parameter at 'ImageManifest' failed to satisfy constraint: 'Invalid JSON syntax or unsupported manifest'");
