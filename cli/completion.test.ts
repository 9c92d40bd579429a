// Completion: bash is asked for real; zsh and fish are not on every machine, so of them the text is judged.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { completionModel } from './completion/model.ts';
import { completionScript, SHELLS } from './completion/scripts.ts';
import { type FakeControl, fakeControl, runCli } from './testing.ts';
import { done, running } from './testing-releases.ts';

let control: FakeControl | undefined;
afterEach(async () => control?.close());

describe('in bash', () => {
  let folder: string;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'slipway-completion-'));
    writeFileSync(join(folder, 'script'), (await runCli(['completion', 'bash'])).stdout);
    // What the script calls back for, told from the kind it asks for.
    writeFileSync(join(folder, 'slipway'), '#!/bin/sh\necho "$2-one"\necho "$2-two"\n', { mode: 0o755 });
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  const complete = (line: string): string[] => {
    const script = 'source "$1/script"; PATH="$1:$PATH"; COMP_LINE="$2"; read -ra COMP_WORDS <<< "$2"; [[ "$2" == *" " ]] && COMP_WORDS+=(""); COMP_CWORD=$((${#COMP_WORDS[@]}-1)); _slipway; printf "%s\\n" "${COMPREPLY[@]}"';
    return execFileSync('bash', ['--norc', '-c', script, 'bash', folder, line], { encoding: 'utf8', cwd: folder }).split('\n').filter((word) => word !== '');
  };

  test.each([
    ['slipway hi', ['history']],
    ['slipway ho', ['hold', 'holds']],
    ['slipway history --out', ['--outcome']],
    ['slipway history --outcome ro', ['rolledBack']],
    ['slipway wait x --for ', ['ended', 'approval', 'stage=']],
    ['slipway approve ', ['release-one', 'release-two']],
    ['slipway approve --as alice ', ['release-one', 'release-two']],
    ['slipway approve --as alice x ', []],
    ['slipway approve x --js', ['--json']],
    ['slipway undo ', ['ended-one', 'ended-two']],
    ['slipway deploy --local pipeline-o', ['pipeline-one']],
    ['slipway watch any-t', ['any-two']],
    ['slipway history --pipeline ', ['pipeline-one', 'pipeline-two']],
    ['slipway apply --file sc', ['script']],
    ['slipway completion ', ['bash', 'zsh', 'fish']],
    ['slipway reject x --reason ', []],
    ['slipway nonsense ', []],
  ])('%j is completed to %j', (line, words) => {
    expect(complete(line)).toEqual(words);
  });
});

test.each(SHELLS)('%s knows every command and every option', async (shell) => {
  const script = (await runCli(['completion', shell])).stdout;
  const { commands } = JSON.parse((await runCli(['completion', shell, '--json'])).stdout) as { commands: ReturnType<typeof completionModel> };
  expect(commands.map(({ name }) => name)).toEqual(expect.arrayContaining(['watch', 'wait', 'history', 'init', 'doctor', 'approve']));
  expect(commands.map(({ name }) => name)).not.toContain('__complete');
  for (const { name, options } of commands) {
    expect(script).toContain(name);
    for (const { flag } of options) expect(script).toContain(shell === 'fish' ? `-l ${flag.slice(2)}` : flag);
  }
});

test.each(SHELLS)('a quote in a summary does not end the script of %s', (shell) => {
  const program = new Command('slipway').addCommand(new Command('it').description("says what it's for; $(touch x) `y` \\").option('--now', "don't wait"));
  const script = completionScript(shell, completionModel(program));
  expect(script).not.toMatch(/[^\\']'s for/);
  if (shell === 'bash') expect(() => execFileSync('bash', ['-n'], { input: script })).not.toThrow();
});

test('a shell that is not known is bad input', async () => {
  expect(await runCli(['completion', 'tcsh'])).toMatchObject({ exit: 2, stderr: expect.stringContaining('Allowed choices are bash, zsh, fish') as string });
});

describe('the names', () => {
  const ask = async (kind: string, line: string): Promise<string[]> => {
    control = await fakeControl({
      'GET /v1/pipelines': { body: { pipelines: [{ name: 'checkout', repository: 'r', stages: [] }, { name: 'billing', repository: 'r', stages: [] }] } },
      'GET /v1/releases': { body: { releases: [running, { ...done, id: 'billing-1', pipeline: 'billing' }] } },
    });
    const { stdout } = await runCli(['__complete', kind, line.replace('URL', control.url)]);
    return stdout.split('\n').filter((name) => name !== '');
  };

  test.each([
    ['pipeline', ['checkout', 'billing']],
    ['release', [running.id, 'checkout']],
    ['ended', ['billing-1', 'billing']],
    ['any', ['checkout', 'billing', running.id, 'billing-1']],
  ])('of kind %s are asked of the control API that the line names', async (kind, names) => {
    expect(await ask(kind, 'slipway x --local --url=URL ')).toEqual(names);
    await control?.close();
    expect(await ask(kind, 'slipway x --local --url URL ch')).toEqual(names);
  });

  test('are none, without a word, when nobody answers', async () => {
    expect(await runCli(['__complete', 'any', 'slipway watch --local --url http://127.0.0.1:9 '])).toEqual({ exit: 20, stdout: '', stderr: '' });
  });
});
