import fc from 'fast-check';
import { signedForm } from '../../rehearsal/slack/interactivity.ts';
import { anyText } from '../../test/any-text.ts';
import { eventOf, SECRET, slackRig, type UrlEvent } from './testing.ts';
import { slack } from './slack.ts';

type Rig = Awaited<ReturnType<typeof slackRig>>;
let rig: Rig;
beforeEach(async () => {
  rig = await slackRig();
});
afterEach(() => rig.cloud.close());

describe('a click', () => {
  test('is answered at once and decided after that, by the person it is bound to', async () => {
    const message = await rig.post();
    expect(await rig.press(message, 'slipway.approve', 'U012AL1CE')).toMatchObject({ statusCode: 200, body: '' });
    expect(await rig.decisions()).toEqual([]);
    await rig.work();
    expect(await rig.decisions()).toMatchObject([{ kind: 'approve', person: 'alice', via: 'slack', callerArn: 'slack:U012AL1CE', askKey: 'weight.5' }]);
    expect(await rig.story()).toEqual(['Approved by alice, from Slack.']);
    expect(rig.rung).toEqual([rig.about.id]);
    expect(rig.announced).toEqual([{ releaseId: rig.about.id }]);
    expect(rig.workspace.ephemerals).toEqual([]);
  });

  test.each([2, 5])('that is worked on %s times is one decision, and rings every time', async (times) => {
    await rig.press(await rig.post(), 'slipway.approve', 'U012AL1CE');
    await rig.work(times);
    expect(await rig.decisions()).toHaveLength(1);
    expect(await rig.story()).toEqual(['Approved by alice, from Slack.']);
    expect(rig.rung).toHaveLength(times);
    expect(rig.workspace.ephemerals).toEqual([]);
  });

  test('that was recorded by a run which died before it could tell or ring is told and rung by the next', async () => {
    await rig.press(await rig.post(), 'slipway.approve', 'U012AL1CE');
    const [event] = rig.handed.splice(0);
    const dies = slack({ ...rig.dependencies, timeline: { write: () => Promise.reject(new Error('killed')) } });
    await expect(dies(event)).rejects.toThrow('killed');
    expect(rig.rung).toEqual([]);
    await rig.handle(event);
    expect(await rig.decisions()).toHaveLength(1);
    expect(await rig.story()).toEqual(['Approved by alice, from Slack.']);
    expect(rig.rung).toEqual([rig.about.id]);
  });

  test('done twice by one person is one decision', async () => {
    const message = await rig.post();
    await rig.press(message, 'slipway.approve', 'U012AL1CE');
    await rig.press(message, 'slipway.approve', 'U012AL1CE');
    await rig.work();
    expect(await rig.decisions()).toHaveLength(1);
  });

  test('that comes too late is told what happened meanwhile, only to the clicker', async () => {
    const message = await rig.post();
    await rig.press(message, 'slipway.approve', 'U012AL1CE');
    await rig.work();
    await rig.press(message, 'slipway.approve', 'U034B0B');
    await rig.work();
    expect(await rig.decisions()).toHaveLength(1);
    expect(rig.workspace.ephemerals).toMatchObject([{ user: 'U034B0B', text: expect.stringContaining('has been answered meanwhile: approved by alice.') }]);
    expect(rig.announced).toHaveLength(2);
  });

  test('of somebody unknown is refused, only to them', async () => {
    await rig.press(await rig.post(), 'slipway.approve', 'U0MALLORY');
    await rig.work();
    expect(await rig.decisions()).toEqual([]);
    expect(rig.workspace.ephemerals).toMatchObject([{ user: 'U0MALLORY', text: 'The Slack user U0MALLORY is nobody whom checkout knows.' }]);
  });

  test('under a release that has ended is refused', async () => {
    const message = await rig.post();
    await rig.cloud.releases.end(rig.about.id, 'aborted', 'by <!channel>', rig.nowMs());
    await rig.press(message, 'slipway.approve', 'U012AL1CE');
    await rig.work();
    expect(rig.workspace.ephemerals).toMatchObject([{ text: `The release ${rig.about.id} has ended (aborted): by &lt;!channel&gt;.` }]);
  });

  test('under a release nobody remembers is refused', async () => {
    const message = await rig.post();
    message.blocks = JSON.parse(JSON.stringify(message.blocks).replaceAll(rig.about.id, 'gone'));
    await rig.press(message, 'slipway.abort', 'U012AL1CE');
    await rig.work();
    expect(rig.workspace.ephemerals).toMatchObject([{ text: 'There is no release gone any more.' }]);
  });

  test('on Abort stops the release', async () => {
    await rig.press(await rig.post(), 'slipway.abort', 'U034B0B');
    await rig.work();
    expect(await rig.decisions()).toMatchObject([{ kind: 'abort', person: 'bob' }]);
  });

  test('stands although the clicker cannot be answered', async () => {
    await rig.press(await rig.post(), 'slipway.approve', 'U0MALLORY');
    rig.setReachable(false);
    await rig.work();
    expect(rig.announced).toHaveLength(1);
    await rig.press(await rig.post().catch(() => rig.workspace.messages[0]!), 'slipway.approve', 'U012AL1CE');
    await rig.work();
    expect(await rig.decisions()).toHaveLength(1);
  });
});

describe('a reject', () => {
  test('asks for the reason first and records it', async () => {
    expect(await rig.press(await rig.post(), 'slipway.reject', 'U034B0B')).toMatchObject({ statusCode: 200 });
    expect(rig.handed).toEqual([]);
    expect(rig.workspace.modals).toMatchObject([{ user: 'U034B0B' }]);
    expect(await rig.submit('prices look wrong')).toMatchObject({ statusCode: 200, body: '' });
    await rig.work();
    expect(await rig.decisions()).toMatchObject([{ kind: 'reject', person: 'bob', reason: 'prices look wrong', askKey: 'weight.5', via: 'slack' }]);
    expect(await rig.story()).toEqual(['Rejected by bob, from Slack: prices look wrong']);
  });

  test('without a reason is asked again in the modal', async () => {
    await rig.press(await rig.post(), 'slipway.reject', 'U034B0B');
    const answer = await rig.submit('  \n ');
    expect(JSON.parse(answer.body)).toMatchObject({ response_action: 'errors', errors: { reason: expect.any(String) } });
    expect(rig.handed).toEqual([]);
  });

  test.each([
    ['nobody opens a modal for a stranger', 'U0MALLORY'],
  ])('%s', async (_name, user) => {
    await rig.press(await rig.post(), 'slipway.reject', user);
    expect(rig.workspace.modals).toEqual([]);
    await rig.work();
    expect(rig.workspace.ephemerals).toMatchObject([{ user, text: expect.stringContaining('is nobody whom checkout knows') }]);
  });

  test('that was sent again by Slack opens one modal', async () => {
    const form = rig.formOf({ type: 'block_actions', user: { id: 'U034B0B' }, trigger_id: rig.workspace.newTrigger('U034B0B'), actions: [{ action_id: 'slipway.reject', value: JSON.stringify({ release: rig.about.id, stage: 'production', ask: 'weight.5' }) }] });
    const again = eventOf(form, { headers: { ...form.headers, 'x-slack-retry-num': '1', 'x-slack-retry-reason': 'http_timeout' } });
    expect(await rig.handle(eventOf(form))).toMatchObject({ statusCode: 200 });
    expect(await rig.handle(again)).toMatchObject({ statusCode: 200 });
    expect(rig.workspace.modals).toHaveLength(1);
  });

  test('for which no modal can be opened decides nothing', async () => {
    const message = await rig.post();
    rig.setReachable(false);
    expect(await rig.press(message, 'slipway.reject', 'U034B0B')).toMatchObject({ statusCode: 200 });
    await rig.work();
    expect(await rig.decisions()).toEqual([]);
  });

  test('whose question was answered while the reason was typed is refused to the one who typed', async () => {
    const message = await rig.post();
    await rig.press(message, 'slipway.reject', 'U034B0B');
    await rig.press(message, 'slipway.approve', 'U012AL1CE');
    await rig.work();
    await rig.submit('too late');
    await rig.work();
    expect(await rig.decisions()).toHaveLength(1);
    expect(rig.workspace.ephemerals).toMatchObject([{ user: 'U034B0B', text: expect.stringContaining('approved by alice') }]);
  });
});

describe('the door', () => {
  const genuine = (): UrlEvent => eventOf(rig.formOf({ type: 'block_actions', user: { id: 'U012AL1CE' }, actions: [{ action_id: 'slipway.approve', value: JSON.stringify({ release: rig.about.id }) }] }));

  test('lets a genuine request in, encoded or not', async () => {
    expect(await rig.handle(genuine())).toMatchObject({ statusCode: 200 });
    const { body, ...rest } = genuine();
    expect(await rig.handle({ ...rest, body: Buffer.from(body, 'base64').toString(), isBase64Encoded: false })).toMatchObject({ statusCode: 200 });
    expect(rig.handed).toHaveLength(2);
  });

  test.each<[string, (event: UrlEvent) => unknown, number]>([
    ['a GET', (event) => ({ ...event, requestContext: { http: { method: 'GET' } } }), 405],
    ['no signature', (event) => ({ ...event, headers: { 'content-type': event.headers['content-type'] } }), 401],
    ['no headers', ({ headers: _headers, ...event }) => event, 401],
    ['no body', ({ body: _body, ...event }) => event, 401],
    ['another body', (event) => ({ ...event, body: Buffer.from(`${Buffer.from(event.body, 'base64').toString()}&x=1`).toString('base64') }), 401],
    ['a truncated body', (event) => ({ ...event, body: event.body.slice(0, 40) }), 401],
    ['a body that claims to be base64', (event) => ({ ...event, body: '%%%', isBase64Encoded: true }), 401],
    ['a body of a megabyte', (event) => ({ ...event, body: 'x'.repeat(1024 * 1024), isBase64Encoded: false }), 413],
    ['many bytes in few characters', (event) => ({ ...event, body: '\u20ac'.repeat(200_000), isBase64Encoded: false }), 413],
    ['an event that is none', () => ({ hello: 'world' }), 400],
    ['nothing', () => null, 400],
  ])('%s is refused', async (_name, change, statusCode) => {
    expect(await rig.handle(change(genuine()))).toMatchObject({ statusCode, body: '' });
    expect(rig.handed).toEqual([]);
  });

  test.each([
    ['five minutes old', 301, 401],
    ['five minutes early', -301, 401],
    ['fresh enough', 299, 200],
  ])('a request that is %s is answered with the right code', async (_name, agoSeconds, statusCode) => {
    const form = rig.formOf({ type: 'view_closed' }, rig.nowMs() - agoSeconds * 1000);
    expect(await rig.handle(eventOf(form))).toMatchObject({ statusCode });
  });

  test.each<[string, string, number, Record<string, string>?]>([
    ['no payload', 'a=b', 400],
    ['a payload that is no JSON', 'payload=%7B', 400],
    ['a payload of another shape', `payload=${encodeURIComponent('{"type":"block_actions"}')}`, 400],
    ['a check of the certificate', 'ssl_check=1&token=x', 200],
    ['JSON', '{"payload":1}', 415, { 'content-type': 'application/json' }],
    ['a type that only begins like a form', 'ssl_check=1', 415, { 'content-type': 'application/x-www-form-urlencodedx' }],
    ['the type of a form in capitals', 'ssl_check=1', 200, { 'content-type': 'Application/X-WWW-Form-Urlencoded; charset=utf-8' }],
  ])('genuine, with %s', async (_name, body, statusCode, headers = {}) => {
    const { createHmac } = await import('node:crypto');
    const timestamp = String(Math.floor(rig.nowMs() / 1000));
    const signature = `v0=${createHmac('sha256', SECRET).update(`v0:${timestamp}:${body}`).digest('hex')}`;
    const event = eventOf({ body, headers: { 'content-type': 'application/x-www-form-urlencoded', 'x-slack-request-timestamp': timestamp, 'x-slack-signature': signature, ...headers } });
    expect(await rig.handle(event)).toMatchObject({ statusCode });
    expect(rig.handed).toEqual([]);
  });

  test('a request that was refused is logged without what it said', async () => {
    await rig.handle({ ...genuine(), body: Buffer.from('payload=my-password').toString('base64') });
    expect(rig.logged.join()).toContain('request refused');
    expect(rig.logged.join()).not.toMatch(/my-password|bXktcGFzc3dvcmQ/);
  });

  test('is not there without Slack, nor for a webhook', async () => {
    expect(await slack({ ...rig.dependencies, slack: undefined })(genuine())).toMatchObject({ statusCode: 404 });
    rig.secret.content = { webhookUrl: 'https://hooks.slack.com/services/x' };
    expect(await rig.handle(genuine())).toMatchObject({ statusCode: 401 });
  });

  test('a secret that was replaced is read again, and no more than once a minute for whoever knocks', async () => {
    const forged = eventOf(signedForm({ type: 'x' }, 'another secret', rig.nowMs()));
    await rig.handle(forged);
    await rig.handle(forged);
    expect(rig.secret.forgotten).toBe(1);
  });

  test('of three thousand requests that nobody signed none comes in, and none makes it fall over', async () => {
    const real = genuine();
    const hex = fc.stringMatching(/^v0=[0-9a-f]{64}$/);
    const timestamp = fc.oneof(fc.constant(real.headers['x-slack-request-timestamp'] ?? ''), fc.integer({ min: -1e6, max: 1e6 }).map((offset) => String(Math.floor(rig.nowMs() / 1000) + offset)), fc.string());
    const forged = fc.record(
      {
        headers: fc.record({ 'content-type': fc.constantFrom('application/x-www-form-urlencoded', 'application/json', ''), 'x-slack-request-timestamp': timestamp, 'x-slack-signature': fc.oneof(hex, fc.string()) }, { requiredKeys: [] }),
        body: fc.oneof(fc.constant(real.body), fc.string({ maxLength: 300 }), fc.base64String({ maxLength: 300 })),
        isBase64Encoded: fc.boolean(),
        requestContext: fc.record({ http: fc.record({ method: fc.constantFrom('POST', 'GET', 'PUT', '') }) }),
        rawPath: fc.array(anyText({ maxLength: 10 })).map((parts) => parts.map((part) => `/${encodeURIComponent(part)}`).join('')),
      },
      { requiredKeys: ['requestContext'] },
    );
    const anything = fc.oneof({ weight: 9, arbitrary: forged }, { weight: 1, arbitrary: fc.anything() });
    await fc.assert(
      fc.asyncProperty(anything, async (event) => {
        const reply = (await rig.handle(event));
        if ('done' in reply) expect(reply.done).toBe(false);
        else expect([400, 401, 405, 413]).toContain(reply.statusCode);
      }),
      { numRuns: 3_000 },
    );
    expect(rig.handed).toEqual([]);
    expect(rig.announced).toEqual([]);
    expect(await rig.decisions()).toEqual([]);
  }, 30_000);
});

describe('the work', () => {
  test.each([
    ['a signature of somebody else', () => ({ timestamp: String(Math.floor(rig.nowMs() / 1000)), signature: `v0=${'0'.repeat(64)}` })],
    ['no signature', () => ({ timestamp: '', signature: '' })],
  ])('handed over with %s is dropped: who may invoke the function may not speak for people', async (_name, forgery) => {
    await rig.press(await rig.post(), 'slipway.approve', 'U012AL1CE');
    const [{ slackRequest }] = rig.handed.splice(0) as [{ slackRequest: object }];
    expect(await rig.handle({ slackRequest: { ...slackRequest, ...forgery() } })).toEqual({ done: false });
    expect(await rig.decisions()).toEqual([]);
  });

  test('is done also when Lambda tries it again hours later', async () => {
    await rig.press(await rig.post(), 'slipway.abort', 'U012AL1CE');
    await rig.cloud.clock.advance(6 * 3_600_000);
    await rig.work();
    expect(await rig.decisions()).toHaveLength(1);
  });

  test('that fails is tried again by Lambda, and logged', async () => {
    await rig.press(await rig.post(), 'slipway.approve', 'U012AL1CE');
    const [event] = rig.handed.splice(0);
    rig.cloud.lose('TransactWriteItems');
    await expect(rig.handle(event)).rejects.toThrow();
    expect(rig.logged.join()).toContain('decision not made yet');
  });
});
