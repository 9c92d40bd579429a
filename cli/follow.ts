// Stays with a release until it is where it is wanted, telling what happens as it happens, line by line.

import { type Command, InvalidArgumentError } from 'commander';
import { formatDuration, parseDuration } from '../core/duration.ts';
import type { ReleaseSummary, ReleaseView } from '../core/view/model.ts';
import { changesBetween } from './changes.ts';
import { type CommonOptions, type Context, say, show } from './command.ts';
import type { ControlClient } from './control-client.ts';
import { CliError, EXIT_OF_OUTCOME } from './exit.ts';
import { clean } from './print.ts';
import { showRelease } from './show-release.ts';
import { patiently, type Subject } from './subject.ts';

export interface WaitOptions {
  wait?: boolean;
  /** Milliseconds. */
  timeout?: number;
}

export interface Following {
  subject: Subject;
  /** Where to stop. */
  until: (view: ReleaseView) => boolean;
  /** For the message when time is up: `has not ended`. */
  unless: string;
  /** Told of every look that found a release. */
  seen: (view: ReleaseView, before: ReleaseView | undefined) => void;
  /** Told once when there is no release yet. */
  nothingYet?: () => void;
  timeoutMs: number | undefined;
  everyMs?: number;
}

export const LOOK_AGAIN_MS = 2_000;

export function parseDurationOption(text: string): number {
  const durationMs = parseDuration(text);
  if (durationMs === undefined) throw new InvalidArgumentError('Durations are written 90s, 10m, 4h or 2d.');
  return durationMs;
}

export function addWaitOptions(command: Command): Command {
  return command
    .option('--wait', 'stay until the release has ended, and exit with how it ended')
    .option('--timeout <duration>', 'with --wait: stay no longer than this (10m, 4h)', parseDurationOption);
}

/** For `--wait`: to the end of one release, its story as talk. */
export function follow(client: ControlClient, id: string, options: WaitOptions, context: Context): Promise<ReleaseView> {
  const subject: Subject = { name: `release ${id}`, look: () => client.getRelease(id) };
  return followUntil({ subject, until: hasEnded, unless: 'has not ended', seen: tellStory(context), timeoutMs: options.timeout }, context).then((view) => {
    finishWith(view, context);
    return view;
  });
}

/** A release that was just started: its id, or with `--wait` its story and its end. */
export async function showStarted(client: ControlClient, release: ReleaseSummary, options: CommonOptions & WaitOptions, context: Context): Promise<void> {
  if (options.wait !== true) {
    show(options, context, { release }, () => `${clean(release.id)}\n`);
    return;
  }
  say(context, `release ${clean(release.id)} of ${clean(release.pipeline)}`);
  const view = await follow(client, release.id, options, context);
  show(options, context, view, () => showRelease(view, context, { timeline: false }));
}

export const hasEnded = (view: ReleaseView): boolean => view.status === 'ended';

/** New entries of the timeline, as talk. */
export function tellStory(context: Context): Following['seen'] {
  return (view, before) => {
    for (const change of changesBetween(before, view, context.world.nowMs())) if (change.kind === 'story') say(context, change.text);
  };
}

export async function followUntil({ subject, until, unless, seen, nothingYet, timeoutMs, everyMs = LOOK_AGAIN_MS }: Following, context: Context): Promise<ReleaseView> {
  const { world } = context;
  const startedAtMs = world.nowMs();
  const look = patiently(subject, context);
  let before: ReleaseView | undefined;
  let troubled = false;
  let toldOfNothing = false;
  for (;;) {
    const { view, problem } = await look();
    if (problem !== undefined && !troubled) say(context, `${clean(problem.text)}; trying again`);
    troubled = problem !== undefined;
    if (view !== undefined) {
      seen(view, before);
      before = view;
      if (until(view)) return view;
    } else if (!troubled && !toldOfNothing) {
      nothingYet?.();
      toldOfNothing = true;
    }
    const leftMs = timeoutMs === undefined ? Infinity : startedAtMs + timeoutMs - world.nowMs();
    if (leftMs <= 0) throw timedOut(before === undefined ? subject.name : `release ${before.id}`, unless, timeoutMs ?? 0);
    await world.sleep(Math.min(everyMs, leftMs));
  }
}

export function timedOut(name: string, unless: string, timeoutMs: number): CliError {
  return new CliError('timedOut', `${name} ${unless} within ${formatDuration(timeoutMs)}`, { hint: 'It goes on without this command: see `slipway status`.' });
}

export function finishWith(view: ReleaseView, context: Context): void {
  if (view.outcome !== undefined) context.finish(EXIT_OF_OUTCOME[view.outcome] ?? 'failed');
}
