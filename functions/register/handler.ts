import { ECSClient } from '@aws-sdk/client-ecs';
import { once } from '../../adapters/aws.ts';
import { systemClock } from '../../adapters/clock.ts';
import { taskDefinitionsIn } from '../../adapters/ecs/task-definitions.ts';
import { releasesIn } from '../../adapters/records/releases.ts';
import { openTable } from '../../adapters/records/table.ts';
import { timelineIn } from '../../adapters/records/timeline.ts';
import { lambda } from '../shared/lambda.ts';
import { aws, tableName } from '../shared/world.ts';
import { register } from './register.ts';

export const handler = lambda('register', () => {
  const table = openTable(tableName(), aws());
  return register({ releases: releasesIn(table), timeline: timelineIn(table), taskDefinitions: taskDefinitionsIn(new ECSClient(once(aws()))), clock: systemClock });
});
