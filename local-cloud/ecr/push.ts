// Pushes a folder as a container image, over the real ECR API: the stand-in for `docker build && docker push`.
//
// The image folder
//   image.json     what to run; everything else in the folder becomes /app in the image:
//                  { "cmd": ["node", "server.mjs"], "env": { "LOG": "info" }, "exposedPorts": [8080] }
//   server.mjs ... the program
// The image's working directory is /app. `cmd` is required; other members of image.json are refused.
//
// The same folder gives the same digest, whenever and wherever it is pushed: entries are sorted, times are zero, and the
// layer is not compressed (compressors differ between machines).
import { readFile, readdir } from 'node:fs/promises';
import { join, relative } from 'node:path';
import {
  BatchCheckLayerAvailabilityCommand, CompleteLayerUploadCommand, type ECRClient, InitiateLayerUploadCommand, PutImageCommand, UploadLayerPartCommand,
} from '@aws-sdk/client-ecr';
import { create } from 'tar';
import { type Descriptor, MEDIA_TYPES, sha256 } from './manifests.ts';

const EMPTY_ARCHIVE_BYTES = 1024; // two blocks of zeros end an archive

export interface PushOptions {
  folder: string;
  repositoryName: string;
  /** Without a tag the image can only be reached by its digest. */
  tag?: string;
  /** `linux/amd64` and the like. Several make an index, whose children stay untagged. */
  platforms?: string[];
}

export interface PushedImage {
  repositoryName: string;
  /** Of what was tagged: the index, where there is one. */
  digest: string;
  /** Of the image for each platform. */
  platformDigests: Record<string, string>;
}

interface ImageFile {
  cmd: string[];
  env: Record<string, string>;
  exposedPorts: number[];
}

export async function pushImageFolder(client: ECRClient, options: PushOptions): Promise<PushedImage> {
  const { folder, repositoryName, tag } = options;
  const platforms = options.platforms ?? ['linux/amd64'];
  const imageFile = parseImageFile(await readFile(join(folder, 'image.json'), 'utf8'), join(folder, 'image.json'));
  const layer = await packFolder(folder);
  await uploadBlob(client, repositoryName, layer);
  const layerDescriptor: Descriptor = { mediaType: MEDIA_TYPES.tarLayer, digest: sha256(layer), size: layer.length };

  const children: Descriptor[] = [];
  for (const platform of platforms) {
    const [os = 'linux', architecture = 'amd64'] = platform.split('/');
    const config = Buffer.from(JSON.stringify(ociConfig(imageFile, { os, architecture }, layerDescriptor.digest)));
    await uploadBlob(client, repositoryName, config);
    const manifest = JSON.stringify({
      schemaVersion: 2,
      mediaType: MEDIA_TYPES.manifest,
      config: { mediaType: MEDIA_TYPES.config, digest: sha256(config), size: config.length },
      layers: [layerDescriptor],
    });
    await putManifest(client, repositoryName, { text: manifest, mediaType: MEDIA_TYPES.manifest, tag: platforms.length === 1 ? tag : undefined });
    children.push({ mediaType: MEDIA_TYPES.manifest, digest: sha256(manifest), size: Buffer.byteLength(manifest), platform: { architecture, os } });
  }

  const platformDigests = Object.fromEntries(children.map((child, index) => [platforms[index] ?? '', child.digest]));
  const [only, ...others] = children;
  if (only && others.length === 0) return { repositoryName, digest: only.digest, platformDigests };
  const index = JSON.stringify({ schemaVersion: 2, mediaType: MEDIA_TYPES.index, manifests: children });
  await putManifest(client, repositoryName, { text: index, mediaType: MEDIA_TYPES.index, tag });
  return { repositoryName, digest: sha256(index), platformDigests };
}

/** The folder without image.json, as a tar archive with everything below `app/`. */
export async function packFolder(folder: string): Promise<Buffer> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .filter((path) => path !== 'image.json')
    .sort();
  if (files.length === 0) return Buffer.alloc(EMPTY_ARCHIVE_BYTES);
  const archive = create({ cwd: folder, prefix: 'app', portable: true, mtime: new Date(0), follow: false, noDirRecurse: true }, files);
  const chunks: Buffer[] = [];
  for await (const chunk of archive as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks);
}

const ociConfig = ({ cmd, env, exposedPorts }: ImageFile, platform: { os: string; architecture: string }, layerDigest: string) => ({
  ...platform,
  config: {
    Cmd: cmd,
    Env: Object.entries(env).map(([name, value]) => `${name}=${value}`),
    WorkingDir: '/app',
    ...(exposedPorts.length > 0 ? { ExposedPorts: Object.fromEntries(exposedPorts.map((port) => [`${port}/tcp`, {}])) } : {}),
  },
  rootfs: { type: 'layers', diff_ids: [layerDigest] },
});

async function uploadBlob(client: ECRClient, repositoryName: string, blob: Buffer): Promise<void> {
  const digest = sha256(blob);
  const { layers } = await client.send(new BatchCheckLayerAvailabilityCommand({ repositoryName, layerDigests: [digest] }));
  if (layers?.[0]?.layerAvailability === 'AVAILABLE') return;
  const { uploadId, partSize = blob.length } = await client.send(new InitiateLayerUploadCommand({ repositoryName }));
  for (let from = 0; from < blob.length; from += partSize) {
    const part = blob.subarray(from, from + partSize);
    await client.send(new UploadLayerPartCommand({ repositoryName, uploadId, partFirstByte: from, partLastByte: from + part.length - 1, layerPartBlob: part }));
  }
  await client.send(new CompleteLayerUploadCommand({ repositoryName, uploadId, layerDigests: [digest] })).catch(ignore('LayerAlreadyExistsException'));
}

async function putManifest(client: ECRClient, repositoryName: string, manifest: { text: string; mediaType: string; tag: string | undefined }): Promise<void> {
  await client
    .send(new PutImageCommand({ repositoryName, imageManifest: manifest.text, imageManifestMediaType: manifest.mediaType, ...(manifest.tag === undefined ? {} : { imageTag: manifest.tag }) }))
    .catch(ignore('ImageAlreadyExistsException')); // the very same image under the same tag: nothing to do
}

const ignore = (name: string) => (error: unknown) => {
  if (!(error instanceof Error && error.name === name)) throw error;
};

function parseImageFile(text: string, path: string): ImageFile {
  const { cmd, env = {}, exposedPorts = [], ...unknown } = JSON.parse(text) as Partial<ImageFile>;
  const [unknownName] = Object.keys(unknown);
  if (unknownName !== undefined) throw new Error(`${path}: the member "${unknownName}" is not known; it may have "cmd", "env" and "exposedPorts"`);
  if (!Array.isArray(cmd) || cmd.length === 0 || !cmd.every((word) => typeof word === 'string')) throw new Error(`${path}: "cmd" must be a list of words, such as ["node", "server.mjs"]`);
  if (!Object.values(env).every((value) => typeof value === 'string')) throw new Error(`${path}: the values of "env" must be strings`);
  if (!Array.isArray(exposedPorts) || !exposedPorts.every((port) => Number.isInteger(port))) throw new Error(`${path}: "exposedPorts" must be a list of port numbers`);
  return { cmd, env, exposedPorts };
}
