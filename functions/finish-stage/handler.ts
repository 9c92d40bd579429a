import { ECSClient } from '@aws-sdk/client-ecs';
import { SFNClient } from '@aws-sdk/client-sfn';
import { systemClock } from '../../adapters/clock.ts';
import { doorbell } from '../../adapters/doorbell.ts';
import { servicesIn } from '../../adapters/ecs/services.ts';
import { executionsIn } from '../../adapters/executions.ts';
import { holdsIn } from '../../adapters/records/holds.ts';
import { leasesIn } from '../../adapters/records/leases.ts';
import { releasesIn } from '../../adapters/records/releases.ts';
import { openTable } from '../../adapters/records/table.ts';
import { timelineIn } from '../../adapters/records/timeline.ts';
import { watchesIn } from '../../adapters/records/watches.ts';
import { lambda } from '../shared/lambda.ts';
import { aws, place, tableName } from '../shared/world.ts';
import { finishStage } from './finish-stage.ts';

export const handler = lambda('finish-stage', (log) => {
  const table = openTable(tableName(), aws());
  return finishStage({ releases: releasesIn(table), timeline: timelineIn(table), leases: leasesIn(table), holds: holdsIn(table), watches: watchesIn(table), services: servicesIn(new ECSClient(aws())), doorbell: doorbell(releasesIn(table), executionsIn(new SFNClient(aws()), '')), place: place(), clock: systemClock, log });
});
