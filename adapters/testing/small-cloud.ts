// The models behind the records and executions, reached through the real SDK clients in this process. A test may let any
// operation fail before or after its effect, or let something else happen just before it: the races are made here.
import { SFNClient } from '@aws-sdk/client-sfn';
import { DynamoDbModel } from '../../local-cloud/dynamodb/index.ts';
import { AwsError } from '../../local-cloud/kernel/errors.ts';
import type { ServiceModel } from '../../local-cloud/kernel/service.ts';
import { StepFunctionsModel } from '../../local-cloud/states/index.ts';
import { operator, testKernel } from '../../local-cloud/testing/kernel.ts';
import { createDispatcher, inProcessRequestHandler, Routes } from '../../local-cloud/wire/index.ts';
import type { AwsOptions } from '../aws.ts';
import { executionsIn } from '../executions.ts';
import { freezesIn } from '../records/freezes.ts';
import { holdsIn } from '../records/holds.ts';
import { leasesIn } from '../records/leases.ts';
import { releasesIn } from '../records/releases.ts';
import { specificationsIn } from '../records/specifications.ts';
import { openTable } from '../records/table.ts';
import { timelineIn } from '../records/timeline.ts';
import { watchesIn } from '../records/watches.ts';

const TABLE = 'slipway';

interface Trap {
  operation: string;
  /** Which of the calls of this operation from now on: 1 is the next. */
  nth: number;
  spring: (call: () => Promise<unknown>, input: object) => Promise<unknown>;
}

const lost = (): AwsError => new AwsError('InternalFailure', 'the connection was lost', { httpStatus: 500 });

export async function smallCloud(more: ServiceModel[] = []) {
  const test = testKernel({ startMs: Date.UTC(2026, 10, 23, 12) });
  const emitted: { detailType: string; resources: string[]; detail: Record<string, unknown> }[] = [];
  const states = new StepFunctionsModel(test.kernel, { events: { emit: (event) => void emitted.push(event) }, metrics: { record: () => undefined }, logs: { append: () => undefined } });
  for (const model of [new DynamoDbModel(test.kernel), states, ...more]) test.register(model);

  let traps: Trap[] = [];
  const calls: { operation: string; input: object }[] = [];
  let requests = 0;
  const dispatch = createDispatcher({
    authenticate: () => operator,
    call: async (_caller, signingName, operation, input) => {
      calls.push({ operation, input });
      const call = () => test.call(signingName, operation, input);
      for (const trap of traps) if (trap.operation === operation) trap.nth--;
      const sprung = traps.find((trap) => trap.operation === operation && trap.nth === 0);
      traps = traps.filter((trap) => trap.nth > 0);
      return sprung ? sprung.spring(call, input) : call();
    },
    newRequestId: () => `request-${requests++}`,
    functionUrls: { find: () => undefined } as never,
    routes: new Routes(),
    notModelled: (error) => test.crashes.push(error),
    crash: (error) => test.crashes.push(error),
  });
  const options: AwsOptions = { region: 'eu-west-1', credentials: { accessKeyId: 'a', secretAccessKey: 'b' }, endpoint: 'http://cloud.local', requestHandler: inProcessRequestHandler(dispatch), maxAttempts: 1 };

  await test.call('dynamodb', 'CreateTable', {
    TableName: TABLE,
    BillingMode: 'PAY_PER_REQUEST',
    AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }, { AttributeName: 'sk', AttributeType: 'S' }, { AttributeName: 'pipelineName', AttributeType: 'S' }, { AttributeName: 'createdAtMs', AttributeType: 'N' }],
    KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }, { AttributeName: 'sk', KeyType: 'RANGE' }],
    GlobalSecondaryIndexes: [{ IndexName: 'byPipeline', KeySchema: [{ AttributeName: 'pipelineName', KeyType: 'HASH' }, { AttributeName: 'createdAtMs', KeyType: 'RANGE' }], Projection: { ProjectionType: 'ALL' } }],
  });
  await test.clock.advance(60_000);
  const table = openTable(TABLE, options);
  const sfn = new SFNClient(options);

  return {
    ...test,
    states,
    emitted,
    options,
    table,
    sfn,
    wireCalls: calls,
    releases: releasesIn(table),
    timeline: timelineIn(table),
    leases: leasesIn(table),
    watches: watchesIn(table),
    holds: holdsIn(table),
    freezes: freezesIn(table),
    specifications: specificationsIn(table),
    executions: (stateMachineArn: string) => executionsIn(sfn, stateMachineArn),

    /** The nth call from now of this operation has its effect, and its answer is lost. */
    loseAnswerOf: (operation: string, nth = 1) => void traps.push({ operation, nth, spring: async (call) => { await call(); throw lost(); } }),
    /** The nth call from now of this operation never arrives. */
    lose: (operation: string, nth = 1) => void traps.push({ operation, nth, spring: () => Promise.reject(lost()) }),
    fail: (operation: string, error: AwsError, nth = 1) => void traps.push({ operation, nth, spring: () => Promise.reject(error) }),
    /** Something else happens just before the nth call from now of this operation. */
    before: (operation: string, meanwhile: () => Promise<unknown>, nth = 1) => void traps.push({ operation, nth, spring: async (call) => { await meanwhile(); return call(); } }),
    /** What was set up above and has not happened yet will not happen. */
    disarm: () => void (traps = []),
    close: () => states.close(),
  };
}

export type SmallCloud = Awaited<ReturnType<typeof smallCloud>>;
