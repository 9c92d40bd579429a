import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { ECSClient } from '@aws-sdk/client-ecs';
import { alarmsIn } from '../../adapters/alarms.ts';
import { systemClock } from '../../adapters/clock.ts';
import { servicesIn } from '../../adapters/ecs/services.ts';
import { taskDefinitionsIn } from '../../adapters/ecs/task-definitions.ts';
import { holdsIn } from '../../adapters/records/holds.ts';
import { leasesIn } from '../../adapters/records/leases.ts';
import { releasesIn } from '../../adapters/records/releases.ts';
import { openTable } from '../../adapters/records/table.ts';
import { timelineIn } from '../../adapters/records/timeline.ts';
import { lambda } from '../shared/lambda.ts';
import { aws, tableName } from '../shared/world.ts';
import { preflight } from './preflight.ts';

export const handler = lambda('preflight', () => {
  const table = openTable(tableName(), aws());
  const ecs = new ECSClient(aws());
  return preflight({
    releases: releasesIn(table),
    leases: leasesIn(table),
    holds: holdsIn(table),
    timeline: timelineIn(table),
    services: servicesIn(ecs),
    taskDefinitions: taskDefinitionsIn(ecs),
    alarms: alarmsIn(new CloudWatchClient(aws())),
    clock: systemClock,
  });
});
