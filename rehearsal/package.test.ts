import { unzipSync } from 'fflate';
import { packagedArtefact } from './package.ts';

const BYTES_MAX = 300_000;

test('no function is more to load than a quick start allows', async () => {
  const { packages } = await packagedArtefact(() => undefined);
  const bytes = [...packages].map(([key, zip]) => [key.split('/').at(-1), unzipSync(zip)] as const).map(([name, files]) => [name, Object.entries(files).reduce((sum, [path, content]) => sum + (path.endsWith('.js') ? content.length : 0), 0)] as const);
  expect(bytes.length).toBeGreaterThan(15);
  expect(bytes.filter(([, size]) => size === 0 || size > BYTES_MAX)).toEqual([]);
}, 120_000);
