import type { ReleaseView, StageView } from '../../core/view/index.ts';
import type { Progress } from '../demo/progress.ts';
import type { Answer } from '../load.ts';
import { plainProgress } from './plain-progress.ts';
import { servedText, watchReleases } from './watch-releases.ts';

const stage = (given: Partial<StageView>): StageView => ({ name: 'production', cluster: 'prod', service: 'checkout', status: 'running', rungs: [{ weightPercent: 5, bakeMs: 0 }], ...given });
const view = (given: Partial<ReleaseView>): ReleaseView => ({
  id: 'checkout-1.1.0-abc',
  pipeline: 'checkout',
  image: { repository: 'shop/checkout', tag: '1.1.0', digest: 'sha256:abc' },
  status: 'running',
  reason: 'on its way',
  createdAt: '2026-01-01T00:00:00.000Z',
  stages: [stage({})],
  timeline: [],
  ...given,
});

const asking = view({ status: 'waiting', stages: [stage({ status: 'waiting', weightPercent: 5, waitingFor: { kind: 'approval', from: ['bob'], need: 1, given: [] } })] });
const ended = view({ status: 'ended', outcome: 'succeeded', reason: 'every stage runs the new image' });
const answers: Answer[] = [];

/** Watches a release that looks like each of `looks` in turn; answers what was said until it had nothing more to say. */
async function said(looks: ReleaseView[]): Promise<string[]> {
  const lines: string[] = [];
  const plain = plainProgress((line) => lines.push(line));
  let done: () => void;
  const idle = new Promise<void>((resolve) => (done = resolve));
  const progress: Progress = { ...plain, settle: () => done() };
  const watch = watchReleases({
    control: {
      listReleases: () => Promise.resolve({ releases: [looks[0] ?? ended] }),
      getRelease: () => Promise.resolve((looks.length > 1 ? looks.shift() : looks[0]) ?? ended),
    },
    progress,
    load: { answers },
  });
  await idle;
  await watch.stop();
  return lines;
}

describe('the watch over releases', () => {
  it('says once what a person could type when a release asks, and what serves when it has ended', async () => {
    const lines = await said([asking, asking, ended]);
    expect(lines.filter((line) => line.includes('npx slipway approve checkout-1.1.0-abc --local --as bob'))).toHaveLength(1);
    expect(lines.slice(-2)).toEqual(['1.1.0 production   succeeded: every stage runs the new image', '  production answers: nothing']);
  });

  it('goes on when the control API fails once', async () => {
    const lines: string[] = [];
    let looks = 0;
    const heard = new Promise<void>((resolve) => {
      const watch = watchReleases({
        control: { listReleases: () => (looks++ === 0 ? Promise.reject(new Error('no answer')) : Promise.resolve({ releases: [] }).finally(() => void watch.stop().then(resolve))), getRelease: () => Promise.resolve(ended) },
        progress: plainProgress((line) => lines.push(line)),
        load: { answers },
      });
    });
    await heard;
    expect(lines).toEqual(['the control API does not answer: no answer']);
  });
});

describe('what production answers', () => {
  const answer = (version: string, startedAtMs: number, status = 200): Answer => ({ version, status, startedAtMs, endedAtMs: startedAtMs + 5 });
  it.each([
    { name: 'is nothing without traffic', given: [answer('1.0.0', 10)], text: 'nothing' },
    { name: 'is shares of the versions, largest first', given: [answer('1.1.0', 20), answer('1.0.0', 20), answer('1.0.0', 21), answer('1.0.0', 22)], text: '1.0.0 75 %, 1.1.0 25 %' },
    { name: 'names the failures', given: [answer('1.0.0', 20), answer('1.0.0', 20, 500)], text: '1.0.0 100 %; 1 of 2 failed' },
  ])('$name', ({ given, text }) => expect(servedText(given, 20)).toBe(text));
});
