import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { ECSClient } from '@aws-sdk/client-ecs';
import { alarmsIn } from '../../adapters/alarms.ts';
import { systemClock } from '../../adapters/clock.ts';
import { servicesIn } from '../../adapters/ecs/services.ts';
import { freezesIn } from '../../adapters/records/freezes.ts';
import { releasesIn } from '../../adapters/records/releases.ts';
import { openTable } from '../../adapters/records/table.ts';
import { timelineIn } from '../../adapters/records/timeline.ts';
import { lambda } from '../shared/lambda.ts';
import { aws, tableName } from '../shared/world.ts';
import { assess } from './assess.ts';

export const handler = lambda('assess', (log) => {
  const table = openTable(tableName(), aws());
  return assess({
    releases: releasesIn(table),
    freezes: freezesIn(table),
    timeline: timelineIn(table),
    services: servicesIn(new ECSClient(aws())),
    alarms: alarmsIn(new CloudWatchClient(aws())),
    clock: systemClock,
    log,
  });
});
