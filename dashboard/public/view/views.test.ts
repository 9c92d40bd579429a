import fc from 'fast-check';
import type { PipelineView, ReleaseSummary } from '../../../core/view/index.ts';
import { anyText } from '../../../test/any-text.ts';
import { iso, MINUTE_MS, NOON, passing, production, summary, view, weight } from '../../testing/samples.ts';
import { toHistory } from './history.js';
import { lookAgainMs, metricsAgainMs, paceOf } from './pace.js';
import { toPipelines } from './pipelines.js';
import { historyHref, releaseHref, routeOf, tokenOf } from './route.js';
import { toTimeline } from './timeline.js';
import { ago, clean, duration, orList, outcomeOf, percent, quantity, standing } from './words.js';

describe('words', () => {
  test.each([
    [0, '0 s'], [1, '1 s'], [59_999, '1 min'], [61_000, '1 min 1 s'], [3_600_000, '1 h'], [5_400_000, '1 h 30 min'], [90_000_000, '1 d 1 h'], [-5, '0 s'],
  ])('%i ms last %s', (ms, text) => {
    expect(duration(ms)).toBe(text);
  });
  test.each([[0, 'just now'], [-5_000, 'just now'], [65_000, '1 min ago'], [7_300_000, '2 h ago'], [NaN, '']])('%p ms ago is %s', (ms, text) => {
    expect(ago(NOON - ms, NOON)).toBe(text);
  });
  test.each([[0, '0'], [4.949, '4.95'], [0.00734, '0.00734'], [0.0000123, '1.2e-5'], [12_345, '12.3 k'], [2_500_000, '2.5 M'], [-3, '-3'], [Infinity, '–']])('%p is written %s', (value, text) => {
    expect(quantity(value)).toBe(text);
  });
  test.each([[[], ''], [['a'], 'a'], [['a', 'b'], 'a or b'], [['a', 'b', 'c'], 'a, b or c']])('%j in words is %s', (names, text) => {
    expect(orList(names)).toBe(text);
  });
  test('weights need no more digits than they have', () => {
    expect([5, 12.5, 33.333].map(percent)).toEqual(['5 %', '12.5 %', '33.3 %']);
  });
  test('an outcome that is not known, or sounds like something of the language, is shown as it is', () => {
    expect([outcomeOf('evaporated').word, outcomeOf('constructor').word, outcomeOf('__proto__').word]).toEqual(['evaporated', 'constructor', '__proto__']);
  });
  test.each([
    [{ status: 'running', waitingFor: 'rollback' }, 'rolling back'], [{ status: 'waiting', waitingFor: 'approval' }, 'asks'], [{ status: 'waiting', waitingFor: { kind: 'turn' } }, 'queued'],
    [{ status: 'running', waitingFor: 'bake' }, 'baking'], [{ status: 'running' }, 'running'], [{ status: 'pending' }, 'not yet'], [{ status: 'ended', outcome: 'timedOut', waitingFor: 'bake' }, 'timed out'],
  ])('%j stands as %s', (one, word) => {
    expect(standing(one).word).toBe(word);
  });
  test('no control character and no direction mark survives cleaning, and line ends do', () => {
    fc.assert(fc.property(anyText(), (text) => !/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/.test(clean(text))));
    expect(clean('a\nb\u202ec')).toBe('a\nb c');
  });
});

describe('addresses', () => {
  test('what is put into an address comes out of it again', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, unit: 'grapheme' }), fc.option(fc.string({ unit: 'grapheme' }), { nil: undefined }), (id, stage) => {
        expect(routeOf(releaseHref(id, stage))).toEqual({ page: 'release', id, stage });
      }),
    );
    fc.assert(
      fc.property(fc.record({ pipeline: fc.string({ unit: 'grapheme' }), outcome: fc.string(), text: fc.string({ unit: 'grapheme' }) }), (filter) => {
        expect(routeOf(historyHref(filter))).toEqual({ page: 'history', ...filter });
      }),
    );
  });
  test.each([['', 'pipelines'], ['#/', 'pipelines'], ['#/history', 'history'], ['#/releases/', 'nowhere'], ['#/releases/a/b', 'nowhere'], ['#/releases/%E0%A4%A', 'nowhere'], ['#/constructor', 'nowhere']])('%s is %s', (fragment, page) => {
    expect(routeOf(fragment).page).toBe(page);
  });
  test.each([['#token=abcdefgh_-1', 'abcdefgh_-1'], ['#token=', undefined], ['#/token=abcdefgh', undefined], ['#token=abcd<script>', undefined]])('%s holds the token %p', (fragment, token) => {
    expect(tokenOf(fragment)).toBe(token);
  });
});

describe('how often it looks', () => {
  test.each([
    [{ pace: 'moving', failures: 0, hidden: false }, 1_000], [{ pace: 'people', failures: 0, hidden: false }, 5_000], [{ pace: 'idle', failures: 0, hidden: false }, 15_000], [{ pace: 'over', failures: 0, hidden: false }, undefined],
    [{ pace: 'moving', failures: 1, hidden: false }, 2_000], [{ pace: 'over', failures: 3, hidden: false }, 8_000], [{ pace: 'idle', failures: 50, hidden: false }, 60_000], [{ pace: 'moving', failures: 0, hidden: true }, undefined], [{ pace: 'moving', failures: 2, hidden: true }, undefined],
  ] as const)('%j: %p ms', (now, ms) => {
    expect(lookAgainMs(now)).toBe(ms);
  });
  test.each([
    [[], 'idle'], [[summary({ status: 'ended', waitingFor: undefined })], 'idle'], [[summary()], 'people'], [[summary(), summary({ status: 'running', waitingFor: 'bake' })], 'moving'], [[summary({ waitingFor: 'turn' })], 'moving'],
  ])('%#: %s', (releases, pace) => {
    expect(paceOf(releases)).toBe(pace);
  });
  test.each([[[], 5_000], [[2_000, 2_000], 2_000], [[60_000, 120_000], 60_000], [[300_000], 60_000], [[100], 2_000]])('metrics whose points are %j ms apart are asked for every %i ms', (gaps, ms) => {
    const points = gaps.reduce<[number, number][]>((known, gap) => [...known, [(known.at(-1)?.[0] ?? 0) + gap, 1]], [[0, 1]]);
    expect(metricsAgainMs([{ series: [{ points }] }])).toBe(ms);
  });
});

describe('the story', () => {
  test('folds a run of shifts that the plan does not stop at, and nothing else', () => {
    const lines = toTimeline([passing(20, 0, 5), weight(19, 5), passing(10, 5, 10), passing(9, 10, 15), passing(8, 15, 20), weight(7, 25)]);
    expect(lines.map(({ text }) => text)).toEqual([
      'From 0 % to 5 %: the plan does not stop here.', 'The new revision serves 5 % of production traffic; no bake.', 'From 5 % to 20 %: 3 shifts at which the plan does not stop.', 'The new revision serves 25 % of production traffic; no bake.',
    ]);
    expect(lines[2]?.folded).toHaveLength(3);
  });
  test('two stages are never folded into one', () => {
    const lines = toTimeline([passing(10, 0, 5), { ...passing(9, 0, 5), stage: 'abroad' }]);
    expect(lines).toHaveLength(2);
  });
  test('nothing is lost: every entry is a line or in a fold, in order', () => {
    const entry = fc.record({ at: fc.integer({ min: 0, max: 1e12 }).map(iso), kind: fc.constantFrom('weight', 'ask', 'constructor', 'stage'), text: fc.constantFrom('From 1 % to 2 %: the plan does not stop here.', 'b', 'c'), stage: fc.constantFrom('x', 'y') });
    fc.assert(
      fc.property(fc.array(entry), (entries) => {
        const texts = toTimeline(entries).flatMap((line) => (line.folded ?? [line]).map(({ text }) => text));
        expect(texts).toEqual(entries.map(({ text }) => text));
      }),
    );
  });
  test('a no looks like a no, and who said it is said once', () => {
    const at = iso(NOON);
    const lines = toTimeline([{ at, kind: 'decision', text: 'Rejected by bob: prices', by: 'bob' }, { at, kind: 'decision', text: 'Approved by alice.', by: 'alice' }, { at, kind: 'alarm', text: 'x', by: 'carol' }]);
    expect(lines.map(({ tone, sign, by }) => `${sign} ${tone} ${by}`)).toEqual(['✗ bad undefined', '✓ asks undefined', '! asks carol']);
  });
  test('instants are in the time zone of the reader, digests short', () => {
    const [line] = toTimeline([{ at: iso(NOON), kind: 'ask', text: `by 2026-11-23 12:00 UTC; runs 123456789012.dkr.ecr.eu-west-1.amazonaws.com/x@sha256:${'a'.repeat(64)}.` }]);
    expect(line?.text).toMatch(/^by 2026-11-2\d \d\d:\d\d; runs x@sha256:aaaaaaaaaaaa\.$/);
  });
});

describe('pipelines', () => {
  const pipeline: PipelineView = { name: 'checkout', repository: 'shop/checkout', stages: [{ name: 'staging', cluster: 's', service: 'c' }, { name: 'production', cluster: 'p', service: 'c' }] };
  const ended = (tag: string, stage: string, outcome: ReleaseSummary['outcome']): ReleaseSummary => summary({ id: tag, stage, status: 'ended', outcome, waitingFor: undefined, endedAt: iso(NOON - MINUTE_MS), image: { repository: 'r', tag, digest: 'sha256:0' } });
  const stages = (...releases: ReleaseSummary[]) => toPipelines([{ ...pipeline, latest: releases[0] }], releases, NOON)[0]?.stages.map(({ runs, coming, failed }) => `${runs?.image ?? '-'} ${coming?.image ?? '-'} ${failed?.image ?? '-'}`);

  test.each<{ name: string; releases: ReleaseSummary[]; want: string[] }>([
    { name: 'nothing is known of a pipeline that released nothing', releases: [], want: ['- - -', '- - -'] },
    { name: 'a release that succeeded runs in every stage', releases: [ended('2', 'production', 'succeeded')], want: ['2 - -', '2 - -'] },
    { name: 'a release on its way runs in the stages it has left behind', releases: [summary(), ended('2', 'production', 'succeeded')], want: ['1.4.0 - -', '2 1.4.0 -'] },
    { name: 'a release that failed in production runs in staging', releases: [ended('3', 'production', 'rolledBack'), ended('2', 'production', 'succeeded')], want: ['3 - -', '2 - 3'] },
    { name: 'a release that failed in staging runs nowhere', releases: [ended('3', 'staging', 'failed'), ended('2', 'production', 'succeeded')], want: ['2 - 3', '2 - -'] },
    { name: 'a failure is no news once a newer release came further', releases: [ended('4', 'production', 'succeeded'), ended('3', 'staging', 'failed')], want: ['4 - -', '4 - -'] },
    { name: 'what was overtaken did not fail', releases: [ended('3', 'staging', 'superseded')], want: ['- - -', '- - -'] },
  ])('$name', ({ releases, want }) => {
    expect(stages(...releases)).toEqual(want);
  });

  test('the newest word on the newest release wins over an older list', () => {
    const old = summary({ weightPercent: 5 });
    const [card] = toPipelines([{ ...pipeline, latest: summary({ weightPercent: 50 }) }], [old], NOON);
    expect(card?.stages[1]?.coming?.weight).toBe('50 %');
    expect(card?.inFlight).toBe(1);
  });
});

describe('history', () => {
  const releases = [summary(), summary({ id: 'b-1', pipeline: 'billing', status: 'ended', outcome: 'rolledBack', reason: 'billing-5xx fired', waitingFor: undefined }), summary({ id: 'c-2', status: 'ended', outcome: 'succeeded', waitingFor: undefined })];
  test.each([
    [{}, ['checkout-1.4.0-4e5f', 'b-1', 'c-2']], [{ pipeline: 'billing' }, ['b-1']], [{ outcome: 'succeeded' }, ['c-2']], [{ outcome: 'open' }, ['checkout-1.4.0-4e5f']], [{ text: 'FIRED  billing' }, ['b-1']], [{ text: '4e5f6a' }, ['checkout-1.4.0-4e5f', 'b-1', 'c-2']], [{ text: 'fired', outcome: 'succeeded' }, []],
  ])('%j', (filter, ids) => {
    expect(toHistory(releases, { pipeline: '', outcome: '', text: '', ...filter }, NOON).map(({ id }) => id)).toEqual(ids);
  });
  test('how long it took, or has taken so far', () => {
    expect(toHistory([summary(), summary({ endedAt: iso(NOON - 20 * MINUTE_MS) })], { pipeline: '', outcome: '', text: '' }, NOON).map(({ took }) => took)).toEqual(['30 min', '10 min']);
  });
});

test('the samples are releases', () => {
  expect(view().stages).toContainEqual(production());
});
