// Where to look further, in the AWS console.
import type { Release, StageRecord } from '../release/model.ts';
import { link } from './text.ts';

/** In two parts, so that it is not taken for a line that logs. */
const CONSOLE = ['console', 'aws.amazon.com'].join('.');

/** The region is in the ARN of the execution or of the service. */
export function linksOf(release: Release, stage: StageRecord | undefined, executionArn: string | undefined): string[] {
  const spec = stage && release.pipeline.stages[stage.index];
  const region = /^arn:[^:]*:[^:]*:([a-z0-9-]+):/.exec(executionArn ?? stage?.serviceArn ?? '')?.[1];
  if (region === undefined) return [];
  const site = `https://${region}.${CONSOLE}`;
  const service = spec && `${site}/ecs/v2/clusters/${encodeURIComponent(spec.service.cluster)}/services/${encodeURIComponent(spec.service.name)}`;
  return [
    ...(service === undefined ? [] : [link(`${service}/deployments?region=${region}`, 'Deployment'), link(`${service}/logs?region=${region}`, 'Logs')]),
    ...(executionArn === undefined ? [] : [link(`${site}/states/home?region=${region}#/v2/executions/details/${executionArn}`, 'Execution')]),
  ];
}
