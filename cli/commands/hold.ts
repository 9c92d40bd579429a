// `slipway hold`, `unhold` and `holds`: images that are not rolled out until a person says otherwise.

import type { Command } from 'commander';
import type { HoldView } from '../../core/view/api.ts';
import { type CommonOptions, command, connect, type Context, parseDigestOption, show, withConnection } from '../command.ts';
import type { ConnectionOptions } from '../connect.ts';
import type { ControlClient } from '../control-client.ts';
import { CliError } from '../exit.ts';
import { findPipeline } from '../find-release.ts';
import { clean, relative, table } from '../print.ts';
import { SURFACES } from '../show-release.ts';

interface Options extends CommonOptions, ConnectionOptions {
  stage?: string;
  tag?: string;
  digest?: string;
  reason?: string;
}

export function holdsCommand(context: Context): Command {
  return withConnection(command('holds', 'list the images that are held'))
    .argument('[pipeline]', 'only those of this pipeline')
    .option('--lifted', 'instead, those that somebody has lifted: who, when and why')
    .action(async (pipeline: string | undefined, options: Options & { lifted?: boolean }) => {
      const client = await connect(options, context);
      const name = pipeline === undefined ? undefined : (await findPipeline(client, pipeline)).name;
      const answer = await client.listHolds(name, options.lifted);
      show(options, context, answer, () => (options.lifted === true ? liftedTable(answer.holds, context) : holdTable(answer.holds, context)));
    });
}

export function holdCommand(context: Context): Command {
  return withImage(withConnection(command('hold', 'do not roll an image out, until the hold is lifted')))
    .requiredOption('--reason <text>', 'why, for those who wonder')
    .action(async (pipeline: string, options: Options & { reason: string }) => {
      const client = await connect(options, context);
      const digest = await digestOf(client, pipeline, options);
      const answer = await client.hold({ pipeline, digest, reason: options.reason, ...(options.stage !== undefined && { stage: options.stage }) });
      show(options, context, answer, () => holdTable(answer.holds, context));
    });
}

export function unholdCommand(context: Context): Command {
  return withImage(withConnection(command('unhold', 'lift the hold on an image')))
    .option('--reason <text>', 'why, for the record')
    .action(async (pipeline: string, options: Options) => {
      const client = await connect(options, context);
      const digest = await digestOf(client, pipeline, options);
      const answer = await client.liftHold({ pipeline, digest, ...(options.stage !== undefined && { stage: options.stage }), ...(options.reason !== undefined && { reason: options.reason }) });
      show(options, context, answer, () => (answer.lifted.length === 0 ? 'The image was not held.\n' : `The image may be rolled out again to ${clean(answer.lifted.join(', '))}.\n`));
    });
}

function withImage(made: Command): Command {
  return made
    .argument('<pipeline>', 'the pipeline')
    .option('--tag <tag>', 'the image of the newest release with this tag')
    .option('--digest <digest>', 'the image with this digest (sha256:...)', parseDigestOption)
    .option('--stage <stage>', 'on this stage only');
}

const PAGE_SIZE = 100;

async function digestOf(client: ControlClient, pipeline: string, { tag, digest }: Options): Promise<string> {
  if ((tag === undefined) === (digest === undefined)) throw new CliError('badInput', 'give either --tag or --digest');
  const { name } = await findPipeline(client, pipeline);
  if (digest !== undefined) return digest;
  const { releases } = await client.listReleases({ pipeline: name, limit: PAGE_SIZE });
  const found = releases.find((release) => release.image.tag === tag);
  if (found === undefined) throw new CliError('notFound', `no release of ${pipeline} carried the tag ${JSON.stringify(tag)}`, { hint: 'Name the image with --digest.' });
  return found.image.digest;
}

function holdTable(holds: readonly HoldView[], context: Context): string {
  if (holds.length === 0) return 'No image is held.\n';
  const rows = holds.map((hold) => [hold.pipeline, hold.stage, hold.digest, hold.by, relative(hold.at, context.world.nowMs()), hold.reason]);
  return table(['PIPELINE', 'STAGE', 'IMAGE', 'BY', 'SINCE', 'REASON'], rows, context);
}

function liftedTable(holds: readonly HoldView[], context: Context): string {
  if (holds.length === 0) return 'No hold has been lifted.\n';
  const newestFirst = [...holds].sort((one, other) => (other.lifted?.at ?? '').localeCompare(one.lifted?.at ?? ''));
  const rows = newestFirst.map(({ pipeline, stage, digest, reason, lifted }) => [pipeline, stage, digest, lifted?.by ?? '-', lifted === undefined ? '-' : SURFACES[lifted.via], relative(lifted?.at ?? '', context.world.nowMs()), lifted?.reason || '-', reason]);
  return table(['PIPELINE', 'STAGE', 'IMAGE', 'LIFTED BY', 'FROM', 'WHEN', 'WHY', 'IT WAS HELD BECAUSE'], rows, context);
}
