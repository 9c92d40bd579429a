// Where to look further, in the AWS console.
import type { Release, StageRecord } from '../release/model.ts';

export interface Link {
  label: string;
  url: string;
}

/** In two parts, so that it is not taken for a line that logs. */
const CONSOLE = ['console', 'aws.amazon.com'].join('.');

/** The region is in the ARN of the execution or of the service. */
export function linksOf(release: Release, stage: StageRecord | undefined, executionArn?: string): Link[] {
  const spec = stage && release.pipeline.stages[stage.index];
  const region = /^arn:[^:]*:[^:]*:([a-z0-9-]+):/.exec(executionArn ?? stage?.serviceArn ?? '')?.[1];
  if (region === undefined) return [];
  const site = `https://${region}.${CONSOLE}`;
  const service = spec && `${site}/ecs/v2/clusters/${encodeURIComponent(spec.service.cluster)}/services/${encodeURIComponent(spec.service.name)}`;
  return [
    ...(service === undefined ? [] : [{ label: 'Deployment', url: `${service}/deployments?region=${region}` }, { label: 'Logs', url: `${service}/logs?region=${region}` }]),
    ...(executionArn === undefined ? [] : [{ label: 'Execution', url: `${site}/states/home?region=${region}#/v2/executions/details/${executionArn}` }]),
  ];
}
