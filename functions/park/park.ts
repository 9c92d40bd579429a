// Puts the execution to sleep until somebody rings, unless somebody has rung since it looked.
import * as v from 'valibot';
import type { Executions } from '../../adapters/executions.ts';
import type { Releases } from '../../adapters/records/releases.ts';

/** An execution keeps the definition it began with: the older one did not say which try of which wait it is. */
const Event = v.object({ releaseId: v.string(), token: v.string(), bell: v.number(), enteredTime: v.optional(v.string()), retryCount: v.optional(v.number(), 0) });

export interface ParkDependencies {
  releases: Pick<Releases, 'park'>;
  executions: Pick<Executions, 'wake'>;
}

export const park = ({ releases, executions }: ParkDependencies) => async (input: unknown): Promise<{ parked: boolean }> => {
  const { releaseId, token, bell, enteredTime, retryCount } = v.parse(Event, input);
  const wait = enteredTime === undefined ? undefined : `${enteredTime} ${String(retryCount).padStart(4, '0')}`;
  if ((await releases.park(releaseId, { token, bell, wait })) === 'parked') return { parked: true };
  await executions.wake(token);
  return { parked: false };
};
