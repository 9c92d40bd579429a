// The live picture in a terminal: looks at the subject now and then, draws every second, listens to keys and to the size.
//   L1. However it ends (the release, a key, a signal, an error) the terminal is as it was.
//   L2. Keys are answered at once, also while the cloud is slow.

import { SECOND_MS } from '../core/duration.ts';
import type { ReleaseView } from '../core/view/model.ts';
import type { Context } from './command.ts';
import { drawRelease } from './draw-release.ts';
import { fit, type Line, paintLine, span } from './line.ts';
import { clockTime } from './print.ts';
import { Screen } from './screen.ts';
import { type Looked, patiently, type Subject } from './subject.ts';
import { symbolsFor } from './symbols.ts';
import { wrap } from './text-width.ts';
import type { Terminal } from './terminal.ts';

export interface Live {
  subject: Subject;
  /** Whether this is what one stays for. */
  until: (view: ReleaseView) => boolean;
  everyMs: number;
  timeoutMs: number | undefined;
}

export type LiveEnd = { kind: 'reached' | 'left' | 'timedOut'; view: ReleaseView | undefined };

const REDRAW_MS = SECOND_MS;
const LEAVE = new Set(['q', 'Q', '\u0003', '\u0004']);
const SUSPEND = '\u001a';
const REDRAW = '\u000c';
/** Rows to scroll by; `page` is as many as there are. */
const SCROLL: Readonly<Record<string, number | 'page' | '-page' | 'top'>> = {
  j: 1, k: -1, g: 'top', ' ': 'page',
  '\u001b[A': -1, '\u001bOA': -1, '\u001b[B': 1, '\u001bOB': 1, '\u001b[5~': '-page', '\u001b[6~': 'page', '\u001b[H': 'top',
};

/** Narrower ones need the room for the clock. */
const FULL_FOOTER_COLUMNS = 60;

function noReleaseLines(subject: string | undefined, columns: number): Line[] {
  const text = subject === undefined ? 'looking ...' : `Nothing has been released by ${subject} yet. A pushed image, or \`slipway deploy\`, starts the first release; it will show here.`;
  return wrap(span(text).text, columns).map((line): Line => [span(line)]);
}

export async function watchLive({ subject, until, everyMs, timeoutMs }: Live, terminal: Terminal, context: Context): Promise<LiveEnd> {
  const { world, paint } = context;
  const screen = new Screen();
  const look = patiently(subject, context);
  const startedAtMs = world.nowMs();
  let view: ReleaseView | undefined;
  let problem: Looked['problem'];
  let hasLooked = false;
  let failed: { error: unknown } | undefined;
  let left = false;
  let suspended = false;
  let scroll = 0;
  let waking = new AbortController();
  const wake = (): void => waking.abort();

  const draw = (): void => {
    const { rows, columns } = terminal.size();
    const symbols = symbolsFor(world.env);
    const nowMs = world.nowMs();
    const body = view === undefined ? noReleaseLines(hasLooked ? subject.name : undefined, columns) : drawRelease(view, { columns, rows: rows - 1, nowMs, symbols });
    const room = Math.max(1, rows - 1);
    scroll = Math.max(0, Math.min(scroll, body.length - room));
    const shown = body.slice(scroll, scroll + room);
    const position = body.length > room ? `  ${scroll + shown.length}/${body.length} j k` : '';
    const footer: Line = problem === undefined
      ? [span(`q leaves${columns >= FULL_FOOTER_COLUMNS ? ', the release goes on' : ''}${position}  ${clockTime(new Date(nowMs).toISOString()).slice(11)} UTC`, 'dim')]
      : [span(`no answer for ${Math.round((nowMs - problem.sinceMs) / SECOND_MS)} s: ${problem.text}`, 'yellow')];
    const lines = [...shown, ...Array<Line>(Math.max(0, room - shown.length)).fill([]), ...(rows > 1 ? [footer] : [])];
    world.stdout(screen.frame(lines.map((line) => paintLine(fit(line, columns, symbols.more), paint)), { rows, columns }));
  };

  const onKey = (key: string): void => {
    if (LEAVE.has(key)) left = true;
    else if (key === SUSPEND) suspended = true;
    else if (key === REDRAW) screen.forget();
    else {
      const by = SCROLL[key];
      const page = Math.max(1, terminal.size().rows - 2);
      if (by !== undefined) scroll = Math.max(0, by === 'top' ? 0 : scroll + (by === 'page' ? page : by === '-page' ? -page : by));
    }
    wake();
  };

  const leave = (): string => screen.leave();
  const listening = terminal.listen({ key: onKey, resized: wake, stopped: () => { left = true; wake(); }, atExit: leave });
  world.stdout(screen.enter());
  try {
    let looking: Promise<void> | undefined;
    let lookAtMs = startedAtMs;
    for (;;) {
      if (failed !== undefined) throw failed.error;
      if (left) return { kind: 'left', view };
      if (view !== undefined && problem === undefined && until(view)) return { kind: 'reached', view };
      if (timeoutMs !== undefined && world.nowMs() - startedAtMs >= timeoutMs) return { kind: 'timedOut', view };
      if (suspended) {
        suspended = false;
        world.stdout(leave());
        await terminal.suspend();
        world.stdout(screen.enter());
      }
      if (looking === undefined && world.nowMs() >= lookAtMs) {
        looking = look()
          .then((looked) => {
            hasLooked = true;
            problem = looked.problem;
            // The last picture stays while the cloud does not answer.
            view = looked.problem === undefined ? (looked.view ?? view) : view;
          })
          .catch((error: unknown) => void (failed = { error }))
          .finally(() => {
            looking = undefined;
            lookAtMs = world.nowMs() + everyMs;
            wake();
          });
      }
      draw();
      if (!waking.signal.aborted) await world.sleep(REDRAW_MS, waking.signal);
      waking = new AbortController();
    }
  } finally {
    listening.stop();
    world.stdout(leave());
  }
}
