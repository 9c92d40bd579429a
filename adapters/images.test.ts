import { BatchGetImageCommand, DescribeImagesCommand, ECRClient } from '@aws-sdk/client-ecr';
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

test.each<[string, string | undefined, string | undefined]>([
  ['the annotation names one', JSON.stringify({ annotations: { 'slipway.author': ' alice ' } }), 'alice'],
  ['there is another annotation', JSON.stringify({ annotations: { 'org.opencontainers.image.authors': 'The Shop Team' } }), undefined],
  ['there is none', '{}', undefined],
  ['it is no text', JSON.stringify({ annotations: { 'slipway.author': { name: 'alice' } } }), undefined],
  ['it is empty', JSON.stringify({ annotations: { 'slipway.author': '\u0007' } }), undefined],
  ['it goes on and on', JSON.stringify({ annotations: { 'slipway.author': 'x'.repeat(5_000) } }), 'x'.repeat(200)],
  ['the manifest is no JSON', '<html>', undefined],
  ['the image is gone', undefined, undefined],
])('the author of an image when %s', async (_, imageManifest, author) => {
  ecr.on(BatchGetImageCommand).resolves({ images: imageManifest === undefined ? [] : [{ imageManifest }] });
  expect(await images.author('shop/checkout', `sha256:${'a'.repeat(64)}`)).toBe(author);
});

test('an author that cannot be read is not an unknown author', async () => {
  ecr.on(BatchGetImageCommand).rejects(Object.assign(new Error('no'), { name: 'ServerException' }));
  await expect(images.author('shop/checkout', `sha256:${'a'.repeat(64)}`)).rejects.toThrow();
});
