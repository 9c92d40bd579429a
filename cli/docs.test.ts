// docs/cli.md knows every command, every option and every exit code.

import { readFileSync } from 'node:fs';
import type { completionModel } from './completion/model.ts';
import { EXIT, EXIT_TABLE } from './exit.ts';
import { runCli } from './testing.ts';

const docs = readFileSync('docs/cli.md', 'utf8');

test('every command has a row, every option is named', async () => {
  const { commands } = JSON.parse((await runCli(['completion', 'bash', '--json'])).stdout) as { commands: ReturnType<typeof completionModel> };
  const own = commands.filter(({ name }) => name !== 'help');
  expect(own.filter(({ name }) => !new RegExp(`^\\| \`${name}[ \`]`, 'm').test(docs)).map(({ name }) => name)).toEqual([]);
  const flags = [...new Set(own.flatMap(({ options }) => options.map(({ flag }) => flag)))];
  expect(flags.filter((flag) => !docs.includes(`\`${flag}`))).toEqual([]);
});

test('every command that is named is there', async () => {
  const help = (await runCli(['--help'])).stdout;
  const named = [...docs.matchAll(/^\| `([a-z]+)[ `][^|]*\| [a-z]/gm)].map(([, name]) => name);
  expect(named.length).toBeGreaterThan(15);
  expect(named.filter((name) => name !== 'q' && name !== 'j' && !new RegExp(`^  ${name ?? ''} `, 'm').test(help))).toEqual([]);
});

test('every exit code is explained', () => {
  for (const { name, meaning } of EXIT_TABLE) expect(docs).toContain(`| ${EXIT[name]} | ${meaning} |`);
});
