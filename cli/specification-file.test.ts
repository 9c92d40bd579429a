import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runCli } from './testing.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'slipway-cli-'));
});
afterEach(() => rm(folder, { recursive: true }));

async function validate(text: string, ...words: string[]): Promise<{ exit: number; stdout: string; stderr: string }> {
  await writeFile(join(folder, 'slipway.yml'), text);
  return runCli(['validate', ...words], { workingFolder: folder });
}

const GOOD = `people:
  alice: { aws: "*:assumed-role/slipway-people/alice" }
pipelines:
  checkout:
    image: { repository: shop/checkout, tags: { semver: ">=1.0.0" } }
    stages:
      - name: staging
        service: { cluster: staging, name: checkout, container: app }
        strategy: rolling
      - name: production
        service: { cluster: prod, name: checkout, container: app }
        alarms: [checkout-5xx]
        strategy:
          canary:
            steps:
              - { weight: 5, bake: 10m }
              - { weight: 25, bake: 10m, approval: { from: [alice] } }
            bakeAfter: 15m
`;

test('a good file is shown as what it means', async () => {
  expect(await validate(GOOD)).toEqual({
    exit: 0,
    stdout: `checkout: pushes to shop/checkout
  staging -> staging/checkout: rolling
  production -> prod/checkout: canary 5 -> 25 -> 100 %, 20 shifts of ECS, bakes 35 min, asks once
`,
    stderr: 'valid: slipway.yml\n',
  });
});

test('every fault is printed with its place, its line and what to do', async () => {
  const text = GOOD.replace('alarms:', 'alarm:').replace('bake: 10m }', 'bake: 10 minutes }').replace('[alice]', '[alicia]').replace(', container: app }', ' }');
  expect(await validate(text)).toEqual({
    exit: 2,
    stdout: '',
    stderr: `slipway.yml:8:9  service has no container
  8 |         service: { cluster: staging, name: checkout }
    |         ^
    = The name of the container that gets the image.

slipway.yml:12:9  unknown key "alarm" in a stage
  12 |         alarm: [checkout-5xx]
     |         ^
     = Did you mean alarms?

slipway.yml:16:36  bake must be a duration, not "10 minutes"
  16 |               - { weight: 5, bake: 10 minutes }
     |                                    ^
     = Did you mean 10m? Durations are written 90s, 10m, 4h or 2d.

slipway.yml:17:61  "alicia" is not one of the people of this file
  17 |               - { weight: 25, bake: 10m, approval: { from: [alicia] } }
     |                                                             ^
     = Did you mean alice?

4 faults in slipway.yml; nothing was applied.
`,
  });
});

test.each([
  { name: 'a ladder that cannot be climbed points at its steps', from: 'weight: 5', to: 'weight: 1', at: '15:13' },
  { name: 'a missing key points at what lacks it', from: '      - name: staging\n        service', to: '      - service', at: '7:9' },
  { name: 'a value that was forgotten points at its key', from: 'strategy: rolling', to: 'strategy:', at: '9:9' },
  { name: 'an alias points at where the fault was written', from: '[checkout-5xx]', to: '&alarms [a, a]', at: '12:29' },
  { name: 'a key that stands twice', from: 'strategy: rolling', to: 'strategy: rolling\n        strategy: rolling', at: '10:9' },
  { name: 'a tab', from: '        strategy: rolling', to: '\tstrategy: rolling', at: '9:1' },
  { name: 'a second document', from: 'people:', to: '--- {}\n---\npeople:', at: '2:1' },
])('$name', async ({ from, to, at }) => {
  const { exit, stderr } = await validate(GOOD.replace(from, to));
  expect(exit).toBe(2);
  expect(stderr).toMatch(new RegExp(`^slipway\\.yml:${at}  `, 'm'));
});

test('an empty file says what belongs into it', async () => {
  const { exit, stderr } = await validate('');
  expect([exit, stderr]).toEqual([2, expect.stringMatching(/^slipway\.yml:1:1 {2}a specification is a mapping with the key pipelines/)]);
});

test('with --json the faults are data, with line and column', async () => {
  const { exit, stdout } = await validate(GOOD.replace('alarms:', 'alarm:'), '--json');
  expect(exit).toBe(2);
  expect(JSON.parse(stdout)).toEqual({
    valid: false,
    faults: [
      {
        file: 'slipway.yml', line: 12, column: 9, at: 'key', path: ['pipelines', 'checkout', 'stages', 1, 'alarm'],
        message: 'unknown key "alarm" in a stage', hint: 'Did you mean alarms?',
      },
    ],
  });
});

test('with --json a good file comes out with its defaults', async () => {
  const { exit, stdout, stderr } = await validate(GOOD, '--json');
  expect([exit, stderr]).toEqual([0, '']);
  expect(JSON.parse(stdout)).toMatchObject({ valid: true, specification: { pipelines: [{ name: 'checkout', foreignDeployments: 'continue' }] } });
});

test('a file that is not there is not found', async () => {
  expect(await runCli(['validate', '--file', 'other.yml'], { workingFolder: folder })).toEqual({
    exit: 3,
    stdout: '',
    stderr: 'slipway: there is no other.yml here\n  = Name it with --file PATH, or change to the folder it is in.\n',
  });
});

test('what a file says cannot steer the terminal', async () => {
  const { stderr } = await validate(GOOD.replace('alarms:', '"\\e[2Jalarms":'));
  expect(stderr).not.toMatch(/\u001b/);
});
