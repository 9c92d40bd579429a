// Real processes. Every wait is for something the runner or a process says; the system's clock only bounds the whole test.
import { spawn } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packFolder } from '../ecr/push.ts';
import type { ContainerSpec, ImageContent, ImageStore, TaskSpec } from '../kernel/ports.ts';
import { seededRandom } from '../kernel/random.ts';
import { ProcessTaskRunner } from './process-runner.ts';

jest.setTimeout(30_000); // processes of a machine that others use too

const cleanUps: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'runner-test-'));
  cleanUps.push(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

async function layerOf(files: Record<string, string>): Promise<Buffer> {
  const folder = await temporaryFolder();
  for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), content);
  return packFolder(folder);
}

/** Emits `line` for each log line, and each of the observer's calls under its own name. */
class Watched extends EventEmitter {
  readonly told: unknown[][] = [];

  readonly observer = {
    pulled: () => this.tell('pulled'),
    running: (address: object) => this.tell('running', address),
    containerHealth: (name: string, status: string) => this.tell('containerHealth', name, status),
    exited: (name: string, exit: object) => this.tell('exited', name, exit),
    failedToStart: (reason: string) => this.tell('failedToStart', reason),
    stopped: () => this.tell('stopped'),
  };

  private tell(what: string, ...details: unknown[]): void {
    this.told.push([what, ...details]);
    this.emit(what, ...details);
  }
}

async function setUp(files: Record<string, string>, config: ImageContent['config'] = {}, crash?: (error: unknown) => void) {
  const layers = [await layerOf(files)];
  let unpacked = 0;
  const images: ImageStore = {
    resolve: () => undefined,
    content: (repositoryName, digest) => {
      unpacked++;
      return repositoryName === 'shop/web' && digest === 'sha256:abc' ? { config: { WorkingDir: '/app', Cmd: ['node', 'main.mjs'], ...config }, layers } : undefined;
    },
  };
  const workDirectory = await temporaryFolder();
  const watched = new Watched();
  const lines: string[] = [];
  const runner = new ProcessTaskRunner({
    images, random: seededRandom(1), workDirectory, crash, healthCheckTimeScale: 1 / 100,
    logs: { append: ({ message, logStreamName }) => {
      const line = typeof message === 'string' ? message : message();
      lines.push(`${logStreamName}: ${line}`);
      watched.emit('line', line);
    } },
  });
  cleanUps.push(() => runner.close());
  return { runner, watched, lines, workDirectory, unpackedCount: () => unpacked };
}

const container = (overrides: Partial<ContainerSpec> = {}): ContainerSpec => ({
  name: 'app', image: '123456789012.dkr.ecr.eu-west-1.amazonaws.com/shop/web:v1', imageDigest: 'sha256:abc', essential: true, environment: {}, command: undefined,
  containerPorts: [], healthCheck: undefined, stopTimeoutSeconds: 30, log: { logGroupName: 'group', logStreamName: 'stream' }, ...overrides,
});
const task = (...containers: ContainerSpec[]): TaskSpec => ({ taskArn: 'arn:task', family: 'web', group: 'service:web', startedBy: undefined, containers });

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  // Dead but not yet fetched by its new parent, which in a container may never happen.
  const stat = `/proc/${pid}/stat`;
  return !existsSync(stat) || !/\) Z /.test(readFileSync(stat, 'utf8'));
};

/** For the end of a process that is nobody's child here, which no event tells. */
async function untilGone(pid: number): Promise<void> {
  while (isAlive(pid)) await new Promise((resolve) => setTimeout(resolve, 5));
}

const WAITS_FOREVER = "process.on('SIGTERM', () => { console.log('asked to stop'); process.exit(3); }); setInterval(() => {}, 1000); console.log('up');";

test('a server gets a free port, is reachable there, is asked to stop, and its exit code is told', async () => {
  const { runner, watched, lines } = await setUp({
    'main.mjs': `
      import { createServer } from 'node:http';
      const server = createServer((_, response) => response.end('hello from ' + process.env.NAME)).listen(process.env.PORT, '127.0.0.1', () => console.log('listening'));
      process.on('SIGTERM', () => server.close(() => process.exit(0)));`,
  }, { Env: ['NAME=image'] });
  const running = runner.start(task(container({ containerPorts: [8080], environment: { NAME: 'task' } })), watched.observer);
  expect(watched.told).toEqual([]); // nothing is told before start() has returned
  const [[address]] = (await Promise.all([once(watched, 'running'), once(watched, 'line')])) as [[{ ip: string; ports: Record<number, number> }], unknown];
  expect(address.ports[8080]).not.toBe(8080);
  const response = await fetch(`http://${address.ip}:${address.ports[8080]}/`, { headers: { connection: 'close' } });
  expect(await response.text()).toBe('hello from task');
  running.stop();
  running.stop();
  await once(watched, 'stopped');
  expect(watched.told).toEqual([['pulled'], ['running', address], ['exited', 'app', { exitCode: 0 }], ['stopped']]);
  expect(lines).toEqual(['stream: listening']);
});

test.each<{ name: string; program: string; command?: string[]; exitCode: number; printed: string[] }>([
  { name: 'an exit code of its own', program: "console.log('one'); console.error('two'); process.stdout.write('no newline'); process.exitCode = 7;", exitCode: 7, printed: ['no newline', 'one', 'two'] },
  { name: 'a signal', program: "process.kill(process.pid, 'SIGKILL')", exitCode: 137, printed: [] },
  { name: 'the command of the task definition', program: '', command: ['node', '-e', "console.log(process.cwd().split('/').at(-1))"], exitCode: 0, printed: ['app'] },
])('ends with $name', async ({ program, command, exitCode, printed }) => {
  const { runner, watched, lines } = await setUp({ 'main.mjs': program });
  runner.start(task(container({ command })), watched.observer);
  await once(watched, 'stopped');
  expect(watched.told.slice(2)).toEqual([['exited', 'app', { exitCode }], ['stopped']]);
  expect(lines.map((line) => line.replace('stream: ', '')).sort()).toEqual(printed);
});

test('sees its own environment and nothing of this machine’s but PATH', async () => {
  process.env.SECRET_OF_THE_MACHINE = 'x';
  const { runner, watched, lines } = await setUp({ 'main.mjs': 'console.log(JSON.stringify(process.env))' }, { Env: ['FROM_IMAGE=1=2', 'PATH=/image/bin'] });
  runner.start(task(container({ containerPorts: [80, 81], environment: { FROM_TASK: 'yes' } })), watched.observer);
  const [[address]] = (await Promise.all([once(watched, 'running'), once(watched, 'stopped')])) as [[{ ports: Record<number, number> }], unknown];
  delete process.env.SECRET_OF_THE_MACHINE;
  const seen = JSON.parse(lines[0]!.replace('stream: ', '')) as Record<string, string>;
  expect(seen).toMatchObject({ FROM_IMAGE: '1=2', FROM_TASK: 'yes', PATH: process.env.PATH, PORT_80: String(address.ports[80]), PORT_81: String(address.ports[81]) });
  expect(Object.keys(seen).filter((name) => !name.startsWith('_')).sort()).toEqual(['FROM_IMAGE', 'FROM_TASK', 'HOME', 'HOSTNAME', 'PATH', 'PORT_80', 'PORT_81']);
});

test('a program that ignores SIGTERM is killed after its stop timeout', async () => {
  const { runner, watched } = await setUp({ 'main.mjs': "process.on('SIGTERM', () => console.log('no')); setInterval(() => {}, 1000); console.log('up');" });
  const running = runner.start(task(container({ stopTimeoutSeconds: 0.05 })), watched.observer);
  await once(watched, 'line');
  running.stop();
  await once(watched, 'stopped');
  expect(watched.told.slice(2)).toEqual([['exited', 'app', { exitCode: 137 }], ['stopped']]);
});

test('grandchildren die with the program that started them', async () => {
  const { runner, watched } = await setUp({
    'main.mjs': "import { spawn } from 'node:child_process'; const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'inherit' }); console.log(child.pid); process.on('SIGTERM', () => process.exit(0));",
  });
  const running = runner.start(task(container()), watched.observer);
  const [pid] = (await once(watched, 'line')) as [string];
  expect(isAlive(Number(pid))).toBe(true);
  running.stop();
  await once(watched, 'stopped');
  await untilGone(Number(pid));
});

test('the end of an essential container stops the others, the end of another does not', async () => {
  const { runner, watched } = await setUp({ 'main.mjs': WAITS_FOREVER });
  const containers = [
    container({ name: 'app', command: ['node', '-e', "process.on('SIGUSR2', () => process.exit(1)); setInterval(() => {}, 1000); console.log(process.pid);"] }),
    container({ name: 'helper', essential: false, command: ['node', '-e', ''], log: undefined }),
    container({ name: 'sidecar', log: undefined }),
  ];
  const pid = once(watched, 'line');
  runner.start(task(...containers), watched.observer);
  await once(watched, 'exited');
  expect(watched.told.at(-1)).toEqual(['exited', 'helper', { exitCode: 0 }]);
  process.kill(Number((await pid)[0]), 'SIGUSR2');
  await once(watched, 'stopped');
  expect(watched.told.slice(3)).toEqual([['exited', 'app', { exitCode: 1 }], ['exited', 'sidecar', expect.anything()], ['stopped']]);
});

test.each([
  { name: 'an image that this registry has not', overrides: { imageDigest: 'sha256:other' }, reason: /^CannotPullContainerError: .*shop\/web@sha256:other: not found$/ },
  { name: 'an image from elsewhere', overrides: { image: 'nginx:1', imageDigest: undefined }, reason: /^CannotPullContainerError: the image nginx:1 is not in this cloud's registry/ },
])('a task with $name cannot start', async ({ overrides, reason }) => {
  const { runner, watched } = await setUp({});
  runner.start(task(container(overrides)), watched.observer);
  await once(watched, 'stopped');
  expect(watched.told).toEqual([['failedToStart', expect.stringMatching(reason)], ['stopped']]);
});

test('a command that does not exist is a container that never ran', async () => {
  const { runner, watched } = await setUp({});
  runner.start(task(container({ command: ['no-such-program'] })), watched.observer);
  await once(watched, 'stopped');
  expect(watched.told).toEqual([['pulled'], ['exited', 'app', { reason: expect.stringMatching(/^CannotStartContainerError: .*ENOENT/) as string }], ['stopped']]);
});

test('a task stopped before it runs is stopped without ever running', async () => {
  const { runner, watched } = await setUp({ 'main.mjs': WAITS_FOREVER });
  runner.start(task(container()), watched.observer).stop();
  await once(watched, 'stopped');
  expect(watched.told).toEqual([['stopped']]);
});

test('a fault of the observer is reported, and the task still ends in order', async () => {
  const faults: unknown[] = [];
  const { runner, watched } = await setUp({ 'main.mjs': WAITS_FOREVER }, {}, (error) => faults.push(error));
  const fault = new Error('the model cannot take this');
  const running = runner.start(task(container()), { ...watched.observer, exited: () => { throw fault; } });
  await once(watched, 'line');
  running.stop();
  await once(watched, 'stopped');
  await runner.close();
  expect(faults).toEqual([fault]);
});

describe('container health checks', () => {
  const check = { intervalSeconds: 5, timeoutSeconds: 100, retries: 2, startPeriodSeconds: 0 };

  test('run in the container’s folder and environment, and tell changes only', async () => {
    const { runner, watched } = await setUp({ 'main.mjs': WAITS_FOREVER, 'well.txt': '' });
    runner.start(task(container({ environment: { FILE: 'well.txt' }, healthCheck: { ...check, command: ['CMD-SHELL', 'test -f "$FILE" && rm "$FILE"'] } })), watched.observer);
    // The file is there once: the first check passes and every later one fails.
    expect(await once(watched, 'containerHealth')).toEqual(['app', 'HEALTHY']);
    expect(await once(watched, 'containerHealth')).toEqual(['app', 'UNHEALTHY']);
  });

  test('a check that hangs fails after its timeout', async () => {
    const { runner, watched } = await setUp({ 'main.mjs': WAITS_FOREVER });
    runner.start(task(container({ healthCheck: { ...check, timeoutSeconds: 2, command: ['CMD', 'node', '-e', 'setInterval(() => {}, 1000)'] } })), watched.observer);
    expect(await once(watched, 'containerHealth')).toEqual(['app', 'UNHEALTHY']);
  });

  test('failures in the start period do not count', async () => {
    const { runner, watched } = await setUp({ 'main.mjs': WAITS_FOREVER });
    const startedAt = performance.now();
    runner.start(task(container({ healthCheck: { ...check, startPeriodSeconds: 40, command: ['CMD', 'false'] } })), watched.observer);
    await once(watched, 'containerHealth');
    expect(performance.now() - startedAt).toBeGreaterThan(400);
  });
});

test('an image is unpacked once for all tasks, and close() ends them and removes every folder', async () => {
  const { runner, watched, workDirectory, unpackedCount } = await setUp({ 'main.mjs': 'setInterval(() => {}, 1000); console.log(process.pid)' });
  const pids: number[] = [];
  watched.on('line', (line: string) => pids.push(Number(line)));
  for (let index = 0; index < 3; index++) {
    runner.start(task(container()), watched.observer);
    await once(watched, 'line');
  }
  expect(unpackedCount()).toBe(1);
  expect(await readdir(workDirectory)).toHaveLength(1);
  await runner.close();
  expect(pids.filter(isAlive)).toEqual([]);
  expect(await readdir(workDirectory)).toEqual([]);
});

test('containers die and folders go even when the runner’s own process is killed with SIGKILL', async () => {
  const workDirectory = await temporaryFolder();
  const program = join(workDirectory, 'parent.ts');
  const layer = await layerOf({ 'main.mjs': 'setInterval(() => {}, 1000); console.log(process.pid)' });
  await writeFile(join(workDirectory, 'layer.tar'), layer);
  await writeFile(program, `
    import { readFileSync } from 'node:fs';
    import { ProcessTaskRunner } from ${JSON.stringify(join(__dirname, 'process-runner.ts'))};
    const content = { config: { WorkingDir: '/app', Cmd: ['node', 'main.mjs'] }, layers: [readFileSync(${JSON.stringify(join(workDirectory, 'layer.tar'))})] };
    const runner = new ProcessTaskRunner({
      images: { resolve: () => undefined, content: () => content }, random: { next: () => 0.5 }, workDirectory: ${JSON.stringify(join(workDirectory, 'work'))},
      logs: { append: ({ message }) => process.stdout.write(message + '\\n') },
    });
    const quiet = () => undefined;
    runner.start(${JSON.stringify(task(container()))}, { pulled: quiet, running: quiet, containerHealth: quiet, exited: quiet, failedToStart: (reason) => console.error(reason), stopped: quiet });
  `);
  const parent = spawn(process.execPath, ['--import', 'tsx', program], { stdio: ['ignore', 'pipe', 'inherit'], cwd: join(__dirname, '../..') });
  const [output] = (await once(parent.stdout, 'data')) as [Buffer];
  const pid = Number(output.toString());
  expect(isAlive(pid)).toBe(true);
  const [folder] = await readdir(join(workDirectory, 'work'));
  parent.kill('SIGKILL');
  await untilGone(pid);
  while (existsSync(join(workDirectory, 'work', folder!))) await new Promise((resolve) => setTimeout(resolve, 5));
});
