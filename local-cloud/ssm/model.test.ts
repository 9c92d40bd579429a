// Parameters: versions, paths, secure strings, and refusals.
import { AwsError } from '../kernel/errors.ts';
import { testKernel } from '../testing/kernel.ts';
import { SsmModel } from './index.ts';

function parameters() {
  const test = testKernel();
  test.register(new SsmModel(test.kernel));
  return { ...test, call: async (operation: string, input: object) => (await test.call('ssm', operation, input)) as Record<string, unknown> };
}

const codeOf = (promise: Promise<unknown>): Promise<string> => promise.then(() => 'accepted', (error: unknown) => (error instanceof AwsError ? error.code : String(error)));

test('a parameter keeps its versions', async () => {
  const { call } = parameters();
  await call('PutParameter', { Name: '/app/a', Value: 'one', Type: 'String' });
  expect(await call('PutParameter', { Name: '/app/a', Value: 'two', Overwrite: true })).toMatchObject({ Version: 2 });
  expect(await call('GetParameter', { Name: '/app/a' })).toMatchObject({ Parameter: { Value: 'two', Version: 2, ARN: 'arn:aws:ssm:eu-west-1:123456789012:parameter/app/a' } });
  expect(await call('GetParameter', { Name: '/app/a:1' })).toMatchObject({ Parameter: { Value: 'one' } });
});

test('a secure string is unreadable without decryption', async () => {
  const { call } = parameters();
  await call('PutParameter', { Name: 'secret', Value: 'plain', Type: 'SecureString' });
  expect(JSON.stringify(await call('GetParameter', { Name: 'secret' }))).not.toContain('plain');
  expect(await call('GetParameter', { Name: 'secret', WithDecryption: true })).toMatchObject({ Parameter: { Value: 'plain', Type: 'SecureString' } });
});

test('a path lists its direct children, or all below, in pages', async () => {
  const { call } = parameters();
  for (const name of ['/app/b', '/app/a', '/app/deep/c', '/application/d']) await call('PutParameter', { Name: name, Value: 'x', Type: 'String' });
  const names = (answer: Record<string, unknown>) => (answer['Parameters'] as { Name: string }[]).map((parameter) => parameter.Name);
  expect(names(await call('GetParametersByPath', { Path: '/app' }))).toEqual(['/app/a', '/app/b']);
  const first = await call('GetParametersByPath', { Path: '/app/', Recursive: true, MaxResults: 2 });
  const second = await call('GetParametersByPath', { Path: '/app/', Recursive: true, MaxResults: 2, NextToken: first['NextToken'] });
  expect([...names(first), ...names(second)]).toEqual(['/app/a', '/app/b', '/app/deep/c']);
  expect(second).not.toHaveProperty('NextToken');
});

test('GetParameters tells the found from the unknown', async () => {
  const { call } = parameters();
  await call('PutParameter', { Name: 'a', Value: 'x', Type: 'String' });
  expect(await call('GetParameters', { Names: ['a', 'b'] })).toMatchObject({ Parameters: [{ Name: 'a' }], InvalidParameters: ['b'] });
});

test.each<[string, string, object, string]>([
  ['overwriting unasked', 'PutParameter', { Name: 'a', Value: 'y' }, 'ParameterAlreadyExists'],
  ['a new one without a type', 'PutParameter', { Name: 'new', Value: 'y' }, 'ValidationException'],
  ['a reserved name', 'PutParameter', { Name: '/aws/x', Value: 'y', Type: 'String' }, 'ValidationException'],
  ['what is not there', 'GetParameter', { Name: 'none' }, 'ParameterNotFound'],
  ['a version that is not there', 'GetParameter', { Name: 'a:9' }, 'ParameterVersionNotFound'],
  ['a value off its pattern', 'PutParameter', { Name: 'p', Value: 'y', Type: 'String', AllowedPattern: '^\\d+$' }, 'ParameterPatternMismatchException'],
])('%s is refused', async (_name, operation, input, code) => {
  const { call } = parameters();
  await call('PutParameter', { Name: 'a', Value: 'x', Type: 'String' });
  expect(await codeOf(call(operation, input))).toBe(code);
});
