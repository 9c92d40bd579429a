// The one way in: what stands around calls, and what is kept of them.
import { CloudKernel } from './cloud-kernel.ts';
import type { Intercept } from './cloud-kernel.ts';
import { VirtualClock } from './kernel/clock.ts';
import { AwsError } from './kernel/errors.ts';
import { realisticPhysics } from './kernel/physics.ts';
import { seededRandom } from './kernel/random.ts';
import { likelySwitches } from './kernel/switches.ts';
import { operator } from './testing/kernel.ts';

function kernelWith(intercept?: Intercept) {
  const done: string[] = [];
  const kernel = new CloudKernel({
    clock: new VirtualClock(0, () => undefined),
    random: seededRandom(1),
    physics: realisticPhysics,
    switches: likelySwitches,
    accountId: '123456789012',
    region: 'eu-west-1',
    endpointUrl: 'http://local.test',
    onCrash: () => undefined,
    intercept,
  });
  kernel.register({ signingName: 'sqs', operations: { PurgeQueue: { permissions: () => [], handle: () => (done.push('purged'), { ok: true }) } } });
  return { kernel, done, purge: () => kernel.call(operator, 'sqs', 'PurgeQueue', {}) };
}

const throttled = new AwsError('ThrottlingException', 'Rate exceeded');

test.each<{ name: string; intercept: Intercept; outcome: unknown; happened: string[] }>([
  { name: 'may watch a call', intercept: (_call, proceed) => proceed(), outcome: { ok: true }, happened: ['purged'] },
  { name: 'may refuse a call before it happens', intercept: () => Promise.reject(throttled), outcome: throttled, happened: [] },
  { name: 'may lose the answer of a call that happened', intercept: (_call, proceed) => proceed().then(() => Promise.reject(throttled)), outcome: throttled, happened: ['purged'] },
])('an interceptor $name', async ({ intercept, outcome, happened }) => {
  const { purge, done } = kernelWith(intercept);
  expect(await purge().catch((error: unknown) => error)).toEqual(outcome);
  expect(done).toEqual(happened);
});

test('two models cannot claim one service', () => {
  expect(() => kernelWith().kernel.register({ signingName: 'sqs', operations: {} })).toThrow('two models claim the service sqs');
});

test('a role that does not exist cannot be assumed, and the refusal says so', () => {
  expect(() => kernelWith().kernel.assumeRole('arn:aws:iam::123456789012:role/ghost', 'lambda.amazonaws.com', 's')).toThrow('the role does not exist');
});

test('the same operation missing twice is counted twice, and each failure once', async () => {
  const { kernel } = kernelWith();
  for (let time = 0; time < 2; time++) await kernel.call(operator, 'sqs', 'TagQueue', {}).catch((error: unknown) => kernel.ledger.notModelled(error as never));
  expect(kernel.ledger.report().notModelled).toEqual([{ what: 'The local cloud does not model the operation sqs:TagQueue.', count: 2 }]);
});
