// `slipway init`: a first slipway.yml, from the services of a cluster or as a template.

import { ECSClient, ListClustersCommand } from '@aws-sdk/client-ecs';
import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { parseSpecification } from '../../core/pipeline/index.ts';
import { type CommonOptions, command, type Context, say, show, withConnection } from '../command.ts';
import { clientSettings, cloudError, connectCloud, type ConnectionOptions } from '../connect.ts';
import { CliError, codeOf, messageOf } from '../exit.ts';
import { type Seen, seeServices } from '../init/see-services.ts';
import { pipelinesOf, seenSpecification, templateSpecification } from '../init/write-specification.ts';
import { clean } from '../print.ts';
import { parseSpecificationText } from '../specification-file.ts';

interface Options extends CommonOptions, ConnectionOptions {
  /** Without defaults, which would stand in the help as []. */
  cluster?: string[];
  service?: string[];
  file: string;
  force?: boolean;
}

const HELP = `
Name the clusters in the order in which a release should reach them:
  slipway init --cluster staging --cluster prod
Services that run the same ECR repository become the stages of one pipeline. Without --cluster it writes a template.
It reads ECS with your own credentials (ecs:ListServices, ecs:DescribeServices, ecs:DescribeTaskDefinition) and changes nothing there.`;

const collect = (value: string, before: string[] = []): string[] => [...before, value];

export function initCommand(context: Context): Command {
  return withConnection(command('init', 'write a first slipway.yml, from ECS services or as a template'))
    .option('--cluster <name>', 'a cluster to look at; may be given several times', collect)
    .option('--service <name>', 'only services of this name; may be given several times', collect)
    .option('--file <path>', 'what to write; - is standard output', 'slipway.yml')
    .option('--force', 'write over a file that is there')
    .addHelpText('after', HELP)
    .action(async (options: Options) => {
      if (options.service !== undefined && options.cluster === undefined) throw new CliError('badInput', '--service needs --cluster', { hint: 'Say which cluster the service is in.' });
      const { text, seen } = options.cluster === undefined ? { text: templateSpecification(), seen: undefined } : await fromAccount(options, context);
      checkOwnWork(text);
      await write(text, options, context);
      const pipelines = seen === undefined ? [] : pipelinesOf(seen.services).map(({ name, repository, stages }) => ({ name, repository, stages: stages.map((stage) => ({ name: stage.name, cluster: stage.service.cluster, service: stage.service.name })) }));
      if (options.json === true) show(options, context, { file: options.file, pipelines, leftOut: seen?.leftOut ?? [] }, () => '');
      else if (options.file !== '-') {
        const about = seen === undefined ? 'a template' : `${pipelines.length} ${pipelines.length === 1 ? 'pipeline' : 'pipelines'}`;
        say(context, `${context.paint('green', 'written:')} ${clean(options.file)}, ${about}`);
        for (const { name, reason } of seen?.leftOut ?? []) say(context, clean(`left out: ${name}: ${reason}`));
        say(context, 'Read it, then run `slipway validate`.');
      }
    });
}

async function fromAccount(options: Options, context: Context): Promise<{ text: string; seen: Seen }> {
  const cloud = await connectCloud(options, context.world);
  const ecs = new ECSClient(clientSettings(cloud));
  try {
    const clusters = [...new Set(options.cluster ?? [])];
    const seen = await seeServices(ecs, clusters, [...(options.service ?? [])]);
    if (seen.missing.length > 0) {
      const { clusterArns = [] } = await ecs.send(new ListClustersCommand({}));
      const names = clusterArns.map((arn) => arn.split('/').at(-1) ?? arn);
      throw new CliError('notFound', `there is no cluster ${seen.missing.join(', ')} in ${cloud.region}`, { hint: names.length === 0 ? 'There is no cluster at all: is it the right account and region?' : `There are ${names.slice(0, 10).join(', ')}.` });
    }
    if (seen.services.length === 0) {
      throw new CliError('notFound', `there is no service to roll out to in ${clusters.join(', ')}`, { hint: seen.leftOut.length === 0 ? 'The clusters have no such services.' : seen.leftOut.map(({ name, reason }) => `${name}: ${reason}`).join('; ') });
    }
    return { text: seenSpecification(seen, clusters, cloud.region), seen };
  } catch (error) {
    throw cloudError(error);
  }
}

/** A file of ours that `validate` refuses would be a bad start. */
function checkOwnWork(text: string): void {
  const source = parseSpecificationText(text, 'slipway.yml');
  const parsed = source.faults.length > 0 ? undefined : parseSpecification(source.value);
  if (parsed?.ok === true) return;
  const [fault] = parsed === undefined ? source.faults : parsed.faults;
  throw new CliError('failed', `what was seen makes no valid slipway.yml: ${fault?.message ?? ''}`, { hint: 'Start from the template (without --cluster), or name the services with --service.' });
}

async function write(text: string, { file, force, json }: Options, { world }: Context): Promise<void> {
  if (file === '-') {
    if (json !== true) world.stdout(text);
    return;
  }
  try {
    // `wx` refuses a file that is there, also one that appears this very moment.
    await writeFile(resolve(world.workingFolder, file), text, { flag: force === true ? 'w' : 'wx' });
  } catch (error) {
    if (codeOf(error) === 'EEXIST') throw new CliError('notAllowed', `${file} is there already`, { hint: 'Write over it with --force, or to another one with --file.' });
    throw new CliError('badInput', `${file} cannot be written: ${messageOf(error)}`, { cause: error });
  }
}
