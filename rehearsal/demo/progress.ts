// What the demo shows while it runs: on a terminal one live line per rollout, elsewhere plain lines as things change.
import type { ReleaseView, StageView } from '../../core/view/index.ts';

export interface Progress {
  say(line: string): void;
  /** The newest look at a release. */
  show(view: ReleaseView): void;
  /** Nothing more will change on the live line. */
  settle(): void;
}

const BAR_CELLS = 24;

const bar = (percent: number): string => {
  const full = Math.round((percent / 100) * BAR_CELLS);
  return `${'█'.repeat(full)}${'░'.repeat(BAR_CELLS - full)}`;
};

export function waitingText(stage: StageView, nowMs: number): string {
  const waiting = stage.waitingFor;
  if (!waiting) return stage.outcome ?? stage.status;
  const left = waiting.untilMs === undefined ? '' : ` (${Math.max(0, Math.round((waiting.untilMs - nowMs) / 1000))} s left)`;
  switch (waiting.kind) {
    case 'approval':
      return `waits for ${waiting.from?.join(' or ') ?? 'approval'} (${waiting.given?.length ?? 0} of ${waiting.need ?? 1})`;
    case 'bake':
      return `baking${left}`;
    case 'turn':
      return 'waits for its turn';
    case 'freeze':
      return waiting.text ?? 'waits for the end of a freeze';
    case 'rollback':
      return 'rolling back';
    case 'alarmData':
      return 'waits for alarm data';
    case 'deployment':
      return 'ECS is at work';
  }
}

export function progressLine(view: ReleaseView, nowMs: number): string {
  const stage = view.stages.findLast((candidate) => candidate.status !== 'pending') ?? view.stages[0];
  if (!stage) return view.id;
  const weight = stage.weightPercent ?? 0;
  const name = `${view.image.tag ?? view.id} ${stage.name}`.padEnd(18);
  if (view.status === 'ended') return `${name} ${view.outcome ?? 'ended'}: ${view.reason}`;
  return stage.rungs.length === 0 ? `${name} rolling ${waitingText(stage, nowMs)}` : `${name} ${bar(weight)} ${String(weight).padStart(3)} %  ${waitingText(stage, nowMs)}`;
}

export function progressOn(stream: NodeJS.WriteStream, startedAtMs: number): Progress {
  const live = stream.isTTY && !process.env['NO_COLOR'];
  const last = new Map<string, string>();
  let open = false;
  const stamp = () => `${((Date.now() - startedAtMs) / 1000).toFixed(1).padStart(6)} s  `;
  const settle = () => {
    if (open) stream.write('\n');
    open = false;
  };
  return {
    say: (line) => {
      settle();
      stream.write(`${stamp()}${line}\n`);
    },
    show: (view) => {
      const line = progressLine(view, Date.now());
      // Without a terminal a countdown would be a line a second: only what it counts down to is news.
      const news = line.replace(/ \(\d+ s left\)/, '');
      if (live) {
        stream.write(`\r\x1b[2K${stamp()}${line.slice(0, (stream.columns || 100) - 12)}`);
        open = true;
      } else if (last.get(view.id) !== news) {
        stream.write(`${stamp()}${line}\n`);
      }
      last.set(view.id, news);
    },
    settle,
  };
}
