import { fromEnv } from '@aws-sdk/credential-provider-env';
import { SFNClient } from '@aws-sdk/client-sfn';
import { systemClock } from '../../adapters/clock.ts';
import { doorbell } from '../../adapters/doorbell.ts';
import { required } from '../../adapters/environment.ts';
import { executionsIn } from '../../adapters/executions.ts';
import { invoker } from '../../adapters/functions.ts';
import { holdsIn } from '../../adapters/records/holds.ts';
import { releasesIn } from '../../adapters/records/releases.ts';
import { specificationsIn } from '../../adapters/records/specifications.ts';
import { openTable } from '../../adapters/records/table.ts';
import { timelineIn } from '../../adapters/records/timeline.ts';
import { lambda } from '../shared/lambda.ts';
import { aws, place, tableName } from '../shared/world.ts';
import { control } from './control.ts';

export const handler = lambda('control', (log) => {
  const table = openTable(tableName(), aws());
  const releases = releasesIn(table);
  return control({
    specifications: specificationsIn(table),
    releases,
    holds: holdsIn(table),
    timeline: timelineIn(table),
    invoke: invoker({ region: aws().region, credentials: fromEnv(), endpoint: process.env['AWS_ENDPOINT_URL'] }),
    names: { preflightFunction: required(process.env, 'PREFLIGHT_FUNCTION'), imagePushedFunction: required(process.env, 'IMAGE_PUSHED_FUNCTION'), observeFunction: required(process.env, 'OBSERVE_FUNCTION') },
    doorbell: doorbell(releases, executionsIn(new SFNClient(aws()), '')),
    place: place(),
    clock: systemClock,
    log,
  });
});
