// The simulation with a line of the product changed: bundled afresh, so that nothing in the product knows of it.
import { readFile } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Plugin } from 'esbuild';
import type { Artefact } from '../../package.ts';
import { bundled, whereItWas } from '../bundled.ts';
import type { Change } from './list.ts';
import type * as subject from './subject.ts';

const ROOT = join(import.meta.dirname, '..', '..', '..');
export type Subject = typeof subject;

export async function patchedSubject(changes: readonly Change[]): Promise<Subject> {
  const bundle = await bundled('rehearsal/simulation/sabotage/subject.ts', [patching(changes)]);
  try {
    return (await import(pathToFileURL(bundle.file).href)) as Subject;
  } finally {
    await bundle.remove();
  }
}

function patching(changes: readonly Change[]): Plugin {
  const inSources = changes.filter((change) => 'file' in change);
  return {
    name: 'sabotage',
    setup: (bundling) =>
      bundling.onLoad({ filter: /\.ts$/ }, async ({ path }) => {
        const file = relative(ROOT, path).split(sep).join('/');
        const here = inSources.filter((change) => change.file === file);
        if (here.length === 0) return undefined;
        return { contents: whereItWas(here.reduce(changed, await readFile(path, 'utf8')), path), loader: 'ts' };
      }),
  };
}

function changed(text: string, { file, line, instead }: Extract<Change, { file: string }>): string {
  const parts = text.split(line);
  if (parts.length !== 2) throw new Error(`a sabotage looks for a line that ${file} has ${parts.length - 1} times, not once: ${line}`);
  return parts.join(instead);
}

export function patchedArtefact(artefact: Artefact, changes: readonly Change[]): Artefact {
  const inTemplate = changes.filter((change) => 'template' in change);
  if (inTemplate.length === 0) return artefact;
  const template = JSON.parse(artefact.template) as Record<string, unknown>;
  for (const { template: path, was, instead } of inTemplate) {
    const holder = path.slice(0, -1).reduce<unknown>((value, key) => (value as Record<string, unknown> | undefined)?.[key], template) as Record<string, unknown> | undefined;
    const key = path.at(-1) ?? '';
    if (holder?.[key] !== was) throw new Error(`a sabotage expects "${was}" at ${path.join(' > ')} of the template, which has ${JSON.stringify(holder?.[key])}`);
    holder[key] = instead;
  }
  return { ...artefact, template: JSON.stringify(template) };
}
