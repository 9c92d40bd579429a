import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { ECSClient } from '@aws-sdk/client-ecs';
import { systemClock } from '../../adapters/clock.ts';
import { failuresIn } from '../../adapters/ecs/failures.ts';
import { releasesIn } from '../../adapters/records/releases.ts';
import { openTable } from '../../adapters/records/table.ts';
import { timelineIn } from '../../adapters/records/timeline.ts';
import { lambda } from '../shared/lambda.ts';
import { aws, tableName } from '../shared/world.ts';
import { explain } from './explain.ts';

export const handler = lambda('explain', () => {
  const table = openTable(tableName(), aws());
  return explain({ releases: releasesIn(table), timeline: timelineIn(table), failures: failuresIn(new ECSClient(aws()), new CloudWatchLogsClient(aws())), clock: systemClock });
});
