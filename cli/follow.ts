// Stays with one release until it has ended, telling what happens as it happens.

import { type Command, InvalidArgumentError } from 'commander';
import { formatDuration, parseDuration } from '../core/duration.ts';
import type { ReleaseView } from '../core/view/model.ts';
import { type Context, say } from './command.ts';
import type { ControlClient } from './control-client.ts';
import { CliError, EXIT_OF_OUTCOME } from './exit.ts';
import { clean } from './print.ts';

export interface WaitOptions {
  wait?: boolean;
  /** Milliseconds. */
  timeout?: number;
}

const LOOK_AGAIN_MS = 2_000;

export function addWaitOptions(command: Command): Command {
  return command
    .option('--wait', 'stay until the release has ended, and exit with how it ended')
    .option('--timeout <duration>', 'with --wait: stay no longer than this (10m, 4h)', (text: string) => {
      const durationMs = parseDuration(text);
      if (durationMs === undefined) throw new InvalidArgumentError('Durations are written 90s, 10m, 4h or 2d.');
      return durationMs;
    });
}

export async function follow(client: ControlClient, id: string, options: WaitOptions, context: Context): Promise<ReleaseView> {
  const startedAtMs = context.world.nowMs();
  let told = 0;
  for (;;) {
    const view = await client.getRelease(id);
    for (const entry of view.timeline.slice(told)) say(context, clean(`${entry.stage === undefined ? '' : `${entry.stage}: `}${entry.text}${entry.by === undefined ? '' : ` (${entry.by})`}`));
    told = Math.max(told, view.timeline.length);
    if (view.status === 'ended') {
      finishWith(view, context);
      return view;
    }
    if (options.timeout !== undefined && context.world.nowMs() - startedAtMs >= options.timeout) {
      throw new CliError('timedOut', `release ${id} has not ended within ${formatDuration(options.timeout)}`, { hint: 'It goes on without this command: see `slipway status`.' });
    }
    await context.world.sleep(LOOK_AGAIN_MS);
  }
}

export function finishWith(view: ReleaseView, context: Context): void {
  if (view.outcome !== undefined) context.finish(EXIT_OF_OUTCOME[view.outcome] ?? 'failed');
}
