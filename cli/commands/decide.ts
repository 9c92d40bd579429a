// `slipway approve`, `reject` and `abort`: what a person decides about a release under way. Slipway checks who asks.

import type { Command } from 'commander';
import type { DecisionKind } from '../../core/view/model.ts';
import { type CommonOptions, command, connect, type Context, show, withConnection } from '../command.ts';
import type { ConnectionOptions } from '../connect.ts';
import { findActive } from '../find-release.ts';
import { clean } from '../print.ts';

interface Options extends CommonOptions, ConnectionOptions {
  stage?: string;
  reason?: string;
}

export function approveCommand(context: Context): Command {
  return decision('approve', 'say yes to what a release waits for', context);
}

export function rejectCommand(context: Context): Command {
  return decision('reject', 'say no: the release ends and what it changed is rolled back', context).addHelpText('after', '\nThe reason is required: others will ask.');
}

export function abortCommand(context: Context): Command {
  return decision('abort', 'stop a release, whatever it is doing, and roll back', context);
}

function decision(kind: DecisionKind, summary: string, context: Context): Command {
  const made = withConnection(command(kind, summary))
    .argument('<release>', 'its id, the beginning of its id, or the pipeline whose only release under way it is')
    .option('--stage <stage>', 'only if it waits in this stage');
  const reason = 'why, for the record';
  if (kind === 'reject') made.requiredOption('--reason <text>', reason);
  else made.option('--reason <text>', reason);
  return made.action(async (word: string, options: Options) => decide(kind, word, options, context));
}

async function decide(kind: DecisionKind, word: string, options: Options, context: Context): Promise<void> {
  const client = await connect(options, context);
  const release = await findActive(client, word);
  const answer = await client.decide(release.id, { kind, ...(options.stage !== undefined && { stage: options.stage }), ...(options.reason !== undefined && { reason: options.reason }) });
  show(options, context, answer, () => `${clean(answer.message)}\n`);
}
