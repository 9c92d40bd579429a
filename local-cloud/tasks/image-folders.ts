// Image layers unpacked to folders, once per digest.
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, normalize } from 'node:path';
import { extract } from 'tar';
import type { ImageContent, ImageStore } from '../kernel/ports.ts';

export interface UnpackedImage {
  root: string;
  workingDirectory: string;
  config: ImageContent['config'];
}

export class ImageFolders {
  private readonly images: ImageStore;
  private readonly parent: string;
  private base: Promise<string> | undefined;
  private readonly unpacked = new Map<string, Promise<UnpackedImage>>();

  constructor(images: ImageStore, parent = tmpdir()) {
    this.images = images;
    this.parent = parent;
  }

  /** Where all folders are, made on first use. */
  folder(): Promise<string> {
    this.base ??= mkdir(this.parent, { recursive: true }).then(() => mkdtemp(join(this.parent, 'local-cloud-tasks-')));
    return this.base;
  }

  unpack(image: string, digest: string): Promise<UnpackedImage> {
    const repositoryName = repositoryOf(image);
    const key = `${repositoryName}@${digest}`;
    const known = this.unpacked.get(key);
    if (known) return known;
    const work = this.write(repositoryName, digest);
    this.unpacked.set(key, work);
    work.catch(() => this.unpacked.delete(key)); // the image may be pushed later
    return work;
  }

  async remove(): Promise<void> {
    if (this.base) await rm(await this.base, { recursive: true, force: true });
  }

  private async write(repositoryName: string, digest: string): Promise<UnpackedImage> {
    const content = this.images.content(repositoryName, digest);
    if (!content) throw new Error(`pull image manifest has been retried 1 time(s): failed to resolve ref ${repositoryName}@${digest}: not found`);
    const root = await mkdtemp(join(await this.folder(), `${digest.replace(/^sha256:/, '').slice(0, 12)}-`));
    for (const layer of content.layers) {
      if (layer.every((byte) => byte === 0)) continue; // an archive of nothing, which `tar` takes for a broken one
      await new Promise<void>((resolve, reject) => {
        extract({ cwd: root, preserveOwner: false }).on('close', resolve).on('error', reject).end(Buffer.from(layer));
      });
    }
    // As container runtimes do, when the image names a working directory that it does not have.
    const workingDirectory = join(root, normalize(join('/', content.config.WorkingDir ?? '/')));
    await mkdir(workingDirectory, { recursive: true });
    return { root, workingDirectory, config: content.config };
  }
}

/** `shop/web` of `123456789012.dkr.ecr.eu-west-1.amazonaws.com/shop/web:v1@sha256:...`. */
function repositoryOf(image: string): string {
  const [first = '', ...rest] = image.split('/');
  const path = rest.length > 0 && /[.:]/.test(first) ? rest.join('/') : image;
  return path.replace(/@.*$/, '').replace(/:[^/]*$/, '');
}
