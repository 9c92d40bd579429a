import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { ECSClient } from '@aws-sdk/client-ecs';
import { alarmSeriesIn } from '../../adapters/alarm-series.ts';
import { servicesIn } from '../../adapters/ecs/services.ts';
import { lambda } from '../shared/lambda.ts';
import { aws } from '../shared/world.ts';
import { observe } from './observe.ts';

export const handler = lambda('observe', () => observe({ alarmSeries: alarmSeriesIn(new CloudWatchClient(aws())), services: servicesIn(new ECSClient(aws())) }));
