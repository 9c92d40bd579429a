// An event as targets see it, and the ways a target can have it reshaped.
import type * as events from '@aws-sdk/client-eventbridge';

export interface EventEnvelope {
  version: '0';
  id: string;
  'detail-type': string;
  source: string;
  account: string;
  time: string;
  region: string;
  resources: string[];
  detail: unknown;
}

/** Seconds, as EventBridge writes them. */
export const eventTime = (ms: number): string => `${new Date(ms).toISOString().slice(0, 19)}Z`;

type Shaping = Pick<events.Target, 'Input' | 'InputPath' | 'InputTransformer'>;

export interface RuleIdentity {
  arn: string;
  name: string;
}

/** What a target is sent: the event, a part of it, a constant, or a template filled in. */
export function shapeInput(target: Shaping, event: EventEnvelope, rule: RuleIdentity, ingestedMs: number): string {
  if (target.Input !== undefined) return target.Input;
  if (target.InputPath !== undefined) return JSON.stringify(valueAt(event, target.InputPath) ?? null);
  if (target.InputTransformer) return fillTemplate(target.InputTransformer, event, rule, ingestedMs);
  return JSON.stringify(event);
}

/** The subset of JSONPath that EventBridge takes: `$`, `$.a.b`, `$.a[0]`, `$['a b']`. Undefined when the path does not parse. */
export function parsePath(path: string): (string | number)[] | undefined {
  if (!path.startsWith('$')) return undefined;
  const steps: (string | number)[] = [];
  const step = /\.([A-Za-z_][\w-]*)|\[(\d+)\]|\['([^']+)'\]|\["([^"]+)"\]/y;
  step.lastIndex = 1;
  while (step.lastIndex < path.length) {
    const match = step.exec(path);
    if (!match) return undefined;
    steps.push(match[2] === undefined ? (match[1] ?? match[3] ?? match[4] ?? '') : Number(match[2]));
  }
  return steps;
}

function valueAt(event: EventEnvelope, path: string): unknown {
  let value: unknown = event;
  for (const step of parsePath(path) ?? []) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined;
    value = (value as Record<string | number, unknown>)[step];
  }
  return value;
}

/**
 * Fills `<name>` placeholders. Within quotes a value becomes text; outside, JSON.
 * https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-transform-target-input.html
 */
function fillTemplate(transformer: events.InputTransformer, event: EventEnvelope, rule: RuleIdentity, ingestedMs: number): string {
  const values = new Map<string, unknown>();
  for (const [name, path] of Object.entries(transformer.InputPathsMap ?? {})) values.set(name, valueAt(event, path));
  values.set('aws.events.event', { ...event, detail: undefined });
  values.set('aws.events.event.json', event);
  values.set('aws.events.rule-arn', rule.arn);
  values.set('aws.events.rule-name', rule.name);
  values.set('aws.events.event.ingestion-time', new Date(ingestedMs).toISOString());
  const template = transformer.InputTemplate ?? '';
  let filled = '';
  let quoted = false;
  for (let index = 0; index < template.length; index++) {
    const character = template.charAt(index);
    const placeholder = character === '<' ? /^<([\w.-]+)>/.exec(template.slice(index)) : null;
    if (placeholder?.[1] !== undefined && values.has(placeholder[1])) {
      filled += quoted ? asText(values.get(placeholder[1])) : (JSON.stringify(values.get(placeholder[1])) ?? 'null');
      index += placeholder[0].length - 1;
      continue;
    }
    if (character === '\\') {
      filled += character + template.charAt((index += 1));
      continue;
    }
    if (character === '"') quoted = !quoted;
    filled += character;
  }
  return filled;
}

/** Inside quotes: escaped, so that the outcome stays JSON; a value that is not there leaves nothing. */
function asText(value: unknown): string {
  if (value === undefined) return '';
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return JSON.stringify(text).slice(1, -1);
}
