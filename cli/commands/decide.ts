// What a person decides about a release under way: `slipway approve`, `reject`, `abort`, `promote`. Slipway checks who asks.

import type { Command } from 'commander';
import type { DecisionRequest } from '../../core/view/api.ts';
import type { DecisionKind } from '../../core/view/model.ts';
import { type CommonOptions, command, connect, type Context, show, withConnection } from '../command.ts';
import type { ConnectionOptions } from '../connect.ts';
import { findFor, type Wanted } from '../find-release.ts';
import { clean } from '../print.ts';

interface Options extends CommonOptions, ConnectionOptions {
  stage?: string;
  reason?: string;
  full?: boolean;
}

interface DecisionCommand {
  summary: string;
  reason: 'required' | 'optional';
  /** Which release of a pipeline is meant when only the pipeline is named. */
  about: Wanted;
  /** May be given `--full`. */
  full?: true;
  help?: string;
}

const DECISIONS: Record<DecisionKind, DecisionCommand> = {
  approve: { summary: 'say yes to what a release waits for', reason: 'optional', about: 'asking' },
  reject: { summary: 'say no: the release ends and what it changed is rolled back', reason: 'required', about: 'asking', help: 'The reason is required: others will ask.' },
  abort: { summary: 'stop a release, whatever it is doing, and roll back', reason: 'optional', about: 'underWay' },
  promote: { summary: 'skip the rest of the bake; alarms and approvals stand as they are', reason: 'optional', about: 'underWay', full: true },
  override: { summary: 'begin the next stage in spite of a freeze: this release, this stage', reason: 'required', about: 'frozen', help: 'Who may is said in slipway.yml. The reason is required: those who froze will read it.' },
};

export function decisionCommands(context: Context): Command[] {
  return (Object.keys(DECISIONS) as DecisionKind[]).map((kind) => decisionCommand(kind, context));
}

function decisionCommand(kind: DecisionKind, context: Context): Command {
  const { summary, reason, about, full, help } = DECISIONS[kind];
  const made = withConnection(command(kind, summary))
    .argument('<release>', `its id, the beginning of its id, or the pipeline whose only release ${about === 'asking' ? 'waiting for a person' : about === 'frozen' ? 'waiting for a freeze' : 'under way'} it is`)
    .option('--stage <stage>', 'only if it is in this stage');
  if (reason === 'required') made.requiredOption('--reason <text>', 'why, for the record');
  else made.option('--reason <text>', 'why, for the record');
  if (full === true) made.option('--full', 'every bake that is left, not only this one');
  if (help !== undefined) made.addHelpText('after', `\n${help}`);
  return made.action(async (word: string, options: Options) => decide(kind, word, options, context));
}

async function decide(kind: DecisionKind, word: string, options: Options, context: Context): Promise<void> {
  const client = await connect(options, context);
  const release = await findFor(client, word, DECISIONS[kind].about);
  const { stage, reason, full } = options;
  const request: DecisionRequest = { kind, ...(stage !== undefined && { stage }), ...(reason !== undefined && { reason }), ...(full === true && { full }) };
  const answer = await client.decide(release.id, request);
  show(options, context, answer, () => `${clean(answer.message)}\n`);
}
