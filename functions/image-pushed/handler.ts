import { ECRClient } from '@aws-sdk/client-ecr';
import { SFNClient } from '@aws-sdk/client-sfn';
import { systemClock } from '../../adapters/clock.ts';
import { executionsIn } from '../../adapters/executions.ts';
import { holdsIn } from '../../adapters/records/holds.ts';
import { imagesIn } from '../../adapters/images.ts';
import { releasesIn } from '../../adapters/records/releases.ts';
import { specificationsIn } from '../../adapters/records/specifications.ts';
import { openTable } from '../../adapters/records/table.ts';
import { timelineIn } from '../../adapters/records/timeline.ts';
import { lambda } from '../shared/lambda.ts';
import { aws, place, stateMachineArn, tableName } from '../shared/world.ts';
import { imagePushed } from './image-pushed.ts';

export const handler = lambda('image-pushed', (log) => {
  const table = openTable(tableName(), aws());
  return imagePushed({
    specifications: specificationsIn(table),
    releases: releasesIn(table),
    holds: holdsIn(table),
    timeline: timelineIn(table),
    images: imagesIn(new ECRClient(aws())),
    executions: executionsIn(new SFNClient(aws()), stateMachineArn()),
    place: place(),
    clock: systemClock,
    log,
  });
});
