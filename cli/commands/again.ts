// What people do about a release that has ended: `slipway retry` runs its image once more, `slipway undo` what ran before it.

import type { Command } from 'commander';
import type { StartReleaseAnswer } from '../../core/view/api.ts';
import { type CommonOptions, command, connect, type Context, withConnection } from '../command.ts';
import type { ConnectionOptions } from '../connect.ts';
import type { ControlClient } from '../control-client.ts';
import { findFor } from '../find-release.ts';
import { addWaitOptions, showStarted, type WaitOptions } from '../follow.ts';

interface Options extends CommonOptions, ConnectionOptions, WaitOptions {
  reason?: string;
}

const RELEASE = 'its id, the beginning of its id, or the pipeline whose newest ended release it is';

export function retryCommand(context: Context): Command {
  return addWaitOptions(withConnection(command('retry', 'release the same image again, and lift the holds that its end left')))
    .argument('<release>', RELEASE)
    .option('--reason <text>', 'why, for the record')
    .action(async (word: string, options: Options) => again(word, options, context, (client, id) => client.retry(id, { ...(options.reason !== undefined && { reason: options.reason }) })));
}

export function undoCommand(context: Context): Command {
  return addWaitOptions(withConnection(command('undo', 'go back to what ran before a release, on the fastest strategy')))
    .argument('<release>', RELEASE)
    .option('--stage <stage>', 'the stage to go back on; its last one that succeeded if left out')
    .requiredOption('--reason <text>', 'why, for the record')
    .action(async (word: string, options: Options & { stage?: string; reason: string }) =>
      again(word, options, context, (client, id) => client.undo(id, { reason: options.reason, ...(options.stage !== undefined && { stage: options.stage }) })),
    );
}

async function again(word: string, options: Options, context: Context, start: (client: ControlClient, id: string) => Promise<StartReleaseAnswer>): Promise<void> {
  const client = await connect(options, context);
  const { id } = await findFor(client, word, 'ended');
  const { release } = await start(client, id);
  await showStarted(client, release, options, context);
}
