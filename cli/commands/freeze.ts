// `slipway freeze`, `unfreeze` and `freezes`: times in which no rollout begins.

import { type Command, InvalidArgumentError } from 'commander';
import { parseDuration } from '../../core/duration.ts';
import type { FreezeRequest, FreezeView } from '../../core/view/api.ts';
import { type CommonOptions, command, connect, type Context, show, withConnection } from '../command.ts';
import type { ConnectionOptions } from '../connect.ts';
import type { ControlClient } from '../control-client.ts';
import { CliError } from '../exit.ts';
import { findPipeline } from '../find-release.ts';
import { clean, clockTime, relative, table } from '../print.ts';

interface Options extends CommonOptions, ConnectionOptions {
  all?: boolean;
  until?: { forMs: number } | { at: string };
  reason?: string;
}

export function freezeCommand(context: Context): Command {
  return withScope(withConnection(command('freeze', 'begin no rollout until the freeze is over; those under way go on')))
    .option('--until <time>', 'its end: 2d from now, or 2026-12-24T18:00:00Z; without it, until `unfreeze`', toUntil)
    .requiredOption('--reason <text>', 'why, for those who wait')
    .action(async (pipeline: string | undefined, options: Options & { reason: string }) => {
      const client = await connect(options, context);
      const { until } = options;
      const at = until === undefined ? undefined : 'at' in until ? until.at : new Date(context.world.nowMs() + until.forMs).toISOString();
      const answer = await client.freeze({ ...(await scopeOf(client, pipeline, options)), reason: options.reason, ...(at !== undefined && { until: at }) });
      show(options, context, answer, () => freezeTable(answer.freezes, context));
    });
}

export function unfreezeCommand(context: Context): Command {
  return withScope(withConnection(command('unfreeze', 'lift a freeze; releases that wait for it go on at once')))
    .option('--reason <text>', 'why, for the record')
    .action(async (pipeline: string | undefined, options: Options) => {
      const client = await connect(options, context);
      const answer = await client.liftFreeze({ ...(await scopeOf(client, pipeline, options)), ...(options.reason !== undefined && { reason: options.reason }) });
      show(options, context, answer, () => (answer.lifted === 0 ? 'There was no freeze to lift.\n' : 'The freeze is lifted.\n'));
    });
}

export function freezesCommand(context: Context): Command {
  return withConnection(command('freezes', 'list the freezes that are in force'))
    .argument('[pipeline]', 'only those that concern this pipeline')
    .action(async (pipeline: string | undefined, options: Options) => {
      const client = await connect(options, context);
      const answer = await client.listFreezes(pipeline === undefined ? undefined : (await findPipeline(client, pipeline)).name);
      show(options, context, answer, () => freezeTable(answer.freezes, context));
    });
}

function withScope(made: Command): Command {
  return made.argument('[pipeline]', 'the pipeline').option('--all', 'every pipeline');
}

async function scopeOf(client: ControlClient, pipeline: string | undefined, { all }: Options): Promise<Pick<FreezeRequest, 'pipeline' | 'all'>> {
  if ((pipeline === undefined) !== (all === true)) throw new CliError('badInput', 'name either a pipeline or --all');
  return pipeline === undefined ? { all: true } : { pipeline: (await findPipeline(client, pipeline)).name };
}

function toUntil(text: string): NonNullable<Options['until']> {
  const forMs = parseDuration(text);
  if (forMs !== undefined && forMs > 0) return { forMs };
  const at = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2})?Z)?$/.test(text) ? new Date(text) : undefined;
  if (at === undefined || Number.isNaN(at.getTime())) throw new InvalidArgumentError('Write 2d for two days from now, or 2026-12-24 or 2026-12-24T18:00:00Z.');
  return { at: at.toISOString() };
}

/** One line for those who look at something else. */
export const freezeLine = ({ pipeline, until, by, reason }: FreezeView): string => `${pipeline === undefined ? 'everything is' : `${pipeline} is`} frozen ${until === undefined ? 'until somebody lifts it' : `until ${clockTime(until)} UTC`}, by ${by}: ${reason}`;

function freezeTable(freezes: readonly FreezeView[], context: Context): string {
  if (freezes.length === 0) return 'Nothing is frozen.\n';
  const rows = freezes.map((freeze) => [clean(freeze.pipeline ?? '(all)'), freeze.until === undefined ? 'until lifted' : freeze.until.slice(0, 19).replace('T', ' '), freeze.by, relative(freeze.at, context.world.nowMs()), freeze.reason]);
  return table(['PIPELINE', 'UNTIL (UTC)', 'BY', 'SINCE', 'REASON'], rows, context);
}
