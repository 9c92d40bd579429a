// People decide in Slack: the packaged functions, and the look-alike's page whose buttons are pressed.
import { CloudWatchClient, DescribeAlarmsCommand } from '@aws-sdk/client-cloudwatch';
import { CloudWatchLogsClient, FilterLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { GetQueueUrlCommand, SetQueueAttributesCommand, SQSClient } from '@aws-sdk/client-sqs';
import type { SlackLookAlike } from '../../rehearsal/slack/server.ts';
import type { PostedMessage } from '../../rehearsal/slack/workspace.ts';
import { clientOptions } from '../../rehearsal/world.ts';
import { unansweredAMinuteAgo } from './later.ts';
import { ACCEPTANCE_LIMIT_MS, ended, eventually, release, releaseOf, startQuickWorld, waitsFor, type QuickWorld } from './quick-world.ts';

const SPECIFICATION = `
people:
  alice: { aws: "*:assumed-role/slipway-people/alice", slack: U012AL1CE }
  bob: { slack: U034B0B }
pipelines:
  checkout:
    image: { repository: shop/checkout, tags: { semver: ">=1.0.0" } }
    notify: { slack: "#deploys" }
    stages:
      - name: production
        service: { cluster: prod, name: checkout, container: app }
        strategy:
          canary:
            steps:
              - { weight: 5, approval: { from: [alice, bob], need: 2, within: 1h } }
`;

/** Where a busy machine lets a request to Slack time out, nobody speaks for a minute. */
const UNANSWERED_LIMIT_MS = 150_000;

jest.setTimeout(ACCEPTANCE_LIMIT_MS);

interface Page {
  channels: { messages: { ts: string; blocks: { kind: string; buttons?: { action: string }[] }[] }[] }[];
}

describe('in Slack', () => {
  let world: QuickWorld;
  let slack: SlackLookAlike;

  beforeAll(async () => {
    world = await startQuickWorld({ specification: SPECIFICATION, slack: true });
    slack = world.slack!;
    // A minute and a half between attempts is too long for a test.
    const sqs = new SQSClient(clientOptions(world.local.url, world.region));
    const { QueueUrl } = await sqs.send(new GetQueueUrlCommand({ QueueName: 'slipway-prod-announcements' }));
    await sqs.send(new SetQueueAttributesCommand({ QueueUrl, Attributes: { VisibilityTimeout: '2' } }));
  });
  afterAll(() => world.close());

  const messagesOf = (tag: string): PostedMessage[] => slack.workspace.messages.filter(({ threadTs, text }) => threadTs === undefined && text.includes(` ${tag} `));
  const threadOf = (tag: string): string[] => slack.workspace.messages.filter(({ threadTs }) => messagesOf(tag).some(({ ts }) => ts === threadTs)).flatMap(({ text }) => text.split('\n'));
  const message = (tag: string, shows: string) => eventually(`a message about ${tag} that shows ${shows}`, async () => messagesOf(tag).find((candidate) => JSON.stringify(candidate).includes(shows)), UNANSWERED_LIMIT_MS);
  const ui = async (what: string, body: object) =>
    (await (await fetch(`${slack.url}/ui/${what}`, { method: 'POST', headers: { 'content-type': 'application/json', origin: slack.url }, body: JSON.stringify(body) })).json()) as { status: number; body: string; tookMs: number };
  /** What is not on the page cannot be pressed. */
  const press = async (tag: string, action: string, user: string) => {
    const { ts } = await message(tag, `"${action}"`);
    const page = (await (await fetch(`${slack.url}/state`)).json()) as Page;
    const shown = page.channels.flatMap(({ messages }) => messages).find((candidate) => candidate.ts === ts);
    expect(shown?.blocks.flatMap(({ buttons = [] }) => buttons.map((button) => button.action))).toContain(action);
    const sent = await ui('press', { ts, action, user });
    expect(sent).toMatchObject({ status: 200 });
    expect(sent.tookMs).toBeLessThan(3_000);
  };

  const silentSlack = async (): Promise<string | undefined> => {
    const cloudWatch = new CloudWatchClient(clientOptions(world.local.url, world.region));
    const { MetricAlarms } = await cloudWatch.send(new DescribeAlarmsCommand({ AlarmNames: ['slipway-prod-silent-slack'] }));
    return MetricAlarms?.[0]?.StateValue;
  };

  const announcerSaid = async (word: string): Promise<boolean> => {
    const logs = new CloudWatchLogsClient(clientOptions(world.local.url, world.region));
    const { events = [] } = await logs.send(new FilterLogEventsCommand({ logGroupName: '/aws/lambda/slipway-prod-announce' }));
    return events.some((event) => event.message?.includes(word));
  };

  test('two people approve by pressing the button, a stranger does not, and one message tells it all', async () => {
    await world.push({ version: '1.1.0' });
    const id = await releaseOf(world, '1.1.0');
    await press('1.1.0', 'slipway.approve', 'U0MALLORY');
    await eventually('an answer to the stranger', async () => slack.workspace.ephemerals.find(({ user, text }) => user === 'U0MALLORY' && text.includes('nobody whom checkout knows')));
    await press('1.1.0', 'slipway.approve', 'U012AL1CE');
    await message('1.1.0', '1 of 2: alice');
    await press('1.1.0', 'slipway.approve', 'U012AL1CE');
    await press('1.1.0', 'slipway.approve', 'U034B0B');
    const end = await release(world, id, 'to end', ended);
    expect(end.outcome).toBe('succeeded');
    expect(end.timeline.filter(({ kind }) => kind === 'decision').map(({ by }) => by)).toEqual(['alice', 'bob']);
    await message('1.1.0', 'SUCCEEDED');
    await eventually('the thread to tell the end', async () => threadOf('1.1.0').find((line) => line.includes('The release succeeded')));
    expect(messagesOf('1.1.0')).toHaveLength(1);
    expect(messagesOf('1.1.0')[0]?.updates).toBeGreaterThan(1);
    expect(threadOf('1.1.0').filter((line) => line.includes('Approved by'))).toHaveLength(2);
  });

  test('bob rejects with a reason while Slack loses its answers; the end is there exactly once when it is back', async () => {
    await world.push({ version: '1.2.0' });
    const id = await releaseOf(world, '1.2.0');
    await press('1.2.0', 'slipway.reject', 'U034B0B');
    const modal = await eventually('a modal', async () => slack.workspace.modals[0]);
    expect(await ui('submit', { modal: modal.id, text: '  ' })).toMatchObject({ status: 200, body: expect.stringContaining('errors') });
    expect(slack.workspace.modals).toHaveLength(1);
    await ui('switches', { outage: 'mute' });
    expect(await ui('submit', { modal: modal.id, text: 'prices <!channel> look wrong' })).toMatchObject({ status: 200, body: '' });
    const end = await release(world, id, 'to end', ended);
    expect(end).toMatchObject({ outcome: 'rejected', reason: expect.stringContaining('prices <!channel> look wrong') });
    await eventually('an announcer to notice', async () => ((await announcerSaid('SlackUnreachable')) ? true : undefined));
    await ui('switches', { outage: 'none' });
    await unansweredAMinuteAgo(world, id);
    await message('1.2.0', 'WAS REJECTED');
    await eventually('the thread to tell the end', async () => threadOf('1.2.0').find((line) => line.includes('The release was rejected')));
    expect(messagesOf('1.2.0')).toHaveLength(1);
    expect(new Set(threadOf('1.2.0')).size).toBe(threadOf('1.2.0').length);
    expect(JSON.stringify(slack.workspace.messages)).not.toContain('<!channel>');
  });

  test('a revoked token stops no release, somebody hears of it, and the message catches up', async () => {
    await ui('switches', { tokenRevoked: true });
    await world.push({ version: '1.3.0' });
    const id = await releaseOf(world, '1.3.0');
    await release(world, id, 'to wait for approval', waitsFor('approval'));
    expect(messagesOf('1.3.0')).toEqual([]);
    await world.as('alice').decide(id, { kind: 'abort' });
    await release(world, id, 'to end', ended);
    await eventually('the alarm about it', async () => ((await silentSlack()) === 'ALARM' ? true : undefined));
    expect(messagesOf('1.3.0')).toEqual([]);
    await ui('switches', { tokenRevoked: false });
    await message('1.3.0', 'WAS ABORTED');
    expect(messagesOf('1.3.0')).toHaveLength(1);
    await eventually('the alarm to be over', async () => ((await silentSlack()) === 'OK' ? true : undefined));
  });

  test('what is pressed is answered long before Slack gives up, and every role has what it needs', async () => {
    const { ts } = messagesOf('1.1.0')[0]!;
    const { blocks } = slack.workspace.messages.find((candidate) => candidate.ts === ts)!;
    blocks.push({ type: 'actions', block_id: 'slipway', elements: [{ type: 'button', action_id: 'slipway.abort', value: JSON.stringify({ release: 'gone' }), text: { type: 'plain_text', text: 'Abort' } }] });
    const took: number[] = [];
    for (let time = 0; time < 15; time++) took.push((await ui('press', { ts, action: 'slipway.abort', user: 'U012AL1CE' })).tookMs);
    expect(took.sort((a, b) => a - b)[Math.floor(took.length / 2)]).toBeLessThan(500);
    const { denials, notModelled } = world.local.cloud.ledger.report();
    expect({ denials, notModelled, crashes: world.local.cloud.kernel.crashes }).toEqual({ denials: [], notModelled: [], crashes: [] });
  });
});
