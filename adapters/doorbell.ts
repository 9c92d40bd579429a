// Rings a release: whatever happened, look again. Counts first, wakes second, so that a ring between looking and sleeping is
// seen by the one who is about to sleep.
import type { Executions } from './executions.ts';
import type { Releases } from './records/releases.ts';

export interface Doorbell {
  ring(releaseId: string): Promise<void>;
}

export const doorbell = (releases: Pick<Releases, 'ring'>, executions: Pick<Executions, 'wake'>): Doorbell => ({
  async ring(releaseId) {
    const rung = await releases.ring(releaseId);
    if (rung?.token) await executions.wake(rung.token);
  },
});
