// A function's deployment package: where it comes from, its digest, and its files on disk.
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { unzipSync } from 'fflate';
import { AwsError, NotModelled } from '../kernel/errors.ts';

export interface Artefacts {
  get(bucket: string, key: string): Uint8Array | undefined;
}

export interface CodeLocation {
  ZipFile?: Uint8Array;
  S3Bucket?: string;
  S3Key?: string;
  S3ObjectVersion?: string;
  ImageUri?: string;
}

export interface Code {
  zip: Uint8Array;
  sha256: string; // base64, as CodeSha256
}

export function resolveCode(location: CodeLocation, artefacts: Artefacts | undefined): Code {
  if (location.ImageUri !== undefined) throw new NotModelled('Lambda functions from container images (ImageUri)');
  const zip = location.ZipFile ?? fromBucket(location, artefacts);
  if (zip.length > 50 * 2 ** 20 && location.ZipFile) throw new AwsError('RequestTooLargeException', 'Request must be smaller than 69905067 bytes for the CreateFunction operation', { httpStatus: 413 });
  // A zip begins with a local file header, or, when empty, with the end-of-directory record.
  if (zip[0] !== 0x50 || zip[1] !== 0x4b) throw new AwsError('InvalidParameterValueException', 'Could not unzip uploaded file. Please check your file, then try to upload again.');
  return { zip, sha256: createHash('sha256').update(zip).digest('base64') };
}

function fromBucket(location: CodeLocation, artefacts: Artefacts | undefined): Uint8Array {
  const { S3Bucket: bucket, S3Key: key } = location;
  if (!bucket || !key) throw new AwsError('InvalidParameterValueException', 'Please provide a source for function code.');
  const found = artefacts?.get(bucket, key);
  if (!found) {
    throw new AwsError('InvalidParameterValueException', 'Error occurred while GetObject. S3 Error Code: NoSuchKey. S3 Error Message: The specified key does not exist.');
  }
  return found;
}

/** Unzipped packages, one folder per digest, shared by all environments of that code. Lives until `close`. */
export class CodeFolders {
  private root: Promise<string> | undefined;
  private readonly folders = new Map<string, Promise<string>>();
  private readonly runtimeModulesFolder: string | undefined;

  /** `runtimeModulesFolder` is a node_modules whose `@aws-sdk` and `@smithy` functions may import, as in Lambda's own runtime. */
  constructor(runtimeModulesFolder: string | undefined) {
    this.runtimeModulesFolder = runtimeModulesFolder;
  }

  folderOf(code: { sha256: string; zip: Uint8Array }): Promise<string> {
    let folder = this.folders.get(code.sha256);
    if (!folder) {
      folder = this.unpack(code);
      this.folders.set(code.sha256, folder);
    }
    return folder;
  }

  async close(): Promise<void> {
    const root = await this.root;
    this.root = undefined;
    this.folders.clear();
    if (root) await rm(root, { recursive: true, force: true });
  }

  private async unpack(code: { sha256: string; zip: Uint8Array }): Promise<string> {
    this.root ??= this.makeRoot();
    const folder = path.join(await this.root, code.sha256.replaceAll(/[^A-Za-z0-9]/g, '').slice(0, 24));
    await mkdir(folder, { recursive: true });
    for (const [name, bytes] of Object.entries(unzipSync(code.zip))) {
      const target = path.join(folder, name);
      if (!target.startsWith(folder + path.sep)) throw new Error(`the package holds a path outside itself: ${name}`);
      if (name.endsWith('/')) continue;
      await mkdir(path.dirname(target), { recursive: true });
      await writeFile(target, bytes);
    }
    return folder;
  }

  private async makeRoot(): Promise<string> {
    const root = await mkdtemp(path.join(tmpdir(), 'local-lambda-'));
    if (this.runtimeModulesFolder) {
      await mkdir(path.join(root, 'node_modules'));
      for (const scope of ['@aws-sdk', '@smithy']) await symlink(path.join(this.runtimeModulesFolder, scope), path.join(root, 'node_modules', scope), 'dir');
    }
    return root;
  }
}
