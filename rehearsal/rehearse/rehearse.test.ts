// The command as people run it, and what it says of plans with holes and of a Slipway that is broken.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import type { LoadedRelease } from '../../adapters/records/releases.ts';
import { runCli } from '../../cli/testing.ts';
import { rehearse, type Rehearsal } from './rehearse.ts';

let folder: string;
beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), 'rehearse-'))));
afterAll(() => rm(folder, { recursive: true }));

const specification = (stage: string): string => `
people: { ann: { aws: "*:assumed-role/developers/ann" }, ben: { slack: U0BEN1234 } }
groups: { leads: [ben] }
pipelines:
  web:
    image: { repository: shop/web, tags: { glob: "release-*" } }
    stages:
      - name: eu
        service: { cluster: ${'production'.repeat(5)}, name: web_front_end_with_a_name_that_no_load_balancer_may_have, container: nginx }
        ${stage}
`;
const CANARY = `{ canary: { steps: [{ weight: 20, bake: 10m, approval: { from: [ann, leads], need: 2, including: [leads], within: 1h } }], bakeAfter: 10m } }`;

async function rehearsed(text: string, ...words: string[]): Promise<{ exit: number; stdout: string; stderr: string }> {
  await writeFile(join(folder, 'slipway.yml'), text);
  return runCli(['rehearse', ...words], { workingFolder: folder, env: { LANG: 'C.UTF-8' } });
}

test('every scene of a plan ends as it should, whatever its services, containers, people and tags are called', async () => {
  const ran = await rehearsed(specification(`strategy: ${CANARY}\n        alarms: [web-5xx]`), '--json');
  const { ok, scenes } = JSON.parse(ran.stdout) as Rehearsal;
  expect(scenes.map(({ scene, outcome, faults }) => ({ scene, outcome, faults }))).toEqual(
    [['fine', 'succeeded'], ['crash', 'rolledBack'], ['unhealthy', 'rolledBack'], ['alarm-eu', 'rolledBack'], ['rejected', 'rejected'], ['silence', 'timedOut'], ['abort', 'aborted'], ['newer', 'succeeded'], ['down', 'rolledBack']]
      .map(([scene, outcome]) => ({ scene, outcome: scene === 'newer' || scene === 'down' ? expect.any(String) as string : outcome, faults: [] })),
  );
  expect({ ok, exit: ran.exit }).toEqual({ ok: true, exit: 0 });
  const fine = scenes[0];
  // Ten minutes of bake at 20 %, two for people to answer, ten at 100 %: real numbers of the plan, though nobody has waited for them.
  expect(fine?.tookMs).toBeGreaterThan(22 * 60_000);
  expect(fine?.served.map(({ weightPercent }) => weightPercent)).toEqual([20, 100]);
  // The newer release serves from the same target group, after the older one has come back from it.
  const older = scenes.find(({ scene }) => scene === 'newer');
  expect(older?.outcome === 'superseded' ? older.served.map(({ weightPercent }) => weightPercent) : undefined).toEqual([20]);
  expect(fine?.asked).toEqual([{ stage: 'eu', from: ['ann', 'ben'] }]);
}, 120_000);

test('a plan with holes is told so, and holes are no failure', async () => {
  const ran = await rehearsed(specification('strategy: blueGreen\n        alarms: [web-5xx]\n        before: [{ approval: { within: 1h, otherwise: approve } }]'), '--scene', 'alarm-eu', 'silence');
  expect(ran.stdout).toContain('web: eu is over before its alarms can stop it, and the new image stays');
  expect(ran.stdout).toContain('web: eu goes on by itself when nobody has answered in 1 h (otherwise: approve).');
  expect(ran.stdout).toContain('2 scenes, 2 as they should be.');
  expect(ran.exit).toBe(0);
  const blind = await rehearsed(specification('strategy: rolling'), '--scene', 'alarm-eu', '--story');
  expect(blind.stdout).toContain('web: eu watches no alarm');
  expect(blind.stdout).toMatch(/ 0 s {2}Release of shop\/web:release-1 /);
}, 120_000);

const saysYes = (loaded: LoadedRelease | undefined): LoadedRelease | undefined =>
  loaded && {
    ...loaded,
    decisions: loaded.stages.flatMap((stage) => stage.asks.flatMap((ask) => ['ann', 'ben'].map((person) => ({ kind: 'approve' as const, person, askKey: ask.key, stageIndex: stage.index, callerArn: person, via: 'cli' as const, atMs: ask.askedAtMs, reason: '' })))),
  };

test('a Slipway that takes silence for a yes is noticed', async () => {
  const { ok, scenes } = await rehearse({
    written: parse(specification(`strategy: ${CANARY}\n        alarms: [web-5xx]`)) as unknown, scenes: ['silence'], tasks: 2, requestsPerSecond: 50, seed: 1, say: () => undefined, played: () => undefined,
    patch: (parts) => new Proxy(parts, { get: (whole, name: keyof typeof parts) => (name === 'releases' ? { ...whole.releases, load: async (id: string) => saysYes(await whole.releases.load(id)) } : whole[name]) }),
  });
  expect(ok).toBe(false);
  expect(scenes[0]?.faults.join('\n')).toMatch(/should have ended as timedOut.*passes the question weight.20 with 0 of 2 approvals/s);
}, 120_000);

test.each<{ name: string; words: string[]; exit: number; says: string }>([
  { name: 'a pipeline that the file has not', words: ['wep'], exit: 3, says: 'Did you mean web?' },
  { name: 'a scene that there is not', words: ['--scene', 'earthquake'], exit: 2, says: 'The scenes are fine, crash, unhealthy, alarm-eu, abort, newer, down, rejected, silence.' },
  { name: 'a tag that the pipeline does not take', words: ['--tag', '1.0.0'], exit: 2, says: '1.0.0 matches none of release-*' },
  { name: 'a number that is none', words: ['--tasks', 'many'], exit: 2, says: 'whole number from 1 to 20' },
  { name: 'a file that is not there', words: ['--file', 'other.yml'], exit: 3, says: 'there is no other.yml here' },
])('$name is refused with a hint', async ({ words, exit, says }) => {
  const ran = await rehearsed(specification('strategy: rolling'), ...words);
  expect({ exit: ran.exit, stderr: ran.stderr }).toEqual({ exit, stderr: expect.stringContaining(says) as string });
});

test('a file with faults shows them, and nothing is played', async () => {
  const ran = await rehearsed(specification('strategy: roling'));
  expect(ran).toMatchObject({ exit: 2, stdout: '' });
  expect(ran.stderr).toContain('slipway.yml:10');
});
