import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { Agent, get } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const HERE = join(process.cwd(), 'examples', 'checkout');
const running = new Set<ChildProcess>();

interface Line {
  event: string;
  level: string;
  version: string;
  port?: number;
}

/** A running service: its log lines as they come, and its end. */
function start(env: Record<string, string>, folder = join(HERE, 'service')) {
  const child = spawn(process.execPath, ['server.mjs'], { cwd: folder, env: { PORT: '0', HOST: '127.0.0.1', ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  running.add(child);
  const lines: Line[] = [];
  let stderr = '';
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const reader = createInterface({ input: child.stdout });
  const waiting = new Map<string, (line: Line) => void>();
  reader.on('line', (text) => {
    const line = JSON.parse(text) as Line;
    lines.push(line);
    waiting.get(line.event)?.(line);
  });
  const line = (event: string) =>
    new Promise<Line>((resolve) => {
      const seen = lines.find((known) => known.event === event);
      if (seen) resolve(seen);
      else waiting.set(event, resolve);
    });
  const ended = once(child, 'close').then(([code]) => ({ code: code as number | null, stderr }));
  const url = async (path: string) => `http://127.0.0.1:${(await line('started')).port}${path}`;
  return { child, lines, line, ended, url };
}

async function ask(url: string, agent?: Agent) {
  const [response] = (await once(get(url, { agent }), 'response')) as [IncomingMessage];
  let body = '';
  for await (const chunk of response) body += String(chunk);
  return { status: response.statusCode, version: response.headers['x-version'], body: JSON.parse(body) as Record<string, unknown> };
}

afterEach(() => {
  for (const child of running) child.kill('SIGKILL');
  running.clear();
});

test('answers with the version it was built as, in the body and in a header', async () => {
  const service = start({ VERSION: '1.1.0' });
  expect(await ask(await service.url('/'))).toMatchObject({ status: 200, version: '1.1.0', body: { service: 'checkout', version: '1.1.0' } });
  expect(await ask(await service.url('/health'))).toMatchObject({ status: 200, version: '1.1.0', body: { status: 'ok' } });
  expect(await ask(await service.url('/nowhere'))).toMatchObject({ status: 404 });
});

test('fails as often as it is told to, stays healthy, and logs one line for each failure', async () => {
  const service = start({ ERROR_RATE: '1' });
  expect(await ask(await service.url('/'))).toMatchObject({ status: 500 });
  expect(await ask(await service.url('/health'))).toMatchObject({ status: 200 });
  expect(await service.line('checkout failed')).toMatchObject({ level: 'error' });
});

test('takes the time it is told to take', async () => {
  const service = start({ LATENCY_MS: '80' });
  const url = await service.url('/');
  const beforeMs = performance.now();
  await ask(url);
  expect(performance.now() - beforeMs).toBeGreaterThanOrEqual(79);
});

test('asked to stop, answers what it has begun, takes nothing new and ends well', async () => {
  const service = start({ LATENCY_MS: '250' });
  const agent = new Agent({ keepAlive: true });
  const url = await service.url('/');
  const begun = ask(url, agent);
  // Answered after the request above has arrived, which was sent before.
  await ask(await service.url('/health'));
  service.child.kill('SIGTERM');
  await service.line('stopping');
  await expect(ask(url, new Agent())).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  expect(await begun).toMatchObject({ status: 200 });
  expect(await service.ended).toMatchObject({ code: 0 });
  expect(service.lines.map((line) => line.event)).toEqual(['started', 'stopping', 'stopped']);
  agent.destroy();
});

test.each([
  ['at its start', { CRASH_AT_START: 'true' }, ['crashed']],
  ['some time after it', { CRASH_AFTER_MS: '1' }, ['started', 'crashed']],
])('crashes %s when told to, with exit code 1', async (_when, env, events) => {
  const service = start(env);
  expect(await service.ended).toMatchObject({ code: 1 });
  expect(service.lines.map((line) => line.event)).toEqual(events);
});

test('refuses a setting that makes no sense, and names it', async () => {
  const { code, stderr } = await start({ ERROR_RATE: '20%' }).ended;
  expect(code).not.toBe(0);
  expect(stderr).toContain('ERROR_RATE must be a number from 0 to 1, not "20%"');
});

describe('build-image.mjs', () => {
  const build = async (...args: string[]) => {
    const child = spawn(process.execPath, [join(HERE, 'build-image.mjs'), ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    let stderr = '';
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    const [code] = (await once(child, 'close')) as [number];
    return { code, stderr };
  };

  test('makes a folder whose image.json runs that version with the faults it was given', async () => {
    const out = await mkdtemp(join(tmpdir(), 'checkout-'));
    try {
      expect(await build('--version', '1.2.0', '--error-rate', '1', '--latency-ms', '1', '--out', out)).toMatchObject({ code: 0 });
      const image = JSON.parse(await readFile(join(out, 'image.json'), 'utf8')) as { cmd: string[]; env: Record<string, string>; exposedPorts: number[] };
      expect(image).toEqual({ cmd: ['node', 'server.mjs'], env: { VERSION: '1.2.0', ERROR_RATE: '1', LATENCY_MS: '1' }, exposedPorts: [8080] });
      const service = start(image.env, out);
      expect(await ask(await service.url('/'))).toMatchObject({ status: 500, version: '1.2.0' });
    } finally {
      await rm(out, { recursive: true });
    }
  });

  test.each([[['--version', '1.0.0']], [['--out', 'x']], [['--version', '1.0.0', '--out', 'x', '--colour', 'red']]])('explains itself when called as %j', async (args) => {
    expect(await build(...args)).toMatchObject({ code: 2, stderr: expect.stringContaining('usage: build-image.mjs') as unknown });
  });
});
