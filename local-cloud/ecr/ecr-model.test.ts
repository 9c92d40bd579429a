import { mkdtemp, mkdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BatchGetImageResponse, DescribeImageScanFindingsResponse, DescribeImagesResponse, ECRClient, ListImagesResponse } from '@aws-sdk/client-ecr';
import { list } from 'tar';
import type { EventSource } from '../kernel/ports.ts';
import type { Switches } from '../kernel/switches.ts';
import { testKernel } from '../testing/kernel.ts';
import { EcrModel } from './ecr-model.ts';
import { MEDIA_TYPES, sha256 } from './manifests.ts';
import { packFolder, pushImageFolder } from './push.ts';

type Emitted = Parameters<EventSource['emit']>[0];

function setUp(switches: Partial<Switches> = {}) {
  const cloud = testKernel({ switches });
  const { kernel, clock, calls } = cloud;
  const emitted: Emitted[] = [];
  const ecr = new EcrModel(kernel, { events: { emit: (event) => void emitted.push(event) } });
  cloud.register(ecr);
  const ask = async <Output = unknown>(operation: string, input: object): Promise<Output> => (await cloud.call('ecr', operation, input)) as Output;
  // As the SDK's client would: commands become operations, exception names become `name`.
  const client = {
    send: async (command: { constructor: { name: string }; input: object }) => {
      try {
        return await ask(command.constructor.name.replace(/Command$/, ''), command.input);
      } catch (error) {
        throw Object.assign(new Error(String(error)), { name: (error as { code: string }).code });
      }
    },
  } as unknown as ECRClient;
  return { ecr, clock, emitted, ask, client, calls };
}

const folders: string[] = [];
afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true });
});

async function imageFolder(files: Record<string, string> = {}): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'image-folder-'));
  folders.push(folder);
  await mkdir(join(folder, 'lib'));
  const all = { 'image.json': JSON.stringify({ cmd: ['node', 'server.mjs'], env: { LOG: 'info' }, exposedPorts: [8080] }), 'server.mjs': 'export {};\n', 'lib/b.txt': 'b', 'lib/a.txt': 'a', ...files };
  for (const [name, content] of Object.entries(all)) await writeFile(join(folder, name), content);
  return folder;
}

describe('pushing a folder', () => {
  test('the same content gives the same digest, whatever the files’ times', async () => {
    const [one, other] = [await imageFolder(), await imageFolder()];
    await utimes(join(other, 'server.mjs'), 1, 1);
    const digests = [];
    for (const folder of [one, other, one]) {
      const { client, ask } = setUp();
      await ask('CreateRepository', { repositoryName: 'shop/web' });
      digests.push((await pushImageFolder(client, { folder, repositoryName: 'shop/web', tag: 'v1' })).digest);
    }
    expect(new Set(digests).size).toBe(1);
  });

  test('other content gives another digest', async () => {
    const { client, ask } = setUp();
    await ask('CreateRepository', { repositoryName: 'web' });
    const one = await pushImageFolder(client, { folder: await imageFolder(), repositoryName: 'web', tag: 'v1' });
    const other = await pushImageFolder(client, { folder: await imageFolder({ 'server.mjs': 'changed' }), repositoryName: 'web', tag: 'v2' });
    expect(other.digest).not.toBe(one.digest);
  });

  test('pushing again under the same tag changes nothing and tells nobody', async () => {
    const { client, ask, emitted } = setUp();
    await ask('CreateRepository', { repositoryName: 'web', imageTagMutability: 'IMMUTABLE' });
    const folder = await imageFolder();
    const one = await pushImageFolder(client, { folder, repositoryName: 'web', tag: 'v1' });
    expect(await pushImageFolder(client, { folder, repositoryName: 'web', tag: 'v1' })).toEqual(one);
    expect(emitted).toHaveLength(1);
  });

  test('packs the folder below app/, in order, without image.json', async () => {
    const archive = await packFolder(await imageFolder());
    const paths: string[] = [];
    const reader = list({ onReadEntry: (entry) => void paths.push(`${entry.path} ${entry.mtime?.getTime()}`) });
    await new Promise<void>((resolve) => reader.on('end', resolve).end(archive));
    expect(paths).toEqual(['app/lib/a.txt 0', 'app/lib/b.txt 0', 'app/server.mjs 0']);
  });

  test.each([
    { imageJson: '{"cmd":[]}', error: '"cmd" must be a list of words' },
    { imageJson: '{"cmd":["node"],"ports":[1]}', error: 'the member "ports" is not known' },
    { imageJson: '{"cmd":["node"],"env":{"A":1}}', error: 'the values of "env" must be strings' },
  ])('refuses $imageJson', async ({ imageJson, error }) => {
    const { client } = setUp();
    await expect(pushImageFolder(client, { folder: await imageFolder({ 'image.json': imageJson }), repositoryName: 'web' })).rejects.toThrow(error);
  });

  test('what was pushed can be found by tag, digest and full name, and run', async () => {
    const { ecr, client, ask } = setUp();
    await ask('CreateRepository', { repositoryName: 'shop/web' });
    const { digest } = await pushImageFolder(client, { folder: await imageFolder(), repositoryName: 'shop/web', tag: 'v1' });
    const found = { repositoryName: 'shop/web', imageDigest: digest };
    const registry = '123456789012.dkr.ecr.eu-west-1.amazonaws.com';
    expect(ecr.resolve('shop/web:v1')).toEqual(found);
    expect(ecr.resolve(`${registry}/shop/web:v1`)).toEqual(found);
    expect(ecr.resolve(`${registry}/shop/web@${digest}`)).toEqual(found);
    expect(ecr.resolve(`${registry}/shop/web`)).toBeUndefined(); // no `latest`
    expect(ecr.resolve('nginx:1')).toBeUndefined();
    expect(ecr.content('shop/web', digest)?.config).toEqual({ Cmd: ['node', 'server.mjs'], Env: ['LOG=info'], WorkingDir: '/app', ExposedPorts: { '8080/tcp': {} } });
  });
});

describe('events', () => {
  test('a tagged push is told with its tag, its digest and its media type', async () => {
    const { client, ask, emitted } = setUp();
    await ask('CreateRepository', { repositoryName: 'web' });
    const { digest } = await pushImageFolder(client, { folder: await imageFolder(), repositoryName: 'web', tag: 'v1' });
    expect(emitted).toEqual([
      {
        source: 'aws.ecr', detailType: 'ECR Image Action', resources: [],
        detail: { result: 'SUCCESS', 'repository-name': 'web', 'image-digest': digest, 'action-type': 'PUSH', 'image-tag': 'v1', 'manifest-media-type': MEDIA_TYPES.manifest },
      },
    ]);
  });

  test.each<{ untaggedPush: Switches['untaggedPush']; tag: string | undefined }>([
    { untaggedPush: 'omitsTag', tag: undefined },
    { untaggedPush: 'emptyTag', tag: '' },
  ])('an image for two platforms is three pushes, the index last with the tag ($untaggedPush)', async ({ untaggedPush, tag }) => {
    const { ecr, client, ask, emitted } = setUp({ untaggedPush });
    await ask('CreateRepository', { repositoryName: 'web' });
    const pushed = await pushImageFolder(client, { folder: await imageFolder(), repositoryName: 'web', tag: 'v1', platforms: ['linux/amd64', 'linux/arm64'] });
    expect(emitted.map(({ detail }) => [detail['image-digest'], detail['image-tag'], detail['manifest-media-type']])).toEqual([
      [pushed.platformDigests['linux/amd64'], tag, MEDIA_TYPES.manifest],
      [pushed.platformDigests['linux/arm64'], tag, MEDIA_TYPES.manifest],
      [pushed.digest, 'v1', MEDIA_TYPES.index],
    ]);
    expect(ecr.content('web', pushed.digest)?.config.Cmd).toEqual(['node', 'server.mjs']);
    const { imageIds } = await ask<ListImagesResponse>('ListImages', { repositoryName: 'web', filter: { tagStatus: 'UNTAGGED' } });
    expect(imageIds).toHaveLength(2);
    const refused = await ask('BatchDeleteImage', { repositoryName: 'web', imageIds: [{ imageDigest: pushed.platformDigests['linux/amd64'] }] });
    expect(refused).toMatchObject({ failures: [{ failureCode: 'ImageReferencedByManifestList' }] });
  });

  test('deleting an image is told', async () => {
    const { client, ask, emitted } = setUp();
    await ask('CreateRepository', { repositoryName: 'web' });
    const { digest } = await pushImageFolder(client, { folder: await imageFolder(), repositoryName: 'web', tag: 'v1' });
    await ask('BatchDeleteImage', { repositoryName: 'web', imageIds: [{ imageTag: 'v1' }] });
    expect(emitted.at(-1)?.detail).toMatchObject({ 'action-type': 'DELETE', 'image-digest': digest, 'image-tag': 'v1' });
    await expect(ask('DescribeImages', { repositoryName: 'web', imageIds: [{ imageDigest: digest }] })).rejects.toMatchObject({ code: 'ImageNotFoundException' });
  });
});

describe('tags', () => {
  const rows: { mutability: string; filters?: string[]; refused: boolean; tag?: string }[] = [
    { mutability: 'MUTABLE', refused: false },
    { mutability: 'IMMUTABLE', refused: true },
    { mutability: 'IMMUTABLE_WITH_EXCLUSION', filters: ['dev-*'], refused: true },
    { mutability: 'IMMUTABLE_WITH_EXCLUSION', filters: ['dev-*'], tag: 'dev-1', refused: false },
    { mutability: 'MUTABLE_WITH_EXCLUSION', filters: ['v*'], refused: true },
    { mutability: 'MUTABLE_WITH_EXCLUSION', filters: ['v*'], tag: 'edge', refused: false },
  ];
  test.each(rows)('$mutability $filters: moving the tag $tag is refused: $refused', async ({ mutability, filters, tag = 'v1', refused }) => {
    const { client, ask } = setUp();
    const imageTagMutabilityExclusionFilters = filters?.map((filter) => ({ filterType: 'WILDCARD', filter }));
    await ask('CreateRepository', { repositoryName: 'web', imageTagMutability: mutability, imageTagMutabilityExclusionFilters });
    const first = await pushImageFolder(client, { folder: await imageFolder(), repositoryName: 'web', tag });
    const again = pushImageFolder(client, { folder: await imageFolder({ 'server.mjs': 'next' }), repositoryName: 'web', tag });
    if (refused) {
      await expect(again).rejects.toMatchObject({ name: 'ImageTagAlreadyExistsException' });
      return;
    }
    const { digest } = await again;
    const { imageDetails } = await ask<DescribeImagesResponse>('DescribeImages', { repositoryName: 'web' });
    expect(imageDetails?.map((image) => [image.imageDigest, image.imageTags])).toEqual([[first.digest, undefined], [digest, [tag]]]);
  });

  test('one image can have several tags; deleting one of them keeps the image', async () => {
    const { client, ask } = setUp();
    await ask('CreateRepository', { repositoryName: 'web' });
    const folder = await imageFolder();
    const { digest } = await pushImageFolder(client, { folder, repositoryName: 'web', tag: 'v1' });
    await pushImageFolder(client, { folder, repositoryName: 'web', tag: 'latest' });
    await ask('BatchDeleteImage', { repositoryName: 'web', imageIds: [{ imageTag: 'v1' }] });
    expect((await ask<ListImagesResponse>('ListImages', { repositoryName: 'web' })).imageIds).toEqual([{ imageDigest: digest, imageTag: 'latest' }]);
  });
});

describe('scans', () => {
  async function pushed() {
    const scene = setUp();
    await scene.ask('CreateRepository', { repositoryName: 'web' });
    const { digest } = await pushImageFolder(scene.client, { folder: await imageFolder(), repositoryName: 'web', tag: 'v1' });
    scene.emitted.length = 0;
    const findings = () => scene.ask<DescribeImageScanFindingsResponse>('DescribeImageScanFindings', { repositoryName: 'web', imageId: { imageTag: 'v1' } });
    return { ...scene, digest, findings };
  }

  test('an image that was never scanned has no findings to show', async () => {
    const { findings } = await pushed();
    await expect(findings()).rejects.toMatchObject({ code: 'ScanNotFoundException' });
  });

  test('a scan runs, completes with what was set, and is told with the counts', async () => {
    const { ecr, ask, clock, digest, findings, emitted } = await pushed();
    ecr.setScanOutcome('web', { imageTag: 'v1' }, { status: 'COMPLETE', findings: [{ name: 'CVE-1', severity: 'CRITICAL' }, { name: 'CVE-2', severity: 'LOW' }, { name: 'CVE-3', severity: 'LOW' }] });
    await ask('StartImageScan', { repositoryName: 'web', imageId: { imageTag: 'v1' } });
    expect((await findings()).imageScanStatus?.status).toBe('IN_PROGRESS');
    await clock.advance(5_000);
    expect(await findings()).toMatchObject({ imageScanStatus: { status: 'COMPLETE' }, imageScanFindings: { findingSeverityCounts: { CRITICAL: 1, LOW: 2 } } });
    expect(emitted).toEqual([
      {
        source: 'aws.ecr', detailType: 'ECR Image Scan', resources: ['arn:aws:ecr:eu-west-1:123456789012:repository/web'],
        detail: { 'scan-status': 'COMPLETE', 'repository-name': 'web', 'finding-severity-counts': { CRITICAL: 1, LOW: 2 }, 'image-digest': digest, 'image-tags': ['v1'] },
      },
    ]);
    await expect(ask('StartImageScan', { repositoryName: 'web', imageId: { imageTag: 'v1' } })).rejects.toMatchObject({ code: 'LimitExceededException' });
  });

  test('an image that cannot be scanned says why', async () => {
    const { ecr, ask, clock, findings } = await pushed();
    ecr.setScanOutcome('web', { imageTag: 'v1' }, { status: 'UNSUPPORTED_IMAGE', description: 'no package manager' });
    await ask('StartImageScan', { repositoryName: 'web', imageId: { imageTag: 'v1' } });
    await clock.advance(5_000);
    expect(await findings()).toMatchObject({ imageScanStatus: { status: 'UNSUPPORTED_IMAGE', description: 'no package manager' } });
  });

  test('scanOnPush scans by itself', async () => {
    const { client, ask, clock } = setUp();
    await ask('CreateRepository', { repositoryName: 'web' });
    await ask('PutImageScanningConfiguration', { repositoryName: 'web', imageScanningConfiguration: { scanOnPush: true } });
    await pushImageFolder(client, { folder: await imageFolder(), repositoryName: 'web', tag: 'v1' });
    await clock.advance(5_000);
    const { imageDetails } = await ask<DescribeImagesResponse>('DescribeImages', { repositoryName: 'web' });
    expect(imageDetails?.[0]).toMatchObject({ imageScanStatus: { status: 'COMPLETE' }, imageScanFindingsSummary: { findingSeverityCounts: {} } });
  });
});

describe('the API', () => {
  test('BatchGetImage answers with the manifest, byte for byte', async () => {
    const { client, ask } = setUp();
    await ask('CreateRepository', { repositoryName: 'web' });
    const { digest } = await pushImageFolder(client, { folder: await imageFolder(), repositoryName: 'web', tag: 'v1' });
    const { images, failures } = await ask<BatchGetImageResponse>('BatchGetImage', { repositoryName: 'web', imageIds: [{ imageTag: 'v1' }, { imageTag: 'nope' }] });
    expect(sha256(images?.[0]?.imageManifest ?? '')).toBe(digest);
    expect(failures).toEqual([{ imageId: { imageTag: 'nope' }, failureCode: 'ImageNotFound', failureReason: 'Requested image not found' }]);
  });

  test.each<{ name: string; operation: string; input: object; code: string }>([
    { name: 'an unknown repository', operation: 'DescribeImages', input: { repositoryName: 'nope' }, code: 'RepositoryNotFoundException' },
    { name: 'a repository of another account', operation: 'DescribeImages', input: { repositoryName: 'web', registryId: '999999999999' }, code: 'RepositoryNotFoundException' },
    { name: 'a second repository of that name', operation: 'CreateRepository', input: { repositoryName: 'web' }, code: 'RepositoryAlreadyExistsException' },
    { name: 'a bad name', operation: 'CreateRepository', input: { repositoryName: 'Web' }, code: 'InvalidParameterException' },
    { name: 'a manifest that is not JSON', operation: 'PutImage', input: { repositoryName: 'web', imageManifest: 'nope' }, code: 'InvalidParameterException' },
    { name: 'a manifest whose layers are missing', operation: 'PutImage', input: { repositoryName: 'web', imageManifest: JSON.stringify({ schemaVersion: 2, config: { mediaType: 'a', digest: 'sha256:1', size: 1 }, layers: [] }) }, code: 'LayersNotFoundException' },
    { name: 'an index whose children are missing', operation: 'PutImage', input: { repositoryName: 'web', imageManifest: JSON.stringify({ schemaVersion: 2, manifests: [{ mediaType: 'a', digest: 'sha256:1', size: 1 }] }) }, code: 'ReferencedImagesNotFoundException' },
    { name: 'an unknown upload', operation: 'UploadLayerPart', input: { repositoryName: 'web', uploadId: 'x', partFirstByte: 0, partLastByte: 0, layerPartBlob: new Uint8Array(1) }, code: 'UploadNotFoundException' },
    { name: 'lifecycle policies', operation: 'PutLifecyclePolicy', input: { repositoryName: 'web' }, code: 'NotImplemented' },
  ])('refuses $name with $code', async ({ operation, input, code }) => {
    const { ask } = setUp();
    await ask('CreateRepository', { repositoryName: 'web' });
    await expect(ask(operation, input)).rejects.toMatchObject({ code });
  });

  test('a layer must arrive whole and be what it claims', async () => {
    const { ask } = setUp();
    await ask('CreateRepository', { repositoryName: 'web' });
    const { uploadId } = await ask<{ uploadId: string }>('InitiateLayerUpload', { repositoryName: 'web' });
    const part = { repositoryName: 'web', uploadId, layerPartBlob: Buffer.from('abc') };
    await expect(ask('UploadLayerPart', { ...part, partFirstByte: 1, partLastByte: 3 })).rejects.toMatchObject({ code: 'InvalidLayerPartException' });
    await ask('UploadLayerPart', { ...part, partFirstByte: 0, partLastByte: 2 });
    await expect(ask('CompleteLayerUpload', { repositoryName: 'web', uploadId, layerDigests: [sha256('abd')] })).rejects.toMatchObject({ code: 'InvalidLayerException' });
    expect(await ask('CompleteLayerUpload', { repositoryName: 'web', uploadId, layerDigests: [sha256('abc')] })).toMatchObject({ layerDigest: sha256('abc') });
  });

  test('every operation needs permission on its repository, and the token on nothing', async () => {
    const { ask, calls } = setUp();
    await ask('CreateRepository', { repositoryName: 'shop/web' });
    await ask('DescribeImages', { repositoryName: 'shop/web' });
    await ask('GetAuthorizationToken', {});
    expect(calls.slice(1).map((each) => each.permissions)).toEqual([
      [{ action: 'ecr:DescribeImages', resource: 'arn:aws:ecr:eu-west-1:123456789012:repository/shop/web' }],
      [{ action: 'ecr:GetAuthorizationToken', resource: '*' }],
    ]);
  });

  test('a repository with images is only deleted by force', async () => {
    const { client, ask } = setUp();
    await ask('CreateRepository', { repositoryName: 'web' });
    await pushImageFolder(client, { folder: await imageFolder(), repositoryName: 'web', tag: 'v1' });
    await expect(ask('DeleteRepository', { repositoryName: 'web' })).rejects.toMatchObject({ code: 'RepositoryNotEmptyException' });
    await ask('DeleteRepository', { repositoryName: 'web', force: true });
    expect(await ask('DescribeRepositories', {})).toMatchObject({ repositories: [] });
  });
});
