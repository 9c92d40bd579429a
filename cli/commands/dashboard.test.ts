import { type FakeControl, fakeControl, runCli } from '../testing.ts';

let control: FakeControl;
beforeAll(async () => {
  control = await fakeControl({ 'GET /v1/pipelines': { body: { pipelines: [] } }, 'GET /v1/releases/old': { status: 403, text: '{"Message":"The security token included in the request is expired"}' } });
});
afterAll(() => control.close());

/** Runs the command for as long as `meanwhile` takes, as a person who presses Ctrl-C then. */
async function running(words: string[], meanwhile: (url: URL) => Promise<void>) {
  let said: (text: string) => void = () => undefined;
  const printed = new Promise<string>((resolve) => (said = resolve));
  let out = '';
  const ran = await runCli(['dashboard', '--local', '--url', control.url, ...words], {
    stdout: (text) => {
      out += text;
      said(text);
    },
    untilStopped: async () => meanwhile(new URL(words.includes('--json') ? (JSON.parse(await printed) as { url: string }).url : (await printed).trim())),
  });
  return { ...ran, stdout: out };
}

const api = (url: URL, path: string): Promise<Response> => fetch(`${url.origin}/api${path}`, { headers: { 'x-slipway-token': url.hash.replace('#token=', '') } });

test('prints one address, answers there with the credentials of who started it, and is gone afterwards', async () => {
  let address: URL | undefined;
  const ran = await running([], async (url) => {
    address = url;
    expect(await (await api(url, '/pipelines')).json()).toEqual({ pipelines: [] });
    expect(await (await api(url, '/about')).json()).toEqual({ cloud: 'local cloud' });
  });
  expect(ran.exit).toBe(0);
  expect(ran.stdout).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/#token=[\w-]{32}\n$/);
  expect(ran.stderr).not.toContain(address?.hash.slice('#token='.length));
  expect(control.received.find(({ path }) => path === '/v1/pipelines')?.headers['authorization']).toMatch(/^AWS4-HMAC-SHA256 Credential=local\//);
  await expect(api(address ?? new URL('http://127.0.0.1'), '/pipelines')).rejects.toThrow();
});

test('every run has a secret of its own', async () => {
  const tokens: string[] = [];
  for (let run = 0; run < 2; run++) await running(['--json'], async (url) => void tokens.push(url.hash));
  expect(new Set(tokens).size).toBe(2);
});

test('says that credentials have expired', async () => {
  await running([], async (url) => {
    const answer = await api(url, '/releases/old');
    expect(answer.status).toBe(403);
    expect(await answer.json()).toMatchObject({ error: { code: 'CredentialsExpired', message: 'your AWS credentials have expired' } });
  });
});

test('refuses what is no port', async () => {
  expect(await runCli(['dashboard', '--port', '99999'])).toMatchObject({ exit: 2 });
});
