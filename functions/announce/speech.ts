// What one announcement needs: whom it asks, and where it speaks.
import type { Alarms } from '../../adapters/alarms.ts';
import type { Clock } from '../../adapters/clock.ts';
import type { Logger } from '../../adapters/log.ts';
import type { Announcement, Announcements } from '../../adapters/records/announcements.ts';
import type { LoadedRelease, Releases } from '../../adapters/records/releases.ts';
import type { Timeline } from '../../adapters/records/timeline.ts';
import type { Secret } from '../../adapters/secrets.ts';
import type { Slack, SlackSecret } from '../../adapters/slack.ts';

export interface AnnounceDependencies {
  releases: Pick<Releases, 'load'>;
  timeline: Pick<Timeline, 'read'>;
  announcements: Announcements;
  alarms: Pick<Alarms, 'states'>;
  /** Undefined when no Slack is configured. */
  slack: { api: Slack; secret: Secret<SlackSecret> } | undefined;
  newHolder: () => string;
  clock: Clock;
  log: Logger;
}

export interface Speech {
  api: Slack;
  loaded: LoadedRelease;
  channel: string;
  announcement: Announcement;
  /** Keeps what has been said so far. */
  save: (announcement: Announcement) => Promise<void>;
}
