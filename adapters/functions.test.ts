import { invoker } from './functions.ts';

interface Asked {
  hostname: string;
  path: string;
  headers: Record<string, string>;
  body: string;
}

function lambdaThatAnswers(statusCode: number, body: string, headers: Record<string, string> = {}) {
  const asked: Asked[] = [];
  const handler = {
    handle: (request: Asked) => {
      asked.push(request);
      return Promise.resolve({ response: { statusCode, headers, body: (function* () { yield Buffer.from(body.slice(0, 3)); yield Buffer.from(body.slice(3)); })() } });
    },
  };
  const invoke = invoker({ region: 'eu-west-1', credentials: () => Promise.resolve({ accessKeyId: 'AKID', secretAccessKey: 'secret' }), endpoint: undefined, handler: handler as never });
  return { invoke, asked };
}

it('asks the function, signed, and answers what it answered', async () => {
  const { invoke, asked } = lambdaThatAnswers(200, '{"faults":[]}');
  expect(await invoke('slipway-preflight', { check: 1 })).toEqual({ faults: [] });
  expect(asked[0]).toMatchObject({ hostname: 'lambda.eu-west-1.amazonaws.com', path: '/2015-03-31/functions/slipway-preflight/invocations', body: '{"check":1}' });
  expect(asked[0]?.headers['authorization']).toContain('Credential=AKID/');
});

it.each([
  ['a function that threw', 200, '{"errorMessage":"boom"}', { 'x-amz-function-error': 'Unhandled' }],
  ['a refusal', 403, '{"Message":"not authorized"}', {}],
  ['throttling', 429, '{}', {}],
])('%s is told as such', async (_, status, body, headers) => {
  await expect(lambdaThatAnswers(status, body, headers).invoke('f', {})).rejects.toMatchObject({ name: 'FunctionUnanswered', message: expect.stringContaining(String(status)) as string });
});
