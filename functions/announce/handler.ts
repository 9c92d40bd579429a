import { randomUUID } from 'node:crypto';
import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { alarmsIn } from '../../adapters/alarms.ts';
import { systemClock } from '../../adapters/clock.ts';
import { announcementsIn } from '../../adapters/records/announcements.ts';
import { releasesIn } from '../../adapters/records/releases.ts';
import { openTable } from '../../adapters/records/table.ts';
import { timelineIn } from '../../adapters/records/timeline.ts';
import { lambda } from '../shared/lambda.ts';
import { slackWorld } from '../shared/slack-world.ts';
import { aws, tableName } from '../shared/world.ts';
import { announce } from './announce.ts';

export const handler = lambda('announce', (log) => {
  const table = openTable(tableName(), aws());
  return announce({
    releases: releasesIn(table),
    timeline: timelineIn(table),
    announcements: announcementsIn(table),
    alarms: alarmsIn(new CloudWatchClient(aws())),
    slack: slackWorld(),
    newHolder: () => randomUUID(),
    clock: systemClock,
    log,
  });
});
