import { SFNClient } from '@aws-sdk/client-sfn';
import { systemClock } from '../../adapters/clock.ts';
import { executionsIn } from '../../adapters/executions.ts';
import { releasesIn } from '../../adapters/records/releases.ts';
import { openTable } from '../../adapters/records/table.ts';
import { timelineIn } from '../../adapters/records/timeline.ts';
import { lambda } from '../shared/lambda.ts';
import { aws, stateMachineArn, tableName } from '../shared/world.ts';
import { rescue } from './rescue.ts';

export const handler = lambda('rescue', (log) => {
  const table = openTable(tableName(), aws());
  return rescue({ releases: releasesIn(table), timeline: timelineIn(table), executions: executionsIn(new SFNClient(aws()), stateMachineArn()), clock: systemClock, log });
});
