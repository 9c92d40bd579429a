// `slipway push`: puts a folder into ECR as an image, over the real ECR API. Made for the local cloud and for trying things.

import { ECRClient } from '@aws-sdk/client-ecr';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { pushImageFolder } from '../../local-cloud/ecr/push.ts';
import { type CommonOptions, command, type Context, say, show, withConnection } from '../command.ts';
import { clientSettings, cloudError, connectCloud, type ConnectionOptions } from '../connect.ts';
import { CliError, codeOf, messageOf } from '../exit.ts';

type Options = CommonOptions & ConnectionOptions;

const HELP = `
The folder has an image.json ({ "cmd": ["node", "server.mjs"], "exposedPorts": [8080] }); everything else in it becomes /app.
This is for the local cloud and for trying things out. Real images are built and pushed with docker:
  docker build -t ACCOUNT.dkr.ecr.REGION.amazonaws.com/REPOSITORY:TAG . && docker push ACCOUNT.dkr.ecr.REGION.amazonaws.com/REPOSITORY:TAG`;

export function pushCommand(context: Context): Command {
  return withConnection(command('push', 'push a folder as an image (real images are pushed with docker)'))
    .argument('<folder>', 'the image folder')
    .argument('<repository[:tag]>', 'where to; the tag is `latest` if left out')
    .addHelpText('after', HELP)
    .action(async (folder: string, target: string, options: Options) => {
      const match = /^([a-z0-9][a-z0-9._/-]*)(?::(\w[\w.-]{0,127}))?$/.exec(target);
      if (match === null) throw new CliError('badInput', `${JSON.stringify(target)} is not a repository with a tag`, { hint: 'For example shop/checkout:1.4.0, without the registry.' });
      const [, repositoryName = '', tag = 'latest'] = match;
      const cloud = await connectCloud(options, context.world);
      const client = new ECRClient(clientSettings(cloud));
      const pushed = await pushImageFolder(client, { folder: resolve(context.world.workingFolder, folder), repositoryName, tag }).catch((error: unknown) => {
        throw pushError(error, folder, repositoryName);
      });
      show(options, context, { repository: repositoryName, tag, digest: pushed.digest }, () => `${pushed.digest}\n`);
      if (options.json !== true) say(context, `pushed ${repositoryName}:${tag}`);
    });
}

function pushError(error: unknown, folder: string, repository: string): CliError {
  if (codeOf(error) === 'ENOENT') return new CliError('notFound', `${folder} is not an image folder: ${messageOf(error)}`, { hint: 'It needs an image.json; see `slipway push --help`.', cause: error });
  return cloudError(error, { notFound: /RepositoryNotFoundException/, message: `there is no repository ${repository}`, hint: 'Create it first: aws ecr create-repository --repository-name NAME.' });
}
