// `slipway deploy`: starts a release by hand, of an image that has been pushed before.

import type { Command } from 'commander';
import { type CommonOptions, command, connect, type Context, parseDigestOption, withConnection } from '../command.ts';
import type { ConnectionOptions } from '../connect.ts';
import { CliError } from '../exit.ts';
import { findPipeline } from '../find-release.ts';
import { addWaitOptions, showStarted, type WaitOptions } from '../follow.ts';

interface Options extends CommonOptions, ConnectionOptions, WaitOptions {
  tag?: string;
  digest?: string;
  reason?: string;
}

export function deployCommand(context: Context): Command {
  return addWaitOptions(withConnection(command('deploy', 'start a release of an image that is already in the repository')))
    .argument('<pipeline>', 'the pipeline to send it through')
    .option('--tag <tag>', 'the image with this tag')
    .option('--digest <digest>', 'the image with this digest (sha256:...)', parseDigestOption)
    .option('--reason <text>', 'why, for the record')
    .action(async (pipeline: string, options: Options) => {
      const { tag, digest, reason } = options;
      if ((tag === undefined) === (digest === undefined)) throw new CliError('badInput', 'give either --tag or --digest', { hint: `For example: slipway deploy ${pipeline} --tag 1.4.0` });
      const client = await connect(options, context);
      const { release } = await client.startRelease({ pipeline: (await findPipeline(client, pipeline)).name, ...(tag !== undefined && { tag }), ...(digest !== undefined && { digest }), ...(reason !== undefined && { reason }) });
      await showStarted(client, release, options, context);
    });
}
