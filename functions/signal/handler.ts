import { SFNClient } from '@aws-sdk/client-sfn';
import { doorbell } from '../../adapters/doorbell.ts';
import { executionsIn } from '../../adapters/executions.ts';
import { releasesIn } from '../../adapters/records/releases.ts';
import { openTable } from '../../adapters/records/table.ts';
import { watchesIn } from '../../adapters/records/watches.ts';
import { lambda } from '../shared/lambda.ts';
import { aws, tableName } from '../shared/world.ts';
import { signal } from './signal.ts';

export const handler = lambda('signal', (log) => {
  const table = openTable(tableName(), aws());
  return signal({ watches: watchesIn(table), doorbell: doorbell(releasesIn(table), executionsIn(new SFNClient(aws()), '')), log });
});
