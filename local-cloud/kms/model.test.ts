// Keys by id, ARN and alias; policies; encryption that really needs the right key and context; deletion after its waiting time.
import { AwsError } from '../kernel/errors.ts';
import { testKernel } from '../testing/kernel.ts';
import { KmsModel } from './index.ts';

const DAY_MS = 24 * 3600_000;

async function withKey() {
  const test = testKernel();
  const model = new KmsModel(test.kernel);
  test.register(model);
  const call = async (operation: string, input: object) => (await test.call('kms', operation, input)) as Record<string, never>;
  const { KeyMetadata } = (await call('CreateKey', { Description: 'records' })) as unknown as { KeyMetadata: { KeyId: string; Arn: string } };
  await call('CreateAlias', { AliasName: 'alias/records', TargetKeyId: KeyMetadata.KeyId });
  return { ...test, model, call, keyId: KeyMetadata.KeyId, arn: KeyMetadata.Arn };
}

const codeOf = (promise: Promise<unknown>): Promise<string> => promise.then(() => 'accepted', (error: unknown) => (error instanceof AwsError ? error.code : String(error)));

test.each(['id', 'arn', 'alias', 'alias arn'])('a key is found by its %s', async (way) => {
  const { call, keyId, arn } = await withKey();
  const reference = { id: keyId, arn, alias: 'alias/records', 'alias arn': 'arn:aws:kms:eu-west-1:123456789012:alias/records' }[way];
  expect(await call('DescribeKey', { KeyId: reference })).toMatchObject({ KeyMetadata: { Arn: arn, KeyState: 'Enabled', Description: 'records' } });
});

test('the permission names the key even when the request names an alias', async () => {
  const { call, calls, arn } = await withKey();
  await call('DescribeKey', { KeyId: 'alias/records' });
  expect(calls.at(-1)?.permissions).toEqual([{ action: 'kms:DescribeKey', resource: arn }]);
});

test('the key policy is the resource policy, and by default leaves decisions to IAM', async () => {
  const { call, model, arn, keyId } = await withKey();
  expect(model.resourcePolicy(arn)).toMatchObject({ Statement: [{ Principal: { AWS: 'arn:aws:iam::123456789012:root' }, Action: 'kms:*' }] });
  await call('PutKeyPolicy', { KeyId: keyId, PolicyName: 'default', Policy: '{"Statement":[]}' });
  expect(model.resourcePolicy(arn)).toEqual({ Statement: [] });
  expect(await codeOf(call('PutKeyPolicy', { KeyId: keyId, PolicyName: 'default', Policy: '{' }))).toBe('MalformedPolicyDocumentException');
});

test('what is encrypted comes back with the same context only', async () => {
  const { call } = await withKey();
  const { CiphertextBlob } = await call('Encrypt', { KeyId: 'alias/records', Plaintext: Buffer.from('hello'), EncryptionContext: { a: '1', b: '2' } });
  expect(Buffer.from(CiphertextBlob as unknown as Uint8Array).includes('hello')).toBe(false);
  const { Plaintext } = await call('Decrypt', { CiphertextBlob, EncryptionContext: { b: '2', a: '1' } });
  expect(Buffer.from(Plaintext as unknown as Uint8Array).toString()).toBe('hello');
  expect(await codeOf(call('Decrypt', { CiphertextBlob }))).toBe('InvalidCiphertextException');
});

test('a data key opens with Decrypt', async () => {
  const { call } = await withKey();
  const { CiphertextBlob, Plaintext } = await call('GenerateDataKey', { KeyId: 'alias/records', KeySpec: 'AES_256' });
  expect(Plaintext).toHaveLength(32);
  expect((await call('Decrypt', { CiphertextBlob })).Plaintext).toEqual(Plaintext);
});

test('a key pending deletion refuses use, and is gone after its waiting time', async () => {
  const { call, clock, keyId } = await withKey();
  await call('ScheduleKeyDeletion', { KeyId: keyId, PendingWindowInDays: 7 });
  expect(await codeOf(call('Encrypt', { KeyId: keyId, Plaintext: Buffer.from('x') }))).toBe('KMSInvalidStateException');
  await clock.advance(7 * DAY_MS);
  expect(await codeOf(call('DescribeKey', { KeyId: keyId }))).toBe('NotFoundException');
  expect(await call('ListAliases', {})).toMatchObject({ Aliases: [] });
});

test('a disabled key refuses use until enabled again', async () => {
  const { call, keyId } = await withKey();
  await call('DisableKey', { KeyId: keyId });
  expect(await codeOf(call('Encrypt', { KeyId: keyId, Plaintext: Buffer.from('x') }))).toBe('DisabledException');
  await call('EnableKey', { KeyId: keyId });
  expect(await codeOf(call('Encrypt', { KeyId: keyId, Plaintext: Buffer.from('x') }))).toBe('accepted');
});

test('rotation is off until switched on', async () => {
  const { call, keyId } = await withKey();
  expect(await call('GetKeyRotationStatus', { KeyId: keyId })).toMatchObject({ KeyRotationEnabled: false });
  await call('EnableKeyRotation', { KeyId: keyId });
  expect(await call('GetKeyRotationStatus', { KeyId: keyId })).toMatchObject({ KeyRotationEnabled: true, RotationPeriodInDays: 365 });
});
