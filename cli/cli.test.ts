import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PipelineView, ReleaseOutcome, ReleaseSummary, ReleaseView } from '../core/view/index.ts';
import { EXIT, EXIT_OF_OUTCOME, EXIT_TABLE } from './exit.ts';
import { type FakeControl, fakeControl, runCli } from './testing.ts';

const DIGEST = `sha256:${'4e5f6a7b8c9d'.padEnd(64, '0')}`;
const summary: ReleaseSummary = {
  id: 'checkout-4e5f6a7b-01',
  pipeline: 'checkout',
  image: { repository: 'shop/checkout', tag: '1.4.0', digest: DIGEST },
  status: 'waiting',
  stage: 'production',
  weightPercent: 25,
  reason: 'waits for alice or bob',
  createdAt: '2026-11-23T11:15:00Z',
};
const view: ReleaseView = {
  ...summary,
  author: 'carol',
  stages: [
    { name: 'staging', cluster: 'staging', service: 'checkout', status: 'ended', outcome: 'succeeded', weightPercent: 100, rungs: [] },
    {
      name: 'production', cluster: 'prod', service: 'checkout', status: 'waiting', weightPercent: 25,
      rungs: [{ weightPercent: 5, bakeMs: 600_000 }, { weightPercent: 25, bakeMs: 600_000, approval: { from: ['alice', 'bob'], need: 2, withinMs: 14_400_000 } }, { weightPercent: 100, bakeMs: 900_000 }],
      waitingFor: { kind: 'approval', from: ['alice', 'bob'], need: 2, given: ['bob'], untilMs: Date.parse('2026-11-23T15:30:00Z') },
    },
    { name: 'abroad', cluster: 'far', service: 'checkout', status: 'pending', rungs: [] },
  ],
  timeline: [
    { at: '2026-11-23T11:15:00Z', kind: 'created', text: '1.4.0 was pushed' },
    { at: '2026-11-23T11:59:59.500Z', stage: 'production', kind: 'approved', text: 'approved', by: 'bob' },
  ],
};
const pipeline: PipelineView = { name: 'checkout', repository: 'shop/checkout', stages: [{ name: 'staging', cluster: 'staging', service: 'checkout' }, { name: 'production', cluster: 'prod', service: 'checkout' }], latest: summary };
const ended = (outcome: ReleaseOutcome): ReleaseView => ({ ...view, status: 'ended', outcome, endedAt: '2026-11-23T12:00:00Z' });

const ROUTES = {
  'GET /v1/pipelines': { body: { pipelines: [pipeline, { ...pipeline, name: 'billing', latest: undefined }] } },
  [`GET /v1/releases/${summary.id}`]: { body: view },
  'GET /v1/releases?limit=100&pipeline=checkout': { body: { releases: [summary, { ...summary, id: 'checkout-old', status: 'ended', outcome: 'succeeded' }] } },
  'GET /v1/releases?limit=20&pipeline=checkout': { body: { releases: [summary] } },
  'GET /v1/releases?limit=100': { body: { releases: [{ ...summary, id: 'checkout-ffff' }], next: 'more' } },
  'GET /v1/releases?limit=100&next=more': { body: { releases: [summary] } },
  [`POST /v1/releases/${summary.id}/decisions`]: { body: { recorded: true, message: 'approved; 2 of 2 have', release: summary } },
  'POST /v1/releases': { status: 201, body: { release: summary } },
};

/** Typed, where `expect.stringContaining` is any. */
const containing = (text: string): unknown => expect.stringContaining(text);

let control: FakeControl | undefined;
afterEach(async () => control?.close());

async function withControl(routes: Parameters<typeof fakeControl>[0], words: string[], world: Parameters<typeof runCli>[1] = {}): Promise<Awaited<ReturnType<typeof runCli>>> {
  control = await fakeControl(sorted(routes));
  return runCli([...words, '--local', '--url', control.url], world);
}

/** The client writes queries in its own order; routes are compared with their parameters sorted. */
function sorted(routes: Parameters<typeof fakeControl>[0]): Parameters<typeof fakeControl>[0] {
  const both = Object.entries(routes).flatMap(([route, answer]) => {
    const [path, query] = route.split('?');
    return query === undefined ? [[route, answer]] : [[route, answer], [`${path}?${query.split('&').reverse().join('&')}`, answer]];
  });
  return Object.fromEntries(both) as Parameters<typeof fakeControl>[0];
}

describe('status', () => {
  test('without a name lists the pipelines', async () => {
    expect(await withControl(ROUTES, ['status'])).toEqual({
      exit: 0,
      stderr: '',
      stdout: `PIPELINE  REPOSITORY     STAGES                LATEST  STATE                          STARTED
checkout  shop/checkout  staging > production  1.4.0   waiting in production at 25 %  45 min ago
billing   shop/checkout  staging > production  -       nothing released yet
`,
    });
  });

  test('of a pipeline lists its releases', async () => {
    expect((await withControl(ROUTES, ['status', 'checkout'])).stdout).toBe(`RELEASE               IMAGE  STATE                          STARTED     REASON
checkout-4e5f6a7b-01  1.4.0  waiting in production at 25 %  45 min ago  waits for alice or bob
`);
  });

  test('of a release tells stages, weights, who is waited for, and the story', async () => {
    expect(await withControl(ROUTES, ['status', summary.id])).toEqual({
      exit: 0,
      stderr: '',
      stdout: `checkout-4e5f6a7b-01  waiting in production at 25 %
  pipeline  checkout
  image     shop/checkout:1.4.0 ${DIGEST}
  author    carol
  started   2026-11-23 11:15:00 UTC, 45 min ago
  reason    waits for alice or bob

staging  staging/checkout  succeeded

production  prod/checkout  waiting at 25 %
  5 % for 10 min > [25 % for 10 min then asks] > 100 % for 15 min
  waits for approval by alice (1 of 2 given: bob), 3 h 30 min left

abroad  far/checkout  not yet

2026-11-23 11:15:00  1.4.0 was pushed
2026-11-23 11:59:59  production: approved (bob)
`,
    });
  });

  test('finds a release by the beginning of its id, on whatever page it is', async () => {
    const { exit, stdout } = await withControl(ROUTES, ['status', 'checkout-4e', '--json']);
    expect([exit, JSON.parse(stdout)]).toEqual([0, view]);
  });

  test('does not guess between two beginnings', async () => {
    const { exit, stderr } = await withControl(ROUTES, ['status', 'checkout-']);
    expect([exit, stderr]).toEqual([2, containing('Say more: checkout-ffff, checkout-4e5f6a7b-01.')]);
  });

  test('names the nearest pipeline for one that is not there', async () => {
    const { exit, stderr } = await withControl(ROUTES, ['status', 'chekout']);
    expect([exit, stderr]).toEqual([3, 'slipway: there is no release or pipeline "chekout"\n  = Did you mean checkout?\n']);
  });

  test.each(Object.entries(EXIT_OF_OUTCOME))('of a release that ended as %s exits as %s', async (outcome, exit) => {
    const ran = await withControl({ 'GET /v1/releases/r-1': { body: ended(outcome as ReleaseOutcome) } }, ['status', 'r-1']);
    expect(ran.exit).toBe(EXIT[exit]);
  });

  test('prints reasons from elsewhere without their control characters', async () => {
    const { stdout } = await withControl({ ...ROUTES, [`GET /v1/releases/${summary.id}`]: { body: { ...view, reason: 'gone\u001b[2J\nrelease: fine' } } }, ['status', summary.id]);
    expect(stdout).toContain('  reason    gone [2J release: fine\n');
  });

  test('of a release that failed shows every line of why', async () => {
    const [staging, production, abroad] = view.stages;
    const failed = { ...ended('rolledBack'), stages: [staging, { ...production, status: 'ended', outcome: 'rolledBack', failure: { reason: 'checkout-5xx is in ALARM\n  12 of 100 requests failed', hint: 'See the logs.' } }, abroad] };
    const { stdout } = await withControl({ 'GET /v1/releases/r-1': { body: failed } }, ['status', 'r-1']);
    expect(stdout).toContain('  checkout-5xx is in ALARM\n    12 of 100 requests failed\n  = See the logs.\n');
    expect(stdout).not.toContain('waits for approval');
  });

  test('colours only for a person, and not when NO_COLOR is set', async () => {
    control = await fakeControl(sorted(ROUTES));
    const words = ['status', '--local', '--url', control.url];
    const escapes = async (world: Parameters<typeof runCli>[1]): Promise<boolean> => (await runCli(words, world)).stdout.includes('\u001b[');
    expect([await escapes({ isTerminal: true }), await escapes({ isTerminal: true, env: { NO_COLOR: '1' } }), await escapes({})]).toEqual([true, false, false]);
  });
});

describe('deciding', () => {
  test('approve sends the decision for the release that the pipeline has under way', async () => {
    const ran = await withControl(ROUTES, ['approve', 'checkout', '--stage', 'production', '--reason', 'looks good']);
    expect(ran).toEqual({ exit: 0, stdout: 'approved; 2 of 2 have\n', stderr: '' });
    expect(control!.received.at(-1)).toMatchObject({ method: 'POST', path: `/v1/releases/${summary.id}/decisions`, body: { kind: 'approve', stage: 'production', reason: 'looks good' } });
  });

  test.each(['reject', 'abort'])('%s sends its reason', async (kind) => {
    await withControl(ROUTES, [kind, summary.id, '--reason', 'too slow']);
    expect(control!.received.at(-1)!.body).toEqual({ kind, reason: 'too slow' });
  });

  test('reject wants a reason', async () => {
    const { exit, stderr } = await withControl(ROUTES, ['reject', summary.id]);
    expect([exit, stderr]).toEqual([2, containing("required option '--reason <text>' not specified")]);
    expect(control!.received).toEqual([]);
  });

  test('does not choose between two releases under way', async () => {
    const releases = [summary, { ...summary, id: 'checkout-other', status: 'running' }];
    const { exit, stderr } = await withControl({ ...ROUTES, 'GET /v1/releases?limit=100&pipeline=checkout': { body: { releases } } }, ['abort', 'checkout']);
    expect([exit, stderr]).toEqual([2, containing('Name one: checkout-4e5f6a7b-01, checkout-other.')]);
  });

  test('a pipeline with nothing under way has nothing to decide', async () => {
    const { exit } = await withControl({ ...ROUTES, 'GET /v1/releases?limit=100&pipeline=checkout': { body: { releases: [] } } }, ['approve', 'checkout']);
    expect(exit).toBe(EXIT.notFound);
  });

  test.each([
    { status: 403, code: 'NotAllowed', exit: 4, more: ' Say who you are: --as alice, for example.' },
    { status: 409, code: 'Refused', exit: 4 },
    { status: 400, code: 'BadRequest', exit: 2 },
    { status: 404, code: 'NotFound', exit: 3 },
    { status: 500, code: 'Internal', exit: 20 },
  ])('$code of the control API exits with $exit, its message and its hint', async ({ status, code, exit, more = '' }) => {
    const error = { code, message: 'dave may not approve this', hint: 'Ask alice.' };
    const ran = await withControl({ ...ROUTES, [`POST /v1/releases/${summary.id}/decisions`]: { status, body: { error } } }, ['approve', summary.id, '--json']);
    expect(ran).toEqual({ exit, stderr: `slipway: dave may not approve this\n  = Ask alice.${more}\n`, stdout: `${JSON.stringify({ error: { ...error, hint: `${error.hint}${more}` } }, null, 2)}\n` });
  });
});

describe('deploy', () => {
  test('starts a release and prints its id', async () => {
    expect(await withControl(ROUTES, ['deploy', 'checkout', '--tag', '1.4.0', '--reason', 'again'])).toEqual({ exit: 0, stdout: `${summary.id}\n`, stderr: '' });
    expect(control!.received.at(-1)!.body).toEqual({ pipeline: 'checkout', tag: '1.4.0', reason: 'again' });
  });

  test.each([[[]], [['--tag', 'a', '--digest', DIGEST]], [['--digest', 'sha256:12']]])('refuses %j before it asks anybody', async (options) => {
    const { exit } = await withControl(ROUTES, ['deploy', 'checkout', ...options]);
    expect([exit, control!.received]).toEqual([EXIT.badInput, []]);
  });

  test('with --wait tells the story once and exits with how it ended', async () => {
    const [first] = view.timeline;
    const steps = [{ body: { ...view, timeline: [first] } }, { body: view }, { body: ended('rolledBack') }];
    const { exit, stdout, stderr } = await withControl({ ...ROUTES, [`GET /v1/releases/${summary.id}`]: steps }, ['deploy', 'checkout', '--tag', '1.4.0', '--wait']);
    expect(exit).toBe(EXIT.rolledBack);
    expect(stderr).toBe(`release ${summary.id} of checkout\n1.4.0 was pushed\nproduction: approved (bob)\n`);
    expect(stdout).toContain('rolled back');
  });

  test('with --wait --timeout gives up waiting, not the release', async () => {
    const { exit, stderr } = await withControl(ROUTES, ['deploy', 'checkout', '--tag', '1.4.0', '--wait', '--timeout', '1m']);
    expect([exit, stderr]).toEqual([EXIT.timedOut, containing('has not ended within 1 min')]);
  });

  test('asks to start a release only once, even when the answer is lost', async () => {
    const { exit } = await withControl({ ...ROUTES, 'POST /v1/releases': { status: 502, text: 'bad gateway' } }, ['deploy', 'checkout', '--tag', '1.4.0']);
    expect([exit, control!.received.filter(({ method }) => method === 'POST').length]).toEqual([EXIT.cloudError, 1]);
  });
});

describe('apply', () => {
  const GOOD = 'pipelines:\n  checkout:\n    image: { repository: shop/checkout, tags: { exact: latest } }\n    stages:\n      - { name: a, service: { cluster: c, name: s, container: app }, strategy: rolling }\n';
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'slipway-cli-'));
    await writeFile(join(folder, 'slipway.yml'), GOOD);
  });
  afterEach(() => rm(folder, { recursive: true }));

  test('sends the file as JSON and shows the versions', async () => {
    const answer = { pipelines: [{ name: 'checkout', version: 3, changed: true }], warnings: ['mind the gap'] };
    const ran = await withControl({ 'PUT /v1/specification': { body: answer } }, ['apply', '--dry-run'], { workingFolder: folder });
    expect(ran).toEqual({ exit: 0, stdout: 'PIPELINE  VERSION\ncheckout  3        changed\n', stderr: 'warning: mind the gap\nThis was a dry run: nothing was changed.\n' });
    expect(control!.received[0]!.body).toEqual({
      dryRun: true,
      specification: { pipelines: { checkout: { image: { repository: 'shop/checkout', tags: { exact: 'latest' } }, stages: [{ name: 'a', service: { cluster: 'c', name: 's', container: 'app' }, strategy: 'rolling' }] } } },
    });
  });

  test('prints the faults that only the server found at their lines', async () => {
    const fault = { path: ['pipelines', 'checkout', 'image', 'repository'], message: 'there is no repository shop/checkout' };
    const error = { code: 'InvalidSpecification', message: '1 fault', faults: [fault] };
    const { exit, stderr } = await withControl({ 'PUT /v1/specification': { status: 422, body: { error } } }, ['apply'], { workingFolder: folder });
    expect([exit, stderr]).toEqual([2, expect.stringMatching(/^slipway\.yml:3:26 {2}there is no repository shop\/checkout/)]);
  });

  test('asks nobody when the file has faults', async () => {
    await writeFile(join(folder, 'slipway.yml'), GOOD.replace('rolling', 'roling'));
    const { exit } = await withControl({}, ['apply'], { workingFolder: folder });
    expect([exit, control!.received]).toEqual([2, []]);
  });

  test('tries again after a hiccup, because applying twice is applying once', async () => {
    const answers = [{ status: 503, text: '' }, { body: { pipelines: [], warnings: [] } }];
    const { exit } = await withControl({ 'PUT /v1/specification': answers }, ['apply'], { workingFolder: folder });
    expect([exit, control!.received.length]).toEqual([0, 2]);
  });
});

describe('the way to the control API', () => {
  test('requests are signed for Lambda with the credentials of the local operator', async () => {
    await withControl(ROUTES, ['status']);
    const { headers } = control!.received[0]!;
    expect(headers['authorization']).toMatch(/^AWS4-HMAC-SHA256 Credential=local\/\d{8}\/eu-west-1\/lambda\/aws4_request, SignedHeaders=[a-z0-9;-]*host[a-z0-9;-]*, Signature=[0-9a-f]{64}$/);
  });

  const xml = (action: string, result: string): string => `<${action}Response><${action}Result>${result}</${action}Result></${action}Response>`;
  /** One port for AWS and for the control API below a path, as in the local cloud. */
  async function cloud(outputs: string): Promise<void> {
    control = await fakeControl({
      'GET /_url/abc/v1/pipelines': { body: { pipelines: [] } },
      'POST /': ({ body, headers }) => {
        const action = /Action=(\w+)/.exec(String(body))?.[1];
        if (action === 'GetCallerIdentity') return { text: xml('GetCallerIdentity', '<Account>123456789012</Account><Arn>a</Arn><UserId>u</UserId>') };
        if (action === 'AssumeRole') return { text: xml('AssumeRole', '<Credentials><AccessKeyId>ASIAALICE</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken><Expiration>2030-01-01T00:00:00Z</Expiration></Credentials>') };
        if (!String(body).includes('StackName=slipway-prod&') && !String(body).endsWith('StackName=slipway-prod')) {
          return { status: 400, text: '<ErrorResponse><Error><Type>Sender</Type><Code>ValidationError</Code><Message>Stack with id slipway-test does not exist</Message></Error></ErrorResponse>' };
        }
        return { text: xml('DescribeStacks', `<Stacks><member><StackName>slipway-prod</StackName><CreationTime>2026-11-23T00:00:00Z</CreationTime><StackStatus>CREATE_COMPLETE</StackStatus><Outputs>${outputs.replace('HOST', String(headers['host']))}</Outputs></member></Stacks>`) };
      },
    });
  }
  const local = async (...words: string[]): Promise<Awaited<ReturnType<typeof runCli>>> => runCli([...words, '--local'], { env: { SLIPWAY_LOCAL_ENDPOINT: control!.url } });

  test('is the output ControlUrl of the stack, and --as signs as that person', async () => {
    await cloud('<member><OutputKey>ControlUrl</OutputKey><OutputValue>http://HOST/_url/abc/</OutputValue></member>');
    const ran = await local('status', '--as', 'alice');
    expect(ran).toMatchObject({ exit: 0, stdout: containing('There are no pipelines yet') });
    expect(control!.received.map(({ body }) => /Action=(\w+)/.exec(String(body))?.[1] ?? 'control')).toEqual(['GetCallerIdentity', 'AssumeRole', 'DescribeStacks', 'control']);
    expect(String(control!.received[1]!.body)).toContain('RoleArn=arn%3Aaws%3Aiam%3A%3A123456789012%3Arole%2Fslipway-people&RoleSessionName=alice');
    expect(control!.received[3]!.headers).toMatchObject({ authorization: containing('Credential=ASIAALICE/'), 'x-amz-security-token': 't' });
  });

  test('a stack that is not there is not found', async () => {
    await cloud('');
    expect(await local('status', '--stack', 'slipway-test')).toMatchObject({ exit: 3, stderr: containing('there is no stack slipway-test in eu-west-1') });
  });

  test('a stack without the output is not one of Slipway', async () => {
    await cloud('');
    expect(await local('status')).toMatchObject({ exit: 3, stderr: containing('has no output ControlUrl') });
  });

  test('says how to start the local cloud when nothing answers', async () => {
    expect(await runCli(['status', '--local', '--url', 'http://127.0.0.1:9'])).toMatchObject({ exit: 20, stderr: containing('`slipway local`') });
  });

  test('being refused by AWS itself names the permissions', async () => {
    const ran = await withControl({ 'GET /v1/pipelines': { status: 403, body: { Message: 'Forbidden' } } }, ['status']);
    expect(ran).toMatchObject({ exit: 4, stderr: containing('lambda:InvokeFunctionUrl') });
  });

  test.each([
    { words: ['status', '--as', 'alice'], says: '--as works only together with --local' },
    { words: ['status', '--local', '--url', 'nonsense'], says: '"nonsense" is not a URL' },
    { words: ['status', '--local', '--url', 'file:///etc'], says: 'is not a URL' },
  ])('$words is bad input', async ({ words, says }) => {
    expect(await runCli(words)).toMatchObject({ exit: 2, stderr: containing(says) });
  });
});

describe('the command line', () => {
  test.each([
    { words: ['aprove'], exit: 2, says: 'Did you mean approve?' },
    { words: ['status', '--jsn'], exit: 2, says: 'Did you mean --json?' },
    { words: ['approve'], exit: 2, says: "slipway: missing required argument 'release'\n  = See `slipway approve --help`." },
    { words: ['deploy', 'checkout', '--digest', 'abc'], exit: 2, says: 'A digest is sha256: and 64 hexadecimal digits.' },
    { words: ['unhold', 'checkout', '--digest', 'abc'], exit: 2, says: 'A digest is sha256: and 64 hexadecimal digits.' },
    { words: ['status', 'a', '--wait', '--timeout', 'soon'], exit: 2, says: 'Durations are written 90s, 10m, 4h or 2d.' },
    { words: ['push', '.', 'Shop/checkout'], exit: 2, says: 'is not a repository with a tag' },
    { words: ['local', '--port', 'http'], exit: 2, says: 'A port is a number' },
    { words: [], exit: 2, says: 'Usage: slipway' },
  ])('$words exits with $exit', async ({ words, exit, says }) => {
    const ran = await runCli(words);
    expect([ran.exit, ran.stderr]).toEqual([exit, containing(says)]);
  });

  test.each([
    ['deploy', 'chekout', '--tag', '1.4.0'],
    ['hold', 'chekout', '--digest', DIGEST, '--reason', 'it leaks'],
    ['unhold', 'chekout', '--digest', DIGEST],
  ])('%s names the pipeline that was probably meant', async (...words) => {
    expect(await withControl(ROUTES, words)).toMatchObject({ exit: 3, stderr: containing('Did you mean checkout?') });
  });

  test('what is wrong with the words themselves is JSON too, where JSON is asked for', async () => {
    const { exit, stdout } = await runCli(['status', '--json', '--nope']);
    expect([exit, JSON.parse(stdout)]).toEqual([EXIT.badInput, { error: { code: 'badInput', message: "unknown option '--nope'", hint: 'See `slipway status --help`.' } }]);
  });

  test('the version is that of the package', async () => {
    const { version } = JSON.parse(await readFile('package.json', 'utf8')) as { version: string };
    expect(await runCli(['--version'])).toEqual({ exit: 0, stdout: `${version}\n`, stderr: '' });
  });

  test('help lists every exit code', async () => {
    const { exit, stdout } = await runCli(['--help']);
    expect(exit).toBe(0);
    for (const { name, meaning } of EXIT_TABLE) expect(stdout).toContain(`${String(EXIT[name]).padStart(4)}  ${meaning}`);
    expect(EXIT_TABLE.map(({ name }) => name)).toEqual(Object.keys(EXIT));
  });

  test('push says that real images are pushed with docker', async () => {
    expect((await runCli(['push', '--help'])).stdout).toContain('docker push');
  });

  test('push says what an image folder is when it is given none', async () => {
    expect(await runCli(['push', 'nowhere', 'shop/checkout:1', '--local'])).toMatchObject({ exit: 3, stderr: containing('nowhere is not an image folder') });
  });

  test('the bin runs from a checkout', () => {
    const output = execFileSync(process.execPath, ['cli/slipway.mjs', '--help'], { encoding: 'utf8' });
    expect(output).toContain('Usage: slipway');
  });
});
