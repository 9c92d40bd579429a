// Every order of the calls of two functions that race each other; all races are run by a program of their own. Here the ones that
// are quickly through, each of them whole.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { packagedArtefact } from '../../package.ts';
import { explore, type Explored } from './explore.ts';
import { inTheWay } from './footprint.ts';
import { raceNamed } from './races.ts';
import { linesOf } from './report.ts';

describe('two functions on one record', () => {
  it.each([
    ['ring / falling asleep', 4],
    ['ring / ring', 6],
  ])('%s: well in every order', async (name, schedules) => {
    const explored = await explore(name, raceNamed(name), await packagedArtefact(() => undefined));
    expect(explored).toMatchObject({ schedules, failures: [] });
    expect(explored.runs).toBeGreaterThanOrEqual(explored.ends);
  }, 120_000);
});

describe('a race that goes wrong', () => {
  it('is found where the product is broken, and told call by call', async () => {
    const { stdout } = await promisify(execFile)(process.execPath, ['scripts/run.mjs', 'rehearsal/simulation/interleavings/main.ts', '--broken', 'no-bell-check', 'ring / falling asleep']);
    const explored = JSON.parse(stdout) as Explored;
    // Whenever the ring comes first, whatever becomes of its wake.
    const told = { text: expect.stringContaining('doorbell: ') as string, schedule: expect.arrayContaining([expect.stringContaining('ring: dynamodb:UpdateItem')]) as string[] };
    expect(explored).toMatchObject({ schedules: 3, failures: [told, told] });
    expect(linesOf(explored)[2]).toMatch(/^ +1\. ring: dynamodb:UpdateItem RELEASE#.*\(ADD bell :one\)$/);
  }, 60_000);
});

describe('the order of two calls', () => {
  const at = (place: string, item: string, writes: boolean) => [{ place, item, writes }];

  it.each([
    ['two reads of one item', at('RELEASE#a', 'RELEASE', false), at('RELEASE#a', 'RELEASE', false), false],
    ['a read and a write of one item', at('RELEASE#a', 'RELEASE', false), at('RELEASE#a', 'RELEASE', true), true],
    ['a query and a write below its key', at('RELEASE#a', '*', false), at('RELEASE#a', 'STAGE#00', true), true],
    ['writes of two items', at('SERVICE#s', 'LEASE', true), at('SERVICE#s', 'QUEUE#p', true), false],
    ['anything and what may do everything', at('TIMELINE#a', 'x', false), at('*', '*', true), true],
  ])('%s', (_name, one, other, matters) => {
    expect(inTheWay(one, other)).toBe(matters);
    expect(inTheWay(other, one)).toBe(matters);
  });
});
