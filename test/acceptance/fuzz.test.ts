// A slice of `npm run fuzz`: both public doors of the packaged functions under fire, over HTTP.
import { caseOf, fuzz } from '../../rehearsal/fuzz/run.ts';
import { sender as senderOf, type Sender } from '../../rehearsal/fuzz/send.ts';
import { approveForReal, prepare, SPECIFICATION, type Situation } from '../../rehearsal/fuzz/situation.ts';
import { ACCEPTANCE_LIMIT_MS, startQuickWorld, type QuickWorld } from './quick-world.ts';

jest.setTimeout(ACCEPTANCE_LIMIT_MS);

const SEED = 4;
const REQUESTS = 250;
/** For a machine that runs other tests beside; the promise of one second is what `npm run fuzz` holds. */
const LIMIT_MS = 10_000;

describe('under fire', () => {
  let world: QuickWorld;
  let sender: Sender;
  let situation: Situation;

  beforeAll(async () => {
    sender = senderOf(2);
    world = await startQuickWorld({ specification: SPECIFICATION, slack: true });
    situation = await prepare(world, sender, () => undefined);
  });
  afterAll(async () => {
    sender.close();
    await world.close();
  });

  test('nothing is let in that should not be, nothing falls over, nothing changes, nothing is logged of what was sent', async () => {
    const { passed, faults, wrong } = await fuzz(world, situation, sender, { seed: SEED, requests: REQUESTS, limitMs: LIMIT_MS, atOnce: 2 });
    expect({ faults, wrong, passed }).toEqual({ faults: [], wrong: [], passed: REQUESTS });
  });

  test('a seed and a number say which request it is, whatever came before', async () => {
    const shape = async (index: number) => {
      const { door, class: name, statuses, request } = await caseOf(SEED, index, 'mark', situation);
      return { door, name, statuses, method: request.method, target: request.target };
    };
    const [first, other] = [await shape(7), await shape(8)];
    expect(await shape(7)).toEqual(first);
    expect(other).not.toEqual(first);
  });

  test('and whoever may come in comes in after it', async () => {
    const view = await approveForReal(world, world.slack!, sender, situation);
    expect(view.timeline.filter(({ kind }) => kind === 'decision').map(({ by }) => by)).toEqual(['alice', 'alice', 'bob']);
  });
});
