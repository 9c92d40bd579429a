// `slipway validate`: everything that can be known of a slipway.yml without a cloud.

import type { Command } from 'commander';
import { formatDuration } from '../../core/duration.ts';
import { nativeWeightsOf, rungsOf } from '../../core/ladder/index.ts';
import { parseSpecification, type Specification, type Strategy, warningsOf } from '../../core/pipeline/index.ts';
import { type CommonOptions, command, type Context, say, show } from '../command.ts';
import { clean, json } from '../print.ts';
import { type LocatedFault, printFaults, readSpecificationFile, type SpecificationFile } from '../specification-file.ts';

interface Options extends CommonOptions {
  file: string;
}

export function validateCommand(context: Context): Command {
  return command('validate', 'check a slipway.yml and show what it means; needs no cloud')
    .option('--file <path>', 'the specification', 'slipway.yml')
    .action(async (options: Options) => {
      const checked = await readChecked(options, context);
      if (checked === undefined) return;
      const warnings = warningsOf(checked.specification);
      show(options, context, { valid: true, specification: checked.specification, warnings }, () => outline(checked.specification));
      if (options.json !== true) {
        for (const warning of warnings) say(context, `${context.paint('yellow', 'warning:')} ${clean(warning)}`);
        say(context, `${context.paint('green', 'valid:')} ${options.file}`);
      }
    });
}

/** The specification, or undefined after all faults have been shown. */
export async function readChecked(options: Options, context: Context): Promise<{ source: SpecificationFile; specification: Specification } | undefined> {
  const source = await readSpecificationFile(options.file, context.world.workingFolder);
  if (source.faults.length > 0) return showFaults(source.faults, source, options, context);
  const parsed = parseSpecification(source.value);
  if (parsed.ok) return { source, specification: parsed.specification };
  return showFaults(parsed.faults.map(source.locate), source, options, context);
}

export function showFaults(faults: LocatedFault[], source: SpecificationFile, options: CommonOptions, context: Context): undefined {
  context.finish('badInput');
  if (options.json === true) context.world.stdout(json({ valid: false, faults }));
  context.world.stderr(`${printFaults(faults, source, context.paint)}\n`);
  say(context, `${faults.length} ${faults.length === 1 ? 'fault' : 'faults'} in ${source.name}; nothing was applied.`);
  return undefined;
}

/** One line per stage: the weights people see, how ECS climbs them, and the least time it takes. */
function outline(specification: Specification): string {
  return specification.pipelines
    .map((pipeline) => {
      const lines = pipeline.stages.map((stage) => `  ${stage.name} -> ${stage.service.cluster}/${stage.service.name}: ${outlineStrategy(stage.strategy)}\n`);
      return `${pipeline.name}: pushes to ${pipeline.image.repository}\n${lines.join('')}`;
    })
    .join('');
}

function outlineStrategy(strategy: Strategy): string {
  const rungs = rungsOf(strategy);
  const leastMs = rungs.reduce((sum, rung) => sum + rung.bake.forMs, strategy.kind === 'rolling' ? strategy.bakeAfterMs : 0);
  const shifts = nativeWeightsOf(strategy).length;
  const asked = rungs.filter((rung) => rung.approval !== undefined).length;
  return [
    strategy.kind === 'canary' || strategy.kind === 'linear' ? `${strategy.kind} ${rungs.map((rung) => rung.weightPercent).join(' -> ')} %` : strategy.kind,
    ...(shifts > 2 ? [`${shifts} shifts of ECS`] : []),
    ...(leastMs > 0 ? [`bakes ${formatDuration(leastMs)}`] : []),
    ...(asked > 0 ? [`asks ${asked === 1 ? 'once' : `${asked} times`}`] : []),
  ].join(', ');
}
