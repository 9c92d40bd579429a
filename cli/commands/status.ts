// `slipway status`: what there is, or one release with its stages, the people it waits for, and its story.

import type { Command } from 'commander';
import type { PipelineView, ReleaseSummary } from '../../core/view/model.ts';
import { type CommonOptions, command, connect, type Context, say, show, withConnection } from '../command.ts';
import type { ConnectionOptions } from '../connect.ts';
import { find } from '../find-release.ts';
import { freezeLine } from './freeze.ts';
import { addWaitOptions, finishWith, follow, type WaitOptions } from '../follow.ts';
import { clean, relative, table } from '../print.ts';
import { describeState, imageName, showRelease, stateColour } from '../show-release.ts';

type Options = CommonOptions & ConnectionOptions & WaitOptions;

const SHOWN = 20;

export function statusCommand(context: Context): Command {
  return addWaitOptions(withConnection(command('status', 'show pipelines and releases, or one release; exits with how that one ended')))
    .argument('[release-or-pipeline]', 'a release (id or its beginning) or a pipeline')
    .action(async (word: string | undefined, options: Options) => {
      const client = await connect(options, context);
      if (word === undefined) {
        const { pipelines } = await client.listPipelines();
        show(options, context, { pipelines }, () => pipelineTable(pipelines, context));
        for (const line of new Set(pipelines.flatMap(({ freezes = [] }) => freezes.map(freezeLine)))) say(context, clean(line));
        return;
      }
      const found = await find(client, word);
      if (found.kind === 'pipeline') {
        const answer = await client.listReleases({ pipeline: found.pipeline.name, limit: SHOWN });
        show(options, context, { pipeline: found.pipeline, ...answer }, () => releaseTable(answer.releases, context));
        return;
      }
      const release = options.wait === true ? await follow(client, found.release.id, options, context) : found.release;
      finishWith(release, context);
      show(options, context, release, () => showRelease(release, context, { timeline: options.wait !== true }));
    });
}

function pipelineTable(pipelines: PipelineView[], context: Context): string {
  if (pipelines.length === 0) return 'There are no pipelines yet: write a slipway.yml and run `slipway apply`.\n';
  const rows = pipelines.map(({ name, repository, stages, latest }) => [
    name,
    repository,
    stages.map((stage) => stage.name).join(' > '),
    latest === undefined ? '-' : imageName(latest),
    latest === undefined ? 'nothing released yet' : { text: describeState(latest), colour: stateColour(latest) },
    latest === undefined ? '' : relative(latest.createdAt, context.world.nowMs()),
  ]);
  return table(['PIPELINE', 'REPOSITORY', 'STAGES', 'LATEST', 'STATE', 'STARTED'], rows, context);
}

function releaseTable(releases: ReleaseSummary[], context: Context): string {
  if (releases.length === 0) return 'Nothing has been released by this pipeline yet.\n';
  const rows = releases.map((release) => [
    release.id,
    imageName(release),
    { text: describeState(release), colour: stateColour(release) },
    relative(release.createdAt, context.world.nowMs()),
    release.reason,
  ]);
  return table(['RELEASE', 'IMAGE', 'STATE', 'STARTED', 'REASON'], rows, context);
}
