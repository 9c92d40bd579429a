// Does the control API answer, and do the pipelines fit what is there?

import { parseSpecification } from '../../core/pipeline/index.ts';
import type { ControlClient } from '../control-client.ts';
import { InvalidSpecification } from '../control-client.ts';
import { CliError, messageOf } from '../exit.ts';
import { readSpecificationFile, type SpecificationFile } from '../specification-file.ts';
import { type Check, fail, ok, warn } from './check.ts';

export async function checkControl(connecting: Promise<ControlClient>): Promise<{ check: Check; client: ControlClient | undefined; pipelines: string[] }> {
  try {
    const client = await connecting;
    const { pipelines } = await client.listPipelines();
    const names = pipelines.map((pipeline) => pipeline.name);
    const check = names.length === 0 ? warn('control API', 'answers; no pipeline has been applied', 'Write a slipway.yml (`slipway init`), then `slipway apply`.') : ok('control API', `answers; ${names.length} ${names.length === 1 ? 'pipeline' : 'pipelines'}`);
    return { check, client, pipelines: names };
  } catch (error) {
    return { check: failed('control API', error), client: undefined, pipelines: [] };
  }
}

/** @param given whether a person named the file: then it has to be there. */
export async function checkPipelines(client: ControlClient, applied: readonly string[], file: { name: string; given: boolean; folder: string }): Promise<Check[]> {
  let source: SpecificationFile;
  try {
    source = await readSpecificationFile(file.name, file.folder);
  } catch (error) {
    if (!file.given && error instanceof CliError && error.exit === 'notFound') {
      return [warn('pipelines', `no ${file.name} here, so services and alarms were not checked`, 'Run it where your slipway.yml is, or name it with --file.')];
    }
    return [failed('pipelines', error)];
  }
  const parsed = source.faults.length > 0 ? undefined : parseSpecification(source.value);
  if (parsed === undefined || !parsed.ok) {
    const faults = parsed === undefined ? source.faults : parsed.faults.map(source.locate);
    return faults.map((fault) => fail('pipelines', `${fault.file}:${fault.line} ${fault.message}`, fault.hint ?? 'See `slipway validate`.', 'badInput'));
  }
  const names = parsed.specification.pipelines.map((pipeline) => pipeline.name);
  const checks: Check[] = [];
  try {
    const { warnings } = await client.putSpecification({ specification: source.value, dryRun: true });
    checks.push(ok('pipelines', `the services and alarms of ${names.join(', ')} fit`), ...warnings.map((text) => warn('pipelines', text, 'See docs/config.md.')));
  } catch (error) {
    if (!(error instanceof InvalidSpecification)) return [failed('pipelines', error)];
    checks.push(...error.faults.map(source.locate).map((fault) => fail('pipelines', `${fault.file}:${fault.line} ${fault.message}`, fault.hint ?? 'Change the file or what it names.', 'badInput')));
  }
  const unapplied = names.filter((name) => !applied.includes(name));
  if (unapplied.length > 0) checks.push(warn('pipelines', `not applied yet: ${unapplied.join(', ')}`, 'Run `slipway apply`.'));
  const elsewhere = applied.filter((name) => !names.includes(name));
  if (elsewhere.length > 0) checks.push(warn('pipelines', `applied, and not in ${file.name}: ${elsewhere.join(', ')}`, 'They were not checked: name their file with --file.'));
  return checks;
}

function failed(name: string, error: unknown): Check {
  const hint = error instanceof CliError ? error.hint : undefined;
  return fail(name, messageOf(error), hint ?? 'See the log of the control function.', error instanceof CliError ? error.exit : 'cloudError');
}
