import { ECSClient } from '@aws-sdk/client-ecs';
import { once } from '../../adapters/aws.ts';
import { systemClock } from '../../adapters/clock.ts';
import { servicesIn } from '../../adapters/ecs/services.ts';
import { leasesIn } from '../../adapters/records/leases.ts';
import { releasesIn } from '../../adapters/records/releases.ts';
import { openTable } from '../../adapters/records/table.ts';
import { timelineIn } from '../../adapters/records/timeline.ts';
import { lambda } from '../shared/lambda.ts';
import { aws, tableName } from '../shared/world.ts';
import { start } from './start.ts';

export const handler = lambda('start', () => {
  const table = openTable(tableName(), aws());
  return start({ releases: releasesIn(table), leases: leasesIn(table), timeline: timelineIn(table), services: servicesIn(new ECSClient(once(aws()))), clock: systemClock });
});
