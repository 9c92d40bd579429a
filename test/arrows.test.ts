// Keeps the direction of imports true: functions, cli -> adapters -> core; local-cloud knows nothing of the rest.
// Reads the sources as text, so that a file which does not compile is still held to it.

import { readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';

interface Source {
  /** From the root of the repository, with /. */
  path: string;
  text: string;
}

interface Arrow {
  from: string;
  /** Prefixes of what may be imported: folders of ours end with /, packages are named. */
  to: string[];
  /** Any package of npm and any module of Node. */
  packages: 'any' | string[];
  /** Whether tests in the folder are held to it too. */
  tests?: boolean;
  /** Single files that may do more than their folder. */
  more?: Record<string, string[]>;
}

const ARROWS: Arrow[] = [
  { from: 'core/', to: ['core/'], packages: ['valibot'] },
  { from: 'adapters/', to: ['adapters/', 'core/'], packages: 'any' },
  { from: 'functions/', to: ['functions/', 'adapters/', 'core/'], packages: 'any' },
  {
    from: 'cli/',
    to: ['cli/', 'core/', 'adapters/', 'local-cloud/ecr/push.ts'],
    packages: 'any',
    more: { 'cli/commands/local.ts': ['rehearsal/start.ts'], 'cli/commands/rehearse.ts': ['rehearsal/rehearse/rehearse.ts'], 'cli/commands/dashboard.ts': ['dashboard/serve.ts'] },
  },
  { from: 'dashboard/', to: ['dashboard/', 'cli/', 'core/', 'adapters/'], packages: 'any' },
  { from: 'local-cloud/', to: ['local-cloud/'], packages: 'any', tests: true },
  { from: 'examples/', to: ['examples/', 'local-cloud/', 'core/'], packages: 'any' },
];

/** Only these may import a function of ours. */
const MAY_IMPORT_FUNCTIONS = ['functions/', 'rehearsal/', 'bench/', 'test/'];

interface Ban {
  in: string;
  pattern: RegExp;
  instead: string;
}

const BANS: Ban[] = [
  { in: 'core/', pattern: /\bDate\.now\(|\bnew Date\(\s*\)|\bDate\(\)|\bperformance\.now\(/, instead: 'take nowMs from the caller' },
  { in: 'core/', pattern: /\bMath\.random\(|\brandomUUID\(|\bgetRandomValues\(/, instead: 'take an id or a random source from the caller' },
  { in: 'core/', pattern: /\bprocess\s*[.[]|\bimport\.meta\b/, instead: 'parse the environment in functions/ or cli/ and pass the value in' },
  { in: 'core/', pattern: /\bset(?:Timeout|Interval|Immediate)\(|\bqueueMicrotask\(/, instead: 'answer when to look again; waiting is a verdict' },
  { in: 'core/', pattern: /\bfetch\(/, instead: 'add a method to an adapter and pass in what it saw' },
  { in: 'core/', pattern: /\bBuffer\b/, instead: 'use text, or Uint8Array from the caller' },
  { in: 'core/', pattern: /\bconsole\./, instead: 'answer a reason; the edges log it' },
  { in: 'core/', pattern: /\brequire\(/, instead: 'import at the top' },
  { in: 'core/', pattern: /\.localeCompare\(|\.toLocale\w+\(|\bIntl\./, instead: 'compare with < and format by hand: the locale of the machine is an input too' },
  { in: 'functions/', pattern: /\bconsole\./, instead: 'use the log of functions/shared' },
  { in: 'functions/', pattern: /\bsetTimeout\(/, instead: 'answer with when to look again and let Step Functions wait' },
];

const FOLDERS = ['core', 'adapters', 'functions', 'cli', 'dashboard', 'local-cloud', 'examples', 'rehearsal', 'bench'];

function sources(): Source[] {
  return FOLDERS.flatMap((folder) => {
    try {
      const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
      return entries
        .filter((entry) => entry.isFile() && /\.[cm]?ts$/.test(entry.name) && !entry.parentPath.includes('node_modules'))
        .map((entry) => posix.normalize(join(entry.parentPath, entry.name).replaceAll('\\', '/')))
        .map((path) => ({ path, text: readFileSync(path, 'utf8') }));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
      throw error;
    }
  });
}

const isTest = (path: string): boolean => /\.test\.ts$|(?:^|\/)(?:testing|fakes?)(?:\/|[^/]*\.ts$)/.test(path);

function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|[^:'"`\\])\/\/.*$/gm, '$1');
}

/** Everything that is imported, also in types, also later on, also under a name that is computed from a literal path. */
function importsOf({ path, text }: Source): string[] {
  const code = withoutComments(text);
  const named = [...code.matchAll(/\b(?:from|import|require)\s*\(?\s*['"]([^'"\s,]+)['"]/g)].map((match) => match[1] ?? '');
  const relativeLiterals = [...code.matchAll(/['"](\.{1,2}\/[^'"]+\.[cm]?[jt]s)['"]/g)].map((match) => match[1] ?? '');
  return [...new Set([...named, ...relativeLiterals])].map((specifier) => (specifier.startsWith('.') ? posix.normalize(posix.join(posix.dirname(path), specifier)) : `package ${specifier}`));
}

function brokenArrows(files: Source[]): string[] {
  return files.flatMap((file) => {
    const arrow = ARROWS.find(({ from }) => file.path.startsWith(from));
    const imported = importsOf(file);
    const broken: string[] = [];
    if (arrow !== undefined && (arrow.tests === true || !isTest(file.path))) {
      const allowed = [...arrow.to, ...(arrow.more?.[file.path] ?? [])];
      for (const one of imported) {
        const name = /^package (.*)$/.exec(one)?.[1];
        const fine = name === undefined ? allowed.some((prefix) => one.startsWith(prefix)) : arrow.packages === 'any' || arrow.packages.includes(name);
        if (!fine) broken.push(`${file.path} imports ${name ?? one}; ${arrow.from} may import ${[...allowed, ...(arrow.packages === 'any' ? ['packages'] : arrow.packages)].join(', ')}`);
      }
    }
    if (!isTest(file.path) && !MAY_IMPORT_FUNCTIONS.some((prefix) => file.path.startsWith(prefix))) {
      const functions = imported.filter((one) => one.startsWith('functions/'));
      broken.push(...functions.map((one) => `${file.path} imports ${one}; only ${MAY_IMPORT_FUNCTIONS.join(', ')} and tests may`));
    }
    return broken;
  });
}

function bannedWords(files: Source[]): string[] {
  return files
    .filter(({ path }) => !isTest(path))
    .flatMap((file) => {
      const lines = withoutComments(file.text).split('\n');
      return BANS.filter((ban) => file.path.startsWith(ban.in)).flatMap((ban) => lines.filter((line) => ban.pattern.test(line)).map((line) => `${file.path}: ${line.trim()} -- ${ban.instead}`));
    });
}

/** Circles of imports, each as the files that lie on it; an import of types alone counts as well: who shares a type with its user puts it where both find it. */
function circles(files: Source[]): string[][] {
  const known = new Set(files.map(({ path }) => path));
  const next = new Map(files.map((file) => [file.path, importsOf(file).filter((one) => known.has(one))]));
  const done = new Set<string>();
  const found: string[][] = [];
  const walk = (path: string, way: string[]): void => {
    const at = way.indexOf(path);
    if (at >= 0) found.push(way.slice(at));
    if (at >= 0 || done.has(path)) return;
    for (const one of next.get(path) ?? []) walk(one, [...way, path]);
    done.add(path);
  };
  for (const { path } of files) walk(path, []);
  return found;
}

describe('this repository', () => {
  const files = sources();

  test('has sources to look at', () => {
    expect(files.filter(({ path }) => path.startsWith('core/')).length).toBeGreaterThan(10);
    expect(files.filter(({ path }) => path.startsWith('local-cloud/')).length).toBeGreaterThan(10);
  });

  test('imports in one direction', () => {
    expect(brokenArrows(files)).toEqual([]);
  });

  test('imports nothing in a circle', () => {
    expect(circles(files)).toEqual([]);
  });

  test('keeps the clock, chance and the world out of core', () => {
    expect(bannedWords(files)).toEqual([]);
  });
});

describe('the guard itself', () => {
  test.each([
    { path: 'core/a/b.ts', text: `import { readFileSync } from 'node:fs';` },
    { path: 'core/a/b.ts', text: `import type { Service } from "@aws-sdk/client-ecs";` },
    { path: 'core/a/b.ts', text: `import { ecs } from '../../adapters/ecs.ts';` },
    { path: 'core/a/b.ts', text: `export * from '../../local-cloud/kernel/kernel.ts';` },
    { path: 'adapters/ecs.ts', text: `import {\n  main,\n} from '../functions/assess/handler.ts';` },
    { path: 'cli/commands/push.ts', text: `import { EcrModel } from '../../local-cloud/ecr/index.ts';` },
    { path: 'cli/commands/push.ts', text: `const start = '../../rehearsal/start.ts';` },
    { path: 'cli/main.ts', text: `await import('../functions/assess/handler.ts');` },
    { path: 'local-cloud/ecs/model.ts', text: `import '../../core/errors.ts';` },
    { path: 'local-cloud/ecs/model.test.ts', text: `import { x } from '../../core/errors.ts';` },
    { path: 'infra/plugin.ts', text: `require('../functions/a.ts')` },
  ])('sees $text in $path', (file) => {
    expect(brokenArrows([file])).not.toEqual([]);
  });

  test.each([
    { path: 'core/a/b.ts', text: `import * as v from 'valibot';\nimport { x } from '../errors.ts'; // not from '../../cli/main.ts'` },
    { path: 'core/a/b.test.ts', text: `import { parse } from 'yaml';` },
    { path: 'cli/commands/push.ts', text: `import { pushImageFolder } from '../../local-cloud/ecr/push.ts';` },
    { path: 'cli/commands/local.ts', text: `const START = '../../rehearsal/start.ts';` },
    { path: 'rehearsal/start.ts', text: `import { handler } from '../functions/assess/handler.ts';` },
  ])('lets $text be in $path', (file) => {
    expect(brokenArrows([file])).toEqual([]);
  });

  test('finds a circle of any length, also one of types', () => {
    const circle = [
      { path: 'core/a.ts', text: `import { b } from './b/b.ts';` },
      { path: 'core/b/b.ts', text: `import type { C } from '../c.ts';` },
      { path: 'core/c.ts', text: `export { a } from './a.ts';` },
      { path: 'core/d.ts', text: `import { a } from './a.ts';` },
    ];
    expect(circles(circle)).toEqual([['core/a.ts', 'core/b/b.ts', 'core/c.ts']]);
    expect(circles(circle.slice(1))).toEqual([]);
  });

  test.each([
    [`const now = Date.now();`, 'take nowMs from the caller'],
    [`const now = new Date();`, 'take nowMs from the caller'],
    [`const id = Math.random();`, 'take an id or a random source from the caller'],
    [`const region = process.env['AWS_REGION'];`, 'parse the environment in functions/ or cli/ and pass the value in'],
    [`names.sort((a, b) => a.localeCompare(b));`, 'compare with < and format by hand: the locale of the machine is an input too'],
  ])('says what to write instead of %s', (text, instead) => {
    expect(bannedWords([{ path: 'core/a/b.ts', text }])).toEqual([`core/a/b.ts: ${text} -- ${instead}`]);
  });

  test.each([`const at = new Date(ms).toISOString();`, `// never Date.now()`, `/** no Math.random() */`])('has nothing against %s', (text) => {
    expect(bannedWords([{ path: 'core/a/b.ts', text }])).toEqual([]);
  });
});
