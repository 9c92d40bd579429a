// Runs inside a worker thread: Lambda's Node runtime, as far as a function can tell. Loads the handler once, then serves one
// invocation at a time. Everything printed is sent to the parent in order with the results, so no line can overtake its REPORT.
import { createRequire } from 'node:module';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { format } from 'node:util';
import v8 from 'node:v8';
import { parentPort, workerData } from 'node:worker_threads';

const { folder, handler: handlerName, functionName, functionArn, memoryMb, logGroupName, logStreamName, logFormat, applicationLogLevel } = workerData;
let requestId;

const post = (message) => parentPort.postMessage(message);
const log = (line) => post({ kind: 'log', line });

const LEVELS = ['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL'];

function write(level, args) {
  if (LEVELS.indexOf(level) < LEVELS.indexOf(applicationLogLevel)) return;
  const timestamp = new Date().toISOString();
  if (logFormat === 'JSON') {
    const only = args.length === 1 ? args[0] : undefined;
    const error = args.find((value) => value instanceof Error);
    const message = args.length === 1 && typeof only === 'object' && only !== null && !(only instanceof Error) ? only : format(...args);
    const fields = error ? { errorType: error.name, errorMessage: error.message, stackTrace: String(error.stack).split('\n').slice(1) } : {};
    let line;
    try {
      line = JSON.stringify({ timestamp, level, requestId, message, ...fields });
    } catch {
      line = JSON.stringify({ timestamp, level, requestId, message: format(...args) });
    }
    log(line);
    return;
  }
  log(`${timestamp}\t${requestId ?? 'undefined'}\t${level}\t${format(...args)}`);
}

for (const [method, level] of [['log', 'INFO'], ['info', 'INFO'], ['debug', 'DEBUG'], ['warn', 'WARN'], ['error', 'ERROR'], ['trace', 'TRACE']]) {
  console[method] = (...args) => write(level, args);
}
for (const stream of [process.stdout, process.stderr]) {
  stream.write = (chunk, encoding, callback) => {
    const text = typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString('utf8');
    if (text.trimEnd() !== '') log(text.trimEnd());
    const done = typeof encoding === 'function' ? encoding : callback;
    if (done) queueMicrotask(() => done());
    return true;
  };
}

const faultOf = (thrown) =>
  thrown instanceof Error
    ? { errorType: thrown.name || 'Error', errorMessage: thrown.message, trace: String(thrown.stack).split('\n') }
    : { errorType: typeof thrown, errorMessage: typeof thrown === 'string' ? thrown : (JSON.stringify(thrown) ?? String(thrown)), trace: [] };

const runtimeFault = (errorType, errorMessage) => Object.assign(new Error(errorMessage), { name: errorType });

/** `dir/file.export`, looked for as .js, .mjs and .cjs, in Lambda's order. */
async function loadHandler() {
  const slash = handlerName.lastIndexOf('/') + 1;
  const dot = handlerName.indexOf('.', slash);
  if (dot < 0) throw runtimeFault('Runtime.MalformedHandlerName', 'Bad handler');
  const base = path.join(folder, handlerName.slice(0, dot));
  const exportName = handlerName.slice(dot + 1);
  const file = ['.js', '.mjs', '.cjs'].map((extension) => base + extension).find((candidate) => existsSync(candidate));
  if (!file) throw runtimeFault('Runtime.ImportModuleError', `Error: Cannot find module '${path.basename(base)}'`);
  let module;
  try {
    module = isModule(file) ? await import(pathToFileURL(file).href) : createRequire(file)(file);
  } catch (error) {
    if (error instanceof SyntaxError) throw Object.assign(runtimeFault('Runtime.UserCodeSyntaxError', `SyntaxError: ${error.message}`), { stack: error.stack });
    if (error?.code === 'ERR_MODULE_NOT_FOUND' || error?.code === 'MODULE_NOT_FOUND') throw runtimeFault('Runtime.ImportModuleError', `Error: ${error.message}`);
    throw error;
  }
  const found = exportName.split('.').reduce((value, key) => value?.[key], module) ?? exportName.split('.').reduce((value, key) => value?.[key], module?.default);
  if (found === undefined) throw runtimeFault('Runtime.HandlerNotFound', `${handlerName} is undefined or not exported`);
  if (typeof found !== 'function') throw runtimeFault('Runtime.HandlerNotFound', `${handlerName} is not a function`);
  return found;
}

/** As Lambda's runtime has it: `.js` is required unless the nearest package.json says otherwise. To import it would make Node search all of it for exports. */
function isModule(file) {
  if (!file.endsWith('.js')) return file.endsWith('.mjs');
  for (let at = path.dirname(file); at.startsWith(folder); at = path.dirname(at)) {
    const description = path.join(at, 'package.json');
    if (existsSync(description)) return JSON.parse(readFileSync(description, 'utf8')).type === 'module';
  }
  return false;
}

const memoryUsedMb = () => Math.ceil(v8.getHeapStatistics().total_physical_size / 2 ** 20);

function contextOf(request) {
  return {
    callbackWaitsForEmptyEventLoop: true,
    functionVersion: '$LATEST',
    functionName,
    memoryLimitInMB: String(memoryMb),
    logGroupName,
    logStreamName,
    invokedFunctionArn: functionArn,
    awsRequestId: request.requestId,
    clientContext: request.clientContext ? JSON.parse(Buffer.from(request.clientContext, 'base64').toString('utf8')) : undefined,
    getRemainingTimeInMillis: () => Math.max(0, request.deadlineMs - Date.now()),
  };
}

/** Async handlers and, as the older runtimes have it, ones that take a callback. */
function run(handler, event, context) {
  return new Promise((resolve, reject) => {
    const callback = (error, result) => (error == null ? resolve(result) : reject(error));
    const answer = handler(event, context, callback);
    if (typeof answer?.then === 'function') answer.then(resolve, reject);
    else if (handler.length < 3) resolve(answer);
  });
}

let handler;
try {
  handler = await loadHandler();
  post({ kind: 'ready' });
} catch (error) {
  post({ kind: 'initFailed', fault: faultOf(error) });
}

// Node would end the worker with a bare message; Lambda names the kind of crash in the answer.
process.on('unhandledRejection', (reason) => {
  const cause = faultOf(reason);
  post({ kind: 'crashed', fault: { errorType: 'Runtime.UnhandledPromiseRejection', errorMessage: `${cause.errorType}: ${cause.errorMessage}`, trace: cause.trace } });
});
process.on('uncaughtException', (error) => post({ kind: 'crashed', fault: faultOf(error) }));

parentPort.on('message', async (request) => {
  requestId = request.requestId;
  Object.assign(process.env, request.variables);
  try {
    const result = await run(handler, JSON.parse(request.payload), contextOf(request));
    let payload;
    try {
      payload = JSON.stringify(result) ?? 'null';
    } catch {
      throw runtimeFault('Runtime.MarshalError', 'Unable to stringify response body');
    }
    post({ kind: 'returned', payload, memoryUsedMb: memoryUsedMb() });
  } catch (error) {
    const fault = faultOf(error);
    write('ERROR', ['Invoke Error', JSON.stringify({ errorType: fault.errorType, errorMessage: fault.errorMessage, stack: fault.trace })]);
    post({ kind: 'failed', fault, memoryUsedMb: memoryUsedMb() });
  }
});
