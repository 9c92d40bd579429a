// AWS::S3::Bucket and BucketPolicy, as far as osls emits them for its deployment bucket. There is no S3 here: a bucket is a name that
// artefacts can be filed under, and its settings have nobody to obey them.
import type { ResourceProvider } from '../provider.ts';

const bucket: ResourceProvider = {
  type: 'AWS::S3::Bucket',
  properties: ['BucketName', 'BucketEncryption', 'PublicAccessBlockConfiguration', 'VersioningConfiguration', 'OwnershipControls', 'AccelerateConfiguration', 'Tags'],
  nameProperty: 'BucketName',
  async create(properties, context) {
    const name = properties.optionalText('BucketName') ?? context.generatedName(63).toLowerCase();
    return { physicalId: name, attributes: { Arn: `arn:aws:s3:::${name}`, DomainName: `${name}.s3.amazonaws.com`, RegionalDomainName: `${name}.s3.${context.kernel.region}.amazonaws.com` } };
  },
  update: async (_properties, _old, made) => made,
  remove: async () => undefined,
};

const bucketPolicy: ResourceProvider = {
  type: 'AWS::S3::BucketPolicy',
  properties: ['Bucket', 'PolicyDocument'],
  replacedBy: ['Bucket'],
  create: async (properties) => ({ physicalId: properties.text('Bucket'), attributes: {} }),
  update: async (_properties, _old, made) => made,
  remove: async () => undefined,
};

export const bucketProviders: ResourceProvider[] = [bucket, bucketPolicy];
