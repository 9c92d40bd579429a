// Versions and their stages, names and ARNs, deletion with and without a way back, and the rights a customer key asks for.
import { AwsError } from '../kernel/errors.ts';
import { KmsModel } from '../kms/index.ts';
import { testKernel } from '../testing/kernel.ts';
import { SecretsManagerModel } from './index.ts';

function secrets() {
  const test = testKernel();
  test.register(new KmsModel(test.kernel));
  test.register(new SecretsManagerModel(test.kernel));
  const call = async (operation: string, input: object) => (await test.call('secretsmanager', operation, input)) as Record<string, string>;
  return { ...test, call };
}

const codeOf = (promise: Promise<unknown>): Promise<string> => promise.then(() => 'accepted', (error: unknown) => (error instanceof AwsError ? error.code : String(error)));

test('a new value makes the old one the previous', async () => {
  const { call } = secrets();
  const { ARN, VersionId } = await call('CreateSecret', { Name: 'token', SecretString: 'one' });
  expect(ARN).toMatch(/^arn:aws:secretsmanager:eu-west-1:123456789012:secret:token-[A-Za-z0-9]{6}$/);
  await call('PutSecretValue', { SecretId: 'token', SecretString: 'two' });
  expect(await call('GetSecretValue', { SecretId: ARN })).toMatchObject({ SecretString: 'two', VersionStages: ['AWSCURRENT'] });
  expect(await call('GetSecretValue', { SecretId: 'token', VersionStage: 'AWSPREVIOUS' })).toMatchObject({ SecretString: 'one', VersionId });
  await call('UpdateSecret', { SecretId: 'token', SecretString: 'three' });
  expect(await call('GetSecretValue', { SecretId: 'token', VersionStage: 'AWSPREVIOUS' })).toMatchObject({ SecretString: 'two' });
});

test('a token used twice is one version, and refuses another value', async () => {
  const { call } = secrets();
  const token = { SecretId: 'token', ClientRequestToken: 'a-token-of-thirty-two-characters' };
  await call('CreateSecret', { Name: 'token' });
  await call('PutSecretValue', { ...token, SecretString: 'one' });
  await call('PutSecretValue', { ...token, SecretString: 'one' });
  expect(await codeOf(call('PutSecretValue', { ...token, SecretString: 'two' }))).toBe('ResourceExistsException');
});

test('a deleted secret can be restored within its window and not after', async () => {
  const { call, clock } = secrets();
  await call('CreateSecret', { Name: 'token', SecretString: 'one' });
  await call('DeleteSecret', { SecretId: 'token', RecoveryWindowInDays: 7 });
  expect(await codeOf(call('GetSecretValue', { SecretId: 'token' }))).toBe('InvalidRequestException');
  await call('RestoreSecret', { SecretId: 'token' });
  expect(await call('GetSecretValue', { SecretId: 'token' })).toMatchObject({ SecretString: 'one' });
  await call('DeleteSecret', { SecretId: 'token', RecoveryWindowInDays: 7 });
  await clock.advance(7 * 24 * 3600_000);
  expect(await codeOf(call('RestoreSecret', { SecretId: 'token' }))).toBe('ResourceNotFoundException');
});

test('reading a secret under a customer key needs kms:Decrypt through Secrets Manager', async () => {
  const { call, calls, kernel } = secrets();
  const operator = { kind: 'operator', arn: 'arn:aws:iam::123456789012:user/o' } as const;
  const { KeyMetadata } = (await kernel.call(operator, 'kms', 'CreateKey', {})) as { KeyMetadata: { Arn: string } };
  const { ARN } = await call('CreateSecret', { Name: 'token', SecretString: 'one', KmsKeyId: KeyMetadata.Arn });
  await call('GetSecretValue', { SecretId: 'token' });
  expect(calls.at(-1)?.permissions).toEqual([
    { action: 'secretsmanager:GetSecretValue', resource: ARN },
    {
      action: 'kms:Decrypt',
      resource: KeyMetadata.Arn,
      context: { 'kms:ViaService': 'secretsmanager.eu-west-1.amazonaws.com', 'kms:CallerAccount': '123456789012', 'kms:EncryptionContext:SecretARN': ARN },
    },
  ]);
});
