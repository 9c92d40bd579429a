import { systemClock } from '../../adapters/clock.ts';
import { releasesIn } from '../../adapters/records/releases.ts';
import { openTable } from '../../adapters/records/table.ts';
import { timelineIn } from '../../adapters/records/timeline.ts';
import { lambda } from '../shared/lambda.ts';
import { aws, tableName } from '../shared/world.ts';
import { finish } from './finish.ts';

export const handler = lambda('finish', (log) => {
  const table = openTable(tableName(), aws());
  return finish({ releases: releasesIn(table), timeline: timelineIn(table), clock: systemClock, log });
});
