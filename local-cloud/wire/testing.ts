// Test helper: models made of functions on top of a real kernel, and clients at either door.
import { CloudKernel } from '../cloud-kernel.ts';
import { VirtualClock } from '../kernel/clock.ts';
import { realisticPhysics } from '../kernel/physics.ts';
import { seededRandom, uuid } from '../kernel/random.ts';
import type { Operation, Permission } from '../kernel/service.ts';
import { likelySwitches } from '../kernel/switches.ts';
import { authenticator, IamModel, OPERATOR_KEY, StsModel } from '../iam/index.ts';
import { createDispatcher } from './dispatcher.ts';
import type { Dispatch } from './http.ts';
import { Routes } from './routes.ts';

export interface TinyCloud {
  kernel: CloudKernel;
  clock: VirtualClock;
  dispatch: Dispatch;
  routes: Routes;
  /** Adds a service whose operations are plain functions; `permission` is what each call needs. */
  serve(signingName: string, handlers: Record<string, (input: never) => unknown>, permissions?: (operation: string) => Permission[]): void;
}

export function tinyCloud(): TinyCloud {
  const clock = new VirtualClock(Date.UTC(2026, 0, 15, 12), (error) => kernel.crash(error));
  const kernel: CloudKernel = new CloudKernel({
    clock,
    random: seededRandom(7),
    physics: realisticPhysics,
    switches: likelySwitches,
    accountId: '123456789012',
    region: 'eu-west-1',
    endpointUrl: 'http://127.0.0.1:4577',
    onCrash: () => undefined,
  });
  kernel.register(new IamModel(kernel, kernel));
  kernel.register(new StsModel(kernel, kernel));
  const routes = new Routes();
  const dispatch = createDispatcher({
    authenticate: authenticator(kernel.credentials, { wallClockMs: () => Date.now() }),
    call: (caller, signingName, operation, input, requestId) => kernel.callAs(caller, signingName, operation, input, requestId),
    newRequestId: () => uuid(kernel.random),
    functionUrls: {
      invokeUrl: async (urlId, request, caller) => ({
        statusCode: 200,
        headers: { 'content-type': 'application/json' },
        body: Buffer.from(JSON.stringify({ urlId, path: request.path, query: request.query, caller: caller && 'arn' in caller ? caller.arn : null })),
      }),
    },
    routes,
    notModelled: (error) => kernel.ledger.notModelled(error),
    crash: (error) => kernel.crash(error),
  });
  return {
    kernel,
    clock,
    dispatch,
    routes,
    serve: (signingName, handlers, permissions = () => []) => {
      const operations: Record<string, Operation> = {};
      for (const [name, handle] of Object.entries(handlers)) operations[name] = { permissions: () => permissions(name), handle: handle };
      kernel.register({ signingName, operations });
    },
  };
}

/** Client settings that reach an HTTP door as the operator. */
export const operatorAt = (endpoint: string) => ({ endpoint, region: 'eu-west-1', credentials: OPERATOR_KEY, maxAttempts: 1 });
