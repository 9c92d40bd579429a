// A first slipway.yml, with comments that teach the file: from what was seen in an account, or as a template.

import type { Seen, SeenService } from './see-services.ts';

export interface WrittenPipeline {
  name: string;
  repository: string;
  stages: { name: string; service: SeenService }[];
}

const NAME_LENGTH_MAX = 40;
const SEMVER = /^v?\d+\.\d+\.\d+(?:[-+].*)?$/;
/** Words that YAML reads as something else than text. */
const NOT_TEXT = /^(?:true|false|yes|no|on|off|null|y|n|~)$/i;

const TEMPLATE: SeenService[] = [
  { cluster: 'staging', name: 'checkout', container: 'app', repository: 'shop/checkout', tag: '1.0.0', shiftsTraffic: false, alarms: ['checkout-staging-5xx'] },
  { cluster: 'prod', name: 'checkout', container: 'app', repository: 'shop/checkout', tag: '1.0.0', shiftsTraffic: true, alarms: ['checkout-5xx', 'checkout-p99'] },
];

/** One pipeline for each repository; its stages in the order in which the clusters were named. */
export function pipelinesOf(services: readonly SeenService[]): WrittenPipeline[] {
  const byRepository = new Map<string, SeenService[]>();
  for (const service of services) byRepository.set(service.repository, [...(byRepository.get(service.repository) ?? []), service]);
  const taken = new Set<string>();
  return [...byRepository].map(([repository, members]) => {
    const name = unique(repository.split('/').at(-1) ?? repository, taken);
    const stageNames = new Set<string>();
    const inSameCluster = new Set(members.map(({ cluster }) => cluster)).size < members.length;
    return { name, repository, stages: members.map((service) => ({ name: unique(inSameCluster ? `${service.cluster}-${service.name}` : service.cluster, stageNames), service })) };
  });
}

export function templateSpecification(): string {
  return specification(pipelinesOf(TEMPLATE), [], 'Every name below is an example: put in your own.');
}

export function seenSpecification(seen: Seen, clusters: readonly string[], region: string): string {
  return specification(pipelinesOf(seen.services), seen.leftOut, `Written from the ECS services of ${clusters.join(', ')} in ${region}.`);
}

function specification(pipelines: readonly WrittenPipeline[], leftOut: Seen['leftOut'], about: string): string {
  return [
    '# slipway.yml: which pushed images are rolled out to which ECS services, how, and who is asked on the way.',
    `# ${plain(about)} Read it, change it, then:`,
    '#   slipway validate           check it; needs no cloud',
    '#   slipway apply --dry-run    ask Slipway whether services and alarms fit',
    '#   slipway apply              from now on releases go by it',
    '# docs/config.md explains every key.',
    '',
    '# Who may be asked: a name for one person, bound to the identities that AWS and Slack verify.',
    '# people:',
    '#   alice: { aws: "*:assumed-role/developers/alice", slack: U012AB3CD }',
    '',
    'pipelines:',
    ...pipelines.flatMap((pipeline, index) => [...(index === 0 ? [] : ['']), ...pipelineLines(pipeline)]),
    ...(leftOut.length === 0 ? [] : ['', '# Left out:', ...leftOut.map(({ name, reason }) => `#   ${plain(name)}: ${plain(reason)}`)]),
    '',
  ].join('\n');
}

function pipelineLines({ name, repository, stages }: WrittenPipeline): string[] {
  const { filter, meaning } = tagsLike(stages.at(-1)?.service.tag);
  return [
    `  ${text(name)}:`,
    `    # ${meaning} Other filters: exact, glob, regex, semver.`,
    `    image: { repository: ${text(repository)}, tags: ${filter} }`,
    '    # notify: { slack: "#deploys" }',
    '    stages:',
    ...stages.flatMap((stage, index) => [...(index === 0 ? [] : ['']), ...stageLines(stage, stages.length > 1 && index === stages.length - 1)]),
  ];
}

function tagsLike(tag: string | undefined): { filter: string; meaning: string } {
  if (tag === undefined || SEMVER.test(tag)) return { filter: '{ semver: ">=0.0.0" }', meaning: 'A push starts a release when its tag is a version; latest and branch names start nothing.' };
  return { filter: `{ exact: ${text(tag)} }`, meaning: `A push with the tag ${plain(tag)}, which runs now, starts a release.` };
}

function stageLines({ name, service }: WrittenPipeline['stages'][number], isLastOfSeveral: boolean): string[] {
  return [
    `      - name: ${text(name)}`,
    `        service: { cluster: ${text(service.cluster)}, name: ${text(service.name)}, container: ${text(service.container)} }`,
    ...(isLastOfSeveral ? ['        # Ask before anything starts here (name people above first):', '        # before: [{ approval: { from: [alice], within: 24h } }]'] : []),
    ...strategyLines(service),
    ...(service.alarms.length > 0
      ? ['        # One of these in ALARM rolls back.', `        alarms: [${service.alarms.map(text).join(', ')}]`]
      : ['        # Without an alarm only crashing tasks roll back: name CloudWatch alarms here.', '        # alarms: [my-service-5xx]']),
  ];
}

function strategyLines({ shiftsTraffic }: SeenService): string[] {
  if (!shiftsTraffic) {
    return [
      '        # Task by task. A canary needs a load balancer with advancedConfiguration (alternate target group, listener rule, role).',
      '        strategy: rolling',
    ];
  }
  return [
    '        # A little traffic first; each weight must stay quiet for its bake. 100 % goes without saying.',
    '        strategy:',
    '          canary:',
    '            steps:',
    '              - { weight: 5, bake: 10m }',
    '              - { weight: 25, bake: 10m }',
    '            bakeAfter: 15m # at 100 %, with the old tasks still there to go back to',
  ];
}

/** A name that the file allows and nobody else has. */
function unique(wanted: string, taken: Set<string>): string {
  const base = wanted.replace(/[^A-Za-z0-9_-]+/g, '-').slice(0, NAME_LENGTH_MAX) || 'service';
  let name = base;
  for (let count = 2; taken.has(name); count += 1) name = `${base.slice(0, NAME_LENGTH_MAX - String(count).length - 1)}-${count}`;
  taken.add(name);
  return name;
}

/** A YAML scalar that is read back as this text. */
function text(value: string): string {
  return /^[A-Za-z][\w./-]*$/.test(value) && !NOT_TEXT.test(value) ? value : JSON.stringify(value);
}

/** In a comment, which ends with its line. */
const plain = (value: string): string => value.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, ' ');
