// Something happened in ECS or CloudWatch: rings every release that watches the service or the alarm.
import type { Doorbell } from '../../adapters/doorbell.ts';
import type { Logger } from '../../adapters/log.ts';
import type { Watches } from '../../adapters/records/watches.ts';
import { concernedBy } from '../../core/signal/concerned.ts';

export interface SignalDependencies {
  watches: Pick<Watches, 'of'>;
  doorbell: Doorbell;
  log: Logger;
}

export const signal = ({ watches, doorbell, log }: SignalDependencies) => async (event: unknown): Promise<{ rung: string[] }> => {
  const concerned = concernedBy(event);
  switch (concerned.kind) {
    case 'malformed':
      log.warn('event not understood, dropped', { reason: concerned.reason });
      return { rung: [] };
    case 'ignored':
      return { rung: [] };
    case 'ringOne':
      await doorbell.ring(concerned.releaseId);
      return { rung: [concerned.releaseId] };
    case 'ring': {
      const releaseIds = [...new Set((await Promise.all(concerned.arns.map((arn) => watches.of(arn)))).flat())];
      await Promise.all(releaseIds.map((releaseId) => doorbell.ring(releaseId)));
      if (releaseIds.length > 0) log.info('rang', { arns: concerned.arns, releases: releaseIds });
      return { rung: releaseIds };
    }
  }
};
