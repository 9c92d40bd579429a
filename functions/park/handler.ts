import { SFNClient } from '@aws-sdk/client-sfn';
import { executionsIn } from '../../adapters/executions.ts';
import { releasesIn } from '../../adapters/records/releases.ts';
import { openTable } from '../../adapters/records/table.ts';
import { lambda } from '../shared/lambda.ts';
import { aws, tableName } from '../shared/world.ts';
import { park } from './park.ts';

export const handler = lambda('park', () => {
  const table = openTable(tableName(), aws());
  return park({ releases: releasesIn(table), executions: executionsIn(new SFNClient(aws()), '') });
});
