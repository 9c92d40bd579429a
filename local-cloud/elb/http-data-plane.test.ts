// Real sockets: listeners, targets and checks on ephemeral ports of this machine.
import { once } from 'node:events';
import { Agent, type IncomingMessage, type RequestListener, type Server, createServer, request } from 'node:http';
import { type AddressInfo, type Socket, connect, createServer as createTcpServer } from 'node:net';
import { RealClock } from '../kernel/clock.ts';
import type { Target } from '../kernel/ports.ts';
import { testKernel } from '../testing/kernel.ts';
import { ElbModel } from './elb-model.ts';
import { HttpDataPlane } from './http-data-plane.ts';
import { RecordedMetrics, call, createScene, forward } from './testing.ts';

jest.setTimeout(30_000); // sockets of a machine that others use too

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

function setUp() {
  const crashes: unknown[] = [];
  const clock = new RealClock((error) => crashes.push(error));
  // Checks of 10 s become 10 ms.
  const kernel = { ...testKernel({ physics: { healthCheckTimeScale: 1 / 1000 } }).kernel, clock };
  const metrics = new RecordedMetrics();
  const dataPlane = new HttpDataPlane({ clock, random: kernel.random, crash: (error) => crashes.push(error) });
  const elb = new ElbModel(kernel, { metrics, dataPlane });
  closing.push(async () => {
    await elb.close();
    clock.close();
    expect(crashes).toEqual([]);
  });
  return { elb, metrics };
}

const SLOW_CHECKS = { HealthCheckTimeoutSeconds: 90, HealthCheckIntervalSeconds: 100, HealthyThresholdCount: 2 };

async function startTarget(handle: RequestListener, options: { keepAliveTimeout?: number } = {}): Promise<Target & { server: Server }> {
  const server = createServer({ keepAliveTimeout: options.keepAliveTimeout ?? 5_000 }, handle);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closing.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return { id: '127.0.0.1', port: (server.address() as AddressInfo).port, server };
}

const named = (name: string): Promise<Target & { server: Server }> => startTarget((_, response) => response.end(name));

interface Reply {
  status: number;
  headers: IncomingMessage['headers'];
  body: string;
}

function ask(url: string, options: { method?: string; headers?: Record<string, string>; body?: string; agent?: Agent } = {}): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { method: options.method, headers: options.headers, agent: options.agent }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks).toString() }));
      response.on('error', reject);
    });
    sent.on('error', reject);
    sent.end(options.body);
  });
}

const urlOf = (elb: ElbModel) => elb.endpoints()[0]!.url;

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 2));
}

const isHealthy = (elb: ElbModel, group: string, target: Target) => until(() => elb.targetState(group, target) === 'healthy');

test('checks targets for real: healthy when the codes match, unhealthy with the reason when not', async () => {
  const { elb } = setUp();
  const { blue } = await createScene(elb, SLOW_CHECKS);
  const good = await named('good');
  const failing = await startTarget((_, response) => response.writeHead(500).end());
  const gone = await named('gone');
  gone.server.close();
  for (const target of [good, failing, gone]) elb.registerTarget(blue, target);
  await isHealthy(elb, blue, good);
  await until(() => elb.targetState(blue, failing) === 'unhealthy' && elb.targetState(blue, gone) === 'unhealthy');
  const reasonOf = async (target: Target) =>
    (await call<{ TargetHealthDescriptions: { TargetHealth: { Reason: string; Description: string } }[] }>(elb, 'DescribeTargetHealth', { TargetGroupArn: blue, Targets: [{ Id: target.id, Port: target.port }] }))
      .TargetHealthDescriptions[0]!.TargetHealth;
  expect(await reasonOf(failing)).toMatchObject({ Reason: 'Target.ResponseCodeMismatch', Description: 'Health checks failed with these codes: [500]' });
  expect(await reasonOf(gone)).toMatchObject({ Reason: 'Target.FailedHealthChecks' });
});

test.each([
  { weights: [95, 5], wanted: 50 },
  { weights: [75, 25], wanted: 250 },
])('over 1000 requests the share of weights $weights is right within 2 points', async ({ weights: [blueWeight, greenWeight], wanted }) => {
  const { elb, metrics } = setUp();
  const { ruleArn, blue, green, loadBalancerArn } = await createScene(elb, SLOW_CHECKS);
  elb.registerTarget(blue, await named('blue'));
  elb.registerTarget(green, await named('green'));
  await call(elb, 'ModifyRule', { RuleArn: ruleArn, Actions: [forward([blue, blueWeight!], [green, greenWeight!])] });
  const agent = new Agent({ keepAlive: true });
  closing.push(() => agent.destroy());
  const counts: Record<string, number> = {};
  const asker = async () => {
    for (let index = 0; index < 100; index++) {
      const { body } = await ask(urlOf(elb), { agent });
      counts[body] = (counts[body] ?? 0) + 1;
    }
  };
  await Promise.all(Array.from({ length: 10 }, asker));
  expect(Math.abs(counts.green! - wanted)).toBeLessThanOrEqual(20);
  const LoadBalancer = loadBalancerArn.split('loadbalancer/')[1]!;
  const TargetGroup = green.split(':').at(-1)!;
  expect(metrics.sum('RequestCount', { LoadBalancer })).toBe(1000);
  expect(metrics.sum('RequestCount', { LoadBalancer, TargetGroup })).toBe(counts.green);
  expect(metrics.sum('HTTPCode_Target_2XX_Count', { TargetGroup })).toBe(counts.green);
});

test('no request fails while targets come, drain and close under load', async () => {
  const { elb } = setUp();
  const { blue } = await createScene(elb, { HealthCheckTimeoutSeconds: 40, HealthCheckIntervalSeconds: 50, HealthyThresholdCount: 2 });
  let served = 0;
  // A keep-alive timeout this short makes the target close idle connections in the middle of the load.
  const start = () => startTarget((incoming, response) => {
    incoming.resume();
    incoming.on('end', () => setImmediate(() => response.end(String(++served))));
  }, { keepAliveTimeout: 5 });
  let current = await start();
  elb.registerTarget(blue, current);
  await isHealthy(elb, blue, current);
  const failures: string[] = [];
  let stop = false;
  const agent = new Agent({ keepAlive: true });
  closing.push(() => agent.destroy());
  const asker = async (index: number) => {
    while (!stop) {
      const reply = await ask(urlOf(elb), index % 2 === 0 ? { agent } : { agent, method: 'POST', body: 'x'.repeat(index * 10_000) });
      if (reply.status !== 200) failures.push(`${reply.status} ${reply.body}`);
      if (index === 0) await new Promise((resolve) => setTimeout(resolve, 4)); // lets pooled connections idle into their timeout
    }
  };
  const load = Promise.all(Array.from({ length: 8 }, (_, index) => asker(index)));
  for (let round = 0; round < 10; round++) {
    const next = await start();
    elb.registerTarget(blue, next);
    await isHealthy(elb, blue, next);
    const leaving = current;
    await new Promise<void>((drained) => elb.deregisterTarget(blue, leaving, drained));
    leaving.server.closeAllConnections();
    leaving.server.close();
    current = next;
  }
  stop = true;
  await load;
  expect(failures).toEqual([]);
  expect(served).toBeGreaterThan(200);
});

test('a draining target finishes what it has, gets nothing new, and is drained with its last answer', async () => {
  const { elb } = setUp();
  const { blue } = await createScene(elb, SLOW_CHECKS);
  let finish: () => void = () => undefined;
  const slow = await startTarget((incoming, response) => {
    if (incoming.url === '/slow') finish = () => response.end('done at last');
    else response.end('slow');
  });
  elb.registerTarget(blue, slow);
  await isHealthy(elb, blue, slow);
  const pending = ask(`${urlOf(elb)}/slow`);
  await once(slow.server, 'request');
  const drained = jest.fn();
  elb.deregisterTarget(blue, slow, drained);
  expect((await ask(urlOf(elb))).status).toBe(503);
  expect(drained).not.toHaveBeenCalled();
  finish();
  expect((await pending).body).toBe('done at last');
  await until(() => drained.mock.calls.length === 1);
  expect(elb.targetState(blue, slow)).toBe('draining');
});

test('asks once more on a fresh connection when the target closed an idle one in that moment', async () => {
  const { elb } = setUp();
  const { blue } = await createScene(elb, SLOW_CHECKS);
  // Answers the first request of a connection and resets the connection at the second: the race, made certain.
  const sockets: Socket[] = [];
  let resets = 0;
  const server = createTcpServer((socket) => {
    sockets.push(socket);
    let requests = 0;
    socket.on('error', () => undefined);
    socket.on('data', () => {
      if (++requests === 1) socket.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok');
      else {
        resets++;
        socket.resetAndDestroy();
      }
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closing.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  elb.registerTarget(blue, { id: '127.0.0.1', port: (server.address() as AddressInfo).port });
  for (let index = 0; index < 6; index++) expect(await ask(urlOf(elb), { method: 'POST', body: 'kept' })).toMatchObject({ status: 200, body: 'ok' });
  expect(resets).toBeGreaterThan(0);
});

test('a target that breaks off before answering is a 502 and is not asked again', async () => {
  const { elb, metrics } = setUp();
  const { blue, loadBalancerArn } = await createScene(elb, SLOW_CHECKS);
  let asked = 0;
  const broken = await startTarget((incoming) => {
    if (incoming.url === '/break') asked++;
    incoming.socket.destroy();
  });
  elb.registerTarget(blue, broken);
  expect((await ask(`${urlOf(elb)}/break`)).status).toBe(502);
  expect(asked).toBe(1);
  expect(metrics.sum('HTTPCode_ELB_5XX_Count', { LoadBalancer: loadBalancerArn.split('loadbalancer/')[1]! })).toBe(1);
});

test('a target that does not listen is a 502 and a connection error', async () => {
  const { elb, metrics } = setUp();
  const { blue } = await createScene(elb, SLOW_CHECKS);
  const gone = await named('gone');
  gone.server.close();
  elb.registerTarget(blue, gone);
  expect((await ask(urlOf(elb))).status).toBe(502);
  expect(metrics.sum('TargetConnectionErrorCount', { TargetGroup: blue.split(':').at(-1)! })).toBe(1);
});

test('an answer that breaks off in the middle breaks off for the client too', async () => {
  const { elb } = setUp();
  const { blue } = await createScene(elb, SLOW_CHECKS);
  const half = await startTarget((_, response) => {
    response.writeHead(200, { 'content-length': '100' });
    response.write('half', () => response.destroy());
  });
  elb.registerTarget(blue, half);
  await expect(ask(urlOf(elb))).rejects.toThrow();
});

test('routes to unhealthy targets when there are no others', async () => {
  const { elb } = setUp();
  const { blue } = await createScene(elb, SLOW_CHECKS);
  const sick = await startTarget((incoming, response) => response.writeHead(incoming.url === '/' ? 500 : 200).end('sick but here'));
  elb.registerTarget(blue, sick);
  await until(() => elb.targetState(blue, sick) === 'unhealthy');
  expect(await ask(`${urlOf(elb)}/x`)).toMatchObject({ status: 200, body: 'sick but here' });
  const well = await named('well');
  elb.registerTarget(blue, well);
  await isHealthy(elb, blue, well);
  for (let index = 0; index < 4; index++) expect((await ask(`${urlOf(elb)}/x`)).body).toBe('well');
});

test('streams bodies larger than it keeps, and passes on who asked', async () => {
  const { elb } = setUp();
  const { blue } = await createScene(elb, SLOW_CHECKS);
  const echo = await startTarget((incoming, response) => {
    response.setHeader('x-seen', JSON.stringify(incoming.headers));
    incoming.pipe(response);
  });
  elb.registerTarget(blue, echo);
  const body = 'y'.repeat(1_000_000);
  const reply = await ask(`${urlOf(elb)}/big?query=1`, { method: 'POST', body, headers: { host: 'shop.example' } });
  expect(reply.body).toBe(body);
  expect(JSON.parse(String(reply.headers['x-seen']))).toMatchObject({
    host: 'shop.example', 'x-forwarded-for': '127.0.0.1', 'x-forwarded-proto': 'http', 'x-forwarded-port': '80', 'x-amzn-trace-id': expect.stringMatching(/^Root=1-[0-9a-f]{8}-[0-9a-f]{24}$/) as string,
  });
});

test('a client that goes away frees its target, which can then finish draining', async () => {
  const { elb, metrics } = setUp();
  const { blue, loadBalancerArn } = await createScene(elb, SLOW_CHECKS);
  const stuck = await startTarget((incoming, response) => {
    if (incoming.url === '/') response.end(); // health checks
  });
  elb.registerTarget(blue, stuck);
  await isHealthy(elb, blue, stuck);
  const asked = once(stuck.server, 'request');
  const sent = request(`${urlOf(elb)}/stuck`);
  sent.on('error', () => undefined);
  sent.end();
  await asked;
  const drained = new Promise<void>((resolve) => elb.deregisterTarget(blue, stuck, resolve));
  sent.destroy();
  await drained;
  expect(metrics.sum('HTTPCode_ELB_4XX_Count', { LoadBalancer: loadBalancerArn.split('loadbalancer/')[1]! })).toBe(1);
});

test('a target that says nothing for the idle timeout is a 504', async () => {
  const { elb } = setUp();
  const { blue, loadBalancerArn } = await createScene(elb, SLOW_CHECKS);
  await call(elb, 'ModifyLoadBalancerAttributes', { LoadBalancerArn: loadBalancerArn, Attributes: [{ Key: 'idle_timeout.timeout_seconds', Value: '1' }] });
  elb.registerTarget(blue, await startTarget(() => undefined));
  expect((await ask(urlOf(elb))).status).toBe(504);
});

test('an answer is passed on piece by piece, not kept until it is whole', async () => {
  const { elb } = setUp();
  const { blue } = await createScene(elb, SLOW_CHECKS);
  let send: (piece: string | undefined) => void = () => undefined;
  const source = await startTarget((_, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write('first');
    send = (piece) => response.end(piece);
  });
  elb.registerTarget(blue, source);
  const sent = request(urlOf(elb)).end();
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  const pieces: string[] = [];
  for await (const piece of response) {
    pieces.push(String(piece));
    if (pieces.length === 1) send('last'); // the rest is only written once the first piece has arrived
  }
  expect(pieces).toEqual(['first', 'last']);
});

test.each([
  { method: 'HEAD', status: 200, body: '' },
  { method: 'DELETE', status: 204, body: '' },
  { method: 'OPTIONS', status: 200, body: 'OPTIONS' },
])('$method passes through', async ({ method, status, body }) => {
  const { elb } = setUp();
  const { blue } = await createScene(elb, SLOW_CHECKS);
  elb.registerTarget(blue, await startTarget((incoming, response) => response.writeHead(incoming.method === 'DELETE' ? 204 : 200).end(incoming.method)));
  expect(await ask(urlOf(elb), { method })).toMatchObject({ status, body });
});

test('a path that cannot be passed on is a 400 and no fault of the cloud', async () => {
  const { elb } = setUp();
  const { blue } = await createScene(elb, SLOW_CHECKS);
  elb.registerTarget(blue, await named('blue'));
  const socket = connect(Number(new URL(urlOf(elb)).port), '127.0.0.1');
  socket.write(Buffer.from('GET /caf\xe9 HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n', 'latin1'));
  expect(String((await once(socket, 'data'))[0])).toMatch(/^HTTP\/1.1 400 /);
  socket.destroy();
});

describe('rules over HTTP', () => {
  test('the first rule whose conditions all hold decides', async () => {
    const { elb } = setUp();
    const { listenerArn, green, blue } = await createScene(elb, SLOW_CHECKS);
    elb.registerTarget(blue, await named('blue'));
    elb.registerTarget(green, await named('green'));
    const rule = (priority: number, conditions: object[], action: object) =>
      call(elb, 'CreateRule', { ListenerArn: listenerArn, Priority: priority, Conditions: conditions, Actions: [action] });
    await rule(1, [{ Field: 'http-header', HttpHeaderConfig: { HttpHeaderName: 'X-Test', Values: ['on*'] } }, { Field: 'path-pattern', Values: ['/api/?'] }], forward([green, 1]));
    await rule(2, [{ Field: 'host-header', Values: ['OLD.example'] }], { Type: 'redirect', RedirectConfig: { StatusCode: 'HTTP_301', Host: 'new.example', Port: '443', Protocol: 'HTTPS' } });
    const url = urlOf(elb);
    expect((await ask(`${url}/api/1`, { headers: { 'x-test': 'only' } })).body).toBe('green');
    expect((await ask(`${url}/api/12`, { headers: { 'x-test': 'only' } })).body).toBe('blue');
    expect((await ask(`${url}/api/1`, { headers: { 'x-test': 'off' } })).body).toBe('blue');
    const moved = await ask(`${url}/a/b?c=d`, { headers: { host: 'old.example:8080' } });
    expect([moved.status, moved.headers.location]).toEqual([301, 'https://new.example:443/a/b?c=d']);
  });

  test('the default action answers what no rule takes, and a moved listener answers at its new place', async () => {
    const { elb } = setUp();
    const { listenerArn, ruleArn } = await createScene(elb);
    await call(elb, 'DeleteRule', { RuleArn: ruleArn });
    expect(await ask(urlOf(elb))).toMatchObject({ status: 404, body: 'no such place' });
    await call(elb, 'ModifyListener', { ListenerArn: listenerArn, Port: 81 });
    expect(await ask(urlOf(elb))).toMatchObject({ status: 404 });
    expect(elb.endpoints()).toMatchObject([{ listenerArn, loadBalancerName: 'web', listenerPort: 81 }]);
    await call(elb, 'DeleteListener', { ListenerArn: listenerArn });
    expect(elb.endpoints()).toEqual([]);
  });

  test('a group without targets is a 503', async () => {
    const { elb } = setUp();
    await createScene(elb);
    const reply = await ask(urlOf(elb));
    expect([reply.status, reply.headers.server]).toEqual([503, 'awselb/2.0']);
    expect(reply.body).toContain('503 Service Temporarily Unavailable');
  });
});
