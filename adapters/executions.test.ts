import { doorbell } from './doorbell.ts';
import { release } from '../core/testing/samples.ts';
import { smallCloud, type SmallCloud } from './testing/small-cloud.ts';

let cloud: SmallCloud;
let stateMachineArn: string;
let tokens: string[];
beforeEach(async () => {
  tokens = [];
  const park = { permissions: () => [], handle: (input: unknown) => {
    tokens.push((JSON.parse(new TextDecoder().decode((input as { Payload: Uint8Array }).Payload)) as { token: string }).token);
    return { StatusCode: 200, Payload: new TextEncoder().encode('{}') };
  } };
  cloud = await smallCloud([{ signingName: 'lambda', operations: { Invoke: park } }]);
  const definition = {
    QueryLanguage: 'JSONata',
    StartAt: 'Wait',
    States: { Wait: { Type: 'Task', Resource: 'arn:aws:states:::lambda:invoke.waitForTaskToken', Arguments: { FunctionName: 'park', Payload: { token: '{% $states.context.Task.Token %}' } }, TimeoutSeconds: 60, End: true } },
  };
  ({ stateMachineArn } = (await cloud.call('states', 'CreateStateMachine', { name: 'release', definition: JSON.stringify(definition), roleArn: 'arn:aws:iam::123456789012:role/r' })) as { stateMachineArn: string });
});
afterEach(() => cloud.close());

const statusOf = async (executionArn: string) => ((await cloud.call('states', 'DescribeExecution', { executionArn })) as { status: string }).status;

it('starting twice starts one execution, also when the first has ended', async () => {
  const executions = cloud.executions(stateMachineArn);
  const arn = await executions.start('r1', 'r1');
  expect(await executions.start('r1', 'r1')).toBe(arn);
  await cloud.clock.advance(61_000);
  expect(await statusOf(arn)).toBe('FAILED');
  expect(await executions.start('r1', 'r1')).toBe(arn);
  const { executions: all } = (await cloud.call('states', 'ListExecutions', { stateMachineArn })) as { executions: unknown[] };
  expect(all).toHaveLength(1);
});

it('a name that is taken by another input counts as started', async () => {
  const executions = cloud.executions(stateMachineArn);
  const arn = await executions.start('r1', 'r1');
  expect(await executions.start('r1', 'another')).toBe(arn);
});

it('a wake is one, however often it comes, and too late is no error', async () => {
  const executions = cloud.executions(stateMachineArn);
  const arn = await executions.start('r1', 'r1');
  await cloud.clock.advance(1000);
  await executions.wake(tokens[0] ?? '');
  await cloud.clock.advance(1000);
  expect(await statusOf(arn)).toBe('SUCCEEDED');
  await executions.wake(tokens[0] ?? '');

  const late = await executions.start('r2', 'r2');
  await cloud.clock.advance(61_000);
  expect(await statusOf(late)).toBe('FAILED');
  await executions.wake(tokens[1] ?? '');
  await executions.wake('no token at all');
});

it('a ring counts first and wakes second, and is no error for a release that sleeps no more', async () => {
  const executions = cloud.executions(stateMachineArn);
  const bell = doorbell(cloud.releases, executions);
  const one = release();
  await cloud.releases.create(one, [], 'once');
  await bell.ring(one.id);
  const arn = await executions.start('r1', one.id);
  await cloud.clock.advance(1000);
  await cloud.releases.park(one.id, { token: tokens[0] ?? '', bell: 1, wait: undefined });
  cloud.before('SendTaskSuccess', async () => expect((await cloud.releases.load(one.id))?.release.bell).toBe(2));
  await bell.ring(one.id);
  await bell.ring(one.id);
  await cloud.clock.advance(1000);
  expect(await statusOf(arn)).toBe('SUCCEEDED');
  await bell.ring('nobody');
});
