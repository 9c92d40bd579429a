// `slipway doctor`: is everything in place? One line for each thing looked at, with what to do where it is not.

import type { Command } from 'commander';
import { type CommonOptions, command, connect, type Context, show, withConnection } from '../command.ts';
import { type Cloud, connectCloud, type ConnectionOptions, stackNameOf } from '../connect.ts';
import { type Check, fail, ok } from '../doctor/check.ts';
import { checkControl, checkPipelines } from '../doctor/control-checks.ts';
import { checkCredentials, checkLosses, checkStack } from '../doctor/stack-checks.ts';
import { CliError, messageOf } from '../exit.ts';
import { clean, type Colour } from '../print.ts';

interface Options extends CommonOptions, ConnectionOptions {
  file?: string;
}

const COLOURS: Record<Check['status'], Colour> = { ok: 'green', warn: 'yellow', fail: 'red' };
const NAME_WIDTH = 14;

export function doctorCommand(context: Context): Command {
  return withConnection(command('doctor', 'check credentials, stack, control API, pipelines and dead letters'))
    .option('--file <path>', 'the specification to check against the account (default: slipway.yml, if it is here)')
    .addHelpText('after', '\nIt changes nothing. The exit code is 0 unless something failed; then it says what kind of thing failed first.')
    .action(async (options: Options) => {
      const checks: Check[] = [];
      for await (const check of examine(options, context)) {
        checks.push(check);
        // Line by line as it is known: some of this takes a second.
        if (options.json !== true) context.world.stdout(lineOf(check, context));
      }
      const wrong = checks.find((check) => check.status === 'fail');
      if (options.json === true) show(options, context, { ok: wrong === undefined, checks }, () => '');
      if (wrong?.status === 'fail') context.finish(wrong.exit);
    });
}

async function* examine(options: Options, context: Context): AsyncGenerator<Check> {
  const { world } = context;
  let cloud: Cloud;
  try {
    cloud = await connectCloud(options, world);
  } catch (error) {
    const known = error instanceof CliError ? error : undefined;
    yield fail('region', messageOf(error), known?.hint ?? 'Give --region, or set AWS_REGION; for the local cloud, give --local.', known?.exit ?? 'cloudError');
    return;
  }
  yield ok('region', `${cloud.region}${cloud.endpoint === undefined ? '' : `, the local cloud at ${cloud.endpoint}`}`);
  const credentials = await checkCredentials(cloud);
  yield credentials;
  // Without them everything else would fail for the same reason.
  if (credentials.status === 'fail') return;
  const stackName = stackNameOf(options, world);
  const stack = await checkStack(cloud, stackName);
  yield stack;
  const { check, client, pipelines } = await checkControl(connect(options, context));
  yield check;
  if (client !== undefined) yield* await checkPipelines(client, pipelines, { name: options.file ?? 'slipway.yml', given: options.file !== undefined, folder: world.workingFolder });
  if (stack.status !== 'fail') yield* await checkLosses(cloud, stackName);
}

function lineOf(check: Check, { paint }: Context): string {
  const hint = check.status === 'ok' ? '' : `\n      ${' '.repeat(NAME_WIDTH)}${paint('dim', `= ${clean(check.hint)}`)}`;
  return `${paint(COLOURS[check.status], check.status.padEnd(4))}  ${check.name.padEnd(NAME_WIDTH)}${clean(check.text)}${hint}\n`;
}
