// ECR: which digest a tag means now.
import { DescribeImagesCommand, type ECRClient } from '@aws-sdk/client-ecr';
import { isAwsError } from './aws.ts';

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
  };
}
