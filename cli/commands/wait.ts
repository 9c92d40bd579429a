// `slipway wait`: for pipelines of CI. Says little, and exits with how it went.

import { type Command, InvalidArgumentError } from 'commander';
import { oneOf, nearest } from '../../core/text/nearest.ts';
import type { ReleaseView, StageView } from '../../core/view/model.ts';
import { type CommonOptions, command, connect, type Context, parseDigestOption, say, show, withConnection } from '../command.ts';
import type { ConnectionOptions } from '../connect.ts';
import type { ControlClient } from '../control-client.ts';
import { CliError, EXIT_OF_OUTCOME } from '../exit.ts';
import { finishWith, followUntil, hasEnded, parseDurationOption, tellStory } from '../follow.ts';
import { findPipeline } from '../find-release.ts';
import { clean } from '../print.ts';
import { describeState, showRelease } from '../show-release.ts';
import { findSubject, type Subject } from '../subject.ts';

type Goal = { kind: 'ended' } | { kind: 'approval' } | { kind: 'stage'; name: string };

interface Options extends CommonOptions, ConnectionOptions {
  for: Goal;
  tag?: string;
  digest?: string;
  /** Milliseconds. */
  timeout?: number;
  startWithin: number;
}

const HELP = `
Right after a push, name the pipeline and the image: it waits for the release to start, too.
  docker push ... && slipway wait checkout --tag 1.4.0 --timeout 2h

It exits with how the release (or the stage) ended; with --for approval, 0 means that it waits for a person now.`;
const START_WITHIN_MS = 120_000;
const PAGE_SIZE = 50;

export function waitCommand(context: Context): Command {
  return withConnection(command('wait', 'wait until a release has ended, asks a person, or has ended a stage; for CI'))
    .argument('<release-or-pipeline>', 'a release (id or its beginning), or a pipeline: its newest release, or that of --tag or --digest')
    .option('--for <goal>', 'ended, approval or stage=NAME', toGoal, { kind: 'ended' } satisfies Goal)
    .option('--timeout <duration>', 'wait no longer than this (10m, 4h)', parseDurationOption)
    .option('--tag <tag>', 'of a pipeline: the release of the image with this tag')
    .option('--digest <digest>', 'of a pipeline: the release of the image with this digest (sha256:...)', parseDigestOption)
    .option('--start-within <duration>', 'with --tag or --digest: how long the release may take to start', parseDurationOption, START_WITHIN_MS)
    .addHelpText('after', HELP)
    .action(async (word: string, options: Options) => {
      const client = await connect(options, context);
      const byImage = options.tag !== undefined || options.digest !== undefined;
      const subject = byImage ? await releaseOfImage(client, word, options, context) : await findSubject(client, word);
      const goal = options.for;
      const view = await followUntil({ subject, until: (seen) => isReached(goal, seen), unless: unlessOf(goal), seen: tellStory(context), nothingYet: () => say(context, 'waiting for the release to start'), timeoutMs: options.timeout }, context);
      finish(goal, view, context);
      show(options, context, view, () => showRelease(view, context, { timeline: false }));
    });
}

function toGoal(text: string): Goal {
  if (text === 'ended' || text === 'approval') return { kind: text };
  const name = /^stage=(.+)$/.exec(text)?.[1];
  if (name === undefined) throw new InvalidArgumentError('It is ended, approval or stage=NAME.');
  return { kind: 'stage', name };
}

const asks = (view: ReleaseView): boolean => view.stages.some((stage) => stage.status !== 'ended' && stage.waitingFor?.kind === 'approval');

function stageOf(view: ReleaseView, name: string): StageView {
  const stage = view.stages.find((one) => one.name === name);
  if (stage !== undefined) return stage;
  const names = view.stages.map((one) => one.name);
  const near = nearest(name, names);
  throw new CliError('notFound', `the release ${view.id} has no stage ${JSON.stringify(name)}`, { hint: near === undefined ? `It has ${oneOf(names)}.` : `Did you mean ${near}?` });
}

function isReached(goal: Goal, view: ReleaseView): boolean {
  if (goal.kind === 'stage' && stageOf(view, goal.name).status === 'ended') return true;
  return hasEnded(view) || (goal.kind === 'approval' && asks(view));
}

const unlessOf = (goal: Goal): string => (goal.kind === 'ended' ? 'has not ended' : goal.kind === 'approval' ? 'has not asked anybody' : `has not ended the stage ${goal.name}`);

/** An end that is not what was waited for is never a success. */
function finish(goal: Goal, view: ReleaseView, context: Context): void {
  if (goal.kind === 'stage') {
    const { outcome } = stageOf(view, goal.name);
    if (outcome !== undefined) return context.finish(EXIT_OF_OUTCOME[outcome] ?? 'failed');
  } else if (goal.kind === 'approval' && !hasEnded(view)) {
    return;
  }
  finishWith(view, context);
  if (goal.kind === 'ended') return;
  say(context, clean(`release ${view.id} ${describeState(view)} before it ${goal.kind === 'approval' ? 'asked anybody' : `came to ${goal.name}`}`));
  if (view.outcome === 'succeeded' || view.outcome === 'unchanged') context.finish('notFound');
}

async function releaseOfImage(client: ControlClient, word: string, { tag, digest, startWithin }: Options, context: Context): Promise<Subject> {
  const pipeline = (await findPipeline(client, word)).name;
  const name = `the release of ${pipeline} ${tag ?? digest ?? ''}`;
  const startedAtMs = context.world.nowMs();
  let id: string | undefined;
  return {
    name,
    look: async () => {
      if (id === undefined) {
        const { releases } = await client.listReleases({ pipeline, limit: PAGE_SIZE });
        id = releases.find(({ image }) => (tag === undefined || image.tag === tag) && (digest === undefined || image.digest === digest))?.id;
      }
      if (id !== undefined) return client.getRelease(id);
      if (context.world.nowMs() - startedAtMs < startWithin) return undefined;
      throw new CliError('notFound', `${name} has not started`, { hint: `Does the pipeline want that image? See \`slipway status ${pipeline}\` and the tags in slipway.yml.` });
    },
  };
}
