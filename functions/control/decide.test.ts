// What people decide about a release under way.
import { NOW_MS } from '../../core/testing/samples.ts';
import { ALICE, type Call, controlRig, one } from './testing.ts';

const rig = controlRig('decisions');
const decideOn = (body: object, more: Call = {}) => rig.call('POST', `/v1/releases/${one.id}/decisions`, { body, ...more });

describe('decisions', () => {
  it('are recorded under the verified caller, told, and rung', async () => {
    await rig.asking();
    expect(await decideOn({ kind: 'approve', reason: 'fine' })).toMatchObject({ status: 200, body: { recorded: true, message: 'Approved by alice: fine', release: { id: one.id } } });
    expect((await rig.cloud.releases.load(one.id))?.decisions).toMatchObject([{ kind: 'approve', person: 'alice', callerArn: ALICE, via: 'cli', askKey: 'weight.25', atMs: NOW_MS }]);
    expect(await rig.cloud.timeline.read(one.id)).toMatchObject([{ kind: 'decision', text: 'Approved by alice, from the command line: fine', by: 'alice' }]);
    expect(rig.rung).toEqual([one.id]);
    expect(rig.announced).toEqual([one.id]);
  });

  it('stand although Slack cannot be told', async () => {
    await rig.asking();
    rig.announce = () => {
      throw new Error('no');
    };
    expect(await decideOn({ kind: 'approve' })).toMatchObject({ status: 200, body: { recorded: true } });
    expect(rig.rung).toEqual([one.id]);
  });

  it('said again after they took effect are no mistake, and said too late by others are told what happened', async () => {
    await rig.asking();
    await decideOn({ kind: 'approve' });
    expect(await decideOn({ kind: 'approve' })).toMatchObject({ status: 200, body: { recorded: false, message: 'alice had decided this already; the first word stands.' } });
    expect(rig.rung).toEqual([one.id, one.id]);
    const bob = { caller: 'arn:aws:sts::123456789012:assumed-role/people/bob' };
    expect(await decideOn({ kind: 'approve' }, bob)).toMatchObject({ status: 409, body: { error: { code: 'Refused', message: '"Go on from 25 % to 100 %?" has been answered meanwhile: approved by alice.' } } });
  });

  it('said twice count once, and ring all the same', async () => {
    await rig.asking();
    await decideOn({ kind: 'abort' });
    expect(await decideOn({ kind: 'abort' })).toMatchObject({ status: 200, body: { recorded: false } });
    expect(rig.rung).toEqual([one.id, one.id]);
  });

  it('come in base64 as well', async () => {
    await rig.asking();
    expect(await decideOn({ kind: 'approve' }, { base64: true })).toMatchObject({ status: 200 });
  });

  it.each<[string, object | undefined, Call, number, string]>([
    ['nothing', undefined, {}, 400, 'BadRequest'],
    ['of another kind', { kind: 'shrug' }, {}, 400, 'BadRequest'],
    ['with a reason that is none', { kind: 'approve', reason: 7 }, {}, 400, 'BadRequest'],
    ['with a reason too long', { kind: 'approve', reason: 'x'.repeat(1001) }, {}, 400, 'BadRequest'],
    ['a reject without a reason', { kind: 'reject' }, {}, 400, 'BadRequest'],
    ['of somebody who is not asked', { kind: 'approve' }, { caller: 'arn:aws:iam::1:user/mallory' }, 403, 'NotAllowed'],
    ['about another stage', { kind: 'approve', stage: 'moon' }, {}, 404, 'NotFound'],
    ['an abort of a stage that there is not', { kind: 'abort', stage: 'moon' }, {}, 404, 'NotFound'],
    ['a promote of a stage that there is not', { kind: 'promote', stage: 'moon' }, {}, 404, 'NotFound'],
    ['an override where nothing is frozen', { kind: 'override', reason: 'x' }, {}, 409, 'Refused'],
    ['from a face that there is not', { kind: 'approve', via: 'slack' }, {}, 400, 'BadRequest'],
  ])('%s', async (_, body, more, status, code) => {
    await rig.asking();
    expect(await rig.call('POST', `/v1/releases/${one.id}/decisions`, { body, ...more })).toMatchObject({ status, body: { error: { code } } });
    expect((await rig.cloud.releases.load(one.id))?.decisions).toEqual([]);
    expect(rig.rung).toEqual([]);
  });

  it('about a release that is none, has ended, or ends in the very moment', async () => {
    expect(await decideOn({ kind: 'abort' })).toMatchObject({ status: 404, body: { error: { code: 'NotFound' } } });
    await rig.asking();
    rig.cloud.before('TransactWriteItems', () => rig.cloud.releases.end(one.id, 'succeeded', '', 1));
    expect(await decideOn({ kind: 'abort' })).toMatchObject({ status: 409, body: { error: { code: 'Refused' } } });
    expect(await decideOn({ kind: 'abort' })).toMatchObject({ status: 409 });
    expect((await rig.cloud.releases.load(one.id))?.decisions).toEqual([]);
  });
});
