// Event buses and their rules, as records.
import type * as events from '@aws-sdk/client-eventbridge';
import type { Timer } from '../kernel/clock.ts';
import { AwsError } from '../kernel/errors.ts';
import type { Kernel } from '../kernel/kernel.ts';
import { arnOf } from '../kernel/kernel.ts';
import type { Schedule } from './cron.ts';
import type { Matcher } from './pattern.ts';

export interface Rule {
  name: string;
  arn: string;
  busName: string;
  pattern: { text: string; matches: Matcher } | undefined;
  schedule: { text: string; next: Schedule; sinceMs: number } | undefined;
  enabled: boolean;
  description: string | undefined;
  roleArn: string | undefined;
  targets: Map<string, events.Target>;
  tags: Map<string, string>;
  timer: Timer | undefined;
}

export interface Bus {
  name: string;
  arn: string;
  description: string | undefined;
  createdAtMs: number;
  rules: Map<string, Rule>;
  tags: Map<string, string>;
}

export const DEFAULT_BUS = 'default';

type Place = Pick<Kernel, 'accountId' | 'region'>;

/** A bus may be named or given by ARN. */
export const busNameOf = (given: string | undefined): string => (given?.includes(':event-bus/') ? given.slice(given.indexOf('/') + 1) : (given ?? DEFAULT_BUS));

export const busArnOf = (kernel: Place, busName: string): string => arnOf(kernel, 'events', `event-bus/${busName}`);

/** Rules of the default bus have no bus in their ARN. */
export const ruleArnOf = (kernel: Place, busName: string, ruleName: string): string =>
  arnOf(kernel, 'events', busName === DEFAULT_BUS ? `rule/${ruleName}` : `rule/${busName}/${ruleName}`);

export class Buses {
  readonly all = new Map<string, Bus>();

  get(given: string | undefined): Bus {
    const name = busNameOf(given);
    const bus = this.all.get(name);
    if (!bus) throw notFound(`Event bus ${name} does not exist.`);
    return bus;
  }

  rule(busGiven: string | undefined, ruleName: string | undefined): Rule {
    const bus = this.get(busGiven);
    const rule = bus.rules.get(ruleName ?? '');
    if (!rule) throw notFound(`Rule ${ruleName} does not exist on EventBus ${bus.name}.`);
    return rule;
  }

  /** A rule or a bus, by ARN, for its tags. */
  taggable(arn: string | undefined): { tags: Map<string, string> } {
    for (const bus of this.all.values()) {
      if (bus.arn === arn) return bus;
      for (const rule of bus.rules.values()) if (rule.arn === arn) return rule;
    }
    throw notFound(`Resource ${arn} does not exist.`);
  }
}

export const notFound = (message: string): AwsError => new AwsError('ResourceNotFoundException', message, { httpStatus: 400 });

export const validation = (message: string): AwsError => new AwsError('ValidationException', message, { httpStatus: 400 });
