// `slipway completion SHELL`, and what its scripts call back for: `slipway __complete KIND LINE`.

import { Argument, Command } from 'commander';
import { command, connect, type Context } from '../command.ts';
import { completionModel } from '../completion/model.ts';
import { completionScript, SHELLS, type Shell } from '../completion/scripts.ts';
import type { ConnectionOptions } from '../connect.ts';
import { clean, json } from '../print.ts';

const HELP = `
  bash   source <(slipway completion bash)
  zsh    source <(slipway completion zsh)
  fish   slipway completion fish | source`;

export function completionCommand(context: Context): Command {
  return command('completion', 'print a script that completes commands, options, releases and pipelines')
    .addArgument(new Argument('<shell>', 'which shell').choices(SHELLS))
    .addHelpText('after', HELP)
    .action((shell: Shell, options: { json?: boolean }, self: Command) => {
      const commands = completionModel(self.parent ?? self);
      context.world.stdout(options.json === true ? json({ shell, commands }) : completionScript(shell, commands));
    });
}

const RECENT = 30;
/** Nobody waits longer for a Tab. */
const PATIENCE_MS = 4_000;

/** Prints names, one on a line; says nothing when the cloud does not answer, because a shell has no place for it. */
export function completeCommand(context: Context): Command {
  return new Command('__complete')
    .argument('<kind>')
    .argument('<line>')
    .action(async (kind: string, line: string) => {
      const words = line.split(/\s+/);
      try {
        const client = await connect(connectionIn(words), context, AbortSignal.timeout(PATIENCE_MS));
        const ofReleases = kind === 'release' || kind === 'ended';
        const { pipelines } = ofReleases ? { pipelines: [] } : await client.listPipelines();
        const { releases } = kind === 'pipeline' ? { releases: [] } : await client.listReleases({ limit: RECENT });
        // Decisions are about releases under way, retry and undo about those that are over; pipelines that have one may be named instead.
        const fitting = ofReleases ? releases.filter(({ status }) => (status === 'ended') === (kind === 'ended')) : releases;
        const names = [...pipelines.map((pipeline) => pipeline.name), ...fitting.map((release) => release.id), ...(ofReleases ? fitting.map((one) => one.pipeline) : [])];
        context.world.stdout([...new Set(names)].map((name) => `${clean(name)}\n`).join(''));
      } catch {
        context.finish('cloudError');
      }
    });
}

/** The connection options in a line that is still being written. */
function connectionIn(words: readonly string[]): ConnectionOptions {
  const after = (flag: string): string | undefined => {
    const joined = words.find((word) => word.startsWith(`${flag}=`));
    const index = words.indexOf(flag);
    return joined?.slice(flag.length + 1) ?? (index === -1 ? undefined : words[index + 1]);
  };
  return { local: words.includes('--local'), url: after('--url'), stack: after('--stack'), region: after('--region'), as: after('--as') };
}
