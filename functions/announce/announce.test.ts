// The announcer against a model of DynamoDB and the Slack look-alike over HTTP, with its weather.
import { slackOver, SlackBusy, SlackRefused, SlackUnreachable, type SlackSecret } from '../../adapters/slack.ts';
import { announcementsIn } from '../../adapters/records/announcements.ts';
import { smallCloud, type SmallCloud } from '../../adapters/testing/small-cloud.ts';
import { alarm, ask, deploymentRecord, pipeline, release, rule, stageRecord } from '../../core/testing/samples.ts';
import type { Outcome, Release, StageRecord } from '../../core/release/model.ts';
import { startSlack, type SlackLookAlike } from '../../rehearsal/slack/server.ts';
import type { PostedMessage } from '../../rehearsal/slack/workspace.ts';
import { announce } from './announce.ts';
import type { AnnounceDependencies } from './speech.ts';

let slack: SlackLookAlike;
beforeAll(async () => {
  slack = await startSlack();
});
afterAll(() => slack.close());

let cloud: SmallCloud;
let about: Release;
let logged: string[];
let secret: { content: SlackSecret; forgotten: number };
let dependencies: AnnounceDependencies;
let handle: (event: unknown) => Promise<{ batchItemFailures: { itemIdentifier: string }[] }>;
let nowMs: number;
let holders = 0;
let releases = 0;

beforeEach(async () => {
  nowMs = Date.now();
  cloud = await smallCloud();
  logged = [];
  slack.switches.outage = 'none';
  slack.switches.tokenRevoked = false;
  slack.switches.rateLimit = { left: 0, retryAfterSeconds: 1 };
  slack.calls.length = 0;
  secret = { content: { botToken: slack.botToken, signingSecret: slack.signingSecret }, forgotten: 0 };
  // The workspace outlives a test, so every release has a tag of its own.
  const tag = `v${++releases}.0.0`;
  about = release({ id: `checkout-${tag}`, image: { repository: 'shop/checkout', registry: 'r', tag, digest: `sha256:${String(releases).padStart(64, 'a')}` }, pipeline: pipeline({ notify: { slack: '#deploys' } }) });
  const log = (level: string) => (message: string, fields?: object) => void logged.push(JSON.stringify({ level, message, ...fields }));
  const secretPort = { get: async () => secret.content, forget: () => void secret.forgotten++ };
  dependencies = {
    releases: cloud.releases,
    timeline: cloud.timeline,
    announcements: announcementsIn(cloud.table),
    alarms: { states: async (names) => names.map((name) => alarm(name)) },
    slack: { api: slackOver({ apiUrl: slack.apiUrl, secret: secretPort, sleep: async () => undefined }), secret: secretPort },
    newHolder: () => `holder-${++holders}`,
    clock: { nowMs: () => nowMs },
    log: { info: log('info'), warn: log('warn'), error: log('error') },
  };
  handle = announce(dependencies);
  await cloud.releases.create(about, [stageRecord({ status: 'running', deployment: deploymentRecord(), waitingFor: { kind: 'deployment' } })], 'once');
  await cloud.timeline.write(about.id, [{ key: 'stage.0.started', atMs: 1, kind: 'stage', text: `The rollout of ${tag} started.` }]);
});
afterEach(() => cloud.close());

const notice = (id = about.id, messageId = 'm') => ({ Records: [{ messageId, body: 'text', messageAttributes: { release: { stringValue: id, dataType: 'String' }, kind: { stringValue: 'weightReached' } } }] });
/** As long as the queue keeps a message away that failed. */
const untilItComesBack = () => void (nowMs += 90_000);
const tagOf = () => about.image.tag ?? '';
const mains = (): PostedMessage[] => slack.workspace.messages.filter(({ threadTs, text }) => threadTs === undefined && text.includes(` ${tagOf()} `));
const replies = (): PostedMessage[] => slack.workspace.messages.filter(({ threadTs }) => mains().some(({ ts }) => ts === threadTs));
const lines = (): string[] => replies().flatMap(({ text }) => text.split('\n'));
const save = async (more: Partial<StageRecord>): Promise<void> => {
  const loaded = await cloud.releases.load(about.id);
  await cloud.releases.saveStage(about.id, { ...loaded!.stages[0]!, ...more }, loaded!.stageVersions[0]!);
};
const end = async (outcome: Outcome = 'succeeded'): Promise<void> => {
  await save({ status: 'ended', outcome, waitingFor: undefined });
  await cloud.timeline.write(about.id, [{ key: 'release.ended', atMs: 9, kind: 'release', text: `The release ended: ${outcome}.` }]);
  await cloud.releases.end(about.id, outcome, 'for a reason', 9);
};

describe('one message per release', () => {
  test('is posted, changed in place, and tells its story in its thread', async () => {
    await handle(notice());
    await save({ weightPercent: 5, rungsReached: [{ weightPercent: 5, atMs: 2 }], waitingFor: { kind: 'bake', untilMs: 1e12 } });
    await cloud.timeline.write(about.id, [{ key: 'stage.0.rung.5.reached', atMs: 2, kind: 'weight', text: 'It serves 5 %.' }]);
    await handle(notice());
    await end();
    await handle(notice());
    expect(mains()).toMatchObject([{ updates: 2, text: expect.stringContaining('SUCCEEDED') }]);
    expect(lines()).toEqual([`🚢 The rollout of ${tagOf()} started.`, '📈 It serves 5 %.', '✅ The release ended: succeeded.']);
  });

  test('notices that are doubled or stale change nothing', async () => {
    await end();
    await handle(notice());
    const calls = slack.calls.length;
    for (let again = 0; again < 5; again++) await handle(notice());
    await handle({ releaseId: about.id });
    expect(slack.calls).toHaveLength(calls);
    expect(mains()).toHaveLength(1);
    expect(lines()).toHaveLength(2);
  });

  test('the end stays, whatever a record may still say', async () => {
    await end();
    await handle(notice());
    const stale = announce({ ...dependencies, releases: { load: async (id) => { const loaded = await cloud.releases.load(id); return loaded && { ...loaded, release: { ...loaded.release, status: 'running', outcome: undefined } }; } } });
    await stale(notice());
    expect(mains()).toMatchObject([{ updates: 0, text: expect.stringContaining('SUCCEEDED') }]);
  });

  test('lights are shown as they are, and a message without them when they cannot be read', async () => {
    await announce({ ...dependencies, alarms: { states: async (names) => names.map((name) => alarm(name, 'ALARM')) } })(notice());
    expect(JSON.stringify(mains()[0]?.blocks)).toContain('🔴 checkout-5xx');
    await announce({ ...dependencies, alarms: { states: () => Promise.reject(new Error('AccessDenied')) } })(notice());
    expect(JSON.stringify(mains()[0]?.blocks)).not.toContain('checkout-5xx');
    expect(logged.join()).toContain('alarms could not be read');
  });

  test('approvers are called in the thread', async () => {
    const people = { alice: { name: 'alice', aws: [], slack: 'U012AL1CE' } };
    const asked = release({ ...about, id: `${about.id}-b`, people });
    await cloud.releases.create(asked, [stageRecord({ status: 'running', asks: [ask({ key: 'weight.5', rule: rule({ from: ['alice'] }), deadlineMs: Date.now() + 60_000 })] })], 'again');
    await cloud.timeline.write(asked.id, [{ key: 'stage.0.ask.weight.5', atMs: 3, kind: 'ask', text: 'Go on?' }]);
    await handle(notice(asked.id));
    expect(JSON.stringify(replies().map(({ blocks }) => blocks))).toContain('<@U012AL1CE>');
  });

  test('a message that somebody deleted is posted again', async () => {
    await handle(notice());
    slack.workspace.messages.splice(slack.workspace.messages.indexOf(mains()[0]!), 1);
    await end();
    await handle(notice());
    expect(mains()).toMatchObject([{ text: expect.stringContaining('SUCCEEDED') }]);
  });
});

describe('announcers in each other\'s way', () => {
  test('ten at once post one message, tell each thing once, and show the newest state', async () => {
    const answers = await Promise.all([...Array.from({ length: 9 }, (_, index) => announce(dependencies)(notice(about.id, `m${index}`))), end().then(() => announce(dependencies)(notice()))]);
    expect(mains()).toHaveLength(1);
    // Whoever found it taken comes back, as the queue sees to.
    for (const { batchItemFailures } of answers) for (const { itemIdentifier } of batchItemFailures) expect(await announce(dependencies)(notice(about.id, itemIdentifier))).toEqual({ batchItemFailures: [] });
    expect(mains()).toMatchObject([{ text: expect.stringContaining('SUCCEEDED') }]);
    expect(new Set(lines()).size).toBe(lines().length);
  });

  test('who finds it taken leaves word, and whoever has it looks again before letting go', async () => {
    let second: Promise<unknown> | undefined;
    let once = true;
    const alarms: AnnounceDependencies['alarms'] = {
      states: async () => {
        if (!once) return [];
        once = false;
        second = save({ weightPercent: 25, rungsReached: [{ weightPercent: 25, atMs: 4 }] }).then(() => announce({ ...dependencies, alarms: { states: async () => [] } })(notice(about.id, 'second')));
        expect(await second).toEqual({ batchItemFailures: [{ itemIdentifier: 'second' }] });
        return [];
      },
    };
    expect(await announce({ ...dependencies, alarms })(notice())).toEqual({ batchItemFailures: [] });
    expect(mains()).toHaveLength(1);
    expect(JSON.stringify(mains()[0]?.blocks)).toContain('25 %');
  });

  test('one that died holds it for a minute and no longer', async () => {
    const dies = announce({ ...dependencies, alarms: { states: () => new Promise(() => undefined) } });
    void dies(notice());
    while (!(await announcementsIn(cloud.table).take(about.id, 'probe', 0, 0).then((held) => held === undefined))) await new Promise((resolve) => setImmediate(resolve));
    expect(await handle(notice())).toEqual({ batchItemFailures: [{ itemIdentifier: 'm' }] });
    nowMs += 60_001;
    expect(await handle(notice())).toEqual({ batchItemFailures: [] });
    expect(mains()).toHaveLength(1);
  });
});

describe('the weather', () => {
  test.each(['down', 'dead', 'mute'] as const)('while Slack is %s it fails to be tried again; afterwards the end is there exactly once', async (outage) => {
    slack.switches.outage = outage;
    await expect(handle(notice())).rejects.toBeInstanceOf(SlackUnreachable);
    untilItComesBack();
    await expect(handle(notice())).rejects.toBeInstanceOf(SlackUnreachable);
    await end('rolledBack');
    untilItComesBack();
    await expect(handle(notice())).rejects.toBeInstanceOf(SlackUnreachable);
    slack.switches.outage = 'none';
    untilItComesBack();
    for (let late = 0; late < 3; late++) await handle(notice());
    expect(mains()).toMatchObject([{ text: expect.stringContaining('WAS ROLLED BACK') }]);
    expect(lines()).toEqual([`🚢 The rollout of ${tagOf()} started.`, '⏪ The release ended: rolledBack.']);
  });

  test('a reply whose answer is lost is not told twice', async () => {
    await handle(notice());
    await cloud.timeline.write(about.id, [{ key: 'stage.0.rung.5.reached', atMs: 2, kind: 'weight', text: 'It serves 5 %.' }]);
    slack.switches.outage = 'mute';
    await expect(handle(notice())).rejects.toBeInstanceOf(SlackUnreachable);
    slack.switches.outage = 'none';
    untilItComesBack();
    await cloud.timeline.write(about.id, [{ key: 'stage.0.rung.25.reached', atMs: 3, kind: 'weight', text: 'It serves 25 %.' }]);
    await handle(notice());
    expect(lines().slice(1)).toEqual(['📈 It serves 5 %.', '📈 It serves 25 %.']);
  });

  test('what got no answer may still land: until that is over nobody says anything newer, which it would overwrite', async () => {
    await handle(notice());
    await save({ weightPercent: 5, rungsReached: [{ weightPercent: 5, atMs: 2 }] });
    slack.switches.outage = 'mute';
    await expect(handle(notice())).rejects.toBeInstanceOf(SlackUnreachable);
    slack.switches.outage = 'none';
    slack.calls.length = 0;
    await end();
    expect(await handle(notice())).toEqual({ batchItemFailures: [{ itemIdentifier: 'm' }] });
    expect(slack.calls).toEqual([]);
    untilItComesBack();
    expect(await handle(notice())).toEqual({ batchItemFailures: [] });
    expect(mains()).toMatchObject([{ text: expect.stringContaining('SUCCEEDED') }]);
  });

  test('a short rate limit is waited for', async () => {
    slack.switches.rateLimit = { left: 2, retryAfterSeconds: 1 };
    await handle(notice());
    expect(mains()).toHaveLength(1);
  });

  test('a long one is left to the queue, and nothing is said twice after it', async () => {
    slack.switches.rateLimit = { left: 1, retryAfterSeconds: 30 };
    await expect(handle(notice())).rejects.toBeInstanceOf(SlackBusy);
    await handle(notice());
    expect(mains()).toHaveLength(1);
    expect(slack.calls.map(({ method }) => method)).toEqual(['chat.postMessage', 'chat.postMessage']);
  });

  test('with a revoked token the secret is read again and it fails loudly; the message catches up', async () => {
    await handle(notice());
    slack.switches.tokenRevoked = true;
    await end();
    await expect(handle(notice())).rejects.toThrow(new SlackRefused('chat.update', 'token_revoked'));
    expect(secret.forgotten).toBe(1);
    slack.switches.tokenRevoked = false;
    await handle(notice());
    expect(mains()).toMatchObject([{ text: expect.stringContaining('SUCCEEDED') }]);
  });

  test('no secret is ever in the log', async () => {
    slack.switches.tokenRevoked = true;
    await handle(notice()).catch((error: unknown) => logged.push(String(error)));
    expect(logged.join()).not.toContain(slack.botToken);
  });

  test('a channel that does not exist says so', async () => {
    const lost = release({ ...about, id: `${about.id}-c`, pipeline: pipeline({ notify: { slack: '#nowhere' } }) });
    await cloud.releases.create(lost, [stageRecord()], 'again');
    await expect(handle(notice(lost.id))).rejects.toMatchObject({ code: 'channel_not_found', hint: expect.stringContaining('spelled right') });
  });

  test('blocks that Slack does not take are sent as text', async () => {
    const method = slack.workspace.method.bind(slack.workspace);
    slack.workspace.method = (name, input) => (Array.isArray(input['blocks']) && input['blocks'].length > 0 ? { ok: false, error: 'invalid_blocks' } : method(name, input));
    try {
      await handle(notice());
    } finally {
      slack.workspace.method = method;
    }
    expect(mains()).toMatchObject([{ blocks: [] }]);
    expect(logged.join()).toContain('sent as text');
  });
});

describe('a webhook', () => {
  beforeEach(() => {
    secret.content = { webhookUrl: slack.webhookUrl };
  });

  test('posts each news with the state, and nothing without news', async () => {
    await handle(notice());
    await handle(notice());
    await end();
    await handle(notice());
    await handle(notice());
    expect(mains().map(({ text }) => text)).toEqual([expect.stringContaining('is rolling out'), expect.stringContaining('SUCCEEDED')]);
    expect(slack.calls.map(({ method }) => method)).toEqual(['webhook', 'webhook']);
  });

  test('has no buttons', async () => {
    await handle(notice());
    expect(JSON.stringify(mains())).not.toContain('"actions"');
    expect(JSON.stringify(mains())).toContain(`${tagOf()} is rolling out`);
  });

  test('rides out an outage', async () => {
    slack.switches.outage = 'down';
    await expect(handle(notice())).rejects.toBeInstanceOf(SlackUnreachable);
    slack.switches.outage = 'none';
    untilItComesBack();
    await handle(notice());
    expect(mains()).toHaveLength(1);
  });

  test('that is gone says so', async () => {
    secret.content = { webhookUrl: `${slack.url}/services/gone` };
    await expect(handle(notice())).rejects.toMatchObject({ code: 'not_found' });
    expect(secret.forgotten).toBe(1);
  });
});

describe('nothing is said', () => {
  test.each<[string, () => unknown]>([
    ['without Slack', () => announce({ ...dependencies, slack: undefined })(notice())],
    ['of a release nobody remembers', () => handle(notice('gone'))],
    ['of a message that names no release', () => handle({ Records: [{ messageId: 'm', body: 'x' }] })],
  ])('%s', async (_name, act) => {
    expect(await act()).toEqual({ batchItemFailures: [] });
    expect(slack.calls).toEqual([]);
  });

  test('by a pipeline that names no channel', async () => {
    const quiet = release({ ...about, id: `${about.id}-q`, pipeline: pipeline() });
    await cloud.releases.create(quiet, [stageRecord()], 'again');
    await handle(notice(quiet.id));
    expect(slack.calls).toEqual([]);
    expect(cloud.wireCalls.filter(({ operation }) => operation === 'UpdateItem')).toEqual([]);
  });
});
