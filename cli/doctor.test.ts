// `slipway doctor` against a fake AWS: one port that answers STS, CloudFormation, SQS, CloudWatch and the control API.

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EXIT } from './exit.ts';
import { type FakeControl, fakeControl, type Ran, type Received, type Reply, runCli } from './testing.ts';

const GOOD = 'pipelines:\n  checkout:\n    image: { repository: shop/checkout, tags: { exact: latest } }\n    stages:\n      - { name: a, service: { cluster: c, name: s, container: app }, strategy: rolling }\n';

interface Fake {
  stackStatus?: string;
  /** Messages in the dead letter queue. */
  lost?: number;
  alarm?: 'OK' | 'ALARM';
  pipelines?: string[];
  specification?: Reply;
  control?: Reply;
  /** Operations that AWS refuses. */
  denied?: string[];
}

let folder: string;
let cloud: FakeControl | undefined;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'slipway-doctor-'));
});
afterEach(async () => {
  await cloud?.close();
  await rm(folder, { recursive: true });
});

const xml = (action: string, result: string): Reply => ({ text: `<${action}Response><${action}Result>${result}</${action}Result></${action}Response>` });
const xmlError = (code: string, message: string): Reply => ({ status: 400, text: `<ErrorResponse><Error><Type>Sender</Type><Code>${code}</Code><Message>${message}</Message></Error></ErrorResponse>` });

function answerOf({ body, headers }: Received, fake: Fake): Reply {
  const action = /Action=(\w+)/.exec(String(body))?.[1] ?? String(headers['x-amz-target'] ?? '').split('.').at(-1) ?? '';
  const host = String(headers['host']);
  if (fake.denied?.includes(action) === true) return headers['x-amz-target'] === undefined ? xmlError('AccessDenied', `not authorized to perform ${action}`) : { status: 400, body: { __type: 'AccessDeniedException', message: 'not authorized' } };
  switch (action) {
    case 'GetCallerIdentity':
      return xml(action, '<Account>123456789012</Account><Arn>arn:aws:iam::123456789012:user/alice</Arn><UserId>u</UserId>');
    case 'DescribeStacks':
      if (fake.stackStatus === undefined) return xmlError('ValidationError', 'Stack with id slipway-prod does not exist');
      return xml(action, `<Stacks><member><StackName>slipway-prod</StackName><CreationTime>2026-11-23T00:00:00Z</CreationTime><StackStatus>${fake.stackStatus}</StackStatus><Outputs><member><OutputKey>ControlUrl</OutputKey><OutputValue>http://${host}</OutputValue></member></Outputs></member></Stacks>`);
    case 'DescribeStackResources':
      return xml(
        action,
        `<StackResources>${[['AWS::SQS::Queue', `http://${host}/123456789012/undelivered`], ['AWS::CloudWatch::Alarm', 'slipway-prod-undelivered']]
          .map(([type = '', id = '']) => `<member><LogicalResourceId>x</LogicalResourceId><ResourceType>${type}</ResourceType><PhysicalResourceId>${id}</PhysicalResourceId><ResourceStatus>CREATE_COMPLETE</ResourceStatus><Timestamp>2026-11-23T00:00:00Z</Timestamp></member>`)
          .join('')}</StackResources>`,
      );
    case 'GetQueueAttributes':
      return { body: { Attributes: { ApproximateNumberOfMessages: String(fake.lost ?? 0) } } };
    case 'DescribeAlarms':
      return { body: { MetricAlarms: [{ AlarmName: 'slipway-prod-undelivered', StateValue: fake.alarm ?? 'OK' }] } };
    default:
      throw new Error(`nobody expected ${action}`);
  }
}

async function doctor(fake: Fake, words: string[] = []): Promise<Ran> {
  cloud = await fakeControl({
    'GET /v1/pipelines': fake.control ?? { body: { pipelines: (fake.pipelines ?? ['checkout']).map((name) => ({ name, repository: name, stages: [] })) } },
    'PUT /v1/specification': fake.specification ?? { body: { pipelines: [], warnings: [] } },
    'POST /': (request) => answerOf(request, fake),
  });
  return runCli(['doctor', '--local', ...words], { env: { SLIPWAY_LOCAL_ENDPOINT: cloud.url }, workingFolder: folder });
}

const whole: Fake = { stackStatus: 'UPDATE_COMPLETE' };
const linesOf = (ran: Ran): string[] => ran.stdout.split('\n').filter((line) => /^(?:ok|warn|fail)/.test(line)).map((line) => line.replace(/ +/g, ' '));

describe('doctor', () => {
  test('says one line for each thing that is in place', async () => {
    await writeFile(join(folder, 'slipway.yml'), GOOD);
    const ran = await doctor(whole);
    expect(linesOf(ran)).toEqual([
      expect.stringMatching(/^ok region eu-west-1, the local cloud/),
      'ok credentials arn:aws:iam::123456789012:user/alice in account 123456789012',
      'ok stack slipway-prod is UPDATE_COMPLETE, deployed 2026-11-23 00:00:00 UTC',
      'ok control API answers; 1 pipeline',
      'ok pipelines the services and alarms of checkout fit',
      'ok dead letters 1 queue is empty',
      'ok own alarms 1 is quiet',
    ]);
    expect(ran.exit).toBe(0);
  });

  test.each<{ what: string; fake: Fake; file?: string; exit: number; line: string }>([
    { what: 'a stack that is not there', fake: {}, exit: EXIT.notFound, line: 'fail stack there is no stack slipway-prod in eu-west-1' },
    { what: 'a stack that failed', fake: { ...whole, stackStatus: 'UPDATE_ROLLBACK_FAILED' }, exit: EXIT.cloudError, line: 'fail stack slipway-prod is UPDATE_ROLLBACK_FAILED, deployed 2026-11-23 00:00:00 UTC' },
    { what: 'a stack whose update was taken back', fake: { ...whole, stackStatus: 'UPDATE_ROLLBACK_COMPLETE' }, exit: 0, line: 'warn stack slipway-prod is UPDATE_ROLLBACK_COMPLETE, deployed 2026-11-23 00:00:00 UTC' },
    { what: 'a control API that refuses', fake: { ...whole, control: { status: 403, body: { Message: 'Forbidden' } } }, exit: EXIT.notAllowed, line: 'fail control API AWS refused the request before it reached Slipway' },
    { what: 'no pipeline', fake: { ...whole, pipelines: [] }, exit: 0, line: 'warn control API answers; no pipeline has been applied' },
    { what: 'no file', fake: whole, exit: 0, line: 'warn pipelines no slipway.yml here, so services and alarms were not checked' },
    { what: 'a file that is wrong', fake: whole, file: GOOD.replace('rolling', 'roling'), exit: EXIT.badInput, line: 'fail pipelines slipway.yml:5 strategy must be rolling or blueGreen, not "roling"' },
    {
      what: 'a service that does not fit', fake: { ...whole, specification: { status: 422, body: { error: { code: 'InvalidSpecification', message: '1 fault', faults: [{ path: ['pipelines', 'checkout', 'stages', 0, 'service', 'name'], message: 'no service c/s', hint: 'Check it.' }] } } } },
      file: GOOD, exit: EXIT.badInput, line: 'fail pipelines slipway.yml:5 no service c/s',
    },
    { what: 'a pipeline that is not applied', fake: { ...whole, pipelines: ['other'] }, file: GOOD, exit: 0, line: 'warn pipelines not applied yet: checkout' },
    { what: 'a pipeline of another file', fake: { ...whole, pipelines: ['checkout', 'other'] }, file: GOOD, exit: 0, line: 'warn pipelines applied, and not in slipway.yml: other' },
    { what: 'lost events', fake: { ...whole, lost: 3 }, exit: EXIT.cloudError, line: 'fail dead letters undelivered holds 3' },
    { what: 'an alarm of its own', fake: { ...whole, alarm: 'ALARM' }, exit: EXIT.cloudError, line: 'fail own alarms in ALARM: slipway-prod-undelivered' },
    { what: 'no permission to see alarms', fake: { ...whole, denied: ['DescribeAlarms'] }, exit: 0, line: 'warn own alarms you are not permitted to look' },
    { what: 'no permission to look', fake: { ...whole, denied: ['DescribeStackResources'] }, exit: 0, line: 'warn dead letters you are not permitted to look' },
  ])('tells $what, with a hint', async ({ fake, file, exit, line }) => {
    if (file !== undefined) await writeFile(join(folder, 'slipway.yml'), file);
    const ran = await doctor(fake);
    expect(linesOf(ran)).toContain(line);
    const after = ran.stdout.split('\n').find((_text, index, lines) => lines[index - 1]?.replace(/ +/g, ' ') === line);
    expect(after).toMatch(/^ +=/);
    expect(ran.exit).toBe(exit);
  });

  test('a file that was named has to be there', async () => {
    expect(await doctor(whole, ['--file', 'other.yml'])).toMatchObject({ exit: EXIT.notFound });
  });

  test('looks no further without credentials, because everything would fail for the same reason', async () => {
    const ran = await doctor({ ...whole, denied: ['GetCallerIdentity'] });
    expect(linesOf(ran).map((line) => line.split(' ')[0])).toEqual(['ok', 'fail']);
    expect(ran.exit).toBe(EXIT.notAllowed);
  });

  test('--json has every check', async () => {
    const { stdout, exit } = await doctor({ ...whole, lost: 1 }, ['--json']);
    const answer = JSON.parse(stdout) as { ok: boolean; checks: { name: string; status: string }[] };
    expect([answer.ok, exit]).toEqual([false, EXIT.cloudError]);
    expect(answer.checks.map(({ name }) => name)).toEqual(['region', 'credentials', 'stack', 'control API', 'pipelines', 'dead letters', 'own alarms']);
  });
});
