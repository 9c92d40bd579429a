// `slipway apply`: hands a slipway.yml to Slipway. All of it or, when anything is wrong, nothing.

import type { Command } from 'commander';
import { type CommonOptions, command, connect, type Context, say, show, withConnection } from '../command.ts';
import type { ConnectionOptions } from '../connect.ts';
import { InvalidSpecification } from '../control-client.ts';
import { clean, table } from '../print.ts';
import { readChecked, showFaults } from './validate.ts';

interface Options extends CommonOptions, ConnectionOptions {
  file: string;
  dryRun?: boolean;
}

export function applyCommand(context: Context): Command {
  return withConnection(command('apply', 'make a slipway.yml the one that releases go by'))
    .option('--file <path>', 'the specification', 'slipway.yml')
    .option('--dry-run', 'ask Slipway what would change, and change nothing')
    .action(async (options: Options) => {
      const checked = await readChecked(options, context);
      if (checked === undefined) return;
      const client = await connect(options, context);
      try {
        const answer = await client.putSpecification({ specification: checked.source.value, ...(options.dryRun === true && { dryRun: true }) });
        show(options, context, answer, () =>
          table(['PIPELINE', 'VERSION', ''], answer.pipelines.map(({ name, version, changed }) => [name, String(version), changed ? 'changed' : 'unchanged']), context),
        );
        for (const warning of answer.warnings) say(context, `${context.paint('yellow', 'warning:')} ${clean(warning)}`);
        if (options.dryRun === true) say(context, 'This was a dry run: nothing was changed.');
      } catch (error) {
        if (!(error instanceof InvalidSpecification)) throw error;
        showFaults(error.faults.map(checked.source.locate), checked.source, options, context);
      }
    });
}
