// `slipway local`: the local cloud with the example service in it. The only command that reaches into rehearsal/, and only
// when it runs, so that a CLI installed without it still does everything else.

import { type Command, InvalidArgumentError } from 'commander';
import { type CommonOptions, command, type Context, say, show } from '../command.ts';
import { CliError, messageOf } from '../exit.ts';

interface Options extends CommonOptions {
  port: number;
}

/** What `rehearsal/start.ts` exports. */
export interface StartLocal {
  startLocal: (options: { port: number; say: (line: string) => void }) => Promise<LocalCloud>;
}

export interface LocalCloud {
  /** Where the AWS APIs answer. */
  endpoint: string;
  close: () => Promise<void>;
}

const START = '../../rehearsal/start.ts';

export function localCommand(context: Context): Command {
  return command('local', 'start the local cloud with the example service, and stay until Ctrl-C')
    .option('--port <port>', 'the port of the cloud', toPort, 4577)
    .action(async (options: Options) => {
      const { startLocal } = await loadStart();
      const cloud = await startLocal({ port: options.port, say: (line) => say(context, line) });
      show(options, context, { endpoint: cloud.endpoint }, () => `${cloud.endpoint}\n`);
      await context.world.untilStopped();
      say(context, 'stopping');
      await cloud.close();
    });
}

async function loadStart(): Promise<StartLocal> {
  try {
    return (await import(START)) as StartLocal;
  } catch (error) {
    throw new CliError('notFound', `the local cloud is not part of this installation: ${messageOf(error)}`, { hint: 'Run `slipway local` from a checkout of the repository.', cause: error });
  }
}

function toPort(text: string): number {
  const port = Number(text);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) throw new InvalidArgumentError('A port is a number from 0 to 65535.');
  return port;
}
