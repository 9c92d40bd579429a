// `slipway dashboard`: a page on this machine that shows and decides with the credentials of whoever started it.

import { randomBytes } from 'node:crypto';
import { type Command, InvalidArgumentError } from 'commander';
import { startDashboard } from '../../dashboard/serve.ts';
import { type CommonOptions, command, connect, type Context, say, show, withConnection } from '../command.ts';
import type { ConnectionOptions } from '../connect.ts';

interface Options extends CommonOptions, ConnectionOptions {
  port: number;
}

const TOKEN_BYTES = 24;

export function dashboardCommand(context: Context): Command {
  return withConnection(command('dashboard', 'serve the dashboard on this machine, and stay until Ctrl-C'))
    .option('--port <port>', 'the port; 0: any that is free', toPort, 0)
    .addHelpText('after', '\nThe page acts with your own AWS credentials. Only this machine can reach it, and only with the token in the address that is printed.')
    .action(async (options: Options) => {
      const ending = new AbortController();
      const api = await connect(options, context, ending.signal);
      const token = randomBytes(TOKEN_BYTES).toString('base64url');
      const cloud = options.local === true ? 'local cloud' : api.region;
      const dashboard = await startDashboard({ api, port: options.port, token, about: { cloud, ...(options.as !== undefined && { person: options.as }) } });
      show(options, context, { url: dashboard.url }, () => `${dashboard.url}\n`);
      say(context, 'The address holds a secret of this run: whoever has it may act as you. Ctrl-C ends it.');
      await context.world.untilStopped();
      // A cloud that does not answer must not keep the person waiting who wants to leave.
      ending.abort();
      await dashboard.close();
    });
}

function toPort(text: string): number {
  const port = Number(text);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) throw new InvalidArgumentError('A port is a number from 0 to 65535.');
  return port;
}
