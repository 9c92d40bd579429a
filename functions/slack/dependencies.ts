// Whom the function that hears Slack asks.
import type { Clock } from '../../adapters/clock.ts';
import type { Doorbell } from '../../adapters/doorbell.ts';
import type { Send } from '../../adapters/functions.ts';
import type { Logger } from '../../adapters/log.ts';
import type { Releases } from '../../adapters/records/releases.ts';
import type { Timeline } from '../../adapters/records/timeline.ts';
import type { Secret } from '../../adapters/secrets.ts';
import type { Slack, SlackSecret } from '../../adapters/slack.ts';

export interface SlackDependencies {
  releases: Pick<Releases, 'load' | 'decide'>;
  timeline: Pick<Timeline, 'write'>;
  doorbell: Doorbell;
  /** Undefined when no Slack is configured. */
  slack: { api: Slack; secret: Secret<SlackSecret> } | undefined;
  send: Send;
  names: { self: string; announce: string };
  clock: Clock;
  log: Logger;
}
