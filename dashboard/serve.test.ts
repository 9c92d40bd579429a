import { request, type IncomingHttpHeaders } from 'node:http';
import { connect } from 'node:net';
import { CliError } from '../cli/exit.ts';
import { startDashboard, type Dashboard } from './serve.ts';
import { answerApi, type DashboardApi } from './routes.ts';

const TOKEN = 'a-token-of-this-run';
const calls: { name: string; args: unknown[] }[] = [];
let failing: unknown;

const answering =
  (name: string) =>
  async (...args: unknown[]): Promise<never> => {
    calls.push({ name, args });
    if (failing !== undefined) throw failing as Error;
    return { name } as never;
  };
const api: DashboardApi = { listPipelines: answering('listPipelines'), listReleases: answering('listReleases'), getRelease: answering('getRelease'), getMetrics: answering('getMetrics'), decide: answering('decide'), retry: answering('retry'), undo: answering('undo') };

let dashboard: Dashboard;
beforeAll(async () => {
  dashboard = await startDashboard({ api, port: 0, token: TOKEN, about: { cloud: 'local cloud', person: 'alice' } });
});
afterAll(() => dashboard.close());
beforeEach(() => {
  calls.length = 0;
  failing = undefined;
});

interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  text: string;
}

/** Not `fetch`: that one sets Host and refuses odd paths itself. */
function ask(given: { method?: string; path?: string; headers?: Record<string, string>; body?: string }): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port: dashboard.port, method: given.method ?? 'GET', path: given.path ?? '/', headers: given.headers }, (response) => {
      let text = '';
      response.on('data', (chunk: Buffer) => (text += chunk.toString()));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, text }));
    });
    sent.on('error', reject);
    sent.end(given.body);
  });
}

const own = (): string => `http://127.0.0.1:${dashboard.port}`;
const withToken = (more: Record<string, string> = {}): Record<string, string> => ({ 'x-slipway-token': TOKEN, ...more });
const deciding = (body: unknown, headers: Record<string, string> = {}): Parameters<typeof ask>[0] => ({
  method: 'POST', path: '/api/releases/r-1/decisions', body: typeof body === 'string' ? body : JSON.stringify(body), headers: withToken({ origin: own(), 'content-type': 'application/json', ...headers }),
});

describe('who is answered', () => {
  test.each<{ name: string; given: Parameters<typeof ask>[0]; status: number }>([
    { name: 'another name for this address (DNS rebinding)', given: { path: '/api/pipelines', headers: withToken({ host: 'evil.example' }) }, status: 421 },
    { name: 'another name, even for the page', given: { headers: { host: 'evil.example' } }, status: 421 },
    { name: 'this name at another port', given: { path: '/api/pipelines', headers: withToken({ host: '127.0.0.1:1' }) }, status: 421 },
    { name: 'a name that only begins like ours', given: { headers: { host: '127.0.0.1.evil.example' } }, status: 421 },
    { name: 'a page of another origin', given: { path: '/api/pipelines', headers: withToken({ origin: 'https://evil.example' }) }, status: 403 },
    { name: 'a page of no origin', given: { path: '/api/pipelines', headers: withToken({ origin: 'null' }) }, status: 403 },
    { name: 'a page of another port of this machine', given: { path: '/api/pipelines', headers: withToken({ origin: 'http://127.0.0.1:1' }) }, status: 403 },
    { name: 'what another site embeds', given: { path: '/', headers: { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors', 'sec-fetch-dest': 'script' } }, status: 403 },
    { name: 'a frame in another site', given: { path: '/', headers: { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'iframe' } }, status: 403 },
    { name: 'nobody without the token', given: { path: '/api/pipelines' }, status: 401 },
    { name: 'nobody with another token', given: { path: '/api/pipelines', headers: { 'x-slipway-token': `${TOKEN}x` } }, status: 401 },
    { name: 'nobody with the token in the address', given: { path: `/api/pipelines?token=${TOKEN}` }, status: 401 },
    { name: 'a decision of a page that does not say where it is from', given: { method: 'POST', path: '/api/releases/r-1/decisions', headers: withToken({ 'content-type': 'application/json' }), body: '{"kind":"approve"}' }, status: 403 },
    { name: 'DELETE', given: { method: 'DELETE', path: '/api/releases/r-1', headers: withToken({ origin: '' }) }, status: 403 },
    { name: 'PUT', given: { method: 'PUT', path: '/api/specification', headers: withToken() }, status: 405 },
    { name: 'POST to a file', given: { method: 'POST', path: '/main.js' }, status: 405 },
    { name: 'CORS preflight', given: { method: 'OPTIONS', path: '/api/pipelines', headers: { origin: 'https://evil.example' } }, status: 403 },
    { name: 'TRACE', given: { method: 'TRACE', path: '/' }, status: 405 },
  ])('refuses $name with one sentence, and asks nothing of the cloud', async ({ given, status }) => {
    const answer = await ask(given);
    expect(answer.status).toBe(status);
    const body = answer.headers['content-type']?.startsWith('application/json') ? (JSON.parse(answer.text) as { error: { message: string } }).error.message : answer.text.trim();
    expect(body).toMatch(/^[A-Z][^\n]*\.$/);
    expect(calls).toEqual([]);
    expect(answer.headers['access-control-allow-origin']).toBeUndefined();
  });

  test.each(['/../serve.ts', '/..%2fserve.ts', '/%2e%2e/%2e%2e/etc/passwd', '/view/../../serve.ts', '/./main.js', '//main.js', '/main.js/', '/view', '/index.html', '/tsconfig.json', '/view/release.test.ts', '/main.js%00', '/__proto__', '/constructor'])('has no file %s', async (path) => {
    const answer = await ask({ path });
    expect(answer.status).toBe(404);
    expect(answer.text).toBe('The dashboard has no such page.\n');
  });

  test.each(['http://evil.example/', '*'])('asks for a path where the target is %s', async (target) => {
    const text = await new Promise<string>((resolve) => {
      const socket = connect(dashboard.port, '127.0.0.1', () => socket.write(`${target === '*' ? 'OPTIONS' : 'GET'} ${target} HTTP/1.1\r\nhost: 127.0.0.1:${dashboard.port}\r\nconnection: close\r\n\r\n`));
      let all = '';
      socket.on('data', (chunk) => (all += chunk.toString()));
      socket.on('close', () => resolve(all));
    });
    expect(text).toMatch(/^HTTP\/1\.1 400 /);
  });

  test('refuses two Host headers', async () => {
    const text = await new Promise<string>((resolve) => {
      const host = `127.0.0.1:${dashboard.port}`;
      const socket = connect(dashboard.port, '127.0.0.1', () => socket.write(`GET /api/pipelines HTTP/1.1\r\nhost: ${host}\r\nhost: evil.example\r\nx-slipway-token: ${TOKEN}\r\nconnection: close\r\n\r\n`));
      let all = '';
      socket.on('data', (chunk) => (all += chunk.toString()));
      socket.on('close', () => resolve(all));
    });
    expect(text).toMatch(/^HTTP\/1\.1 4\d\d /);
    expect(calls).toEqual([]);
  });

  test('a link on another page may open the dashboard', async () => {
    const answer = await ask({ headers: { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' } });
    expect(answer.status).toBe(200);
  });

  test('localhost is another name of ours', async () => {
    const host = `localhost:${dashboard.port}`;
    expect((await ask({ path: '/api/about', headers: withToken({ host, origin: `http://${host}`, 'sec-fetch-site': 'same-origin' }) })).status).toBe(200);
    expect((await ask({ path: '/api/about', headers: withToken({ host, origin: own() }) })).status).toBe(403);
  });

  test('it listens on loopback only, and the token is nowhere but in the fragment', () => {
    const url = new URL(dashboard.url);
    expect(url.hostname).toBe('127.0.0.1');
    expect(url.hash).toBe(`#token=${TOKEN}`);
    expect(url.pathname + url.search).toBe('/');
  });
});

describe('what every answer carries', () => {
  test.each(['/', '/main.js', '/nothing', '/api/pipelines', '/api/about'])('%s says how little the browser may do with it', async (path) => {
    const { headers } = await ask({ path, headers: withToken() });
    const policy = String(headers['content-security-policy']);
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("script-src 'self'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).toContain("require-trusted-types-for 'script'");
    expect(policy).not.toMatch(/unsafe|\*|data:|https?:/);
    expect(headers).toMatchObject({ 'cache-control': 'no-store', 'x-content-type-options': 'nosniff', 'referrer-policy': 'no-referrer', 'x-frame-options': 'DENY' });
  });

  test('the page itself needs nothing inline', async () => {
    const { text } = await ask({});
    expect(text).not.toMatch(/<style|style=|\son\w+=|<script(?![^>]*\ssrc=)/);
  });
});

describe('what is asked of the cloud', () => {
  test.each<{ path: string; call: unknown }>([
    { path: '/api/pipelines', call: { name: 'listPipelines', args: [] } },
    { path: '/api/releases?pipeline=a%20b&limit=7&next=n', call: { name: 'listReleases', args: [{ pipeline: 'a b', limit: 7, next: 'n' }] } },
    { path: '/api/releases/a%2Fb', call: { name: 'getRelease', args: ['a/b'] } },
    { path: '/api/releases/r-1/metrics?stage=prod', call: { name: 'getMetrics', args: ['r-1', 'prod'] } },
  ])('$path', async ({ path, call }) => {
    const answer = await ask({ path, headers: withToken() });
    expect(answer.status).toBe(200);
    expect(calls).toEqual([call]);
  });

  test('a decision says that it came from the dashboard', async () => {
    expect((await ask(deciding({ kind: 'approve', stage: 'production', reason: 'fine' }))).status).toBe(200);
    expect(calls).toEqual([{ name: 'decide', args: ['r-1', { kind: 'approve', stage: 'production', reason: 'fine', via: 'dashboard' }] }]);
  });

  test.each([
    { path: 'retry', body: { reason: 'fixed' }, call: { name: 'retry', args: ['r-1', { reason: 'fixed', via: 'dashboard' }] } },
    { path: 'retry', body: {}, call: { name: 'retry', args: ['r-1', { reason: '', via: 'dashboard' }] } },
    { path: 'undo', body: { reason: 'slow', stage: 'production' }, call: { name: 'undo', args: ['r-1', { reason: 'slow', stage: 'production', via: 'dashboard' }] } },
  ])('$path $body starts a release', async ({ path, body, call }) => {
    expect((await ask({ ...deciding(body), path: `/api/releases/r-1/${path}` })).status).toBe(201);
    expect(calls).toEqual([call]);
  });

  test.each([null, [], 'x', { reason: 7 }, { full: true }, { more: 1 }])('%j starts nothing', async (body) => {
    expect((await ask({ ...deciding(JSON.stringify(body)), path: '/api/releases/r-1/undo' })).status).toBe(400);
    expect(calls).toEqual([]);
  });

  test.each<{ name: string; given: () => Parameters<typeof ask>[0]; status: number }>([
    { name: 'a form', given: () => deciding('kind=approve', { 'content-type': 'application/x-www-form-urlencoded' }), status: 415 },
    { name: 'text', given: () => deciding('{"kind":"approve"}', { 'content-type': 'text/plain' }), status: 415 },
    { name: 'broken JSON', given: () => deciding('{"kind":'), status: 400 },
    { name: 'a list', given: () => deciding([{ kind: 'approve' }]), status: 400 },
    { name: 'no kind', given: () => deciding({ reason: 'because' }), status: 400 },
    { name: 'a kind that is no text', given: () => deciding({ kind: ['approve'] }), status: 400 },
    { name: 'a face that it is not', given: () => deciding({ kind: 'approve', via: 'slack' }), status: 400 },
    { name: 'too much', given: () => deciding({ kind: 'approve', reason: 'x'.repeat(20_000) }), status: 413 },
    { name: 'a route that the dashboard has no use for', given: () => ({ path: '/api/specification', headers: withToken() }), status: 404 },
    { name: 'more path than there is', given: () => ({ path: '/api/releases/r/metrics/x', headers: withToken() }), status: 404 },
    { name: 'a badly encoded release', given: () => ({ path: '/api/releases/%E0%A4%A', headers: withToken() }), status: 404 },
    { name: 'a limit beyond limits', given: () => ({ path: '/api/releases?limit=5000', headers: withToken() }), status: 400 },
  ])('refuses $name before the cloud is asked', async ({ given, status }) => {
    const answer = await ask(given());
    expect(answer.status).toBe(status);
    expect((JSON.parse(answer.text) as { error: { message: string } }).error.message).toMatch(/\.$/);
    expect(calls).toEqual([]);
  });

  test.each<{ error: unknown; status: number; body: unknown }>([
    { error: new CliError('notAllowed', 'carol may not decide', { code: 'NotAllowed', hint: 'Ask alice.' }), status: 403, body: { error: { code: 'NotAllowed', message: 'carol may not decide', hint: 'Ask alice.' } } },
    { error: new CliError('notAllowed', 'it has ended', { code: 'Refused' }), status: 409, body: { error: { code: 'Refused', message: 'it has ended' } } },
    { error: new CliError('notFound', 'there is no release r', { code: 'NotFound' }), status: 404, body: { error: { code: 'NotFound', message: 'there is no release r' } } },
    { error: new CliError('notAllowed', 'expired', { code: 'CredentialsExpired' }), status: 403, body: { error: { code: 'CredentialsExpired', message: 'expired' } } },
    { error: new CliError('cloudError', 'it does not answer'), status: 502, body: { error: { code: 'cloudError', message: 'it does not answer' } } },
    { error: new TypeError('boom'), status: 502, body: { error: { code: 'cloudError', message: 'boom' } } },
  ])('hands on why not: $status $body', async ({ error, status, body }) => {
    failing = error;
    const answer = await ask({ path: '/api/pipelines', headers: withToken() });
    expect(answer.status).toBe(status);
    expect(JSON.parse(answer.text)).toEqual(body);
  });
});

describe('a control API that does not answer in time', () => {
  const silent = new Promise<never>(() => undefined);
  const mute: DashboardApi = { ...api, listPipelines: () => silent, decide: () => silent };

  test.each([
    { asked: { method: 'GET', path: '/pipelines', body: undefined }, hint: {} },
    { asked: { method: 'POST', path: '/releases/r-1/decisions', body: { kind: 'approve' } }, hint: { hint: 'What you decided may have been heard all the same: look before you decide again.' } },
  ])('is said to be the one that is silent: $asked.method', async ({ asked: { method, path, body }, hint }) => {
    expect(await answerApi(mute, { method, url: new URL(`http://dashboard.invalid/api${path}`), body }, 1)).toEqual({ status: 504, body: { error: { code: 'cloudError', message: 'The control API takes too long to answer.', ...hint } } });
  });
});

test('a port that is taken is said to be', async () => {
  await expect(startDashboard({ api, port: dashboard.port, token: TOKEN, about: { cloud: 'x' } })).rejects.toMatchObject({ message: `port ${dashboard.port} is taken` });
});
