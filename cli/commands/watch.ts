// `slipway watch`: one release as a picture that is kept current, or as lines where nobody can draw.

import type { Command } from 'commander';
import type { ReleaseView } from '../../core/view/model.ts';
import { changesBetween } from '../changes.ts';
import { type CommonOptions, command, connect, type Context, say, withConnection } from '../command.ts';
import type { ConnectionOptions } from '../connect.ts';
import { drawRelease } from '../draw-release.ts';
import { finishWith, followUntil, hasEnded, LOOK_AGAIN_MS, parseDurationOption, timedOut } from '../follow.ts';
import { paintLine } from '../line.ts';
import { watchLive } from '../live.ts';
import { clean, clockTime } from '../print.ts';
import { findSubject, type Subject } from '../subject.ts';
import { symbolsFor } from '../symbols.ts';
import type { Terminal } from '../terminal.ts';

interface Options extends CommonOptions, ConnectionOptions {
  lines?: boolean;
  stay?: boolean;
  /** Milliseconds. */
  interval: number;
  timeout?: number;
}

const NOT_ENDED = 'has not ended';

const HELP = `
Of a pipeline (or of everything, without a name) it follows the newest release. Keys: q or Ctrl-C leaves and lets the release
go on (exit code 130), j and k scroll, Ctrl-L draws anew. Where standard output is not a terminal it prints what changes, line by line;
with --json the whole release as one line of JSON at every change.`;

export function watchCommand(context: Context): Command {
  return withConnection(command('watch', 'follow a release as it happens, until it has ended; exits with how it ended'))
    .argument('[release-or-pipeline]', 'a release (id or its beginning) or a pipeline; without it, the newest release')
    .option('--lines', 'print changes line by line, also on a terminal')
    .option('--stay', 'stay when it has ended, and go on with the next release')
    .option('--interval <duration>', 'how often to look', parseDurationOption, LOOK_AGAIN_MS)
    .option('--timeout <duration>', 'watch no longer than this (10m, 4h)', parseDurationOption)
    .addHelpText('after', HELP)
    .action(async (word: string | undefined, options: Options) => {
      const leaving = new AbortController();
      const client = await connect(options, context, leaving.signal);
      const subject = await findSubject(client, word);
      const { terminal } = context.world;
      try {
        if (terminal === undefined || options.json === true || options.lines === true) await watchLines(subject, options, context);
        else await watchPicture(subject, options, terminal, context);
      } finally {
        // A question that is still on its way must not keep the process.
        leaving.abort();
      }
    });
}

async function watchLines(subject: Subject, options: Options, context: Context): Promise<void> {
  const { world } = context;
  let shown = '';
  const seen = (view: ReleaseView, before: ReleaseView | undefined): void => {
    if (options.json === true) {
      const line = JSON.stringify(view);
      if (line !== shown) world.stdout(`${line}\n`);
      shown = line;
      return;
    }
    for (const { at, text } of changesBetween(before, view, world.nowMs())) world.stdout(`${clockTime(at).slice(11)}  ${text}\n`);
  };
  const until = options.stay === true ? () => false : hasEnded;
  const nothingYet = (): void => say(context, `Nothing has been released by ${clean(subject.name)} yet; waiting for the first release.`);
  finishWith(await followUntil({ subject, until, unless: NOT_ENDED, seen, nothingYet, timeoutMs: options.timeout, everyMs: options.interval }, context), context);
}

async function watchPicture(subject: Subject, options: Options, terminal: Terminal, context: Context): Promise<void> {
  const { world, paint } = context;
  const until = options.stay === true ? () => false : hasEnded;
  const end = await watchLive({ subject, until, everyMs: options.interval, timeoutMs: options.timeout }, terminal, context);
  const { view } = end;
  // The picture was on the other screen; what remains is where it stood at the end.
  if (view !== undefined) {
    const lines = drawRelease(view, { columns: terminal.size().columns, rows: Infinity, nowMs: world.nowMs(), symbols: symbolsFor(world.env) });
    world.stdout(lines.map((line) => `${paintLine(line, paint)}\n`).join(''));
  }
  const name = view === undefined ? subject.name : `release ${view.id}`;
  if (end.kind === 'timedOut') throw timedOut(name, NOT_ENDED, options.timeout ?? 0);
  if (view !== undefined && hasEnded(view)) return finishWith(view, context);
  if (end.kind === 'left') {
    say(context, view === undefined ? 'left' : `${clean(name)} goes on: slipway watch ${clean(view.id)}`);
    context.finish('interrupted');
  }
}
