// The checkout service: a small HTTP program with faults that can be ordered, so that a rollout has something to find out.
//   GET /        a checkout answer, with the version that gave it
//   GET /health  200 while the service wants traffic, 503 once it is stopping
//
//   VERSION          what the service says it is                   PORT, HOST       where it listens (8080 on all interfaces)
//   LATENCY_MS       how long an answer takes                      CRASH_AFTER_MS   ends with exit code 1 that long after the start
//   ERROR_RATE       share of answers on / that are 500 (0 to 1)   CRASH_AT_START   "true": ends with exit code 1 at once
import { createServer } from 'node:http';
import { settingsFrom } from './settings.mjs';

const log = (level, event, fields = {}) => console.log(JSON.stringify({ level, event, version: settings.version, ...fields }));
const settings = settingsFrom(process.env);
let stopping = false;

function crash(reason) {
  log('error', 'crashed', { reason });
  process.exit(1);
}

if (settings.crashAtStart) crash('CRASH_AT_START is set');

const server = createServer((request, response) => {
  response.setHeader('x-version', settings.version);
  response.setHeader('content-type', 'application/json');
  const answer = (status, body) => {
    // Asked now and not when the request came: a connection kept alive would keep a stopping process alive.
    if (stopping) response.setHeader('connection', 'close');
    response.writeHead(status).end(`${JSON.stringify(body)}\n`);
  };

  const [pathname] = (request.url ?? '/').split('?');
  if (pathname === '/health') return answer(stopping ? 503 : 200, { status: stopping ? 'stopping' : 'ok', version: settings.version });
  if (pathname !== '/') return answer(404, { error: `there is nothing at ${pathname}`, version: settings.version });
  setTimeout(() => {
    if (Math.random() < settings.errorRate) {
      log('error', 'checkout failed', { path: pathname });
      return answer(500, { error: 'the payment provider did not answer', version: settings.version });
    }
    return answer(200, { service: 'checkout', version: settings.version, currency: 'EUR', total: 4200, items: 3 });
  }, settings.latencyMs);
});

server.listen(settings.port, settings.host, () => {
  log('info', 'started', { port: server.address().port });
  if (settings.crashAfterMs !== undefined) setTimeout(() => crash('CRASH_AFTER_MS is over'), settings.crashAfterMs);
});
server.on('error', (error) => crash(error.message));

for (const signal of ['SIGTERM', 'SIGINT']) {
  process.on(signal, () => {
    if (stopping) return;
    stopping = true;
    // Takes no new connections, ends the idle ones; calls back when the last request has been answered.
    server.close(() => {
      log('info', 'stopped');
      process.exit(0);
    });
    log('info', 'stopping', { signal });
  });
}
