import { parse as parseYaml } from 'yaml';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../duration.ts';
import { parseSpecification } from './parse.ts';
import type { Specification, Stage, Strategy } from './model.ts';
import { warningsOf } from './warnings.ts';

const PEOPLE = '{ alice: { aws: "*:assumed-role/people/alice", slack: U012AB3CD }, bob: { aws: arn:aws:iam::123456789012:user/bob }, carol: { slack: U0CAROL } }';

/** A whole file around the one thing a test is about. */
function file(parts: { people?: string; pipeline?: string; image?: string; stage?: string; strategy?: string; stages?: string } = {}): string {
  const stage = `{ name: production, service: { cluster: prod, name: checkout, container: app }, strategy: ${parts.strategy ?? 'rolling'}${parts.stage === undefined ? '' : `, ${parts.stage}`} }`;
  return [
    `people: ${parts.people ?? PEOPLE}`,
    'pipelines:',
    `  checkout: { image: ${parts.image ?? '{ repository: shop/checkout, tags: { exact: latest } }'}, stages: ${parts.stages ?? `[${stage}]`}${parts.pipeline === undefined ? '' : `, ${parts.pipeline}`} }`,
  ].join('\n');
}

function accepted(text: string): Specification {
  const parsed = parseSpecification(parseYaml(text));
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.faults));
  return parsed.specification;
}

function faultsOf(value: unknown): string[] {
  const parsed = parseSpecification(value);
  return parsed.ok ? [] : parsed.faults.map((fault) => [fault.path.join('.'), fault.message, fault.hint ?? ''].join(' | '));
}

const stageOf = (text: string): Stage => accepted(text).pipelines[0]!.stages[0];
const strategyOf = (strategy: string): Strategy => stageOf(file({ strategy })).strategy;
const step = (weight: number): string => `{ weight: ${weight}, bake: 10m }`;

describe('a specification that is right', () => {
  test('has every default filled in', () => {
    expect(accepted(file())).toEqual({
      people: {
        alice: { name: 'alice', aws: ['*:assumed-role/people/alice'], slack: 'U012AB3CD' },
        bob: { name: 'bob', aws: ['arn:aws:iam::123456789012:user/bob'], slack: undefined },
        carol: { name: 'carol', aws: [], slack: 'U0CAROL' },
      },
      pipelines: [
        {
          name: 'checkout',
          image: { repository: 'shop/checkout', tags: { kind: 'exact', tags: ['latest'] } },
          notify: { slack: undefined },
          foreignDeployments: 'continue',
          newerRelease: 'overtakesWaiting',
          stages: [
            {
              name: 'production',
              service: { cluster: 'prod', name: 'checkout', container: 'app' },
              before: [],
              strategy: { kind: 'rolling', minimumHealthyPercent: undefined, maximumPercent: undefined, bakeAfterMs: 0 },
              alarms: [],
              onAlarmAtStart: 'refuse',
              missingData: { policy: 'wait', limitMs: 15 * MINUTE_MS },
            },
          ],
        },
      ],
    });
  });

  test('may list its pipelines with names instead of mapping names to them', () => {
    const text = file().replace('checkout: {', '- { name: checkout,');
    expect(accepted(text)).toEqual(accepted(file()));
  });

  test.each<{ written: string; means: Strategy }>([
    { written: 'rolling', means: { kind: 'rolling', minimumHealthyPercent: undefined, maximumPercent: undefined, bakeAfterMs: 0 } },
    { written: '{ rolling: { minimumHealthyPercent: 50, maximumPercent: 150, bakeAfter: 5m } }', means: { kind: 'rolling', minimumHealthyPercent: 50, maximumPercent: 150, bakeAfterMs: 5 * MINUTE_MS } },
    { written: 'blueGreen', means: { kind: 'blueGreen', approval: undefined, bakeAfterMs: 0 } },
    {
      written: '{ blueGreen: { approval: { from: [alice] }, bakeAfter: 1h } }',
      means: { kind: 'blueGreen', approval: { from: ['alice'], need: 1, withinMs: 24 * HOUR_MS, otherwise: 'reject', notByAuthor: false }, bakeAfterMs: HOUR_MS },
    },
    { written: '{ linear: { step: 12.5, bake: 90s } }', means: { kind: 'linear', stepPercent: 12.5, bake: { forMs: 90_000, requests: undefined }, bakeAfterMs: 0 } },
    {
      written: '{ canary: { steps: [{ weight: 5, bake: 10m }, { weight: 25, bake: { for: 10m, requests: 2000 }, approval: { from: [alice, bob], need: 2, within: 4h, otherwise: approve, notBy: author } }], bakeAfter: 15m } }',
      means: {
        kind: 'canary',
        steps: [
          { weightPercent: 5, bake: { forMs: 10 * MINUTE_MS, requests: undefined }, approval: undefined },
          {
            weightPercent: 25,
            bake: { forMs: 10 * MINUTE_MS, requests: 2000 },
            approval: { from: ['alice', 'bob'], need: 2, withinMs: 4 * HOUR_MS, otherwise: 'approve', notByAuthor: true },
          },
        ],
        bakeAfterMs: 15 * MINUTE_MS,
      },
    },
    { written: '{ canary: { steps: [{ weight: 0.1, approval: {} }] } }', means: { kind: 'canary', steps: [{ weightPercent: 0.1, bake: { forMs: 0, requests: undefined }, approval: { from: [], need: 1, withinMs: DAY_MS, otherwise: 'reject', notByAuthor: false } }], bakeAfterMs: 0 } },
  ])('reads the strategy $written', ({ written, means }) => {
    expect(strategyOf(written)).toEqual(means);
  });

  test('spells out groups wherever people are named, once each', () => {
    const written = '{ blueGreen: { approval: { from: [leads, alice], need: 2, including: [leads, bob], within: 4h, remind: 30m, escalate: { to: [all], after: 2h } } } }';
    const text = file({ strategy: written }).replace('pipelines:', 'groups: { leads: [alice, bob], all: [alice, bob, carol] }\npipelines:');
    expect(accepted(text).pipelines[0]!.stages[0].strategy).toMatchObject({
      approval: { from: ['alice', 'bob'], need: 2, including: [{ name: 'leads', oneOf: ['alice', 'bob'] }, { name: 'bob', oneOf: ['bob'] }], remindMs: 30 * MINUTE_MS, escalate: { to: ['alice', 'bob', 'carol'], afterMs: 2 * HOUR_MS } },
    });
  });

  test('needs as many as have to be among them', () => {
    expect(strategyOf('{ blueGreen: { approval: { including: [alice, bob] } } }')).toMatchObject({ approval: { from: [], need: 2 } });
  });

  test.each([
    { written: '{ exact: [latest, stable] }', means: { kind: 'exact', tags: ['latest', 'stable'] } },
    { written: '{ glob: "release-*" }', means: { kind: 'glob', patterns: ['release-*'] } },
    { written: '{ regex: "v\\\\d+" }', means: { kind: 'regex', pattern: 'v\\d+' } },
    { written: '{ semver: ">=1.0.0" }', means: { kind: 'semver', range: '>=1.0.0' } },
  ])('reads the tag filter $written', ({ written, means }) => {
    expect(accepted(file({ image: `{ repository: shop/checkout, tags: ${written} }` })).pipelines[0]!.image.tags).toEqual(means);
  });

  test.each([
    { written: 'fail', means: { policy: 'fail', limitMs: 15 * MINUTE_MS } },
    { written: '{ policy: wait, limit: 1h }', means: { policy: 'wait', limitMs: HOUR_MS } },
    { written: '{ limit: 5m }', means: { policy: 'wait', limitMs: 5 * MINUTE_MS } },
  ])('reads missingData: $written', ({ written, means }) => {
    expect(stageOf(file({ stage: `missingData: ${written}` })).missingData).toEqual(means);
  });
});

describe('a mistake is one fault that says where, what and what next', () => {
  test.each<{ name: string; text: string; faults: string[] }>([
    {
      name: 'an unknown key names the nearest known one',
      text: file({ stage: 'alarm: [checkout-5xx]' }),
      faults: ['pipelines.checkout.stages.0.alarm | unknown key "alarm" in a stage | Did you mean alarms?'],
    },
    {
      name: 'a key that is like no other lists the known ones',
      text: `${file()}\nversion: 1`,
      faults: ['version | unknown key "version" in the specification | Known keys: people, groups, pipelines.'],
    },
    {
      name: 'a duration without a unit',
      text: file({ strategy: '{ canary: { steps: [{ weight: 5, bake: 10 }] } }' }),
      faults: ['pipelines.checkout.stages.0.strategy.canary.steps.0.bake | bake must be a duration, not 10 | Did you mean 10s or 10m? Durations are written 90s, 10m, 4h or 2d.'],
    },
    {
      name: 'a duration in words',
      text: file({ strategy: '{ blueGreen: { bakeAfter: 1.5 hours } }' }),
      faults: ['pipelines.checkout.stages.0.strategy.blueGreen.bakeAfter | bakeAfter must be a duration, not "1.5 hours" | Did you mean 90m? Durations are written 90s, 10m, 4h or 2d.'],
    },
    {
      name: 'a weight of 0',
      text: file({ strategy: `{ canary: { steps: [${step(0)}] } }` }),
      faults: ['pipelines.checkout.stages.0.strategy.canary.steps.0.weight | weight must be a number above 0 and below 100, not 0 | '],
    },
    {
      name: 'a weight of 100',
      text: file({ strategy: `{ canary: { steps: [${step(100)}] } }` }),
      faults: ['pipelines.checkout.stages.0.strategy.canary.steps.0.weight | the last weight, 100, goes without saying | Remove the step; its bake is the bakeAfter of the canary.'],
    },
    {
      name: 'a weight with a percent sign',
      text: file({ strategy: '{ canary: { steps: [{ weight: 5%, bake: 1m }] } }' }),
      faults: ['pipelines.checkout.stages.0.strategy.canary.steps.0.weight | weight must be a number above 0 and below 100, not "5%" | Write 5, without quotes or %.'],
    },
    {
      name: 'a weight finer than ECS shifts',
      text: file({ strategy: `{ canary: { steps: [${step(2.55)}] } }` }),
      faults: ['pipelines.checkout.stages.0.strategy.canary.steps.0.weight | weight 2.55 is not a multiple of 0.1 | ECS shifts in tenths of a percent.'],
    },
    {
      name: 'weights that do not rise',
      text: file({ strategy: `{ canary: { steps: [${step(25)}, ${step(5)}] } }` }),
      faults: ['pipelines.checkout.stages.0.strategy.canary.steps.1.weight | weight 5 does not rise above the 25 of the step before | Weights only rise; going back is a rollback.'],
    },
    {
      name: 'a ladder that no native strategy carries',
      text: file({ strategy: `{ canary: { steps: [${step(1)}, ${step(10)}, ${step(50)}] } }` }),
      faults: [
        'pipelines.checkout.stages.0.strategy.canary.steps | no ECS strategy carries these weights: Amazon ECS climbs in equal steps of at least 3 %, and the greatest step that meets 1, 10, 50 is 1 % | Ladders that work: 5, 10, 50; or 3, 9, 51; or 10, 50.',
      ],
    },
    {
      name: 'a step that neither bakes nor asks',
      text: file({ strategy: '{ canary: { steps: [{ weight: 5 }] } }' }),
      faults: ['pipelines.checkout.stages.0.strategy.canary.steps.0 | this step neither bakes nor asks, so nothing would be known before the next one | Give it a bake: { weight: 5, bake: 10m }.'],
    },
    {
      name: 'a linear step under the 3 % of ECS',
      text: file({ strategy: '{ linear: { step: 2, bake: 1m } }' }),
      faults: ['pipelines.checkout.stages.0.strategy.linear.step | step must be a number from 3 to below 100, not 2 | '],
    },
    {
      name: 'a bake longer than a pause of ECS',
      text: file({ strategy: '{ canary: { steps: [{ weight: 5, bake: 14d }] } }' }),
      faults: ['pipelines.checkout.stages.0.strategy.canary.steps.0.bake | bake is 14 d; a pause of ECS holds for 13 d 23 h at most | A pause that runs out rolls the deployment back.'],
    },
    {
      name: 'bake and approval that are together longer than a pause',
      text: file({ strategy: '{ canary: { steps: [{ weight: 5, bake: 10d, approval: { within: 5d } }] } }' }),
      faults: ['pipelines.checkout.stages.0.strategy.canary.steps.0 | bake and approval of this step take up to 15 d together; a pause of ECS holds for 13 d 23 h | Shorten one of them: a pause that runs out rolls the deployment back.'],
    },
    {
      name: 'a ladder that is longer than a deployment may last',
      text: file({ strategy: '{ linear: { step: 25, bake: 10d } }' }),
      faults: ['pipelines.checkout.stages.0.strategy.linear | its bakes and approvals take up to 30 d; ECS ends a deployment after 30 days | Keep them under 29 d together.'],
    },
    {
      name: 'a person nobody has introduced',
      text: file({ strategy: '{ blueGreen: { approval: { from: [alise] } } }' }),
      faults: ['pipelines.checkout.stages.0.strategy.blueGreen.approval.from.0 | "alise" is not one of the people of this file | Did you mean alice?'],
    },
    {
      name: 'a name that every object has',
      text: file({ strategy: '{ blueGreen: { approval: { from: [constructor] } } }' }),
      faults: ['pipelines.checkout.stages.0.strategy.blueGreen.approval.from.0 | "constructor" is not one of the people of this file | Add the name under the top-level key people.'],
    },
    {
      name: 'a group with a stranger, one with a name that is taken, an empty one, and groups in groups',
    text: file({ stage: 'alarms: [a]' }).replace('pipelines:', 'groups: { leads: [alice, bobb], alice: [bob], none: [], all: [leads] }\npipelines:'),
    faults: [
      'groups.leads.1 | "bobb" is not one of the people of this file | Did you mean bob?',
      'groups.alice | "alice" is the name of a person already | People and groups share their names: call the group something else.',
      'groups.none | none is empty | Name at least one person.',
      'groups.all.0 | "leads" is a group, and groups hold people only | Name its members.',
    ],
  },
  {
    name: 'a required approver who is not asked',
    text: file({ stage: 'before: [{ approval: { from: [alice], including: [bob] } }]' }),
    faults: ['pipelines.checkout.stages.0.before.0.approval.including.0 | bob has to approve and is not asked | Add the name to from.'],
  },
  {
    name: 'fewer approvals than required approvers',
    text: file({ stage: 'before: [{ approval: { need: 1, including: [alice, bob] } }]' }),
    faults: ['pipelines.checkout.stages.0.before.0.approval.need | need is 1, but including names 2 | Leave need out, or raise it.'],
  },
  {
    name: 'a reminder after the end, and an escalation after the end to people who are asked anyway',
    text: file({ stage: 'before: [{ approval: { from: [alice, bob], within: 1h, remind: 1h } }, { approval: { within: 1h, escalate: { to: [alice], after: 2h } } }, { approval: { from: [alice, bob], escalate: { to: [bob], after: 2h } } }]' }),
    faults: [
      'pipelines.checkout.stages.0.before.0.approval.remind | remind is 1 h, but the question is open for 1 h only | It says how long before the end of within people are reminded.',
      'pipelines.checkout.stages.0.before.1.approval.escalate.after | after is 2 h, but the question is open for 1 h only | The others need time to answer: shorten after, or lengthen within.',
      'pipelines.checkout.stages.0.before.2.approval.escalate.to | everybody in to is asked from the beginning | Name others, or use remind.',
    ],
  },
  {
    name: 'an escalation to nobody',
    text: file({ stage: 'before: [{ approval: { escalate: { after: 2h } } }]' }),
    faults: ['pipelines.checkout.stages.0.before.0.approval.escalate | escalate has no to | For example escalate: { to: [dave], after: 2h }.'],
  },
  {
    name: 'more approvals than people',
      text: file({ stage: 'before: [{ approval: { from: [alice, bob], need: 3 } }]' }),
      faults: ['pipelines.checkout.stages.0.before.0.approval.need | need is 3, but only 2 people are listed in from | Nobody could ever approve this: name more people or need fewer.'],
    },
    {
      name: 'an emptied list of approvers',
      text: file({ stage: 'before: [{ approval: { from: [] } }]' }),
      faults: ['pipelines.checkout.stages.0.before.0.approval.from | from is empty | Name at least one person; leave the key out if anybody who may call the control API may approve.'],
    },
    {
      name: 'a task before a stage',
      text: file({ stage: 'before: [{ task: { command: [npm, run, migrate] } }]' }),
      faults: ['pipelines.checkout.stages.0.before.0.task | running a task before a stage is not supported yet | Run it as a hook: a lifecycle hook of the ECS service, or a step before the image is pushed.'],
    },
    {
      name: 'two stages of one name',
      text: file({ stages: '[{ name: a, service: { cluster: c, name: one, container: app }, strategy: rolling }, { name: a, service: { cluster: c, name: two, container: app }, strategy: rolling }]' }),
      faults: ['pipelines.checkout.stages.1.name | there are two stages named "a" | Names of stages are unique in a pipeline.'],
    },
    {
      name: 'two stages on one service',
      text: file({ stages: '[{ name: a, service: { cluster: c, name: one, container: app }, strategy: rolling }, { name: b, service: { cluster: c, name: one, container: app }, strategy: rolling }]' }),
      faults: ['pipelines.checkout.stages.1.service | stage "a" already rolls out to the service c/one | One stage per service: put the weights into one strategy.'],
    },
    {
      name: 'a range that is none',
      text: file({ image: '{ repository: shop/checkout, tags: { semver: "latest" } }' }),
      faults: ['pipelines.checkout.image.tags.semver | "latest" is not a range of versions | For example ">=1.0.0", "^2.3.0", "1.x" or "1.0.0 - 2.4.0 || >=3".'],
    },
    {
      name: 'a regular expression that could look around',
      text: file({ image: '{ repository: shop/checkout, tags: { regex: "(?=v)v1" } }' }),
      faults: ['pipelines.checkout.image.tags.regex | "(?=v)v1" is not a regular expression that Slipway runs: look-around and named groups are not supported; use ( ) or (?: ) | '],
    },
    {
      name: 'a glob with characters that no tag has',
      text: file({ image: '{ repository: shop/checkout, tags: { glob: "release/*" } }' }),
      faults: ['pipelines.checkout.image.tags.glob | "release/*" is not a glob | A glob has the characters of a tag (letters, digits, . _ -), * for any of them and ? for one.'],
    },
    {
      name: 'a star among exact tags',
      text: file({ image: '{ repository: shop/checkout, tags: { exact: "v*" } }' }),
      faults: ['pipelines.checkout.image.tags.exact | "v*" is not a tag | To match several tags write { glob: "v*" }.'],
    },
    {
      name: 'a tag that YAML takes for a number',
      text: file({ image: '{ repository: shop/checkout, tags: { exact: 1.10 } }' }),
      faults: ['pipelines.checkout.image.tags.exact | exact must be a tag, not 1.1 | In YAML this is not a text: put it in quotes.'],
    },
    {
      name: 'two tag filters',
      text: file({ image: '{ repository: shop/checkout, tags: { glob: "v*", semver: "*" } }' }),
      faults: ['pipelines.checkout.image.tags | one filter at a time, here are 2: glob, semver | Write one regex, or two pipelines.'],
    },
    {
      name: 'a repository with its registry',
      text: file({ image: '{ repository: 123456789012.dkr.ecr.eu-west-1.amazonaws.com/shop/checkout, tags: { exact: a } }' }),
      faults: ['pipelines.checkout.image.repository | "123456789012.dkr.ecr.eu-west-1.amazonaws.com/shop/checkout" is not the name of an ECR repository | Leave out the registry: only the part behind the first /.'],
    },
    {
      name: 'a Slack channel that YAML takes for a comment',
      text: `${file()}\n  billing:\n    notify:\n      slack: #deploys\n    image: { repository: shop/billing, tags: { exact: a } }\n    stages: [{ name: a, service: { cluster: c, name: one, container: app }, strategy: rolling }]`,
      faults: ['pipelines.billing.notify.slack | slack has no value | In YAML a # starts a comment: write "#deploys", in quotes.'],
    },
    {
      name: 'a missing key',
      text: file({ stages: '[{ name: a, strategy: rolling, service: { cluster: c, name: one } }]' }),
      faults: ['pipelines.checkout.stages.0.service | service has no container | The name of the container that gets the image.'],
    },
    {
      name: 'a strategy that is misspelt',
      text: file({ strategy: 'bluegreen' }),
      faults: ['pipelines.checkout.stages.0.strategy | strategy must be rolling or blueGreen, not "bluegreen" | Did you mean blueGreen?'],
    },
    {
      name: 'a canary without steps',
      text: file({ strategy: 'canary' }),
      faults: ['pipelines.checkout.stages.0.strategy | canary needs to know its steps | Write rolling, blueGreen, { canary: { steps: [...] } } or { linear: { step: 10, bake: 5m } }.'],
    },
    {
      name: 'a person who is everybody',
      text: file({ people: '{ alice: { aws: "*" } }' }),
      faults: ['people.alice.aws | "*" matches every caller | Anybody could approve in this name: say more of the ARN.'],
    },
    {
      name: 'one identity behind two names',
      text: file({ people: '{ alice: { aws: "arn:aws:sts::123456789012:assumed-role/people/*" }, bob: { aws: "arn:aws:sts::123456789012:assumed-role/people/bob" } }' }),
      faults: [
        'people.bob | bob and alice are bound to the same identity (arn:aws:sts::123456789012:assumed-role/people/bob) | One human could approve under two names: give each identity to one person.',
      ],
    },
    {
      name: 'a role where a session is meant',
      text: file({ people: '{ alice: { aws: "arn:aws:iam::123456789012:role/people" } }' }),
      faults: ['people.alice.aws | "arn:aws:iam::123456789012:role/people" is a role, and roles call under the name of a session | Write "*:assumed-role/ROLE/SESSION"; the session name is usually the user.'],
    },
    {
      name: 'an alarm listed twice',
      text: file({ stage: 'alarms: [a, a]' }),
      faults: ['pipelines.checkout.stages.0.alarms.1 | the alarm "a" is listed twice | '],
    },
    {
      name: 'a file that is a list',
      text: '- checkout',
      faults: [' | a specification is a mapping with the key pipelines | See docs/config.md for a complete example.'],
    },
    { name: 'an empty file', text: '', faults: [' | a specification is a mapping with the key pipelines | See docs/config.md for a complete example.'] },
  ])('$name', ({ text, faults }) => {
    expect(faultsOf(parseYaml(text))).toEqual(faults);
  });

  test('all mistakes of a file come out together', () => {
    const text = file({ stage: 'alarm: [x], onAlarmAtStart: ignor', strategy: '{ canary: { steps: [{ weight: 101, bake: ten }], bakeAfter: 1w } }' });
    expect(faultsOf(parseYaml(text)).map((fault) => fault.split(' | ')[0]!.split('.').at(-1))).toEqual(['alarm', 'bakeAfter', 'weight', 'bake', 'onAlarmAtStart']);
  });
});

test.each<{ name: string; text: string; warning: RegExp }>([
  { name: 'an approval that the author can block', text: file({ strategy: '{ blueGreen: { approval: { from: [alice], notBy: author } } }', stage: 'alarms: [a]' }), warning: /can never be approved/ },
  { name: 'a required approver who may be the author', text: file({ stage: 'before: [{ approval: { from: [alice, bob], including: [alice], notBy: author } }]' }), warning: /alice has to approve and the author does not count, so an image that alice pushed can never be approved/ },
  { name: 'silence that counts as approval', text: file({ stage: 'before: [{ approval: { otherwise: approve } }]' }), warning: /nobody answering for 1 d counts as approval/ },
  { name: 'a ladder of very many shifts', text: file({ strategy: '{ linear: { step: 3, bake: 1m } }', stage: 'alarms: [a]' }), warning: /34 times.*5 h 40 min/ },
  { name: 'a canary that watches nothing', text: file({ strategy: '{ canary: { steps: [{ weight: 5, bake: 1m }] } }' }), warning: /no alarms are watched/ },
])('warns of $name', ({ text, warning }) => {
  expect(warningsOf(accepted(text))).toEqual([expect.stringMatching(warning)]);
});

test('has nothing to warn of in a plain rolling pipeline', () => {
  expect(warningsOf(accepted(file()))).toEqual([]);
});
