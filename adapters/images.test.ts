import { DescribeImagesCommand, ECRClient } from '@aws-sdk/client-ecr';
import { mockClient } from 'aws-sdk-client-mock';
import { imagesIn } from './images.ts';

const ecr = mockClient(ECRClient);
afterEach(() => ecr.reset());
const images = imagesIn(new ECRClient({ region: 'eu-west-1', credentials: { accessKeyId: 'x', secretAccessKey: 'x' } }));
const refusedAs = (name: string) => ecr.on(DescribeImagesCommand).rejects(Object.assign(new Error(name), { name }));

test.each(['ImageNotFoundException', 'RepositoryNotFoundException', 'InvalidParameterException'])('ECR answers %s: there is no such image', async (name) => {
  refusedAs(name);
  expect(await images.find('shop/checkout', { imageTag: '<script>' })).toBeUndefined();
});

test('anything else is no answer', async () => {
  refusedAs('ServerException');
  await expect(images.find('shop/checkout', { imageTag: 'v1' })).rejects.toThrow('ServerException');
});
