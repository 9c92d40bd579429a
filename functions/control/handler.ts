import { ECRClient } from '@aws-sdk/client-ecr';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { SFNClient } from '@aws-sdk/client-sfn';
import { systemClock } from '../../adapters/clock.ts';
import { doorbell } from '../../adapters/doorbell.ts';
import { required } from '../../adapters/environment.ts';
import { executionsIn } from '../../adapters/executions.ts';
import { imagesIn } from '../../adapters/images.ts';
import { releasesIn } from '../../adapters/records/releases.ts';
import { specificationsIn } from '../../adapters/records/specifications.ts';
import { openTable } from '../../adapters/records/table.ts';
import { timelineIn } from '../../adapters/records/timeline.ts';
import { remotePreflight } from '../../adapters/remote-preflight.ts';
import { lambda } from '../shared/lambda.ts';
import { aws, place, stateMachineArn, tableName } from '../shared/world.ts';
import { control } from './control.ts';

export const handler = lambda('control', (log) => {
  const table = openTable(tableName(), aws());
  const releases = releasesIn(table);
  const executions = executionsIn(new SFNClient(aws()), stateMachineArn());
  return control({
    specifications: specificationsIn(table),
    releases,
    timeline: timelineIn(table),
    executions,
    images: imagesIn(new ECRClient(aws())),
    preflight: remotePreflight(new LambdaClient(aws()), required(process.env, 'PREFLIGHT_FUNCTION')),
    doorbell: doorbell(releases, executions),
    place: place(),
    clock: systemClock,
    log,
  });
});
