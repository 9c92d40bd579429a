import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
// eslint-disable-next-line @typescript-eslint/no-require-imports -- osls plugins are CommonJS without types
const { bundle } = require('./bundle.cjs') as { bundle: (options: { root: string; entries: Record<string, string>; outdir: string }) => Promise<void> };

const SOURCE = `import { readFileSync } from 'node:fs';
const broken = (text: string): never => {
  throw new TypeError(text);
};
export const handler = () => broken('the tasks are gone');
export const inNode = () => readFileSync('/no/such/file');
`;

/** Tells what a caller sees of an error that DynamoDB answers. */
const CALLER = `import { DeleteItemCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { HttpResponse } from '@smithy/core/protocols';
export async function handler(answer) {
  const handle = async () => ({ response: new HttpResponse({ statusCode: 400, headers: {}, body: new TextEncoder().encode(JSON.stringify(answer)) }) });
  const client = new DynamoDBClient({ region: 'eu-west-1', credentials: { accessKeyId: 'a', secretAccessKey: 'b' }, requestHandler: { handle } });
  try {
    await client.send(new DeleteItemCommand({ TableName: 'releases', Key: { id: { S: 'a' } } }));
  } catch (error) {
    const decoded = error.name === 'ConditionalCheckFailedException' ? error.Item.proof.B instanceof Uint8Array : undefined;
    return { name: error.name, message: error.message, isError: error instanceof Error, httpStatusCode: error.$metadata.httpStatusCode, decoded };
  }
}
`;

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'bundle-test-'));
  await mkdir(join(root, 'functions'));
  await writeFile(join(root, 'functions', 'faulty.ts'), SOURCE);
  await writeFile(join(root, 'functions', 'caller.ts'), CALLER);
  await symlink(join(process.cwd(), 'node_modules'), join(root, 'node_modules'));
  await bundle({ root, entries: { faulty: 'functions/faulty.ts', caller: 'functions/caller.ts' }, outdir: 'dist' });
});
afterAll(() => rm(root, { recursive: true, force: true }));

/** In a process of its own: who makes the traces is one for a whole process. */
function traceOf(call: string): string[] {
  const program = `try { require(process.argv[1]).${call}() } catch (error) { process.stdout.write(error.stack) }`;
  return execFileSync(process.execPath, ['-e', program, join(root, 'dist', 'faulty', 'index.js')], { encoding: 'utf8' }).split('\n');
}

test('a stack trace names the sources', () => {
  const [title, ...frames] = traceOf('handler');
  expect(title).toBe('TypeError: the tasks are gone');
  expect(frames[0]).toContain('functions/faulty.ts:3:9');
  expect(frames[1]).toContain('functions/faulty.ts:5:30');
  expect(frames[2]).toMatch(/^ {4}at \[eval\]:1:/);
});

test('frames of Node stay as they are', () => {
  const [, ...frames] = traceOf('inNode');
  expect(frames.some((frame) => frame.includes('node:fs:'))).toBe(true);
  expect(frames.some((frame) => frame.includes('functions/faulty.ts:6:29'))).toBe(true);
});

test('without its map the trace names the bundle', async () => {
  await rm(join(root, 'dist', 'faulty', 'index.js.map'));
  const [title, ...frames] = traceOf('handler');
  expect(title).toBe('TypeError: the tasks are gone');
  expect(frames[0]).toContain(join('dist', 'faulty', 'index.js:'));
});

/** In a process of its own, as in a Lambda. */
function seenByTheCaller(answer: object): unknown {
  const program = `require(process.argv[1]).handler(JSON.parse(process.argv[2])).then((seen) => process.stdout.write(JSON.stringify(seen)))`;
  return JSON.parse(execFileSync(process.execPath, ['-e', program, join(root, 'dist', 'caller', 'index.js'), JSON.stringify(answer)], { encoding: 'utf8' }));
}

test('an error that the code names keeps its class, and with it the types of its fields', () => {
  const answer = { __type: 'com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException', message: 'The conditional request failed', Item: { proof: { B: 'AQID' } } };
  expect(seenByTheCaller(answer)).toEqual({ name: 'ConditionalCheckFailedException', message: 'The conditional request failed', isError: true, httpStatusCode: 400, decoded: true });
});

test('an error that nobody names comes without its class, and says as much', async () => {
  const answer = { __type: 'com.amazonaws.dynamodb.v20120810#ItemCollectionSizeLimitExceededException', message: 'Collection size exceeded.' };
  expect(seenByTheCaller(answer)).toEqual({ name: 'ItemCollectionSizeLimitExceededException', message: 'Collection size exceeded.', isError: true, httpStatusCode: 400 });
  const code = await readFile(join(root, 'dist', 'caller', 'index.js'), 'utf8');
  expect(code.includes('ConditionalCheckFailedException')).toBe(true);
  expect(code.includes('ItemCollectionSizeLimitExceededException')).toBe(false);
});
