// Three tellings of one language: the parser, the JSON Schema for editors, and docs/config.md. None may know more than another.

import { readFileSync } from 'node:fs';
import { parse as parseYaml } from 'yaml';
import { EXIT, EXIT_TABLE } from '../cli/exit.ts';
import { CHOICES, KEYS } from '../core/pipeline/keys.ts';
import { parseSpecification } from '../core/pipeline/parse.ts';
import { type Schema, violations } from './json-schema.ts';

const schema = JSON.parse(readFileSync('schema/slipway.schema.json', 'utf8')) as Schema & { $defs: Record<string, Record<string, unknown>>; properties: Record<string, unknown> };
const docs = readFileSync('docs/config.md', 'utf8');
const example = /## A complete example\s+```yaml\n([\s\S]*?)```/.exec(docs)?.[1] ?? '';

/** The mapping form of a definition that may also be a word. */
function mappingOf(name: string): { properties: Record<string, { enum?: unknown; description?: string; $ref?: string }>; additionalProperties: unknown } {
  const found = name === 'specification' ? schema : schema.$defs[name];
  const forms = (found as { anyOf?: unknown[] } | undefined)?.anyOf;
  return (forms === undefined ? found : forms.at(-1)) as ReturnType<typeof mappingOf>;
}

describe('the schema', () => {
  test.each(Object.entries(KEYS))('knows the keys of %s that the parser knows, and no others', (name, keys) => {
    const mapping = mappingOf(name);
    expect(Object.keys(mapping.properties).sort()).toEqual([...keys].sort());
    expect(mapping.additionalProperties).toBe(false);
  });

  test.each([
    ['pipeline', 'foreignDeployments', CHOICES.foreignDeployments],
    ['pipeline', 'newerRelease', CHOICES.newerRelease],
    ['stage', 'onAlarmAtStart', CHOICES.onAlarmAtStart],
    ['missingData', 'policy', CHOICES.missingData],
    ['approval', 'otherwise', CHOICES.otherwise],
    ['approval', 'notBy', CHOICES.notBy],
  ])('offers for %s.%s what the parser accepts', (name, key, words) => {
    expect(mappingOf(name).properties[key]!.enum).toEqual(words);
  });

  test('describes every key, or the thing it refers to', () => {
    const silent = Object.keys(KEYS).flatMap((name) =>
      Object.entries(mappingOf(name).properties)
        .filter(([, property]) => property.description === undefined && schema.$defs[property.$ref?.replace('#/$defs/', '') ?? '']?.['description'] === undefined)
        .map(([key]) => `${name}.${key}`),
    );
    expect(silent).toEqual([]);
  });
});

describe('the docs', () => {
  test('have a complete example that parser and schema accept', () => {
    const value: unknown = parseYaml(example);
    expect(parseSpecification(value)).toMatchObject({ ok: true });
    expect(violations(value, schema)).toEqual([]);
  });

  test('name every key, every word that a key may be set to, and every exit code', () => {
    const words = [...Object.values(KEYS).flat(), ...Object.values(CHOICES).flat()];
    expect(words.filter((word) => !docs.includes(`\`${word}\``) && !docs.includes(`${word}:`))).toEqual([]);
    for (const { name, meaning } of EXIT_TABLE) expect(docs).toContain(`| ${EXIT[name]} | ${meaning} |`);
  });
});

/** A valid file; each case changes one thing. */
const base = (): Record<string, unknown> => parseYaml(example) as Record<string, unknown>;
const set = (path: string, value: unknown): Record<string, unknown> => {
  const root = base();
  const keys = path.split('.');
  let at: Record<string, unknown> = root;
  for (const key of keys.slice(0, -1)) at = at[key] as Record<string, unknown>;
  at[keys.at(-1)!] = value;
  return root;
};
const production = 'pipelines.checkout.stages.1';

describe('parser and schema agree', () => {
  test.each<[string, unknown]>([
    [`${production}.strategy`, 'rolling'],
    [`${production}.strategy`, 'blueGreen'],
    [`${production}.strategy`, { rolling: { minimumHealthyPercent: 50, maximumPercent: 150, bakeAfter: '5m' } }],
    [`${production}.strategy`, { linear: { step: 12.5, bake: { for: '5m', requests: 100 } } }],
    [`${production}.strategy.canary.steps`, [{ weight: 0.1, approval: {} }]],
    [`${production}.missingData`, 'fail'],
    [`${production}.alarms`, []],
    ['pipelines.checkout.image.tags', { exact: 'latest' }],
    ['pipelines.checkout.image.tags', { regex: 'v\\d+' }],
    ['pipelines.checkout.notify', { slack: 'C012AB3CD' }],
    ['pipelines', [{ name: 'a', image: { repository: 'shop/a', tags: { glob: '*' } }, stages: [{ name: 'a', service: { cluster: 'c', name: 's', container: 'app' }, strategy: 'rolling' }] }]],
  ])('that %s may be %j', (path, value) => {
    const file = set(path, value);
    expect(parseSpecification(file)).toMatchObject({ ok: true });
    expect(violations(file, schema)).toEqual([]);
  });

  test.each<[string, unknown]>([
    ['version', 1],
    ['pipelines', {}],
    ['pipelines', 'checkout'],
    ['pipelines', [{ image: { repository: 'shop/a', tags: { glob: '*' } }, stages: [{ name: 'a', service: { cluster: 'c', name: 's', container: 'app' }, strategy: 'rolling' }] }]],
    ['people.alice', {}],
    ['people.alice.slack', 'alice'],
    ['people.alice.aws', []],
    ['people.bad name', { slack: 'U012AB3CD' }],
    ['pipelines.checkout.image.repository', 'Shop/Checkout'],
    ['pipelines.checkout.image.repository', 'shop/checkout:latest'],
    ['pipelines.checkout.image.tags', {}],
    ['pipelines.checkout.image.tags', { glob: 'v*', semver: '*' }],
    ['pipelines.checkout.image.tags', { exact: 'v*' }],
    ['pipelines.checkout.image.tags', 'latest'],
    ['pipelines.checkout.notify', { slack: 'deploys' }],
    ['pipelines.checkout.newerRelease', 'overtakes'],
    ['pipelines.checkout.stages', []],
    [`${production}.alarm`, ['a']],
    [`${production}.alarms`, ['a', 'a']],
    [`${production}.service`, { cluster: 'prod', name: 'checkout' }],
    [`${production}.before`, [{ task: { command: ['true'] } }]],
    [`${production}.before`, [{}]],
    [`${production}.strategy`, 'canary'],
    [`${production}.strategy`, {}],
    [`${production}.strategy`, { rolling: {}, blueGreen: {} }],
    [`${production}.strategy.canary.steps`, []],
    [`${production}.strategy.canary.steps`, [{ weight: 5 }]],
    [`${production}.strategy.canary.steps`, [{ weight: 0, bake: '1m' }]],
    [`${production}.strategy.canary.steps`, [{ weight: 100, bake: '1m' }]],
    [`${production}.strategy.canary.steps`, [{ weight: '5', bake: '1m' }]],
    [`${production}.strategy.canary.bakeAfter`, 15],
    [`${production}.strategy`, { linear: { step: 2.9, bake: '1m' } }],
    [`${production}.strategy`, { linear: { step: 10 } }],
    [`${production}.strategy`, { rolling: { minimumHealthyPercent: 101 } }],
    [`${production}.missingData`, { policy: 'ask' }],
    [`${production}.before`, [{ approval: { from: [] } }]],
    [`${production}.before`, [{ approval: { need: 0 } }]],
    [`${production}.before`, [{ approval: { within: '1.5h' } }]],
    [`${production}.before`, [{ approval: { notBy: 'alice' } }]],
  ])('that %s may not be %j', (path, value) => {
    const file = set(path, value);
    expect(parseSpecification(file)).toMatchObject({ ok: false });
    expect(violations(file, schema)).not.toEqual([]);
  });
});
