// PUT /v1/specification: every pipeline of a file is checked against the world, then all are stored or none.
import * as v from 'valibot';
import { TooManyChanges } from '../../adapters/records/specifications.ts';
import { parseSpecification, warningsOf, type Fault, type Specification } from '../../core/pipeline/index.ts';
import type { PutSpecificationAnswer } from '../../core/view/api.ts';
import { ControlFault, type ControlDependencies, type ControlRequest } from './api.ts';

const Checked = v.object({ faults: v.array(v.object({ path: v.array(v.union([v.string(), v.number()])), message: v.string(), hint: v.string() })) });
const Body = v.object({ specification: v.unknown(), dryRun: v.optional(v.boolean(), false) });

export async function applySpecification(dependencies: ControlDependencies, request: ControlRequest): Promise<PutSpecificationAnswer> {
  const { log } = dependencies;
  const body = v.safeParse(Body, request.body);
  if (!body.success) throw new ControlFault('BadRequest', 'the body is not { specification, dryRun? }');
  const parsed = parseSpecification(body.output.specification);
  if (!parsed.ok) throw invalid(parsed.faults);

  const faults = await worldFaults(dependencies, parsed.specification, body.output.specification);
  if (faults.length > 0) throw invalid(faults);
  const warnings = warningsOf(parsed.specification);
  if (body.output.dryRun) return { pipelines: parsed.specification.pipelines.map(({ name }) => ({ name, version: 0, changed: false })), warnings };
  const pipelines = await store(dependencies, parsed.specification);
  log.info('specification applied', { by: request.callerArn, pipelines });
  return { pipelines, warnings };
}

async function store({ specifications }: ControlDependencies, specification: Specification): Promise<PutSpecificationAnswer['pipelines']> {
  try {
    return await specifications.apply(specification);
  } catch (error) {
    if (error instanceof TooManyChanges) throw new ControlFault('BadRequest', error.message, error.hint);
    throw error;
  }
}

async function worldFaults({ invoke, names }: ControlDependencies, specification: Specification, written: unknown): Promise<Fault[]> {
  const listed = Array.isArray((written as { pipelines?: unknown }).pipelines);
  const checks = specification.pipelines.flatMap((pipeline, pipelineIndex) =>
    pipeline.stages.map(async (stage, stageIndex): Promise<Fault[]> => {
      const { faults } = v.parse(Checked, await invoke(names.preflightFunction, { check: stage }));
      return faults.map(({ path, message, hint }) => ({ path: ['pipelines', listed ? pipelineIndex : pipeline.name, 'stages', stageIndex, ...path], message, hint }));
    }),
  );
  return (await Promise.all(checks)).flat();
}

const invalid = (faults: Fault[]): ControlFault =>
  new ControlFault('InvalidSpecification', `${faults.length} fault${faults.length === 1 ? '' : 's'}: nothing was applied`, undefined, faults);
