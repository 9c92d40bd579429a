// ECR: which digest a tag means now, and who says they made an image.
import { BatchGetImageCommand, DescribeImagesCommand, type ECRClient } from '@aws-sdk/client-ecr';
import { isAwsError } from './aws.ts';

/** The annotation of an image's manifest or index that names its author; see docs/adr/0011-author-from-an-annotation.md. */
export const AUTHOR_ANNOTATION = 'slipway.author';
const AUTHOR_LENGTH_MAX = 200;
const MANIFEST_TYPES = [
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
];

export type Images = ReturnType<typeof imagesIn>;

export function imagesIn(client: ECRClient) {
  return {
    async find(repositoryName: string, imageId: { imageTag: string } | { imageDigest: string }): Promise<{ digest: string; tag: string | undefined; pushedAtMs: number } | undefined> {
      try {
        const { imageDetails = [] } = await client.send(new DescribeImagesCommand({ repositoryName, imageIds: [imageId] }));
        const image = imageDetails[0];
        if (!image?.imageDigest) return undefined;
        return { digest: image.imageDigest, tag: 'imageTag' in imageId ? imageId.imageTag : image.imageTags?.[0], pushedAtMs: image.imagePushedAt?.getTime() ?? 0 };
      } catch (error) {
        // What ECR would not take as a tag names no image either.
        if (isAwsError(error, 'ImageNotFoundException', 'RepositoryNotFoundException', 'InvalidParameterException')) return undefined;
        throw error;
      }
    },

    /** Undefined when the image does not say. */
    async author(repositoryName: string, imageDigest: string): Promise<string | undefined> {
      try {
        const { images = [] } = await client.send(new BatchGetImageCommand({ repositoryName, imageIds: [{ imageDigest }], acceptedMediaTypes: MANIFEST_TYPES }));
        return authorOf(images[0]?.imageManifest);
      } catch (error) {
        if (isAwsError(error, 'RepositoryNotFoundException')) return undefined;
        throw error;
      }
    },
  };
}

/** Whoever may push wrote it: it is read as a name and nothing else. */
function authorOf(manifest: string | undefined): string | undefined {
  try {
    const { annotations } = JSON.parse(manifest ?? '') as { annotations?: Record<string, unknown> };
    const author = annotations?.[AUTHOR_ANNOTATION];
    const name = typeof author === 'string' ? author.replace(/[\u0000-\u001f\u007f-\u009f]+/g, ' ').trim().slice(0, AUTHOR_LENGTH_MAX) : '';
    return name === '' ? undefined : name;
  } catch {
    return undefined;
  }
}
