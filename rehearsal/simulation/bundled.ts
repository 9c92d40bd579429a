// A program of the simulation as one file of JavaScript. The loader that runs TypeScript on the fly names every function as it
// is made, which costs a third of a simulation's time: it makes many.
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build, type Plugin } from 'esbuild';

const ROOT = join(import.meta.dirname, '..', '..');
/** Below the root, so that packages are found; bundling the functions empties dist/. */
const OUT = join(ROOT, '.slipway', 'simulation');

export interface Bundle {
  file: string;
  remove: () => Promise<void>;
}

/** `program` from the root; `plugins` may change what is bundled. */
export async function bundled(program: string, plugins: readonly Plugin[] = []): Promise<Bundle> {
  await mkdir(OUT, { recursive: true });
  const folder = await mkdtemp(join(OUT, 'bundle-'));
  const remove = () => rm(folder, { recursive: true, force: true });
  const file = join(folder, 'program.mjs');
  try {
    await build({
      entryPoints: [join(ROOT, program)],
      outfile: file,
      bundle: true,
      packages: 'external',
      platform: 'node',
      target: 'node20',
      format: 'esm',
      logLevel: 'silent',
      plugins: [...plugins, WHERE_IT_WAS],
    });
  } catch (error) {
    await remove();
    throw error;
  }
  return { file, remove };
}

/** A module that looks for files beside itself finds them where it was written, not where the bundle lies. */
const WHERE_IT_WAS: Plugin = {
  name: 'where it was',
  setup: (bundling) =>
    bundling.onLoad({ filter: /\.ts$/, namespace: 'file' }, async ({ path }) => {
      if (path.includes('node_modules')) return undefined;
      return { contents: whereItWas(await readFile(path, 'utf8'), path), loader: 'ts' };
    }),
};

export const whereItWas = (text: string, path: string): string =>
  text.replaceAll('import.meta.dirname', JSON.stringify(dirname(path))).replaceAll('import.meta.url', JSON.stringify(pathToFileURL(path).href));
