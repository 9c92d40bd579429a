// docs/reliability.md says which story is about what went wrong where: the address stands in the file that it names.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

const ROW = /^\| [^|]+ \| ((?:\[[^\]]+\]\([^)]+\) ?)+) \| \[\w+\]\(\.\.\/(rehearsal\/stories\/\w+\.test\.ts)\)/gm;

test('every address that the documentation gives a story for is the address of a story there', async () => {
  const root = join(import.meta.dirname, '..', '..');
  const rows = [...(await readFile(join(root, 'docs/reliability.md'), 'utf8')).matchAll(ROW)];
  expect(rows.length).toBeGreaterThan(20);
  for (const [, links = '', file = ''] of rows) {
    const told = await readFile(join(root, file), 'utf8');
    for (const [, address = ''] of links.matchAll(/\((\S+?)\)/g)) expect([file, told.includes(`'${address}'`) ? address : undefined]).toEqual([file, address]);
  }
});
