// Follows every release of the example while the local world is up, and says what a person could do about the ones that wait.
import { setTimeout as sleep } from 'node:timers/promises';
import type { ControlClient } from '../../cli/control-client.ts';
import type { ReleaseSummary, ReleaseView } from '../../core/view/index.ts';
import type { Progress } from '../demo/progress.ts';
import type { Answer, Load } from '../load.ts';

export interface ReleaseWatch {
  stop(): Promise<void>;
}

export interface WatchOptions {
  control: Pick<ControlClient, 'listReleases' | 'getRelease'>;
  progress: Progress;
  load: Pick<Load, 'answers'>;
  pipeline?: string;
}

const LOOK_EVERY_MS = 300;
const LOOK_WHEN_IDLE_MS = 1_000;
const SERVED_WINDOW_MS = 1_000;
const LISTED_MAX = 10;

export function watchReleases({ control, progress, load, pipeline = 'checkout' }: WatchOptions): ReleaseWatch {
  const stopping = new AbortController();
  const ended = new Set<string>();
  const asked = new Set<string>();

  async function look(): Promise<number> {
    const { releases } = await control.listReleases({ pipeline, limit: LISTED_MAX });
    const fresh = releases.filter((release) => !ended.has(release.id)).reverse();
    for (const release of fresh) tell(await control.getRelease(release.id));
    return fresh.some(isUnderWay) ? LOOK_EVERY_MS : LOOK_WHEN_IDLE_MS;
  }

  function tell(view: ReleaseView): void {
    progress.show(view);
    const waiting = view.stages.find((stage) => stage.waitingFor?.kind === 'approval');
    const question = `${view.id} ${waiting?.name ?? ''} ${waiting?.weightPercent ?? 0}`;
    if (waiting && !asked.has(question)) {
      asked.add(question);
      const [person = 'alice'] = waiting.waitingFor?.from ?? [];
      progress.say(`  to let it go on: npx slipway approve ${view.id} --local --as ${person}`);
    }
    if (view.status !== 'ended') return;
    ended.add(view.id);
    progress.settle();
    progress.say(`  production answers: ${servedText(load.answers, Date.now() - SERVED_WINDOW_MS)}`);
  }

  const watching = (async () => {
    while (!stopping.signal.aborted) {
      const waitMs = await look().catch((error: unknown) => {
        if (!stopping.signal.aborted) progress.say(`the control API does not answer: ${error instanceof Error ? error.message : String(error)}`);
        return LOOK_WHEN_IDLE_MS;
      });
      await sleep(waitMs, undefined, { signal: stopping.signal }).catch(() => undefined);
    }
  })();
  return {
    stop: async () => {
      stopping.abort();
      await watching;
    },
  };
}

const isUnderWay = (release: ReleaseSummary): boolean => release.status !== 'ended';

/** `1.0.0 95 %, 1.1.0 5 %` of the answers begun since then; failed ones are named. */
export function servedText(answers: readonly Answer[], sinceMs: number): string {
  const counted = answers.filter((answer) => answer.startedAtMs >= sinceMs);
  if (counted.length === 0) return 'nothing';
  const byVersion = new Map<string, number>();
  for (const { version } of counted) byVersion.set(version, (byVersion.get(version) ?? 0) + 1);
  const shares = [...byVersion].sort((a, b) => b[1] - a[1]).map(([version, count]) => `${version} ${Math.round((100 * count) / counted.length)} %`);
  const failed = counted.filter((answer) => answer.status !== 200).length;
  return `${shares.join(', ')}${failed === 0 ? '' : `; ${failed} of ${counted.length} failed`}`;
}
