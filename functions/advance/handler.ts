import { ECSClient } from '@aws-sdk/client-ecs';
import { systemClock } from '../../adapters/clock.ts';
import { servicesIn } from '../../adapters/ecs/services.ts';
import { releasesIn } from '../../adapters/records/releases.ts';
import { openTable } from '../../adapters/records/table.ts';
import { timelineIn } from '../../adapters/records/timeline.ts';
import { lambda } from '../shared/lambda.ts';
import { aws, tableName } from '../shared/world.ts';
import { advance } from './advance.ts';

export const handler = lambda('advance', (log) => {
  const table = openTable(tableName(), aws());
  return advance({ releases: releasesIn(table), timeline: timelineIn(table), services: servicesIn(new ECSClient(aws())), clock: systemClock, log });
});
