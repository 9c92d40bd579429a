// Puts the execution to sleep until somebody rings, unless somebody has rung since it looked.
import * as v from 'valibot';
import type { Executions } from '../../adapters/executions.ts';
import type { Releases } from '../../adapters/records/releases.ts';

const Event = v.object({ releaseId: v.string(), token: v.string(), bell: v.number() });

export interface ParkDependencies {
  releases: Pick<Releases, 'park'>;
  executions: Pick<Executions, 'wake'>;
}

export const park = ({ releases, executions }: ParkDependencies) => async (input: unknown): Promise<{ parked: boolean }> => {
  const { releaseId, token, bell } = v.parse(Event, input);
  if ((await releases.park(releaseId, token, bell)) === 'parked') return { parked: true };
  await executions.wake(token);
  return { parked: false };
};
