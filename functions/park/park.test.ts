import type { Releases } from '../../adapters/records/releases.ts';
import { park } from './park.ts';

let stored: Parameters<Releases['park']>[1][];
let woken: string[];
const parking = (answer: 'parked' | 'rung') =>
  park({ releases: { park: async (_releaseId, wanted) => (stored.push(wanted), answer) }, executions: { wake: async (token) => void woken.push(token) } });
beforeEach(() => ([stored, woken] = [[], []]));

const EVENT = { releaseId: 'one', token: 'its token', bell: 3, enteredTime: '2026-11-23T12:00:00.000Z', retryCount: 2 };

it('sleeps with its token, as the third try of this wait', async () => {
  expect(await parking('parked')(EVENT)).toEqual({ parked: true });
  expect([stored, woken]).toEqual([[{ token: 'its token', bell: 3, wait: '2026-11-23T12:00:00.000Z 0002' }], []]);
});

it('does not sleep when somebody has rung since: it answers its own token', async () => {
  expect(await parking('rung')(EVENT)).toEqual({ parked: false });
  expect(woken).toEqual(['its token']);
});

it('tries come in their order, the hundredth after the ninety-ninth, and waits in theirs', async () => {
  for (const [enteredTime, retryCount] of [['2026-11-23T12:00:00.000Z', 99], ['2026-11-23T12:00:00.000Z', 100], ['2026-11-23T12:00:00.001Z', 0]] as const) await parking('parked')({ ...EVENT, enteredTime, retryCount });
  const waits = stored.map(({ wait }) => wait ?? '');
  expect([...waits].sort()).toEqual(waits);
});

it('an execution that began before waits told which they are sleeps all the same', async () => {
  expect(await parking('parked')({ releaseId: 'one', token: 'its token', bell: 3 })).toEqual({ parked: true });
  expect(stored).toEqual([{ token: 'its token', bell: 3, wait: undefined }]);
});
