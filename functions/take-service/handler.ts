import { SFNClient } from '@aws-sdk/client-sfn';
import { systemClock } from '../../adapters/clock.ts';
import { doorbell } from '../../adapters/doorbell.ts';
import { executionsIn } from '../../adapters/executions.ts';
import { leasesIn } from '../../adapters/records/leases.ts';
import { releasesIn } from '../../adapters/records/releases.ts';
import { openTable } from '../../adapters/records/table.ts';
import { timelineIn } from '../../adapters/records/timeline.ts';
import { watchesIn } from '../../adapters/records/watches.ts';
import { lambda } from '../shared/lambda.ts';
import { aws, place, tableName } from '../shared/world.ts';
import { takeService } from './take-service.ts';

export const handler = lambda('take-service', () => {
  const table = openTable(tableName(), aws());
  const releases = releasesIn(table);
  return takeService({
    releases,
    timeline: timelineIn(table),
    leases: leasesIn(table),
    watches: watchesIn(table),
    doorbell: doorbell(releases, executionsIn(new SFNClient(aws()), '')),
    place: place(),
    clock: systemClock,
  });
});
