// A small kernel for model tests: virtual time, seeded randomness, the registered models in process, everybody allowed
// unless the test says otherwise. The real composition (IAM, the wire) is local-cloud/cloud.ts.
import { VirtualClock } from '../kernel/clock.ts';
import { NotModelled } from '../kernel/errors.ts';
import type { Kernel } from '../kernel/kernel.ts';
import { realisticPhysics } from '../kernel/physics.ts';
import type { Physics } from '../kernel/physics.ts';
import { seededRandom, uuid } from '../kernel/random.ts';
import type { Caller, Permission, ServiceModel } from '../kernel/service.ts';
import { likelySwitches } from '../kernel/switches.ts';
import type { Switches } from '../kernel/switches.ts';

export interface TestKernelOptions {
  startMs?: number;
  seed?: number;
  physics?: Partial<Physics>;
  switches?: Partial<Switches>;
  /** Throws an `AwsError` to deny. Everything is allowed by default. */
  authorize?: (caller: Caller, permissions: Permission[]) => void;
  /** Runs for each fault of a model, which is also kept in `crashes`; throw from it to fail at the spot. */
  onCrash?: (error: unknown) => void;
}

export interface RecordedCall {
  caller: Caller;
  signingName: string;
  operation: string;
  input: object;
  permissions: Permission[];
}

export interface TestKernel {
  kernel: Kernel;
  clock: VirtualClock;
  /** Makes a model's operations reachable through `kernel.call`. */
  register(model: ServiceModel): void;
  /** Calls as the operator. */
  call(signingName: string, operation: string, input: object): Promise<unknown>;
  /** Every call made through the kernel, in order, including refused ones. */
  calls: RecordedCall[];
  /** What `kernel.authorize` was asked directly. */
  authorizations: { caller: Caller; permissions: Permission[] }[];
  /** Faults handed to `kernel.crash` or thrown by a timer. A test's `afterEach` may insist that there are none. */
  crashes: unknown[];
}

export const operator: Caller = { kind: 'operator', arn: 'arn:aws:iam::123456789012:user/operator' };

const NOON = Date.UTC(2026, 0, 15, 12);

export function testKernel(options: TestKernelOptions = {}): TestKernel {
  const crashes: unknown[] = [];
  const crash = (error: unknown): void => {
    crashes.push(error);
    options.onCrash?.(error);
  };
  const clock = new VirtualClock(options.startMs ?? NOON, crash);
  const models = new Map<string, ServiceModel>();
  const calls: RecordedCall[] = [];
  const authorizations: TestKernel['authorizations'] = [];
  const random = seededRandom(options.seed ?? 1);
  const accountId = '123456789012';

  const call: Kernel['call'] = async (caller, signingName, operation, input) => {
    const found = models.get(signingName)?.operations[operation];
    if (!found) throw new NotModelled(`${signingName}:${operation}`);
    const context = { caller, requestId: uuid(random) };
    const permissions = await found.permissions(input, context);
    calls.push({ caller, signingName, operation, input, permissions });
    options.authorize?.(caller, permissions);
    return found.handle(input, context);
  };

  const kernel: Kernel = {
    clock,
    random,
    accountId,
    region: 'eu-west-1',
    physics: { ...realisticPhysics, ...options.physics },
    switches: { ...likelySwitches, ...options.switches },
    endpointUrl: 'http://127.0.0.1:4577',
    call,
    authorize: (caller, permissions) => {
      authorizations.push({ caller, permissions });
      options.authorize?.(caller, permissions);
    },
    assumeRole: (roleArn, _servicePrincipal, sessionName) => ({
      kind: 'role',
      arn: `arn:aws:sts::${accountId}:assumed-role/${roleArn.split('/').at(-1) ?? ''}/${sessionName}`,
      roleArn,
      sessionName,
    }),
    crash,
  };

  return {
    kernel,
    clock,
    register: (model) => void models.set(model.signingName, model),
    call: (signingName, operation, input) => call(operator, signingName, operation, input),
    calls,
    authorizations,
    crashes,
  };
}
