import fc from 'fast-check';
import { ask, decision, NOW_MS, rule } from '../testing/samples.ts';
import type { Decision } from '../release/model.ts';
import { tally } from './tally.ts';

const MINUTE_MS = 60_000;
const ALICE = { name: 'alice', oneOf: ['alice'] };
const LEADS = { name: 'leads', oneOf: ['bob', 'carol'] };
const escalating = ask({ askedAtMs: NOW_MS - 4 * MINUTE_MS, deadlineMs: NOW_MS + MINUTE_MS, rule: rule({ escalate: { to: ['dave'], afterMs: 2 * MINUTE_MS } }) });
const open = ask({ deadlineMs: NOW_MS + MINUTE_MS });

describe('what people answered', () => {
  it.each<[string, Parameters<typeof tally>[0], Partial<Decision>[], string | undefined, object]>([
    ['nobody yet', open, [], undefined, { kind: 'open', given: [], missing: 1, lacking: [] }],
    ['one of one', open, [{}], undefined, { kind: 'approved', given: ['alice'], byDeadline: false }],
    ['one of two', ask({ rule: rule({ need: 2 }) }), [{}], undefined, { kind: 'open', given: ['alice'], missing: 1, lacking: [] }],
    ['the same person twice', ask({ rule: rule({ need: 2 }) }), [{}, { atMs: NOW_MS - 5 }], undefined, { kind: 'open', given: ['alice'], missing: 1, lacking: [] }],
    ['two of two', ask({ rule: rule({ need: 2 }) }), [{}, { person: 'bob' }], undefined, { kind: 'approved', given: ['alice', 'bob'], byDeadline: false }],
    ['somebody who is not asked', open, [{ person: 'mallory' }], undefined, { kind: 'open', given: [], missing: 1, lacking: [] }],
    ['a reject of somebody who is not asked', open, [{ person: 'mallory', kind: 'reject' }], undefined, { kind: 'open', given: [], missing: 1, lacking: [] }],
    ['anybody, when nobody is named', ask({ rule: rule({ from: [] }) }), [{ person: 'arn:aws:iam::1:user/x' }], undefined, { kind: 'approved', given: ['arn:aws:iam::1:user/x'], byDeadline: false }],
    ['an answer to another question', open, [{ askKey: 'before.0' }], undefined, { kind: 'open', given: [], missing: 1, lacking: [] }],
    ['a reject after enough approvals', open, [{}, { person: 'bob', kind: 'reject', atMs: NOW_MS - 1, reason: 'no' }], undefined, { kind: 'rejected', by: 'bob', reason: 'no' }],
    ['the first of two rejects', open, [{ kind: 'reject', atMs: NOW_MS - 1, reason: 'late' }, { person: 'bob', kind: 'reject', atMs: NOW_MS - 2, reason: 'early' }], undefined, { kind: 'rejected', by: 'bob', reason: 'early' }],
    ['the author, who does not count', ask({ rule: rule({ notByAuthor: true }) }), [{}], 'alice', { kind: 'open', given: [], missing: 1, lacking: [] }],
    ['the author, who counts', open, [{}], 'alice', { kind: 'approved', given: ['alice'], byDeadline: false }],
    ['enough, and the one who has to be among them is not', ask({ rule: rule({ including: [ALICE] }) }), [{ person: 'bob' }, { person: 'carol' }], undefined, { kind: 'open', given: ['bob', 'carol'], missing: 1, lacking: [ALICE] }],
    ['enough, and one of the group that has to be among them', ask({ rule: rule({ need: 2, including: [LEADS] }) }), [{ person: 'alice' }, { person: 'carol' }], undefined, { kind: 'approved', given: ['alice', 'carol'], byDeadline: false }],
    ['the one who has to be among them, and too few', ask({ rule: rule({ need: 2, including: [ALICE] }) }), [{}], undefined, { kind: 'open', given: ['alice'], missing: 1, lacking: [] }],
    ['the one who has to be among them is the author, who does not count', ask({ rule: rule({ including: [ALICE], notByAuthor: true }) }), [{}, { person: 'bob' }], 'alice', { kind: 'open', given: ['bob'], missing: 1, lacking: [ALICE] }],
    ['somebody who was asked later, and answered after that', escalating, [{ person: 'dave', atMs: NOW_MS - 1 }], undefined, { kind: 'approved', given: ['dave'], byDeadline: false }],
    ['somebody who was asked later, and answered before that', escalating, [{ person: 'dave', atMs: NOW_MS - 3 * MINUTE_MS }], undefined, { kind: 'open', given: [], missing: 1, lacking: [] }],
    ['a reject of somebody who was asked later', escalating, [{ person: 'dave', kind: 'reject', atMs: NOW_MS - 1 }], undefined, { kind: 'rejected', by: 'dave', reason: '' }],
    ['the author, who may reject all the same', ask({ rule: rule({ notByAuthor: true }) }), [{ kind: 'reject' }], 'alice', { kind: 'rejected', by: 'alice', reason: '' }],
  ])('%s', (_, question, decisions, author, expected) => {
    expect(tally(question, decisions.map((one) => decision(one)), author, NOW_MS)).toEqual(expected);
  });

  it.each([
    ['a millisecond before it', -1, 'reject', 'open'],
    ['at it', 0, 'reject', 'expired'],
    ['at it, when silence approves', 0, 'approve', 'approved'],
    ['a millisecond before it, when silence approves', -1, 'approve', 'open'],
  ] as const)('the deadline, looked at %s', (_, offsetMs, otherwise, kind) => {
    const question = ask({ deadlineMs: NOW_MS, rule: rule({ otherwise }) });
    expect(tally(question, [], undefined, NOW_MS + offsetMs)).toMatchObject({ kind });
  });

  it.each([
    [-1, 'approved'],
    [0, 'expired'],
  ])('an approval given %d ms from the deadline counts as %s', (offsetMs, kind) => {
    const question = ask({ deadlineMs: NOW_MS });
    expect(tally(question, [decision({ atMs: NOW_MS + offsetMs })], undefined, NOW_MS + MINUTE_MS)).toMatchObject({ kind });
  });

  it('says when silence approved', () => {
    expect(tally(ask({ deadlineMs: NOW_MS, rule: rule({ otherwise: 'approve', need: 2 }) }), [decision({})], undefined, NOW_MS)).toEqual({ kind: 'approved', given: ['alice'], byDeadline: true });
  });
});

describe('laws', () => {
  const decisions = fc.array(
    fc.record({ person: fc.constantFrom('alice', 'bob', 'carol', 'mallory'), kind: fc.constantFrom('approve', 'reject', 'abort'), offsetMs: fc.integer({ min: -3, max: 3 }), askKey: fc.constantFrom('weight.25', 'before.0') }),
    { maxLength: 8 },
  );
  const made = (list: { person: string; kind: string; offsetMs: number; askKey: string }[]): Decision[] =>
    list.map(({ offsetMs, ...rest }) => decision({ ...rest, kind: rest.kind as Decision['kind'], atMs: NOW_MS + offsetMs }));

  it('a reject in time, of somebody who is asked, always wins', () => {
    fc.assert(
      fc.property(decisions, fc.integer({ min: 1, max: 3 }), (list, need) => {
        const all = made(list);
        const answer = tally(ask({ deadlineMs: NOW_MS, rule: rule({ need }) }), all, undefined, NOW_MS);
        const rejects = all.filter((one) => one.kind === 'reject' && one.askKey === 'weight.25' && one.atMs < NOW_MS && one.person !== 'mallory');
        expect(answer.kind === 'rejected').toBe(rejects.length > 0);
      }),
    );
  });

  it('nobody is counted twice, and nobody who is not asked', () => {
    fc.assert(
      fc.property(decisions, fc.integer({ min: 1, max: 3 }), (list, need) => {
        const answer = tally(ask({ rule: rule({ need }) }), made(list), 'carol', NOW_MS);
        if (answer.kind !== 'approved') return;
        expect(new Set(answer.given).size).toBe(answer.given.length);
        expect(answer.given.length).toBeGreaterThanOrEqual(need);
        expect(answer.given).not.toContain('mallory');
      }),
    );
  });

  it('nothing is approved without each of those who have to be among them', () => {
    fc.assert(
      fc.property(decisions, fc.integer({ min: 1, max: 2 }), fc.subarray(['alice', 'bob', 'carol']), (list, need, oneOf) => {
        fc.pre(oneOf.length > 0);
        const answer = tally(ask({ rule: rule({ need, including: [{ name: 'them', oneOf }] }) }), made(list), undefined, NOW_MS);
        if (answer.kind === 'approved') expect(answer.given.some((name) => oneOf.includes(name))).toBe(true);
      }),
    );
  });

  it('the order in which decisions are read does not matter', () => {
    fc.assert(
      fc.property(decisions, (list) => {
        const distinct = list.filter((one, index) => list.findIndex((other) => other.offsetMs === one.offsetMs) === index);
        const question = ask({ rule: rule({ need: 2 }) });
        expect(tally(question, made([...distinct].reverse()), undefined, NOW_MS)).toEqual(tally(question, made(distinct), undefined, NOW_MS));
      }),
    );
  });
});
