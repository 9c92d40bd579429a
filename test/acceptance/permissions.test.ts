// Promise 7: what runs here is what is deployed, down to the permissions. Least privilege, proved on both sides: in a run of
// everything that Slipway does nothing is denied, and nothing is granted that was never used.
import { runEverything, SLIPWAY_STACK, type Everything } from './everything.ts';
import { asTable, permissionsOf, unused, type PermissionReport } from './permission-table.ts';
import { ACCEPTANCE_LIMIT_MS } from './quick-world.ts';

/**
 * Granted although this cloud never asks for it, because AWS leaves open whether it does: UpdateService may check the roles of
 * the task definition also where only the deployment configuration is changed.
 */
const IN_CASE_AWS_ASKS = ['FinishStageRole iam:PassRole ecs-tasks.amazonaws.com'];

describe('in a run of everything', () => {
  let everything: Everything;
  let report: PermissionReport;

  beforeAll(async () => {
    everything = await runEverything();
    report = await permissionsOf(everything.world, SLIPWAY_STACK);
  }, ACCEPTANCE_LIMIT_MS);
  afterAll(() => everything.world.close());

  test('every part came to its end', () => {
    expect(everything.ends).toEqual({
      crash: 'rolledBack',
      'lost answer': 'succeeded',
      abort: 'aborted',
      promoted: 'succeeded',
      approved: 'succeeded',
      rejected: 'rejected',
      alarm: 'rolledBack',
      held: 'refused',
      superseded: 'superseded',
      rescued: 'failed',
      caught: 'failed',
      'alarm at start': 'refused',
      'by hand': 'unchanged',
      overridden: 'succeeded',
      thawed: 'succeeded',
      undo: 'succeeded',
      'undo of the undo': 'succeeded',
      replaced: 'failed',
    });
  });

  test('no call is denied, but for the events that were made undeliverable', () => {
    expect(report.denials.filter((denial) => !/^events\.amazonaws\.com lambda:InvokeFunction \S+:function:slipway-prod-signal /.test(denial))).toEqual([]);
  });

  test('every permission that a role of Slipway has was used', () => {
    const never = unused(report).filter((row) => !IN_CASE_AWS_ASKS.includes(`${row.role} ${row.action} ${row.condition}`));
    if (never.length > 0) throw new Error(`Never used (all of them: npx tsx test/acceptance/report-permissions.ts):\n${asTable(never)}`);
    expect(report.grants.length).toBeGreaterThan(100);
  });

  test('what is granted to be on the safe side is still there, and still unused', () => {
    expect(unused(report).map((row) => `${row.role} ${row.action} ${row.condition}`)).toEqual(IN_CASE_AWS_ASKS);
  });

  test('no log line and no trace was dropped for want of a permission', () => {
    const { lambda, states } = everything.world.local.cloud.models;
    expect(lambda.deniedDeliveries).toEqual([]);
    expect(states.untracedExecutions).toEqual([]);
  });

  test('the cloud had every operation that was asked of it, and did not fail itself', () => {
    expect(everything.world.local.cloud.ledger.report().notModelled).toEqual([]);
    expect(everything.world.local.cloud.kernel.crashes).toEqual([]);
  });
});
