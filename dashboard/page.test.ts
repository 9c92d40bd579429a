// What holds for the page as a whole: no way from text to markup, contrast, size, and pages made of hostile names.
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { h, type Child, type VNode } from './public/dom.js';
import { chartPart } from './public/pages/chart.js';
import { historyPage } from './public/pages/history.js';
import { faultNotice, faultStrip, faultTitle } from './public/pages/parts.js';
import { pipelinesPage } from './public/pages/pipelines.js';
import { releasePage } from './public/pages/release.js';
import { toChart } from './public/view/chart.js';
import { toHistory } from './public/view/history.js';
import { toPipelines } from './public/view/pipelines.js';
import { toRelease } from './public/view/release.js';
import { toTimeline } from './public/view/timeline.js';
import { HOSTILE, iso, NOON, production, summary, view } from './testing/samples.ts';

const PUBLIC = join(import.meta.dirname ?? __dirname, 'public');
const served = readdirSync(PUBLIC, { recursive: true, encoding: 'utf8' }).filter((path) => /\.(?:js|html|css|svg)$/.test(path));
const textOf = (path: string): string => readFileSync(join(PUBLIC, path), 'utf8');

describe('markup', () => {
  test.each(served.filter((path) => path.endsWith('.js')))('%s knows no way from text to markup or code', (path) => {
    expect(textOf(path)).not.toMatch(/innerHTML|outerHTML|insertAdjacentHTML|document\.write|DOMParser|\beval\(|new Function|createContextualFragment|setHTML|srcdoc|\.style\b|setAttributeNS|javascript:/);
  });

  test.each(['javascript:alert(1)', 'https://evil.example/', '//evil.example', 'data:text/html,x', ''])('an address may not lead to %p', (href) => {
    expect(() => h('a', { href })).toThrow('an address outside this page');
  });

  const nodes = (children: readonly (Child | false | undefined)[]): VNode[] => children.flatMap((child) => (typeof child === 'object' ? [child, ...nodes(child.children)] : []));
  const texts = (children: readonly (Child | false | undefined)[]): string => children.map((child) => (typeof child === 'string' ? child : typeof child === 'object' ? texts(child.children) : '')).join('');
  const hostile = summary({ id: HOSTILE, pipeline: HOSTILE, stage: HOSTILE, reason: HOSTILE, image: { repository: HOSTILE, tag: HOSTILE, digest: HOSTILE } });
  const stage = { ...production(), name: HOSTILE, cluster: HOSTILE, failure: { reason: HOSTILE, summary: HOSTILE, tasks: [{ id: HOSTILE, stoppedReason: HOSTILE, exits: [{ container: HOSTILE, reason: HOSTILE }] }], logLines: [HOSTILE], hint: HOSTILE } };
  const release = { ...view(), ...hostile, stages: [stage], timeline: [{ at: iso(NOON), kind: HOSTILE, stage: HOSTILE, text: HOSTILE, by: 'x' }] };
  const nothing = (): void => undefined;
  const chart = toChart({ stage, timeline: [], metrics: { stage: '', fromMs: 0, toMs: NOON, alarms: [{ name: HOSTILE, state: 'OK', series: [{ label: HOSTILE, of: 'new', points: [[NOON - 1000, 1]] }] }] }, nowMs: NOON, width: 600 });

  test.each<{ name: string; page: (Child | false | undefined)[] }>([
    { name: 'pipelines', page: pipelinesPage(toPipelines([{ name: HOSTILE, repository: HOSTILE, stages: [{ name: HOSTILE, cluster: HOSTILE, service: HOSTILE }], latest: hostile }], [], NOON)) },
    { name: 'history', page: historyPage({ rows: toHistory([hostile], { pipeline: '', outcome: '', text: '' }, NOON), known: 1, pipelines: [HOSTILE], filter: { pipeline: HOSTILE, outcome: '', text: HOSTILE }, more: 'none', on: { filter: nothing, older: nothing } }) },
    { name: 'release', page: releasePage({ release: toRelease(release, undefined, NOON), timeline: toTimeline(release.timeline), chart: chart && chartPart({ chart, at: NOON - 1000, metrics: 'there', on: {} }), act: nothing }) },
    { name: 'fault', page: [faultNotice({ code: HOSTILE, message: HOSTILE, hint: HOSTILE }), faultStrip({ code: 'x', message: HOSTILE }, '')] },
  ])('hostile names stay text on the page $name', ({ page }) => {
    expect(texts(page)).toContain('<img src=x onerror=alert(1)>');
    expect(texts(page)).not.toMatch(/[\u202e\u0007]/);
    for (const { tag, attrs } of nodes(page)) {
      expect(['img', 'script', 'iframe', 'object', 'style', 'link', 'meta', 'form']).not.toContain(tag);
      expect(Object.keys(attrs).filter((name) => /^on/i.test(name))).toEqual([]);
      if (attrs['href'] !== undefined) expect(String(attrs['href'])).toMatch(/^#\/[\w/%?=&+.*~!'()-]*$/);
      if (attrs['class'] !== undefined) expect(String(attrs['class'])).toMatch(/^[\w -]*$/);
    }
  });
});

describe('faults have titles people recognise', () => {
  test.each([['CredentialsExpired', 'Your credentials have expired'], ['NoCredentials', 'There are no AWS credentials to sign with'], ['NotFound', 'Nothing here by that name'], ['NotAllowed', 'AWS does not let you look'], ['ServerGone', 'The dashboard has stopped'], ['TokenMissing', 'This page has no token'], ['cloudError', 'The cloud does not answer']])('%s: %s', (code, title) => {
    expect(faultTitle({ code, message: '' })).toBe(title);
  });
});

describe('colours', () => {
  const css = textOf('style.css');
  const palette = (block: string): Record<string, string> => Object.fromEntries([...block.matchAll(/--([\w-]+):\s*(#[0-9a-f]{6});/g)].map(([, name = '', value = '']): [string, string] => [name, value]));
  const [light = '', dark = ''] = [...css.matchAll(/:root\s*\{([^}]*)\}/g)].map(([, block]) => block);
  const luminance = (colour: string): number => {
    const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16) / 255).map((value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const contrast = (one: string, other: string): number => {
    const [low = 0, high = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b);
    return (high + 0.05) / (low + 0.05);
  };
  const grounds = ['ground', 'card', 'busy-ground', 'good-ground', 'bad-ground', 'asks-ground', 'quiet-ground'];
  const pairs: [string, string, number][] = [
    ...grounds.map((ground): [string, string, number] => ['text', ground, 4.5]),
    ...['ground', 'card', 'busy-ground'].flatMap((ground): [string, string, number][] => [['muted', ground, 4.5], ['link', ground, 4.5]]),
    ...['busy', 'good', 'bad', 'asks', 'quiet'].flatMap((tone): [string, string, number][] => [[tone, 'card', 4.5], [tone, 'ground', 4.5], [tone, `${tone}-ground`, 4.5]]),
    ['on-good', 'good', 4.5],
    ['edge', 'card', 3],
  ];
  test.each(['light', 'dark'])('every pair of the %s palette is readable (WCAG AA)', (name) => {
    const colours = palette(name === 'light' ? light : dark);
    const poor = pairs.filter(([one, other, least]) => !(contrast(colours[one] ?? '', colours[other] ?? '') >= least)).map(([one, other]) => `${one} on ${other}: ${contrast(colours[one] ?? '', colours[other] ?? '').toFixed(2)}`);
    expect(poor).toEqual([]);
  });
});

test('the script of the page stays under 100 KB, as it is served', () => {
  const bytes = served.filter((path) => path.endsWith('.js')).reduce((sum, path) => sum + statSync(join(PUBLIC, path)).size, 0);
  expect(bytes).toBeLessThan(100_000);
});

test('the page loads nothing from elsewhere', () => {
  for (const path of served) expect(textOf(path).replaceAll('http://www.w3.org/2000/svg', '')).not.toMatch(/https?:\/\//);
});
