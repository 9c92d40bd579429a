// `slipway rehearse`: what becomes of a team's own slipway.yml when things go well and when they do not, in a simulated account.
// Like `local` it reaches into rehearsal/ only when it runs, so that a CLI installed without it still does everything else.

import { type Command, InvalidArgumentError } from 'commander';
import { formatDuration } from '../../core/duration.ts';
import { nearest, oneOf } from '../../core/text/nearest.ts';
import type { NotRehearsable, Rehearsal, RehearseOptions, SceneReport } from '../../rehearsal/rehearse/rehearse.ts';
import { type CommonOptions, command, type Context, say, show } from '../command.ts';
import { CliError, messageOf, nameOf } from '../exit.ts';
import { clean, table } from '../print.ts';
import { symbolsFor } from '../symbols.ts';
import { describeState, tellEntry } from '../show-release.ts';
import { readChecked } from './validate.ts';

interface Options extends CommonOptions {
  file: string;
  scene?: string[];
  tag?: string[];
  tasks: number;
  requestsPerSecond: number;
  seed: number;
  story?: boolean;
  history?: boolean;
}

/** What `rehearsal/rehearse/rehearse.ts` exports. */
interface Rehearser {
  rehearse: (options: RehearseOptions) => Promise<Rehearsal>;
}

const REHEARSE = '../../rehearsal/rehearse/rehearse.ts';
const HELP = `
It deploys Slipway as it is packaged into a simulated account, with services and alarms as the file names them, and plays what
can happen to a release: a good image, images that crash or answer badly, a no, silence, an abort, a newer image, Slipway dead.
Hours pass in a second or so. Nothing of yours is touched, and no cloud is needed.

It exits with 15 when a scene does not go as it should.`;

export function rehearseCommand(context: Context): Command {
  return command('rehearse', 'play what can happen to releases of a slipway.yml, in a simulated account')
    .argument('[pipeline]', 'only this pipeline of the file')
    .option('--file <path>', 'the specification', 'slipway.yml')
    .option('--scene <name...>', 'only these scenes')
    .option('--tag <tag...>', 'tags to push, where the filter of the pipeline is too special to think of any')
    .option('--tasks <count>', 'tasks of each service', toCount(1, 20), 2)
    .option('--requests-per-second <count>', 'production traffic, for bakes that count requests', toCount(1, 10_000), 50)
    .option('--seed <number>', 'another seed, other delays', toCount(0, Number.MAX_SAFE_INTEGER), 1)
    .option('--story', 'tell what happened in every scene')
    .option('--history', 'every call and every change, to the millisecond')
    .addHelpText('after', HELP)
    .action(async (pipeline: string | undefined, options: Options) => {
      const checked = await readChecked(options, context);
      if (checked === undefined) return;
      if (pipeline !== undefined) knownPipeline(pipeline, checked.specification.pipelines.map(({ name }) => name), options.file);
      const rehearsal = await performed(checked.source.value, pipeline, options, context);
      if (!rehearsal.ok) context.finish('failed');
      const written = options.history === true ? rehearsal : { ...rehearsal, scenes: rehearsal.scenes.map(({ history: _history, ...scene }) => scene) };
      show(options, context, written, () => programme(rehearsal, options, context));
    });
}

async function performed(written: unknown, pipeline: string | undefined, options: Options, context: Context): Promise<Rehearsal> {
  const { rehearse } = await loadRehearser();
  try {
    return await rehearse({
      written,
      ...(pipeline !== undefined && { pipeline }),
      ...(options.scene !== undefined && { scenes: options.scene }),
      ...(options.tag !== undefined && { tags: options.tag }),
      tasks: options.tasks,
      requestsPerSecond: options.requestsPerSecond,
      seed: options.seed,
      say: (line) => say(context, line),
      played: ({ pipeline: name, title, ok }) => say(context, clean(`${name}: ${title}${ok ? '' : ' (not as it should)'}`)),
    });
  } catch (error) {
    if (nameOf(error) === 'NotRehearsable') throw new CliError('badInput', messageOf(error), { hint: (error as NotRehearsable).hint });
    throw error;
  }
}

async function loadRehearser(): Promise<Rehearser> {
  try {
    return (await import(REHEARSE)) as Rehearser;
  } catch (error) {
    throw new CliError('notFound', `rehearsals are not part of this installation: ${messageOf(error)}`, { hint: 'Run `slipway rehearse` from a checkout of the repository.', cause: error });
  }
}

function knownPipeline(name: string, known: readonly string[], file: string): void {
  if (known.includes(name)) return;
  const near = nearest(name, known);
  throw new CliError('notFound', `${file} has no pipeline ${JSON.stringify(name)}`, { hint: near === undefined ? `It has ${oneOf(known)}.` : `Did you mean ${near}?` });
}

function toCount(min: number, max: number): (text: string) => number {
  return (text) => {
    const count = Number(text);
    if (!Number.isInteger(count) || count < min || count > max) throw new InvalidArgumentError(`It is a whole number from ${min} to ${max}.`);
    return count;
  };
}

// ---- showing ------------------------------------------------------------------------------------------------------------------------

function programme({ scenes, leftOut }: Rehearsal, options: Options, context: Context): string {
  const findings = [...new Set(scenes.flatMap((scene) => scene.findings.map((finding) => `${scene.pipeline}: ${finding}`)))];
  const faults = scenes.flatMap((scene) => scene.faults.map((fault) => `${scene.pipeline}, ${scene.title}: ${fault}`));
  const parts = [
    ...[...new Set(scenes.map(({ pipeline }) => pipeline))].map((pipeline) => pipelineTable(pipeline, scenes.filter((scene) => scene.pipeline === pipeline), context)),
    ...(options.story === true ? scenes.map((scene) => story(scene, context)) : []),
    ...(options.history === true ? scenes.map(({ pipeline, title, history }) => `${context.paint('bold', clean(`${pipeline}, ${title}`))}\n${history.split('\n').map((line) => `${clean(line)}\n`).join('')}`) : []),
    listed(findings, 'To think about', 'yellow', context),
    listed(faults, 'Not as it should be', 'red', context),
    listed(leftOut.filter(({ scene }) => options.scene === undefined || options.scene.includes(scene)).map(({ pipeline, scene, why }) => `${pipeline}, ${scene}: ${why}`), 'Left out', 'dim', context),
    `${scenes.length} ${scenes.length === 1 ? 'scene' : 'scenes'}, ${scenes.filter(({ ok }) => ok).length} as they should be.\n`,
  ];
  return parts.filter((part) => part !== '').join('\n');
}

function pipelineTable(pipeline: string, scenes: readonly SceneReport[], context: Context): string {
  const symbols = symbolsFor(context.world.env);
  const rows = scenes.map((scene) => [
    { text: scene.ok ? symbols.done : symbols.failed, colour: scene.ok ? ('green' as const) : ('red' as const) },
    scene.scene,
    `${describeState({ status: scene.outcome === undefined ? 'running' : 'ended', ...(scene.outcome !== undefined && { outcome: scene.outcome }) })}${scene.stage === undefined || scene.outcome === 'succeeded' ? '' : ` in ${scene.stage}`}`,
    formatDuration(scene.tookMs),
    servedText(scene),
    scene.title,
  ]);
  return `${context.paint('bold', clean(pipeline))}\n${table(['', 'SCENE', 'ENDED', 'AFTER', 'NEW IMAGE SERVED', 'WHAT HAPPENED'], rows, context)}`;
}

/** Of a success only the way there is of interest. */
function servedText({ served, outcome }: SceneReport): string {
  const ladder = outcome === 'succeeded' ? served.filter(({ weightPercent }) => weightPercent < 100) : served;
  if (ladder.length === 0) return outcome === 'succeeded' ? 'all at once' : 'nothing';
  const highest = Math.max(...ladder.map(({ weightPercent }) => weightPercent));
  return `up to ${highest} %, for ${formatDuration(ladder.reduce((sum, { forMs }) => sum + forMs, 0))}`;
}

function story({ pipeline, title, timeline, asked }: SceneReport, context: Context): string {
  const startMs = Date.parse(timeline[0]?.at ?? '');
  const lines = timeline.map((entry) => `  ${formatDuration(Date.parse(entry.at) - startMs).padStart(14)}  ${tellEntry(entry)}\n`);
  const questions = asked.length === 0 ? '' : `  asked: ${clean(asked.map(({ stage, from }) => `${from.join(', ')} (${stage})`).join('; '))}\n`;
  return `${context.paint('bold', clean(`${pipeline}, ${title}`))}\n${lines.join('')}${questions}`;
}

function listed(lines: readonly string[], heading: string, colour: 'yellow' | 'red' | 'dim', context: Context): string {
  return lines.length === 0 ? '' : `${context.paint(colour, heading)}\n${lines.map((line) => `  ${clean(line)}\n`).join('')}`;
}
