// Every key a specification may have, by the mapping it stands in. The parser refuses all others; the published JSON
// Schema is held against this list by a test.

export const KEYS = {
  specification: ['people', 'groups', 'pipelines'],
  person: ['aws', 'slack'],
  pipeline: ['name', 'image', 'notify', 'foreignDeployments', 'newerRelease', 'freeze', 'stages'],
  freeze: ['override'],
  image: ['repository', 'tags'],
  tags: ['exact', 'glob', 'regex', 'semver'],
  notify: ['slack'],
  stage: ['name', 'service', 'before', 'strategy', 'alarms', 'onAlarmAtStart', 'missingData'],
  service: ['cluster', 'name', 'container'],
  before: ['approval', 'task'],
  approval: ['from', 'need', 'including', 'within', 'otherwise', 'notBy', 'remind', 'escalate'],
  escalate: ['to', 'after'],
  strategy: ['rolling', 'blueGreen', 'canary', 'linear'],
  rolling: ['minimumHealthyPercent', 'maximumPercent', 'bakeAfter'],
  blueGreen: ['approval', 'bakeAfter'],
  canary: ['steps', 'bakeAfter'],
  step: ['weight', 'bake', 'approval'],
  linear: ['step', 'bake', 'bakeAfter'],
  bake: ['for', 'requests'],
  missingData: ['policy', 'limit'],
} as const;

/** The words that a key may be set to. */
export const CHOICES = {
  foreignDeployments: ['continue', 'leave'],
  newerRelease: ['overtakesWaiting', 'waits'],
  onAlarmAtStart: ['refuse', 'ignore', 'proceed'],
  missingData: ['wait', 'pass', 'fail'],
  otherwise: ['reject', 'approve'],
  notBy: ['author'],
  strategy: ['rolling', 'blueGreen'],
} as const;
