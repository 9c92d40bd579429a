// What the alarms of a stage have seen: for people to look at, never for decisions.
import * as v from 'valibot';
import type { AlarmSeries } from '../../adapters/alarm-series.ts';
import type { Services } from '../../adapters/ecs/services.ts';
import type { AlarmMetricsView } from '../../core/view/metrics.ts';

const Event = v.object({ alarms: v.array(v.string()), revisionArn: v.nullable(v.string()), fromMs: v.number(), toMs: v.number() });

export interface ObserveDependencies {
  alarmSeries: Pick<AlarmSeries, 'of'>;
  services: Pick<Services, 'revision'>;
}

export const observe = ({ alarmSeries, services }: ObserveDependencies) => async (input: unknown): Promise<{ alarms: AlarmMetricsView[] }> => {
  const { alarms, revisionArn, fromMs, toMs } = v.parse(Event, input);
  const revision = revisionArn === null ? undefined : await services.revision(revisionArn);
  // A metric's dimension names a target group by the last part of its ARN.
  const groups = (revision?.resolvedConfiguration?.loadBalancers ?? []).flatMap(({ targetGroupArn }) => targetGroupArn?.split(':').at(-1) ?? []);
  return { alarms: await alarmSeries.of(alarms, groups, { fromMs, toMs }) };
};
