// From the parsed YAML or JSON of a `slipway.yml` to a Specification with every default filled in, or to all faults at once.
// The CLI and the control Lambda run the same code; whoever holds the text adds lines and columns.

import { formatDuration, MINUTE_MS } from '../duration.ts';
import { CHOICES, KEYS } from './keys.ts';
import { BEFORE_STAGE_LIMIT_MS } from './limits.ts';
import type { BeforeStage, Person, Pipeline, Specification, Stage } from './model.ts';
import { parseApproval } from './parse-approval.ts';
import { parseImage } from './parse-image.ts';
import { type Names, parseGroups, parseNames } from './parse-names.ts';
import { parsePeople } from './parse-people.ts';
import { parseStrategy, strategyNames } from './parse-strategy.ts';
import { type Fault, type Fields, isMapping, Place, quote } from './place.ts';

export type ParsedSpecification = { ok: true; specification: Specification } | { ok: false; faults: Fault[] };

const NAME = /^[A-Za-z0-9][A-Za-z0-9_-]{0,39}$/;
const ALARM_LIMIT_MS = 15 * MINUTE_MS;

export function parseSpecification(value: unknown): ParsedSpecification {
  const faults: Fault[] = [];
  const root = new Place(value, [], faults);
  const specification = parseRoot(root);
  return specification === undefined || faults.length > 0 ? { ok: false, faults } : { ok: true, specification };
}

function parseRoot(root: Place): Specification | undefined {
  if (!isMapping(root.value)) return root.fault('a specification is a mapping with the key pipelines', 'See docs/config.md for a complete example.');
  const fields = root.mapping('the specification', KEYS.specification);
  const peoplePlace = fields?.optional('people');
  const people: Record<string, Person> = peoplePlace === undefined ? {} : parsePeople(peoplePlace);
  // A person with a fault of their own is still known by name: one mistake, one fault.
  const known = new Set(isMapping(peoplePlace?.value) ? Object.keys(peoplePlace.value) : []);
  const names: Names = { people: known, groups: parseGroups(fields?.optional('groups'), known) };
  const listPlace = fields?.required('pipelines', 'For example pipelines: { checkout: { image: ..., stages: [...] } }.');
  const pipelines = listPlace && parsePipelines(listPlace, names);
  return pipelines && { people, pipelines };
}

/** A mapping from name to pipeline, or a list of pipelines with a name each. */
function parsePipelines(place: Place, names: Names): Pipeline[] | undefined {
  const listed = Array.isArray(place.value);
  const places = listed ? place.list('pipelines') : place.entries('names of pipelines')?.map(([, one]) => one);
  if (places === undefined) return undefined;
  if (places.length === 0) return place.fault('pipelines is empty', 'Describe at least one pipeline.');
  const taken = new Set<string>();
  const pipelines = places.map((one) => parsePipeline(one, listed, taken, names));
  return pipelines.every((pipeline) => pipeline !== undefined) ? pipelines : undefined;
}

function parsePipeline(place: Place, listed: boolean, taken: Set<string>, names: Names): Pipeline | undefined {
  const fields = place.mapping('a pipeline', KEYS.pipeline);
  if (fields === undefined) return undefined;
  const name = parsePipelineName(place, fields, listed);
  if (name !== undefined && taken.has(name)) fields.optional('name')?.fault(`there are two pipelines named ${quote(name)}`, 'Names of pipelines are unique.');
  if (name !== undefined) taken.add(name);
  const imagePlace = fields.required('image', 'For example image: { repository: shop/checkout, tags: { semver: ">=1.0.0" } }.');
  const image = imagePlace && parseImage(imagePlace);
  const slack = parseNotify(fields.optional('notify'));
  const foreignDeployments = choiceOr(fields.optional('foreignDeployments'), CHOICES.foreignDeployments, 'continue');
  const newerRelease = choiceOr(fields.optional('newerRelease'), CHOICES.newerRelease, 'overtakesWaiting');
  const freeze = parseFreeze(fields.optional('freeze'), names);
  const stagesPlace = fields.required('stages', 'At least one stage: [{ name: production, service: {...}, strategy: rolling }].');
  const stages = stagesPlace && parseStages(stagesPlace, names);
  if (name === undefined || image === undefined || stages === undefined || foreignDeployments === undefined || newerRelease === undefined || freeze === undefined) return undefined;
  return { name, image, notify: { slack }, foreignDeployments, newerRelease, ...freeze, stages };
}

function parseFreeze(place: Place | undefined, names: Names): Pick<Pipeline, 'freeze'> | undefined {
  if (place === undefined) return {};
  const overridePlace = place.mapping('freeze', KEYS.freeze)?.required('override', 'For example freeze: { override: [alice] }.');
  const listed = overridePlace && parseNames(overridePlace, names, 'Name whoever may override a freeze; leave freeze out if nobody may.');
  return listed && { freeze: { override: [...new Set(listed.flatMap(({ oneOf }) => oneOf))] } };
}

function parsePipelineName(place: Place, fields: Fields<'name'>, listed: boolean): string | undefined {
  if (listed) return parseName(fields.required('name', 'Every pipeline of a list has a name.'), 'a pipeline');
  const key = String(place.path.at(-1));
  const given = fields.optional('name');
  if (given !== undefined && given.value !== key) given.fault(`this pipeline is already named ${quote(key)} by its key`, 'Leave name out.');
  if (NAME.test(key)) return key;
  return place.fault(`${quote(key)} cannot be the name of a pipeline`, 'Up to 40 letters, digits, - and _.', 'key');
}

function parseName(place: Place | undefined, of: string): string | undefined {
  const name = place?.text('a name');
  if (place === undefined || name === undefined || NAME.test(name)) return name;
  return place.fault(`${quote(name)} cannot be the name of ${of}`, 'Up to 40 letters, digits, - and _.');
}

function parseNotify(place: Place | undefined): string | undefined {
  const slackPlace = place?.mapping('notify', KEYS.notify)?.optional('slack');
  if (slackPlace === undefined) return undefined;
  if (slackPlace.value === null) return slackPlace.fault('slack has no value', 'In YAML a # starts a comment: write "#deploys", in quotes.');
  const channel = slackPlace.text('a Slack channel');
  if (channel === undefined || /^(#[^\s#]{1,80}|[CGD][A-Z0-9]{6,20})$/.test(channel)) return channel;
  return slackPlace.fault(`${quote(channel)} is not a Slack channel`, 'Write its name with a # and in quotes ("#deploys"), or its id (C012AB3CD).');
}

function parseStages(place: Place, names: Names): [Stage, ...Stage[]] | undefined {
  const places = place.list('stages');
  if (places?.length === 0) return place.fault('stages is empty', 'A pipeline has at least one stage.');
  if (places === undefined) return undefined;
  const stages = places.map((one) => parseStage(one, names));
  const taken = new Set<string>();
  const services = new Map<string, string>();
  for (const [index, one] of places.entries()) {
    const stage = stages[index];
    if (stage === undefined) continue;
    if (taken.has(stage.name)) one.child('name').fault(`there are two stages named ${quote(stage.name)}`, 'Names of stages are unique in a pipeline.');
    taken.add(stage.name);
    const service = `${stage.service.cluster}/${stage.service.name}`;
    const other = services.get(service);
    if (other !== undefined) one.child('service').fault(`stage ${quote(other)} already rolls out to the service ${service}`, 'One stage per service: put the weights into one strategy.');
    else services.set(service, stage.name);
  }
  const [first, ...others] = stages.filter((stage) => stage !== undefined);
  return first === undefined || others.length + 1 < stages.length ? undefined : [first, ...others];
}

function parseStage(place: Place, names: Names): Stage | undefined {
  const fields = place.mapping('a stage', KEYS.stage);
  if (fields === undefined) return undefined;
  const name = parseName(fields.required('name', 'For example name: production.'), 'a stage');
  const servicePlace = fields.required('service', 'For example service: { cluster: prod, name: checkout, container: app }.');
  const service = servicePlace && parseService(servicePlace);
  const beforePlace = fields.optional('before');
  const before = beforePlace === undefined ? [] : parseBefore(beforePlace, names);
  const strategyPlace = fields.required('strategy', `One of ${strategyNames}.`);
  const strategy = strategyPlace && parseStrategy(strategyPlace, names);
  const alarms = parseAlarms(fields.optional('alarms'));
  const onAlarmAtStart = choiceOr(fields.optional('onAlarmAtStart'), CHOICES.onAlarmAtStart, 'refuse');
  const missingData = parseMissingData(fields.optional('missingData'));
  if (name === undefined || service === undefined || before === undefined || strategy === undefined) return undefined;
  if (alarms === undefined || onAlarmAtStart === undefined || missingData === undefined) return undefined;
  return { name, service, before, strategy, alarms, onAlarmAtStart, missingData };
}

function parseService(place: Place): Stage['service'] | undefined {
  const fields = place.mapping('a service', KEYS.service);
  if (fields === undefined) return undefined;
  const read = (key: 'cluster' | 'name' | 'container', what: string): string | undefined => {
    const one = fields.required(key, `The name of ${what}.`);
    const text = one?.text(`the name of ${what}`);
    if (one === undefined || text === undefined || /^[A-Za-z0-9_-]{1,255}$/.test(text)) return text;
    return one.fault(`${quote(text)} is not the name of ${what}`, text.startsWith('arn:') ? 'Write the name, not the ARN.' : 'Up to 255 letters, digits, - and _.');
  };
  const cluster = read('cluster', 'an ECS cluster');
  const name = read('name', 'an ECS service');
  const container = read('container', 'the container that gets the image');
  return cluster === undefined || name === undefined || container === undefined ? undefined : { cluster, name, container };
}

function parseBefore(place: Place, names: Names): BeforeStage[] | undefined {
  const gates = place.list('gates')?.map((one): BeforeStage | undefined => {
    const fields = one.mapping('a gate', KEYS.before);
    if (fields?.has('task')) {
      return fields.optional('task')?.fault('running a task before a stage is not supported yet', 'Run it as a hook: a lifecycle hook of the ECS service, or a step before the image is pushed.', 'key');
    }
    if (!isMapping(one.value) || Object.keys(one.value).length > 0) {
      const approvalPlace = fields?.optional('approval');
      const approval = approvalPlace && parseApproval(approvalPlace, { names, limitMs: BEFORE_STAGE_LIMIT_MS });
      return approval && { kind: 'approval', approval };
    }
    return one.fault('this gate is empty', 'For example - approval: { from: [alice], within: 24h }.');
  });
  return gates?.every((gate) => gate !== undefined) ? gates : undefined;
}

function parseAlarms(place: Place | undefined): string[] | undefined {
  if (place === undefined) return [];
  const places = place.list('names of CloudWatch alarms');
  const names: string[] = [];
  for (const one of places ?? []) {
    const name = one.text('the name of a CloudWatch alarm');
    if (name === undefined) continue;
    if (name.startsWith('arn:')) one.fault(`${quote(name)} is an ARN`, 'Write the name of the alarm.');
    else if (name.length > 255) one.fault('the name of an alarm has at most 255 characters');
    else if (names.includes(name)) one.fault(`the alarm ${quote(name)} is listed twice`);
    else names.push(name);
  }
  return places && names;
}

function parseMissingData(place: Place | undefined): Stage['missingData'] | undefined {
  if (place === undefined) return { policy: 'wait', limitMs: ALARM_LIMIT_MS };
  if (!isMapping(place.value)) {
    const policy = place.choice(CHOICES.missingData);
    return policy && { policy, limitMs: ALARM_LIMIT_MS };
  }
  const fields = place.mapping('missingData', KEYS.missingData);
  const policy = choiceOr(fields?.optional('policy'), CHOICES.missingData, 'wait');
  const limitPlace = fields?.optional('limit');
  if (limitPlace !== undefined && policy !== undefined && policy !== 'wait') limitPlace.fault(`limit has no meaning with the policy ${policy}`, 'It says how long to wait.', 'key');
  const limitMs = limitPlace === undefined ? ALARM_LIMIT_MS : limitPlace.durationMs();
  if (limitMs !== undefined && limitMs > MISSING_DATA_LIMIT_MAX_MS) return limitPlace?.fault(`limit is ${formatDuration(limitMs)}; it can be at most ${formatDuration(MISSING_DATA_LIMIT_MAX_MS)}`);
  return policy === undefined || limitMs === undefined ? undefined : { policy, limitMs };
}

/** Waiting for data happens while an ECS pause holds. */
const MISSING_DATA_LIMIT_MAX_MS = 24 * 60 * MINUTE_MS;

function choiceOr<Word extends string>(place: Place | undefined, words: readonly Word[], fallback: Word): Word | undefined {
  return place === undefined ? fallback : place.choice(words);
}
