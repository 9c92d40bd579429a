// Functions as their callers see them: managed, invoked, called by their URL, and what they leave in the log.
import type { Caller } from '../kernel/service.ts';
import { sleep } from '../kernel/clock.ts';
import { ARN, denying, lambdaWorld, ROLE, total } from './testing.ts';
import type { LambdaWorld } from './testing.ts';

const logged = (world: LambdaWorld): string[] => world.logs.map((entry) => entry.message);

afterEach(() => expect(current?.crashes ?? []).toEqual([]));
let current: LambdaWorld | undefined;
const world = (...args: Parameters<typeof lambdaWorld>): LambdaWorld => (current = lambdaWorld(...args));

describe('invoking', () => {
  test('answers what the handler returns', async () => {
    const w = world({ greet: async (event) => ({ hello: (event as { name: string }).name }) });
    await w.create('greet');
    const { answer, payload } = await w.invoke('greet', { name: 'Ada' });
    expect(payload).toEqual({ hello: 'Ada' });
    expect(answer).toMatchObject({ StatusCode: 200, ExecutedVersion: '$LATEST' });
    expect(answer.FunctionError).toBeUndefined();
  });

  test('a handler that throws is an answer with FunctionError, not an exception', async () => {
    const w = world({
      broken: async () => {
        throw new RangeError('too far');
      },
    });
    await w.create('broken');
    const { answer, payload } = await w.invoke('broken');
    expect(answer).toMatchObject({ StatusCode: 200, FunctionError: 'Unhandled' });
    expect(payload).toMatchObject({ errorType: 'RangeError', errorMessage: 'too far' });
    expect([total(w, 'Invocations'), total(w, 'Errors')]).toEqual([1, 1]);
  });

  test('a handler whose environment ended hears of it', async () => {
    let signal: AbortSignal | undefined;
    const w = world({
      slow: (_event, _context, environment) => {
        signal = environment.signal;
        return sleep(w.kernel.clock, 60_000);
      },
    });
    await w.create('slow', { Timeout: 5 });
    const invoked = w.invoke('slow');
    await w.clock.advance(4_999);
    expect(signal?.aborted).toBe(false);
    await w.clock.advance(1);
    await invoked;
    expect(signal?.aborted).toBe(true);
  });

  test('a handler past its timeout is cut off with Sandbox.Timedout', async () => {
    const w = world({ slow: (_event, _context) => sleep(w.kernel.clock, 60_000) });
    await w.create('slow', { Timeout: 5 });
    const invoked = w.invoke('slow');
    await w.clock.advance(5_000);
    const { payload } = await invoked;
    expect(payload).toMatchObject({ errorType: 'Sandbox.Timedout', errorMessage: expect.stringMatching(/^RequestId: \S+ Error: Task timed out after 5.00 seconds$/) as string });
    expect(logged(w).at(-1)).toContain('Status: timeout');
  });

  test.each(['work', '123456789012:function:work', `${ARN}work`, `${ARN}work:$LATEST`])('finds the function as %s', async (name) => {
    const w = world({ work: async () => 'done' });
    await w.create('work');
    expect((await w.invoke(name)).payload).toBe('done');
  });

  test.each([
    { name: 'an unknown function', input: { FunctionName: 'nobody' }, code: 'ResourceNotFoundException' },
    { name: 'a payload that is no JSON', input: { FunctionName: 'work', Payload: Buffer.from('{') }, code: 'InvalidRequestContentException' },
    { name: 'an event over 1 MiB', input: { FunctionName: 'work', InvocationType: 'Event', Payload: Buffer.from(JSON.stringify('x'.repeat(1_048_577))) }, code: 'RequestTooLargeException' },
    { name: 'an alias', input: { FunctionName: 'work:live' }, code: 'NotImplemented' },
  ])('$name is refused with $code', async ({ input, code }) => {
    const w = world({ work: async () => 1 });
    await w.create('work');
    await expect(w.call('lambda', 'Invoke', input)).rejects.toMatchObject({ code });
  });

  test('DryRun runs nothing', async () => {
    const work = jest.fn(async () => 1);
    const w = world({ work });
    await w.create('work');
    expect((await w.invoke('work', {}, { InvocationType: 'DryRun' })).answer.StatusCode).toBe(204);
    expect(work).not.toHaveBeenCalled();
  });

  test('the context counts down to the deadline', async () => {
    const left: number[] = [];
    const w = world({
      work: async (_event, context) => {
        left.push(context.getRemainingTimeInMillis());
        await sleep(w.kernel.clock, 1_000);
        left.push(context.getRemainingTimeInMillis());
      },
    });
    await w.create('work', { Timeout: 10 });
    const invoked = w.invoke('work');
    await w.clock.advance(1_000);
    await invoked;
    expect(left).toEqual([10_000, 9_000]);
  });
});

describe('environments', () => {
  test('invocations at the same time get environments of their own; a later one reuses a warm one', async () => {
    const streams: string[] = [];
    const w = world({
      work: async (_event, context) => {
        streams.push(context.logStreamName);
        await sleep(w.kernel.clock, 100);
      },
    });
    await w.create('work');
    const both = [w.invoke('work'), w.invoke('work')];
    await w.clock.advance(100);
    await Promise.all(both);
    const third = w.invoke('work');
    await w.clock.advance(100);
    await third;
    expect(new Set(streams.slice(0, 2)).size).toBe(2);
    expect(streams.slice(0, 2)).toContain(streams[2]);
  });

  test.each([
    { name: 'an update of the configuration', change: (w: LambdaWorld) => w.call('lambda', 'UpdateFunctionConfiguration', { FunctionName: 'work', Timeout: 9 }) },
    { name: 'seven idle minutes', change: (w: LambdaWorld) => w.clock.advance(7 * 60_000) },
  ])('$name ends warm environments', async ({ change }) => {
    const w = world({ work: async (_event, context) => context.logStreamName });
    await w.create('work');
    const first = (await w.invoke('work')).payload;
    expect((await w.invoke('work')).payload).toBe(first);
    await change(w);
    expect((await w.invoke('work')).payload).not.toBe(first);
  });

  test('reserved concurrency throttles what is over it', async () => {
    const w = world({ work: () => sleep(w.kernel.clock, 100) });
    await w.create('work');
    await w.call('lambda', 'PutFunctionConcurrency', { FunctionName: 'work', ReservedConcurrentExecutions: 1 });
    const first = w.invoke('work');
    await expect(w.invoke('work')).rejects.toMatchObject({ code: 'TooManyRequestsException', httpStatus: 429 });
    await w.clock.advance(100);
    await first;
    expect(total(w, 'Throttles')).toBe(1);
  });
});

describe('logs and traces', () => {
  test('START, END and REPORT lines go to the log group with the permissions of the role', async () => {
    const w = world({ work: async () => 1 });
    await w.create('work', { TracingConfig: { Mode: 'Active' } });
    await w.invoke('work');
    expect(logged(w).map((line) => line.split(' ')[0])).toEqual(['INIT_START', 'START', 'END', 'REPORT']);
    expect(logged(w)[3]).toMatch(/^REPORT RequestId: \S+\tDuration: 0.00 ms\tBilled Duration: 0 ms\tMemory Size: 128 MB\tMax Memory Used: 64 MB\tInit Duration: 0.00 ms\t$/);
    expect(w.logs[0]?.logGroupName).toBe('/aws/lambda/work');
    const asked = w.authorizations.filter(({ caller }) => caller.kind === 'role' && caller.roleArn === ROLE).flatMap(({ permissions }) => permissions);
    expect(asked.map((permission) => permission.action)).toEqual(['logs:CreateLogStream', 'logs:PutLogEvents', 'xray:PutTraceSegments', 'xray:PutTelemetryRecords']);
    expect(asked[1]?.resource).toBe(`arn:aws:logs:eu-west-1:123456789012:log-group:/aws/lambda/work:log-stream:${w.logs[0]?.logStreamName}`);
  });

  test('a role that may not write logs loses them, and the invocation succeeds all the same', async () => {
    const w = world({ work: async () => 'fine' }, { authorize: denying('logs:PutLogEvents') });
    await w.create('work');
    expect((await w.invoke('work')).payload).toBe('fine');
    expect(w.logs).toEqual([]);
    expect(w.model.deniedDeliveries).toMatchObject([{ functionName: 'work', action: 'logs:PutLogEvents' }]);
  });

  test('SystemLogLevel WARN leaves out what Lambda says about every invocation', async () => {
    const w = world({ work: async () => 1 });
    await w.create('work', { LoggingConfig: { LogFormat: 'JSON', SystemLogLevel: 'WARN' } });
    await w.invoke('work');
    expect(w.logs).toEqual([]);
  });

  test('LogType Tail answers the log of the invocation', async () => {
    const w = world({ work: async () => 1 });
    await w.create('work');
    const { answer } = await w.invoke('work', {}, { LogType: 'Tail' });
    expect(Buffer.from(answer.LogResult ?? '', 'base64').toString('utf8')).toContain('END RequestId: ');
  });
});

describe('function URLs', () => {
  const request = { method: 'POST', path: '/releases/7', query: 'a=1&a=2', headers: { 'Content-Type': 'application/json', Cookie: 'x=1; y=2', Authorization: 'AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260115/eu-west-1/lambda/aws4_request, ...' }, body: Buffer.from('{"ok":true}'), sourceIp: '127.0.0.1' };
  const caller: Caller = { kind: 'role', arn: 'arn:aws:sts::123456789012:assumed-role/ci/run', roleArn: 'arn:aws:iam::123456789012:role/ci', sessionName: 'run' };

  const withUrl = async (authType: string, handler: (event: unknown) => Promise<unknown>, options: Parameters<typeof lambdaWorld>[1] = {}) => {
    const w = world({ control: handler }, options);
    await w.create('control');
    const { FunctionUrl } = (await w.call('lambda', 'CreateFunctionUrlConfig', { FunctionName: 'control', AuthType: authType })) as { FunctionUrl: string };
    const id = FunctionUrl.split('/').at(-2) ?? '';
    return { w, id };
  };

  test('the event carries the request and who signed it', async () => {
    const { w, id } = await withUrl('AWS_IAM', async (event) => ({ statusCode: 201, headers: { 'X-Seen': 'yes' }, body: JSON.stringify(event) }));
    const response = await w.model.invokeUrl(id, request, caller);
    expect(response).toMatchObject({ statusCode: 201, headers: { 'x-seen': 'yes' } });
    expect(JSON.parse(Buffer.from(response.body).toString('utf8'))).toMatchObject({
      version: '2.0',
      rawPath: '/releases/7',
      rawQueryString: 'a=1&a=2',
      cookies: ['x=1', 'y=2'],
      queryStringParameters: { a: '1,2' },
      body: '{"ok":true}',
      isBase64Encoded: false,
      requestContext: {
        http: { method: 'POST', path: '/releases/7', sourceIp: '127.0.0.1' },
        authorizer: { iam: { accessKey: 'AKIDEXAMPLE', accountId: '123456789012', userArn: 'arn:aws:sts::123456789012:assumed-role/ci/run' } },
        time: '15/Jan/2026:12:00:00 +0000',
      },
    });
    expect(w.authorizations.find(({ caller: asked }) => asked === caller)?.permissions).toEqual([
      { action: 'lambda:InvokeFunctionUrl', resource: `${ARN}control`, context: { 'lambda:FunctionUrlAuthType': 'AWS_IAM' } },
      { action: 'lambda:InvokeFunction', resource: `${ARN}control`, context: { 'lambda:InvokedViaFunctionUrl': 'true' } },
    ]);
  });

  test.each(['lambda:InvokeFunctionUrl', 'lambda:InvokeFunction'])('a caller without %s is forbidden', async (action) => {
    const { w, id } = await withUrl('AWS_IAM', async () => 'in', { authorize: denying(action) });
    expect((await w.model.invokeUrl(id, request, caller)).statusCode).toBe(403);
  });

  test('an unsigned request is forbidden under AWS_IAM', async () => {
    const { w, id } = await withUrl('AWS_IAM', async () => 'in');
    expect((await w.model.invokeUrl(id, request, undefined)).statusCode).toBe(403);
  });

  test('a public URL needs both public permissions', async () => {
    const { w, id } = await withUrl('NONE', async () => ({ plain: 'object' }));
    const status = async () => (await w.model.invokeUrl(id, request, undefined)).statusCode;
    expect(await status()).toBe(403);
    await w.call('lambda', 'AddPermission', { FunctionName: 'control', StatementId: 'url', Action: 'lambda:InvokeFunctionUrl', Principal: '*', FunctionUrlAuthType: 'NONE' });
    expect(await status()).toBe(403);
    await w.call('lambda', 'AddPermission', { FunctionName: 'control', StatementId: 'fn', Action: 'lambda:InvokeFunction', Principal: '*', InvokedViaFunctionUrl: true });
    expect(await status()).toBe(200);
  });

  test('a function that fails answers 502', async () => {
    const { w, id } = await withUrl('AWS_IAM', async () => {
      throw new Error('no');
    });
    expect((await w.model.invokeUrl(id, request, caller)).statusCode).toBe(502);
  });
});

describe('managing functions', () => {
  test('creating needs PassRole on the role', async () => {
    const w = world({});
    await w.create('work', { Tags: { team: 'a' } });
    expect(w.calls[0]?.permissions).toEqual([
      { action: 'lambda:CreateFunction', resource: `${ARN}work` },
      { action: 'iam:PassRole', resource: ROLE, context: { 'iam:PassedToService': 'lambda.amazonaws.com' } },
      { action: 'lambda:TagResource', resource: `${ARN}work` },
    ]);
  });

  test('AddPermission builds the resource policy that others are judged by', async () => {
    const w = world({});
    await w.create('work');
    await w.call('lambda', 'AddPermission', { FunctionName: 'work', StatementId: 's', Action: 'lambda:InvokeFunction', Principal: 'events.amazonaws.com', SourceArn: 'arn:aws:events:eu-west-1:123456789012:rule/r' });
    expect(w.model.resourcePolicy(`${ARN}work`)?.Statement).toEqual([
      {
        Sid: 's',
        Effect: 'Allow',
        Principal: { Service: 'events.amazonaws.com' },
        Action: 'lambda:InvokeFunction',
        Resource: `${ARN}work`,
        Condition: { ArnLike: { 'AWS:SourceArn': 'arn:aws:events:eu-west-1:123456789012:rule/r' } },
      },
    ]);
    expect(w.model.resourcePolicy(`${ARN}other`)).toBeUndefined();
    expect(w.model.resourcePolicy('arn:aws:lambda:eu-west-1:123456789012:event-source-mapping:x')).toBeUndefined();
    await w.call('lambda', 'RemovePermission', { FunctionName: 'work', StatementId: 's' });
    expect(w.model.resourcePolicy(`${ARN}work`)).toBeUndefined();
  });

  test('code comes from the artefact store when a bucket is named', async () => {
    const { zipOf } = await import('./testing.ts');
    const zip = zipOf({ 'index.js': '' });
    const w = world({}, { ports: { artefacts: { get: (bucket, key) => (bucket === 'b' && key === 'k' ? zip : undefined) } } });
    expect((await w.create('work', { Code: { S3Bucket: 'b', S3Key: 'k' } })).CodeSize).toBe(zip.length);
    await expect(w.create('other', { Code: { S3Bucket: 'b', S3Key: 'nothing' } })).rejects.toMatchObject({ code: 'InvalidParameterValueException' });
  });

  test.each([
    { name: 'a timeout over 15 minutes', more: { Timeout: 901 }, code: 'ValidationException' },
    { name: 'a reserved variable', more: { Environment: { Variables: { AWS_REGION: 'x' } } }, code: 'InvalidParameterValueException' },
    { name: 'a package that is no zip', more: { Code: { ZipFile: Buffer.from('no') } }, code: 'InvalidParameterValueException' },
    { name: 'another language', more: { Runtime: 'python3.13' as const }, code: 'NotImplemented' },
    { name: 'a layer', more: { Layers: ['arn:aws:lambda:eu-west-1:123456789012:layer:x:1'] }, code: 'NotImplemented' },
    { name: 'a log level for text logs', more: { LoggingConfig: { LogFormat: 'Text' as const, ApplicationLogLevel: 'WARN' as const } }, code: 'InvalidParameterValueException' },
    { name: 'publishing', more: { Publish: true }, code: 'NotImplemented' },
  ])('$name is refused', async ({ more, code }) => {
    await expect(world({}).create('work', more)).rejects.toMatchObject({ code });
  });

  test('a second function of the same name is a conflict', async () => {
    const w = world({});
    await w.create('work');
    await expect(w.create('work')).rejects.toMatchObject({ code: 'ResourceConflictException', httpStatus: 409 });
  });

  test('a deleted function is gone', async () => {
    const w = world({});
    await w.create('work');
    await w.call('lambda', 'DeleteFunction', { FunctionName: 'work' });
    await expect(w.call('lambda', 'GetFunction', { FunctionName: 'work' })).rejects.toMatchObject({ code: 'ResourceNotFoundException' });
  });
});
