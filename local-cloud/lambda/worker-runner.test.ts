// Real workers, real time: every wait is for an answer, never for a duration.
import path from 'node:path';
import { RealClock } from '../kernel/clock.ts';
import { lambdaWorld, ROLE, zipOf } from './testing.ts';
import type { LambdaWorld } from './testing.ts';
import { WorkerFunctionRunner } from './worker-runner.ts';

jest.setTimeout(60_000);

const open: { close: () => Promise<void> }[] = [];

afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
});

interface WorkerWorld extends LambdaWorld {
  runner: WorkerFunctionRunner;
  add: (name: string, files: Record<string, string>, more?: Parameters<LambdaWorld['create']>[1]) => Promise<unknown>;
}

function world(): WorkerWorld {
  const crashes: unknown[] = [];
  const clock = new RealClock((error) => crashes.push(error));
  const runner = new WorkerFunctionRunner({
    region: 'eu-west-1',
    endpointUrl: 'http://127.0.0.1:4577',
    credentialsFor: (roleArn, sessionName) => ({ accessKeyId: `KEY-OF-${roleArn.split('/').at(-1)}`, secretAccessKey: 'secret', sessionToken: sessionName }),
    runtimeModulesFolder: path.resolve('node_modules'),
  });
  const made = lambdaWorld(() => runner, { makeKernel: (kernel) => ({ ...kernel, clock }) });
  open.push({
    close: async () => {
      await made.model.close();
      clock.close();
      expect(crashes).toEqual([]);
      expect(runner.workerCount).toBe(0);
    },
  });
  return { ...made, runner, add: (name, files, more) => made.create(name, { Code: { ZipFile: zipOf(files) }, Timeout: 30, ...more }) };
}

const messages = (w: LambdaWorld): string[] => w.logs.map((entry) => entry.message);

describe('handlers', () => {
  test.each<{ kind: string; files: Record<string, string> }>([
    { kind: 'CommonJS in .js', files: { 'index.js': 'exports.handler = async (event) => ({ got: event.n })' } },
    { kind: 'CommonJS in .cjs', files: { 'index.cjs': 'exports.handler = async (event) => ({ got: event.n })' } },
    { kind: 'an ES module in .js, as package.json says', files: { 'package.json': '{ "type": "module" }', 'index.js': 'import { createHash } from "node:crypto"; export const handler = async (event) => ({ got: createHash && event.n })' } },
    { kind: 'an ES module', files: { 'index.mjs': 'export const handler = async (event) => ({ got: event.n })' } },
    { kind: 'an ES module that imports another', files: { 'index.mjs': 'import { double } from "./lib/double.mjs"; export const handler = async (event) => ({ got: double(event.n) / 2 })', 'lib/double.mjs': 'export const double = (n) => n * 2' } },
    { kind: 'a callback', files: { 'index.js': 'exports.handler = (event, context, callback) => { setTimeout(() => callback(null, { got: event.n }), 1) }' } },
  ])('$kind runs', async ({ files }) => {
    const w = world();
    await w.add('work', files);
    expect((await w.invoke('work', { n: 7 })).payload).toEqual({ got: 7 });
  });

  test('a handler in a folder, named by path', async () => {
    const w = world();
    await w.add('work', { 'dist/fn/main.mjs': 'export const run = async () => "ran"' }, { Handler: 'dist/fn/main.run' });
    expect((await w.invoke('work')).payload).toBe('ran');
  });

  test('the SDK that Lambda brings along can be imported without bundling it', async () => {
    const w = world();
    await w.add('work', { 'index.mjs': 'import { SQSClient } from "@aws-sdk/client-sqs"; export const handler = async () => typeof SQSClient' });
    expect((await w.invoke('work')).payload).toBe('function');
  });
});

describe('what a function sees', () => {
  test('its own variables, those of Lambda, its role\'s credentials, and nothing of this process', async () => {
    process.env.SECRET_OF_THE_PARENT = 'visible?';
    try {
      const w = world();
      await w.add('work', { 'index.js': 'exports.handler = async () => process.env' }, { Environment: { Variables: { TABLE: 't' } }, MemorySize: 256 });
      const environment = (await w.invoke('work')).payload as Record<string, string>;
      expect(environment).toMatchObject({
        TABLE: 't', TZ: 'UTC', AWS_REGION: 'eu-west-1', AWS_ENDPOINT_URL: 'http://127.0.0.1:4577', AWS_LAMBDA_FUNCTION_NAME: 'work', AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '256',
        AWS_LAMBDA_LOG_GROUP_NAME: '/aws/lambda/work', _HANDLER: 'index.handler', AWS_ACCESS_KEY_ID: `KEY-OF-${ROLE.split('/')[1]}`, AWS_SESSION_TOKEN: 'work',
      });
      const fromParent = Object.keys(environment).filter((name) => name in process.env && process.env[name] === environment[name]);
      expect(fromParent.filter((name) => !['PATH', 'TZ', 'LANG'].includes(name))).toEqual([]);
      expect(environment.SECRET_OF_THE_PARENT).toBeUndefined();
    } finally {
      delete process.env.SECRET_OF_THE_PARENT;
    }
  });

  test('a context with its request id and the time left', async () => {
    const w = world();
    await w.add('work', { 'index.js': 'exports.handler = async (event, context) => ({ id: context.awsRequestId, left: context.getRemainingTimeInMillis(), arn: context.invokedFunctionArn, mb: context.memoryLimitInMB })' });
    const { payload } = await w.invoke('work');
    const seen = payload as { id: string; left: number; arn: string; mb: string };
    expect(messages(w)).toContainEqual(`START RequestId: ${seen.id} Version: $LATEST`);
    expect(seen).toMatchObject({ arn: 'arn:aws:lambda:eu-west-1:123456789012:function:work', mb: '128' });
    expect(seen.left).toBeGreaterThan(0);
    expect(seen.left).toBeLessThanOrEqual(30_000);
  });
});

describe('environments', () => {
  const COUNTER = { 'index.js': 'let n = 0; exports.handler = async () => ++n' };

  test('a warm environment keeps what the module holds; new code starts afresh', async () => {
    const w = world();
    await w.add('work', COUNTER);
    expect([(await w.invoke('work')).payload, (await w.invoke('work')).payload]).toEqual([1, 2]);
    await w.call('lambda', 'UpdateFunctionCode', { FunctionName: 'work', ZipFile: zipOf({ 'index.js': 'let n = 100; exports.handler = async () => ++n' }) });
    expect((await w.invoke('work')).payload).toBe(101);
  });

  test('invocations at the same time run in different workers', async () => {
    const w = world();
    await w.add('work', { 'index.js': 'const { threadId } = require("node:worker_threads"); exports.handler = async () => threadId' });
    const [first, second] = await Promise.all([w.invoke('work'), w.invoke('work')]);
    expect(first.payload).not.toBe(second.payload);
    expect(w.runner.workerCount).toBe(2);
  });
});

describe('failures', () => {
  test('an error is answered with type, message and trace, and logged', async () => {
    const w = world();
    await w.add('work', { 'index.js': 'class Refused extends Error { constructor(m) { super(m); this.name = "Refused" } }\nexports.handler = async () => { throw new Refused("not today") }' });
    const { answer, payload } = await w.invoke('work');
    expect(answer.FunctionError).toBe('Unhandled');
    expect(payload).toMatchObject({ errorType: 'Refused', errorMessage: 'not today', trace: expect.arrayContaining([expect.stringContaining('index.js:2')]) as unknown });
    expect(messages(w).some((line) => /\tERROR\tInvoke Error /.test(line))).toBe(true);
  });

  test('a worker that blocks its thread is killed at the timeout, and the next invocation gets a new one', async () => {
    const w = world();
    await w.add('work', { 'index.js': 'exports.handler = async (event) => { while (event.forever) {} return "free" }' }, { Timeout: 1 });
    const { payload } = await w.invoke('work', { forever: true });
    expect(payload).toMatchObject({ errorType: 'Sandbox.Timedout', errorMessage: expect.stringMatching(/Task timed out after 1.00 seconds$/) as string });
    await w.call('lambda', 'UpdateFunctionConfiguration', { FunctionName: 'work', Timeout: 30 });
    expect((await w.invoke('work', {})).payload).toBe('free');
  });

  test.each<{ name: string; files: Record<string, string>; fault: object }>([
    { name: 'code that throws while loading', files: { 'index.js': 'throw new TypeError("bad start")' }, fault: { errorType: 'TypeError', errorMessage: 'bad start' } },
    { name: 'no such file', files: { 'other.js': '' }, fault: { errorType: 'Runtime.ImportModuleError', errorMessage: "Error: Cannot find module 'index'" } },
    { name: 'no such export', files: { 'index.js': 'exports.other = 1' }, fault: { errorType: 'Runtime.HandlerNotFound', errorMessage: 'index.handler is undefined or not exported' } },
    { name: 'a syntax error', files: { 'index.js': 'exports.handler = (' }, fault: { errorType: 'Runtime.UserCodeSyntaxError' } },
    { name: 'process.exit', files: { 'index.js': 'exports.handler = async () => process.exit(3)' }, fault: { errorType: 'Runtime.ExitError', errorMessage: expect.stringMatching(/^RequestId: [0-9a-f-]+ Error: Runtime exited with error: exit status 3$/) as string } },
    { name: 'a rejection nobody handles', files: { 'index.js': 'exports.handler = async () => { Promise.reject(new Error("lost")); await new Promise((resolve) => setTimeout(resolve, 20_000)) }' }, fault: { errorType: 'Runtime.UnhandledPromiseRejection', errorMessage: 'Error: lost' } },
    { name: 'an answer that is no JSON', files: { 'index.js': 'exports.handler = async () => { const o = {}; o.o = o; return o }' }, fault: { errorType: 'Runtime.MarshalError' } },
  ])('$name is told apart', async ({ files, fault }) => {
    const w = world();
    await w.add('work', files);
    const { answer, payload } = await w.invoke('work');
    expect(answer.FunctionError).toBe('Unhandled');
    expect(payload).toMatchObject(fault);
  });

  test('a source map leads a trace back to the source', async () => {
    const w = world();
    const map = { version: 3, sources: ['../src/original.ts'], names: [], mappings: 'AAAA', sourcesContent: ['throw new Error("x")'] };
    const encoded = Buffer.from(JSON.stringify(map)).toString('base64');
    await w.add(
      'work',
      { 'index.cjs': `exports.handler = async () => { throw new Error("mapped") }\n//# sourceMappingURL=data:application/json;base64,${encoded}` },
      { Environment: { Variables: { NODE_OPTIONS: '--enable-source-maps' } } },
    );
    expect(JSON.stringify((await w.invoke('work')).payload)).toContain('original.ts');
  });
});

describe('logs', () => {
  test('console lines stand between START and REPORT, with time, request and level', async () => {
    const w = world();
    await w.add('work', { 'index.js': 'exports.handler = async () => { console.log("one %d", 1); console.error({ two: 2 }); process.stdout.write("raw\\n") }' });
    await w.invoke('work');
    const id = /RequestId: (\S+)/.exec(messages(w)[1] ?? '')?.[1];
    expect(messages(w).map((line) => line.replace(/^\d{4}-[^\t]+/, 'TIME').replace(id ?? '', 'ID').split('\tDuration')[0])).toEqual([
      expect.stringMatching(/^INIT_START/) as string, 'START RequestId: ID Version: $LATEST', 'TIME\tID\tINFO\tone 1', 'TIME\tID\tERROR\t{ two: 2 }', 'raw', 'END RequestId: ID', 'REPORT RequestId: ID',
    ]);
  });

  test('with LogFormat JSON every line is an object', async () => {
    const w = world();
    await w.add('work', { 'index.js': 'exports.handler = async () => { console.debug("none"); console.log("one"); console.warn({ two: 2 }) }' }, { LoggingConfig: { LogFormat: 'JSON', LogGroup: '/own/group', ApplicationLogLevel: 'INFO' } });
    await w.invoke('work');
    const lines = messages(w).map((line) => JSON.parse(line) as { type?: string; level?: string; message?: unknown });
    expect(lines.map((line) => line.type ?? line.level)).toEqual(['platform.initStart', 'platform.start', 'INFO', 'WARN', 'platform.report']);
    expect([lines[2]?.message, lines[3]?.message]).toEqual(['one', { two: 2 }]);
    expect(w.logs[0]?.logGroupName).toBe('/own/group');
  });
});

test('closing ends what runs, and an environment asked for afterwards never starts', async () => {
  const w = world();
  await w.add('work', { 'index.js': 'exports.handler = () => new Promise(() => setInterval(() => {}, 1000))' });
  const invoked = w.invoke('work');
  await w.runner.close();
  expect((await invoked).payload).toMatchObject({ errorType: expect.stringMatching(/^(Runtime.ExitError|Sandbox.Stopped)$/) as string });
  expect((await w.invoke('work')).payload).toMatchObject({ errorType: 'Sandbox.Stopped' });
  expect(w.runner.workerCount).toBe(0);
});
