// What is allowed and yet probably not meant. Warnings never stop an apply; they are said once, by `validate` and `apply`.

import { formatDuration } from '../duration.ts';
import { nativeWeightsOf } from '../ladder/rungs.ts';
import type { ApprovalRule, Pipeline, Specification, Stage } from './model.ts';

const MANY_SHIFTS = 20;

export function warningsOf(specification: Specification): string[] {
  return specification.pipelines.flatMap((pipeline) => pipeline.stages.flatMap((stage) => warningsOfStage(pipeline, stage)));
}

function warningsOfStage(pipeline: Pipeline, stage: Stage): string[] {
  const where = `${pipeline.name}/${stage.name}`;
  const warnings = approvalsOf(stage).flatMap((rule) => {
    const found: string[] = [];
    if (rule.notByAuthor && rule.from.length > 0 && rule.need === rule.from.length) {
      found.push(`${where}: all ${rule.need} of ${rule.from.join(', ')} are needed and the author does not count, so an image that one of them pushed can never be approved`);
    }
    for (const { name, oneOf } of rule.notByAuthor ? (rule.including ?? []) : []) {
      if (oneOf.length === 1) found.push(`${where}: ${name} has to approve and the author does not count, so an image that ${oneOf[0] ?? name} pushed can never be approved`);
    }
    if (rule.otherwise === 'approve') found.push(`${where}: nobody answering for ${formatDuration(rule.withinMs)} counts as approval`);
    return found;
  });
  const shifts = nativeWeightsOf(stage.strategy).length;
  if (shifts > MANY_SHIFTS) {
    warnings.push(`${where}: the ladder makes ECS shift traffic ${shifts} times; behind a Network Load Balancer every shift takes ten minutes more (about ${formatDuration(shifts * 600_000)} in all)`);
  }
  if (stage.alarms.length === 0 && stage.strategy.kind !== 'rolling') warnings.push(`${where}: no alarms are watched, so a bake only waits`);
  return warnings;
}

/** Every approval of a stage, in the order in which it would be asked. */
function approvalsOf(stage: Stage): ApprovalRule[] {
  const { strategy } = stage;
  const inside = strategy.kind === 'canary' ? strategy.steps.map((step) => step.approval) : strategy.kind === 'blueGreen' ? [strategy.approval] : [];
  return [...stage.before.map((gate) => gate.approval), ...inside].filter((rule) => rule !== undefined);
}
