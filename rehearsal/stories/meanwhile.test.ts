// What people and machines do in the middle of something else: undo against a push, holds and freezes that come too late for what is
// under way, two pipelines that want one service.
import { approval, canary, writtenPlan } from './plan.ts';
import { story } from './story.ts';

describe('an undo that races a newer push', () => {
  test('and comes second takes away nothing of what is newer: it gives way, and says so', story(
    { of: 'https://github.com/argoproj/argo-rollouts/issues/3372', given: { strategy: canary([20]) } },
    async ({ when, then, ledger }) => {
      const first = await when.pushed('1.1.0');
      await then.itEnds(first, 'succeeded');
      const newer = await when.pushed('1.2.0');
      await when.itServes(20);
      const undo = await when.undoes('alice', first);
      await then.itEnds(newer, 'succeeded');
      await then.itEnds(undo.releaseId, 'refused', /runs \S+ by now, which is not what checkout-1\.1\.0-\w+ rolled out/);
      expect(ledger.rollouts.map(({ releaseId }) => releaseId)).toEqual([first, newer]);
      await then.onlyServes('1.2.0');
    },
  ));

  test('and comes first is carried out, and the push goes on top of it', story(
    { of: 'https://github.com/argoproj/argo-rollouts/issues/3372', given: { strategy: canary([20]) } },
    async ({ when, then, ledger }) => {
      const first = await when.pushed('1.1.0');
      await then.itEnds(first, 'succeeded');
      const undo = await when.undoes('alice', first);
      const newer = await when.pushed('1.2.0');
      await then.itEnds(undo.releaseId, 'succeeded');
      await then.itEnds(newer, 'succeeded');
      expect(ledger.rollouts.map(({ releaseId }) => releaseId)).toEqual([first, undo.releaseId, newer]);
      await then.onlyServes('1.2.0');
    },
  ));
});

test('a hold that comes while its image is being rolled out stops the stages to come, and not the one under way', story(
  { given: { strategy: 'rolling', staging: true } },
  async ({ when, then, ledger }) => {
    const release = await when.pushed('1.1.0');
    await when.until(() => when.rolloutBegun(), 'staging begins');
    expect((await when.asks('alice', 'POST', '/v1/holds', { pipeline: 'checkout', digest: when.digestOf('1.1.0'), reason: 'the invoices are wrong' })).status).toBe(200);
    const { stages } = await then.itEnds(release, 'refused', /this image is held on prod\/checkout .*the invoices are wrong/);
    expect(stages.map(({ outcome }) => outcome)).toEqual(['succeeded', 'refused']);
    expect(ledger.rollouts).toHaveLength(1);
    await then.onlyServes('1.1.0', 'staging/checkout');
    await then.onlyServes('1.0.0');
  },
));

test('a freeze that begins in the middle of a rollout lets it come to its end, and the next stage waits', story(
  { given: { strategy: canary([20]), staging: true } },
  async ({ when, then }) => {
    const release = await when.pushed('1.1.0');
    await when.until(() => when.rolloutBegun(), 'staging begins');
    expect((await when.asks('alice', 'POST', '/v1/freezes', { pipeline: 'checkout', reason: 'the sale is on' })).status).toBe(200);
    await when.until(() => then.told(release).includes('frozen'), 'it waits for the thaw');
    await when.passes('3h');
    const { stages } = await then.release(release);
    expect(stages).toMatchObject([{ outcome: 'succeeded' }, { status: 'waiting', waitingFor: { kind: 'freeze' } }]);
    await then.onlyServes('1.0.0');

    expect((await when.asks('bob', 'POST', '/v1/freezes/lift', { pipeline: 'checkout', reason: 'sold out' })).status).toBe(200);
    await when.itServes(20);
    // One that begins now comes too late for this release.
    expect((await when.asks('alice', 'POST', '/v1/freezes', { all: true, reason: 'Christmas' })).status).toBe(200);
    await then.itEnds(release, 'succeeded');
    await then.onlyServes('1.1.0');
  },
));

test('two pipelines on one service take turns, and neither takes the place of the other', story(
  { of: 'https://github.com/aws/containers-roadmap/issues/1290', given: { strategy: canary([{ weight: 20, approval: approval() }]), newerRelease: 'overtakesWaiting' } },
  async ({ when, then, ledger }) => {
    const { specification } = writtenPlan({ strategy: canary([{ weight: 20, approval: approval() }]), newerRelease: 'overtakesWaiting' }, { desiredCount: 2, deploymentConfiguration: {} });
    const { checkout } = specification.pipelines;
    if (!checkout) throw new Error('the plan has no pipeline checkout');
    const of = (semver: string) => ({ ...checkout, image: { ...checkout.image, tags: { semver } } });
    await when.theSpecificationIsApplied({ ...specification, pipelines: { checkout: of('>=1.0.0 <2.0.0'), hotfix: of('>=2.0.0') } });

    const first = await when.pushed('1.1.0');
    await when.peopleAreAsked();
    await when.push('2.0.0');
    await when.until(() => ledger.releaseIds.size === 2, 'the other release begins');
    const other = [...ledger.releaseIds].find((id) => id.startsWith('hotfix-')) ?? '';
    await when.passes('1h');
    expect((await then.release(other)).stages[0]).toMatchObject({ status: 'waiting', waitingFor: { kind: 'turn' } });
    expect((await then.timeline(other)).join('\n')).toContain(`Waits for its turn: ${first} holds the service`);
    await when.says('alice', 'approve', first);
    await then.itEnds(first, 'succeeded');
    await when.peopleAreAsked(2);
    expect(then.serving()).toEqual({ '1.1.0': 80, '2.0.0': 20 });
    await when.says('alice', 'approve', other);
    await then.itEnds(other, 'succeeded');
    await then.onlyServes('2.0.0');
  },
));
